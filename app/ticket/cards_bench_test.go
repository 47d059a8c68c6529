package ticket_test

import (
	"testing"
	"time"

	"lobby/app/ticket"
)

// BenchmarkCards reads what a wall of 500 open tickets shows, beside 20,000 that are over.
func BenchmarkCards(b *testing.B) {
	d := setup(b)
	for state, n := range map[string]int{"registered": 250, "in_hand": 150, "resolved": 100, "closed": 20000} {
		_, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, urgency, type, state, place, matter, registered_at, due_at)
			select ?, gen_random_uuid(), '', ? || n, 'phone', 'repair', (array['A','B','C'])[1 + n % 3], (array['A1','A2','B1','B2','C1','C2'])[1 + n % 6],
				?, '18#2单元201室', '厨房水管漏水，请尽快来人', ?::timestamptz, ?::timestamptz + n * interval '1 minute' from generate_series(1, ?) n`,
			d.site, state, state, monday, monday.Add(48*time.Hour), n).Exec(b.Context())
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := d.db.NewRaw(`analyze tickets`).Exec(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		columns, err := ticket.Cards(b.Context(), d.db, d.site, ticket.LaneCap)
		if err != nil || columns[0].Count != 250 || len(columns[0].Cards) != ticket.LaneCap {
			b.Fatal(err)
		}
	}
}
