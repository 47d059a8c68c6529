package report

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/table"
	"lobby/views/locale"
)

// Help gives the figures of requests for help by kind (HELP-1): how many, and which were answered in time (HELP-2).
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
		from (select coalesce(nullif(help_kind, ''), '-') as kind, lane is not null as open, response_due <= ?3 or response_at <= ?3 as due, response_at <= response_due as met
			from tickets where site_id = ?0 and kind = 'help' and registered_at >= ?1 and registered_at < ?2) t
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
