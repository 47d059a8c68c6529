package report

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/db"
	"lobby/app/kit/pii"
)

// registerLine is one line of a register: a ticket with what became of it, or a call with its ticket.
type registerLine struct {
	ID, Ticket                                   int64 // ID: of the call, or of the ticket
	At                                           time.Time
	Number, Kind, HelpKind, Topic, Severity      string
	Validity, State, Place, Matter, Reporter     string
	Phone                                        []byte
	Worker, Departments, Against, Done, Reviewer string
	ResolvedAt, ExpiredAt, ReviewedAt            *time.Time
	Satisfied                                    *bool

	Caller, Asked, Answer, Remark string
	Reached                       bool
	Speed, Attitude, Upkeep       *int64
}

// lines reads lines of a register.
func (s *Service) lines(ctx context.Context, tx bun.IDB, p period, k RegisterKind, f RegisterFilter, newest bool, most int) ([]registerLine, error) {
	query, args, err := s.linesQuery(ctx, tx, p, k, f, newest, most)
	if err != nil {
		return nil, err
	}
	var out []registerLine
	return out, tx.NewRaw(query, args...).Scan(ctx, &out)
}

// linesQuery asks first which lines, by index, then what stands on them.
func (s *Service) linesQuery(ctx context.Context, tx bun.IDB, p period, k RegisterKind, f RegisterFilter, newest bool, most int) (string, []any, error) {
	which := tx.NewSelect().Where("t.site_id = ?", p.site.ID)
	at, id := bun.Safe("t.registered_at"), bun.Safe("t.id")
	if k == CallbackRegister {
		at, id = "c.at", "c.id"
		which = which.TableExpr("callbacks as c").Join("join tickets as t on t.id = c.ticket_id").Where("c.site_id = ?", p.site.ID)
	} else {
		which = which.TableExpr("tickets as t")
	}
	which = which.ColumnExpr("? as id, ? as at, t.id as ticket", id, at).Where("? >= ?", at, p.from).Where("? < ?", at, p.to)
	which = f.narrow(which, k, p)
	which, err := s.search(ctx, tx, which, p, f.Text)
	if err != nil {
		return "", nil, err
	}
	switch moment, number, ok := placed(f.Older + f.Newer); {
	case ok && f.Newer != "":
		which = which.Where("? >= ?", at, moment).Where("(?, ?) > (?, ?)", at, id, moment, number).OrderExpr("?, ?", at, id)
	case ok:
		which = which.Where("? <= ?", at, moment).Where("(?, ?) < (?, ?)", at, id, moment, number).OrderExpr("? desc, ? desc", at, id)
	case newest:
		which = which.OrderExpr("? desc, ? desc", at, id)
	default:
		which = which.OrderExpr("?, ?", at, id)
	}
	query := registerDetails
	if k == CallbackRegister {
		query = callbackDetails
	}
	return query, []any{which.Limit(int64(most)), p.site.Location().String(), newest && f.Newer == ""}, nil
}

// narrow leaves out what the filter doesn't want.
func (f RegisterFilter) narrow(q *bun.SelectQuery, k RegisterKind, p period) *bun.SelectQuery {
	switch {
	case f.Of != "":
		q = q.Where("t.kind = ?", f.Of)
	case k == Matters:
		q = q.Where("t.kind in ('complaint', 'help')")
	}
	if f.Zone != 0 {
		q = q.Where("t.household_id in (select h.id from households h join buildings b on b.id = h.building_id where b.zone_id = ? and h.site_id = ?)", f.Zone, p.site.ID)
	}
	switch {
	case f.Person == 0:
	case k == CallbackRegister:
		q = q.Where("c.by_id = ?", f.Person)
	default:
		q = q.Where("coalesce(t.handler_id, t.owner_id) = ?", f.Person)
	}
	switch f.State {
	case "open":
		q = q.Where("t.lane is not null")
	case "over":
		q = q.Where("t.lane is null")
	case "late":
		q = q.Where("coalesce(t.resolved_at, t.closed_at, ?) > t.due_at", p.now)
	case "satisfied":
		q = q.Where("c.satisfied")
	case "reopened":
		q = q.Where("not c.satisfied")
	case "again":
		q = q.Where("not c.reached")
	}
	if k == CallbackRegister {
		return q
	}
	switch f.Reviewed {
	case "yes":
		q = q.Where("exists (?)", reviewOf(q, p))
	case "no":
		q = q.Where("not exists (?)", reviewOf(q, p))
	}
	return q
}

