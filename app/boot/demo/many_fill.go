package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/ticket"
)

// stage puts the stories and the customers beside the tables, from where they are told many times.
func (m *crowd) stage(ctx context.Context, tx bun.Tx) error {
	for _, query := range []string{
		`create temp table made_moulds (id bigint, copies int, steps int, order_id bigint, day text, serial int, zone int, home boolean) on commit drop`,
		`create temp table made_customers (n bigint, place text, household_id bigint, reporter text, phone bytea, phone_index bytea) on commit drop`,
		`create temp table made_tickets on commit drop as select * from tickets with no data`,
		`create temp table made_orders on commit drop as select * from orders with no data`,
		`create temp table made_steps on commit drop as select * from ticket_steps with no data`,
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	var tickets []*ticket.Ticket
	var orders []*ticket.ServiceOrder
	var steps []*ticket.Step
	id := m.ids.Step + 1
	for i, told := range m.told {
		m.moulds[i].Steps = len(told.Steps)
		tickets, orders = append(tickets, told.Ticket), append(orders, told.Orders...)
		for n := range told.Steps {
			told.Steps[n].ID = id + int64(n)
			steps = append(steps, &told.Steps[n])
		}
		id += int64(len(told.Steps) * m.moulds[i].Copies)
	}
	customers, err := m.customers(ctx, tx)
	if err != nil {
		return err
	}
	return first(
		func() error { return staged(ctx, tx, "made_moulds AS m", m.moulds) },
		func() error { return staged(ctx, tx, "made_customers AS p", customers) },
		func() error { return staged(ctx, tx, "made_tickets AS t", tickets) },
		func() error { return staged(ctx, tx, "made_orders AS o", orders) },
		func() error { return staged(ctx, tx, "made_steps AS s", steps) },
		func() error {
			_, err := tx.ExecContext(ctx, "analyze made_moulds, made_customers, made_tickets, made_orders, made_steps")
			return err
		},
	)
}

// first does one thing after the other, up to the first that fails.
func first(all ...func() error) error {
	for _, do := range all {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func staged[T any](ctx context.Context, tx bun.Tx, table string, all []T) error {
	for part := range slices.Chunk(all, stageBatch) {
		if _, err := tx.NewInsert().Model(&part).ModelTableExpr(table).Returning("null").Exec(ctx); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// fill tells every story as often as it is to be told, in a few statements over all of them.
func (m *crowd) fill(ctx context.Context, tx bun.Tx) error {
	// Tables without indexes are put together by hashing, in the order in which the stories stand.
	if _, err := tx.ExecContext(ctx, "set local work_mem = '128MB'; set local enable_nestloop = off; set local enable_mergejoin = off"); err != nil {
		return err
	}
	term := m.now.In(m.here.Location()).AddDate(0, 0, -m.here.Settings.TicketTermDays)
	per := int64(m.many.Tickets / perPhone / len(m.zones))
	if _, err := tx.NewRaw(manyTickets, per, len(m.zones), term, m.now).Exec(ctx); err != nil {
		return fmt.Errorf("tickets: %w", err)
	}
	if m.many.Bare {
		return nil
	}
	return m.run(ctx, tx, "analyze tickets", manyOrders, manySteps, "analyze orders, ticket_steps", manyRecords, manyCallbacks, manyRatings, manyTasks, "analyze tasks", manyNotices)
}

// run runs statements over everything that was made so far.
func (m *crowd) run(ctx context.Context, tx bun.Tx, queries ...string) error {
	for _, query := range queries {
		if _, err := tx.NewRaw(query, m.ids.Ticket, m.here.ID, m.here.TimeZone, m.who["supervisor"].ID, m.who["manager"].ID, m.who["operations"].ID, cmp.Or(m.many.Histories, m.many.Tickets)).Exec(ctx); err != nil {
			return fmt.Errorf("%.60s: %w", query, err)
		}
	}
	return nil
}

// The statements. manyTickets has its own arguments; of the others ?0 is the last ticket that stood before, ?1 the site, ?2 its time zone, ?3 to ?5 who is told at each
// level of escalation, ?6 how many of a story's tickets have their history with them.
const (
	manyTickets = `insert into tickets (id, site_id, entry_key, entry_hash, number, channel, kind, urgency, type, life_safety, state, place, household_id, matter,
			reporter, phone, phone_index, first_asked_id, owner_id, handler_id, registered_at, due_at, resolved_at, closed_at, overdue_at, reopened, version,
			help_kind, validity, about, topic, severity, grade, accepted_at, classified_at, waiting_on, response_due, response_at, solution_due,
			solution_at, promised_at, update_due, updated_at, urged, urged_at, confirmed_by, next_at, near_at, escalated, untaken_at, callback_due, expired_at)
		overriding system value
		select t.id + c, t.site_id, md5('lobby ticket ' || t.id + c)::uuid, case when gone then '' else sha256(convert_to('lobby ' || t.id + c, 'UTF8')) end,
			'T' || m.day || '-' || lpad((m.serial + c)::text, greatest(4, length((m.serial + c)::text)), '0'), t.channel, t.kind, t.urgency, t.type, t.life_safety, t.state,
			case when gone then '' when m.home then p.place else t.place end, case when m.home then p.household_id end,
			case when gone then '' else t.matter end, case when gone then '' else p.reporter end, case when not gone then p.phone end,
			case when not gone then p.phone_index end, t.first_asked_id, t.owner_id, t.handler_id, t.registered_at, t.due_at, t.resolved_at, t.closed_at, t.overdue_at,
			t.reopened, t.version, t.help_kind, t.validity, t.about, t.topic, t.severity, t.grade, t.accepted_at, t.classified_at, t.waiting_on,
			t.response_due, t.response_at, t.solution_due, t.solution_at, t.promised_at, t.update_due, t.updated_at, t.urged, t.urged_at,
			case when t.confirmed_by = '' or gone then '' else p.reporter end, t.next_at, t.near_at, t.escalated, t.untaken_at, t.callback_due, case when gone then ?3::timestamptz end
		from made_tickets t join made_moulds m on m.id = t.id cross join lateral generate_series(0, m.copies - 1) c
		cross join lateral (select t.closed_at is not null and t.closed_at < ?2 and t.state in ('closed', 'invalid', 'unsolvable') as gone) x
		join made_customers p on p.n = ((t.id + c) * 7919 % ?0) * ?1 + m.zone order by t.id + c`
	manyOrders = `insert into orders (id, site_id, ticket_id, entry_key, number, department_id, assignee_id, state, instruction, waiting_on, result, confirmed_by,
			sent_at, due_at, accepted_at, started_at, done_at, fed_back_at, overdue_at, next_at, version)
		overriding system value
		select o.id + c, o.site_id, o.ticket_id + c, md5('lobby order ' || o.id + c)::uuid,
			'F' || m.day || '-' || lpad((m.serial + c)::text, greatest(4, length((m.serial + c)::text)), '0'), o.department_id, o.assignee_id, o.state, '', o.waiting_on,
			case when t.expired_at is null then o.result else '' end, '', o.sent_at, o.due_at, o.accepted_at, o.started_at, o.done_at, o.fed_back_at,
			o.overdue_at, o.next_at, o.version
		from made_orders o join made_moulds m on m.id = o.ticket_id cross join lateral generate_series(0, m.copies - 1) c
		join tickets t on t.id = o.ticket_id + c order by o.id + c`
	manySteps = `insert into ticket_steps (id, site_id, ticket_id, verb, from_state, to_state, at, noted_at, actor_kind, actor_id, actor_name, remark, detail, order_id, mark)
		overriding system value
		select s.id + c * m.steps, s.site_id, s.ticket_id + c, s.verb, s.from_state, s.to_state, s.at, s.noted_at, s.actor_kind, s.actor_id, s.actor_name,
			case when t.expired_at is null then s.remark else '' end,
			case when s.verb = 'dispatch' then jsonb_set(s.detail, '{orders}', to_jsonb(array[m.order_id + c])) else s.detail end, s.order_id + c, s.mark
		from made_steps s join made_moulds m on m.id = s.ticket_id cross join lateral generate_series(0, least(m.copies, ?6) - 1) c
		join tickets t on t.id = s.ticket_id + c`
	manyRecords = `insert into work_records (site_id, ticket_id, order_id, kind, done, result, materials, started_at, ended_at, by_id, noted_at)
		select o.site_id, o.ticket_id, o.id, 'repair', case when t.expired_at is null then '检查并处理' else '—' end, case when t.expired_at is null then o.result else '—' end, '',
			o.started_at, o.done_at, o.assignee_id, o.done_at
		from orders o join tickets t on t.id = o.ticket_id where o.ticket_id > ?0 and o.done_at is not null order by o.id`
	manyCallbacks = `insert into callbacks (site_id, ticket_id, round, entry_key, entry_hash, by_id, at, day, reached, asked, satisfied, answer)
		select s.site_id, s.ticket_id, case when s.verb = 'reopen' then 0 else t.reopened end, md5('lobby callback ' || s.id)::uuid, '', s.actor_id, s.at,
			(s.at at time zone ?2)::date, true, case when t.expired_at is null then t.reporter else '—' end, s.verb = 'call_back', s.remark
		from ticket_steps s join tickets t on t.id = s.ticket_id where s.ticket_id > ?0 and s.verb in ('call_back', 'reopen') order by s.at, s.id`
	manyRatings = `insert into ratings (site_id, ticket_id, person, via, speed, attitude, upkeep, remark, at)
		select c.site_id, c.ticket_id, convert_to(c.ticket_id::text, 'UTF8'), 'callback', 10 - c.ticket_id % 4, 10 - c.ticket_id % 3, case when c.ticket_id % 5 > 1 then 10 - c.ticket_id % 6 end,
			'', c.at
		from callbacks c where c.ticket_id > ?0 and c.satisfied and c.ticket_id % 10 < 6 order by c.id`
	manyTasks = `insert into tasks (site_id, kind, subject, subject_id, ticket_id, mark, due_at, noticed_at, taken_by, taken_at, done_at, result)
		select s.site_id, 'find_cause', 'orders', s.order_id, s.ticket_id, s.mark, s.at, s.at, case when t.lane is null then ?3::bigint end,
			case when t.lane is null then s.at + interval '1 hour' end, case when t.lane is null then s.at + interval '3 hours' end,
			case when t.lane is not null then '' when t.expired_at is null then '人手不足，已改派' else '—' end
		from ticket_steps s join tickets t on t.id = s.ticket_id
		where s.ticket_id > ?0 and s.verb = 'escalate' and s.order_id is not null and s.detail->>'level' = 'supervisor' order by s.at, s.id`
	manyNotices = `insert into notices (site_id, staff_id, kind, subject, subject_id, ticket_id, task_id, mark, loud, due_at, sent_at, seen_at)
		select s.site_id, case s.detail->>'level' when 'supervisor' then ?3::bigint when 'manager' then ?4 else ?5 end,
			case when k.id is not null then 'find_cause' when s.order_id is not null then 'order_overdue' when jsonb_exists(s.detail->'clocks', 'takeover') then 'escalated' else 'overdue' end,
			case when s.order_id is null then 'tickets' else 'orders' end, coalesce(s.order_id, s.ticket_id), s.ticket_id, k.id, s.mark, false, s.at, s.at,
			case when t.lane is null then s.at + interval '1 hour' end
		from ticket_steps s join tickets t on t.id = s.ticket_id
		left join tasks k on k.subject = 'orders' and k.subject_id = s.order_id and k.mark = s.mark and k.kind = 'find_cause' and s.detail->>'level' = 'supervisor'
		where s.ticket_id > ?0 and s.verb = 'escalate' order by s.at, s.id`
	manyCounters = `insert into counters (site_id, series, day, last)
		select ?1, x.series, to_date(m.day, 'YYMMDD'), max(m.serial + m.copies - 1) from made_moulds m cross join (values ('T'), ('F')) x (series) group by x.series, m.day
		on conflict (site_id, series, day) do update set last = greatest(counters.last, excluded.last)`
	manyIDs = `select setval(pg_get_serial_sequence('tickets', 'id'), (select max(id) from tickets)),
		setval(pg_get_serial_sequence('orders', 'id'), greatest(1, (select max(id) from orders))), setval(pg_get_serial_sequence('ticket_steps', 'id'), (select max(id) from ticket_steps))`
)
