package boot

import (
	"context"

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
		return figures.Tickets(ctx, report.Query{From: from, To: to})
	}}).Routes(i.web)
}
