package demo

import (
	"context"

	"lobby/app/ticket"
)

// takeOver lets the supervisor take over about every second ticket, by its entry's key, that was escalated and waits, so that the demo shows both: who
// has one, and what nobody has taken yet.
func (w *world) takeOver(ctx context.Context) error {
	var waiting []int64
	if err := w.DB.NewRaw(`select id from tickets where site_id = ? and untaken_at is not null and get_byte(uuid_send(entry_key), 15) % 2 = 0 order by id`, w.site.ID).Scan(ctx, &waiting); err != nil {
		return err
	}
	for _, id := range waiting {
		if _, err := w.tickets(w.now).Do(w.as(ctx, "supervisor"), id, ticket.TakeOver, ticket.Act{}); err != nil {
			return err
		}
	}
	return nil
}
