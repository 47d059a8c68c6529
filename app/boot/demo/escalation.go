package demo

import (
	"context"

	"lobby/app/ticket"
)

// takeOver lets the supervisor take over every second ticket that was escalated and waits, so that the demo shows both: who
// has one, and what nobody has taken yet.
func (w *world) takeOver(ctx context.Context) error {
	var waiting []int64
	if err := w.DB.NewRaw(`select id from tickets where site_id = ? and untaken_at is not null order by id`, w.site.ID).Scan(ctx, &waiting); err != nil {
		return err
	}
	for i, id := range waiting {
		if i%2 == 0 {
			continue
		}
		if _, err := w.tickets(w.now).Do(w.as(ctx, "supervisor"), id, ticket.TakeOver, ticket.Act{}); err != nil {
			return err
		}
	}
	return nil
}
