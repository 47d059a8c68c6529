package demo

import (
	"context"

	"lobby/app/ticket"
)

// takeOver lets the supervisor take over about every second ticket that was escalated and waits, so that the demo shows
// both: who has one, and what nobody has taken yet. Which ones, their entries' keys say: ids are as the load came about.
func (w *world) takeOver(ctx context.Context) error {
	var waiting []int64
	err := w.DB.NewRaw(`select id from tickets where site_id = ? and untaken_at is not null and get_byte(uuid_send(entry_key), 15) % 2 = 0
		order by id`, w.site.ID).Scan(ctx, &waiting)
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if _, err := w.tickets(w.now).Do(w.as(ctx, "supervisor"), id, ticket.TakeOver, ticket.Act{}); err != nil {
			return err
		}
	}
	return nil
}