// reviewOf is the review of a ticket's record (REVIEW-1): under its section, on the day on which it came in.
func reviewOf(q *bun.SelectQuery, p period) *bun.SelectQuery {
	return q.NewSelect().ColumnExpr("1").TableExpr("reviews as v").Where("v.site_id = t.site_id").Where("v.span = 'day'").
		Where("v.day = (t.registered_at at time zone ?)::date", p.site.Location().String()).
		Where("v.section = case when t.channel = 'patrol' then 'patrol' when t.kind = 'complaint' then 'complaint' else 'reception' end").
		Where("v.subject_id = t.id")
}

// search narrows to the tickets of a phone by exact match (PRIVACY-3), to one by its number, or to those of a place.
func (s *Service) search(ctx context.Context, tx bun.IDB, q *bun.SelectQuery, p period, text string) (*bun.SelectQuery, error) {
	if text == "" {
		return q, nil
	}
	if normal, ok := pii.NormalisePhone(text); ok {
		return q.Where("t.phone_index = ?", s.Vault.Index(pii.Phone, normal)), nil
	}
	household, known, err := s.Sites.FindHousehold(ctx, tx, p.site.ID, text)
	if err != nil {
		return nil, err
	}
	household, upper := max(household, 0), strings.ToUpper(text)
	if !known {
		return q.Where("(t.number = ? or t.place like ?)", upper, db.Like(text)+"%"), nil
	}
	return q.Where("(t.number = ? or t.household_id = ? or t.place like ?)", upper, household, db.Like(text)+"%"), nil
}

// registerDetails are the lines of some tickets: ?0 says which, ?1 is the zone of the site, ?2 tells whether the newest comes first.
const registerDetails = `
with which as materialized (?0)
select x.id, x.ticket, x.at, t.number, t.kind, t.help_kind, t.topic, t.severity, t.validity, t.state, t.place, t.matter, t.reporter, t.phone,
	t.resolved_at, t.expired_at, coalesce(w.name, '') as worker, coalesce(d.name, '') as against, coalesce(o.names, '') as departments,
	coalesce(r.remark, '') as done, coalesce(b.name, '') as reviewer, v.at as reviewed_at, c.satisfied
from which x join tickets t on t.id = x.ticket
left join staff w on w.id = coalesce(t.handler_id, t.owner_id)
left join departments d on d.id = t.against_id
left join lateral (select string_agg(distinct od.name, ' ' order by od.name) as names from orders oo join departments od on od.id = oo.department_id
	where oo.ticket_id = t.id and oo.state not in ('rejected', 'withdrawn')) o on true
left join lateral (select s.remark from ticket_steps s where s.ticket_id = t.id and s.order_id is null and s.verb in ('resolve', 'invalidate', 'unsolvable')
	order by s.id desc limit 1) r on true
left join lateral (select cc.satisfied from callbacks cc where cc.ticket_id = t.id and cc.reached order by cc.id desc limit 1) c on true
left join reviews v on v.site_id = t.site_id and v.span = 'day' and v.day = (t.registered_at at time zone ?1)::date and v.subject_id = t.id
	and v.section = case when t.channel = 'patrol' then 'patrol' when t.kind = 'complaint' then 'complaint' else 'reception' end
left join staff b on b.id = v.by_id
order by extract(epoch from x.at) * case when ?2 then -1 else 1 end, x.id * case when ?2 then -1 else 1 end`

// callbackDetails are the lines of some calls, with the marks that were given in them.
const callbackDetails = `
with which as materialized (?0)
select x.id, x.ticket, x.at, t.number, t.kind, t.place, t.matter, t.phone, t.expired_at, coalesce(b.name, '') as caller, c.reached, c.asked, c.satisfied, c.answer,
	g.speed, g.attitude, g.upkeep, coalesce(g.remark, '') as remark
from which x join callbacks c on c.id = x.id join tickets t on t.id = x.ticket left join staff b on b.id = c.by_id
left join ratings g on c.reached and g.ticket_id = c.ticket_id and g.via = 'callback' and g.at = c.at
order by extract(epoch from x.at) * case when ?2 then -1 else 1 end, x.id * case when ?2 then -1 else 1 end`

// Choice is something that a register can be narrowed to, with its name.
type Choice struct {
	ID   int64
	Name string
}

// choices are the zones of a site, and the people who have a ticket or made a call there.
func choices(ctx context.Context, tx bun.IDB, site int64) (zones, people []Choice, err error) {
	if err = tx.NewRaw(`select id, name from zones where site_id = ? order by code`, site).Scan(ctx, &zones); err != nil {
		return nil, nil, err
	}
	err = tx.NewRaw(`select p.id, p.name from staff p where p.id in (select r.staff_id from staff_roles r where r.site_id = ?0 and r.role <> all(?1)) order by p.name, p.id`,
		site, pgdialect.Array([]string{"admin", "cashier"})).Scan(ctx, &people)
	return zones, people, err
}
