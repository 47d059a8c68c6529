package report

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/table"
	"lobby/views/locale"
)

// Help gives the figures of requests for help by kind (HELP-1): how many, and which were answered in time (HELP-2). The
// answer is what the customer is told after somebody took the request on: kinds whose result has its own row of the limits
// have a limit for the answer, of others the result is the answer.
func (s *Service) Help(ctx context.Context, q Query) ([]*table.Table, error) {
	return s.run(ctx, "report.help", q, helpFigures)
}

// helpCount is one line of figures over requests that were registered in the period; Due are those that owed an answer by
// now.
type helpCount struct {
	Kind                                 string // empty: all kinds; "-": not classified
	Registered, Open, Finished, Due, Met int64
}

func helpFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	var counts []helpCount
	err := tx.NewRaw(`select coalesce(kind, '') as kind, count(*) as registered, count(*) filter (where open) as open, count(*) filter (where not open) as finished,
			count(*) filter (where due) as due, count(*) filter (where due and met) as met
		from (select coalesce(nullif(t.help_kind, ''), '-') as kind, t.lane is not null as open, t.state <> 'invalid' and (x.owed <= ?3 or x.owed is not null and x.given <= ?3) as due,
				x.given <= x.owed as met
			from tickets t cross join lateral (select coalesce(t.solution_due, t.due_at) as owed,
				case when t.solution_due is null then coalesce(t.resolved_at, t.closed_at) else t.solution_at end as given) x
			where t.site_id = ?0 and t.kind = 'help' and t.registered_at >= ?1 and t.registered_at < ?2) t
		group by grouping sets ((), (kind)) order by grouping(kind) desc, registered desc, kind`, p.site.ID, p.from, p.to, p.now).Scan(ctx, &counts)
	if err != nil {
		return nil, err
	}
	t := p.titled(ctx, "help", locale.T(ctx, "report.help.title"), col("kind", table.Text), col("registered", table.Number), col("open", table.Number),
		col("finished", table.Number), col("due", table.Number), col("in_time", table.Share))
	t.Notes = []string{locale.T(ctx, "report.help.note")}
	for _, c := range counts {
		kind := label(c.Kind, "ticket.help."+c.Kind, locale.T(ctx, "ticket.help."+c.Kind))
		switch c.Kind {
		case "":
			kind = table.Label{Code: "all", Words: locale.T(ctx, "report.help.all")}
		case "-":
			kind.Words = locale.T(ctx, "report.help.unclassified")
		}
		t.Add(kind, c.Registered, c.Open, c.Finished, c.Due, share(c.Met, c.Due))
	}
	return []*table.Table{t}, nil
}
