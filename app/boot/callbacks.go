package boot

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/callback"
	"lobby/app/kit/table"
	"lobby/app/report"
	"lobby/app/ticket"
)

// ticketFlow is what a callback does to its ticket: steps of the ticket's own flow, in the callback's transaction.
type ticketFlow struct{ tickets *ticket.Service }

// CalledBack takes the step 'called back'.
func (f ticketFlow) CalledBack(ctx context.Context, tx bun.Tx, id int64, remark string) error {
	_, err := f.tickets.DoIn(ctx, tx, id, ticket.CallBack, ticket.Act{Remark: remark})
	return err
}

// Reopen takes the step 'opened again'.
func (f ticketFlow) Reopen(ctx context.Context, tx bun.Tx, id int64, reason string) error {
	_, err := f.tickets.DoIn(ctx, tx, id, ticket.Reopen, ticket.Act{Remark: reason})
	return err
}

// Close takes the step 'closed'.
func (f ticketFlow) Close(ctx context.Context, tx bun.Tx, id int64, remark string) error {
	_, err := f.tickets.DoIn(ctx, tx, id, ticket.Close, ticket.Act{Remark: remark})
	return err
}

// makeCallbacks joins callbacks and tickets, which don't know each other.
func (a *App) makeCallbacks() {
	a.Callbacks = &callback.Service{DB: a.DB, Vault: a.Vault, Sites: a.Sites, Flow: ticketFlow{a.Tickets}, Now: a.Now}
	a.Tickets.Forget = append(a.Tickets.Forget, a.Callbacks.Forget)
}

// callbackPages are the pages of callbacks and marks.
func (i *Instance) callbackPages() *callback.Pages {
	a := i.App
	return &callback.Pages{Service: a.Callbacks, URL: i.address(), Reveal: a.Tickets.Reveal,
		Register: func(ctx context.Context, from, to string) (*table.Table, error) {
			reports := &report.Service{DB: a.DB, Vault: a.Vault, Sites: a.Sites, Now: a.Now}
			tables, err := reports.Callbacks(ctx, report.Query{From: from, To: to, Register: true})
			if err != nil {
				return nil, err
			}
			return tables[0], nil
		}}
}
