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
		Beside: func(ctx context.Context, t *ticket.Ticket, kept ticket.Kept, opened bool) (templ.Component, []part.Line, error) {
			about := dispute.About{Ticket: t.ID, Kind: t.Kind, State: string(t.State), Expired: t.Expired(), Dispute: kept.Dispute}
			dispute, talks, err := disputes.Beside(ctx, about, opened)
			if err != nil {
				return nil, nil, err
			}
			item := callback.Item{Ticket: t.ID, State: string(t.State), Expired: t.Expired()}
			call, lines, err := calls.Beside(ctx, item, kept.Calls || kept.Ratings, opened)
			return templ.Join(dispute, call), append(lines, talks...), err
		}}
}

// callbackPages are the pages of callbacks and marks.
func (i *Instance) callbackPages() *callback.Pages {
	a := i.App
	return &callback.Pages{Service: a.Callbacks, URL: i.address(), Reveal: a.Tickets.Reveal}
}
