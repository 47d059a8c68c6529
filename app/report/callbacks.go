package report

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/table"
	"lobby/views/locale"
)

// Callbacks gives the figures of callbacks and marks, or the register of callbacks (客户回访登记表).
func (s *Service) Callbacks(ctx context.Context, q Query) ([]*table.Table, error) {
	if q.Register {
		return s.allOf(ctx, CallbackRegister, q)
	}
	return s.run(ctx, "report.callbacks", q, callbackFigures)
}

// callbackCount is one line of figures: Due and InTime are over the tickets whose callback fell due in the period, the
// others over the calls made in it.
type callbackCount struct {
	Kind      string
	Due       int64
	InTime    int64
	Calls     int64
	Reached   int64
	Satisfied int64
}

// markCount are marks of one question, or of all three together, given in the period.
type markCount struct {
	Kind    string // empty: all kinds
	What    string // speed, attitude, upkeep; all: every mark that was given
	Answers int64  // people who gave at least one of them
	Marks   int64
	Mean    *float64 // between 0.1 and 1 (KPI-2)
}

func callbackFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	counts, err := callbackCounts(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	marks, err := markCounts(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	columns := []table.Column{col("due", table.Number), col("called_in_time", table.Share), col("calls", table.Number),
		col("reached", table.Share), col("satisfied", table.Share)}
	kind := []table.Column{col("kind", table.Text)}
	sum := p.titled(ctx, "callbacks", locale.T(ctx, "report.callbacks.title"), columns...)
	sum.Notes = []string{locale.T(ctx, "report.callbacks.note")}
	perKind := p.titled(ctx, "callbacks_by_kind", locale.T(ctx, "report.callbacks.by_kind"), append(kind, columns...)...)
	for _, c := range counts {
		cells := []any{c.Due, share(c.InTime, c.Due), c.Calls, share(c.Reached, c.Calls), share(c.Satisfied, c.Reached)}
		if c.Kind == "" {
			sum.Add(cells...)
		} else {
			perKind.Add(append([]any{kindLabel(ctx, c.Kind)}, cells...)...)
		}
	}
	given := p.titled(ctx, "marks", locale.T(ctx, "report.marks.title"), col("kind", table.Text), col("question", table.Text),
		col("answers", table.Number), col("marks", table.Number), col("satisfaction", table.Share))
	given.Notes = []string{locale.T(ctx, "report.marks.note")}
	for _, m := range marks {
		of := table.Label{Code: "all", Words: locale.T(ctx, "report.marks.all_kinds")}
		if m.Kind != "" {
			of = kindLabel(ctx, m.Kind)
		}
		given.Add(of, table.Label{Code: m.What, Words: locale.T(ctx, "report.marks."+m.What)}, m.Answers, m.Marks, optional(m.Mean))
	}
	return []*table.Table{sum, perKind, given}, nil
}

// optional is a share that may be missing.
func optional(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

// callbackCounts counts over all kinds (an empty kind) and by kind. A callback is made in time by its first call, whether
// or not somebody answered: nobody can be made to; a ticket that went on to 'called back' by itself was called then.
func callbackCounts(ctx context.Context, tx bun.IDB, p period) ([]callbackCount, error) {
	var counts []callbackCount
	err := tx.NewRaw(`with what as (
			select t.kind, 1 as due, coalesce(least((select min(c.at) from callbacks c where c.ticket_id = t.id and c.round = t.reopened),
					(select min(s.at) from ticket_steps s where s.ticket_id = t.id and s.order_id is null and s.verb = 'call_back' and s.at >= t.resolved_at))
					<= t.callback_due, false)::int as in_time,
				0 as calls, 0 as reached, 0 as satisfied
			from tickets t where t.site_id = ?0 and t.callback_due >= ?1 and t.callback_due < least(?2::timestamptz, ?3::timestamptz)
			union all
			select t.kind, 0, 0, 1, c.reached::int, (c.satisfied is true)::int
			from callbacks c join tickets t on t.id = c.ticket_id where c.site_id = ?0 and c.at >= ?1 and c.at < ?2)
		select coalesce(kind, '') as kind, coalesce(sum(due), 0) as due, coalesce(sum(in_time), 0) as in_time, coalesce(sum(calls), 0) as calls,
			coalesce(sum(reached), 0) as reached, coalesce(sum(satisfied), 0) as satisfied
		from what group by grouping sets ((), (kind)) order by grouping(kind) desc, calls desc, kind`,
		p.site.ID, p.from, p.to, p.now).Scan(ctx, &counts)
	return counts, err
}

// markCounts gives the mean of marks over ten with how many there are, by question and of all together, over all kinds
// and by kind. Each mean is over the marks themselves, never over other means (KPI-2).
func markCounts(ctx context.Context, tx bun.IDB, p period) ([]markCount, error) {
	var counts []markCount
	err := tx.NewRaw(`with given as (
			select t.kind, r.id, m.what, m.mark from ratings r join tickets t on t.id = r.ticket_id
			cross join lateral (values ('speed', r.speed), ('attitude', r.attitude), ('upkeep', r.upkeep)) m (what, mark)
			where r.site_id = ?0 and r.at >= ?1 and r.at < ?2 and m.mark is not null)
		select coalesce(kind, '') as kind, coalesce(what, 'all') as what, count(distinct id) as answers, count(*) as marks, (avg(mark) / 10)::float8 as mean
		from given group by grouping sets ((), (what), (kind), (kind, what))
		order by grouping(kind) desc, kind, array_position(array['all', 'speed', 'attitude', 'upkeep'], coalesce(what, 'all'))`,
		p.site.ID, p.from, p.to).Scan(ctx, &counts)
	return counts, err
}

// number is a figure that may be missing.
func number(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}
