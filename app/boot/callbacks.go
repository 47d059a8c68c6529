package boot

import (
	"context"

	"github.com/a-h/templ"

	"lobby/app/boot/bind"
	"lobby/app/callback"
	"lobby/app/dispute"
	"lobby/app/ticket"
	"lobby/views/part"
)

// makeCallbacks joins callbacks and tickets, which don't know each other.
func (a *App) makeCallbacks() {
	a.Callbacks = &callback.Service{DB: a.DB, Vault: a.Vault, Sites: a.Sites, Flow: bind.Flow{Tickets: a.Tickets}, Now: a.Now}
	a.Disputes = &dispute.Service{DB: a.DB, Sites: a.Sites, Now: a.Now}
	a.Tickets.Forget = append(a.Tickets.Forget, a.Callbacks.Forget, a.Disputes.Forget)
}

// ticketPages are the pages of tickets, with what callbacks and disputes show on them.
func (i *Instance) ticketPages(calls *callback.Pages, disputes *dispute.Pages) *ticket.Pages {
	return &ticket.Pages{Service: i.App.Tickets,
		Beside: func(ctx context.Context, id int64, opened bool) (templ.Component, error) {
			dispute, err := disputes.Beside(ctx, id, opened)
			if err != nil {
				return nil, err
			}
			call, err := calls.Beside(ctx, id, opened)
			return templ.Join(dispute, call), err
		},
		Lines: func(ctx context.Context, id int64, opened bool) ([]part.Line, error) {
			lines, err := calls.Lines(ctx, id, opened)
			if err != nil {
				return nil, err
			}
			more, err := disputes.Lines(ctx, id, opened)
			return append(lines, more...), err
		}}
}

// callbackPages are the pages of callbacks and marks.
func (i *Instance) callbackPages() *callback.Pages {
	a := i.App
	return &callback.Pages{Service: a.Callbacks, URL: i.address(), Reveal: a.Tickets.Reveal}
}
