package boot

import (
	"context"
	"slices"

	"lobby/app/kit/table"
	"lobby/app/knowledge"
	"lobby/app/report"
	"lobby/app/review"
)

// reports are the figures and registers.
func (a *App) reports() *report.Service {
	return &report.Service{DB: a.DB, Vault: a.Vault, Sites: a.Sites, Now: a.Now}
}

// reviews mounts the pages of registers, reports, reviews and cases; the month's report has its figures from the reports.
func (i *Instance) reviews() {
	figures := i.App.reports()
	(&report.Pages{Service: figures}).Routes(i.web)
	(&knowledge.Pages{Service: i.App.Cases}).Routes(i.web)
	(&review.Pages{Service: i.App.Reviews, Figures: func(ctx context.Context, from, to string) ([]*table.Table, error) {
		return monthFigures(ctx, figures, report.Query{From: from, To: to})
	}}).Routes(i.web)
}

// ofMonth are the tables of a month's report (REVIEW-4), by key: what was completed, complaints and help, and whether the
// reviews were in time.
var ofMonth = []string{"tickets", "tickets_by_kind", "complaints", "complaints_by_severity", "complaints_by_topic", "complaints_by_against", "help", "reviews", "week_reviews"}

func monthFigures(ctx context.Context, r *report.Service, q report.Query) (out []*table.Table, err error) {
	for _, read := range []func(context.Context, report.Query) ([]*table.Table, error){r.Tickets, r.Complaints, r.Help, r.Reviews} {
		tables, err := read(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, t := range tables {
			if slices.Contains(ofMonth, t.Key) && len(t.Rows) > 0 {
				out = append(out, t)
			}
		}
	}
	return out, nil
}
