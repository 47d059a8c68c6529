package ticket_test

import (
	"testing"
	"time"
)

// BenchmarkWatch is the watch's work on ten thousand inquiries: as it first reckons them, and as their limit passes.
func BenchmarkWatch(b *testing.B) {
	const tickets = 10_000
	d := setup(b)
	var first, due time.Duration
	for b.Loop() {
		_, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
			select ?, gen_random_uuid(), '', gen_random_uuid()::text, 'phone', 'inquiry', '大堂', '问路', ?::timestamptz from generate_series(1, ?) n`,
			d.site, d.clock.Now(), tickets).Exec(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		first += timed(func() { d.mark(d.svc) })
		d.clock.Add(24*time.Hour + time.Second)
		due += timed(func() { d.mark(d.svc) })
		if n := d.count(`select count(*) from events where kind = 'ticket.overdue'`); n%tickets != 0 || n == 0 {
			b.Fatalf("noted %d", n)
		}
	}
	b.ReportMetric(first.Seconds()*1e6/float64(b.N)/tickets, "first-µs/ticket")
	b.ReportMetric(due.Seconds()*1e6/float64(b.N)/tickets, "due-µs/ticket")
}

func timed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}
