package ticket_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// statements counts the statements on a pool, by transaction.
type statements struct {
	mu  sync.Mutex
	txs []int
}

func (s *statements) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (s *statements) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(e.Query, "BEGIN") {
		s.txs = append(s.txs, 0)
	}
	if len(s.txs) > 0 {
		s.txs[len(s.txs)-1]++
	}
}

// Many limits that pass at once are noted in short transactions, each of few statements, however many people are told.
func TestManyLimitsAtOnce(t *testing.T) {
	t.Parallel()
	d := setup(t)
	const many = 251
	_, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
		select ?, gen_random_uuid(), '', 'D' || n, 'phone', 'inquiry', '大堂', '问路', ?::timestamptz from generate_series(1, ?) n`, d.site, monday, many).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counted := &statements{}
	d.db.AddQueryHook(counted)                                                //nolint:staticcheck // WithQueryHook gives a copy, and the service holds the original
	for _, later := range []time.Duration{0, 23 * time.Hour, 2 * time.Hour} { // reckoned, near, passed
		d.clock.Add(later)
		counted.txs = nil
		d.mark(d.svc)
		if len(counted.txs) != 3 || slices.Max(counted.txs) > 20 {
			t.Errorf("after %s: transactions of %v statements, want 3 of at most 20", later, counted.txs)
		}
	}
	for _, kind := range []string{"near", "overdue"} {
		if n := d.count(`select count(distinct ref) from events where kind = ?`, "ticket."+kind); n != many {
			t.Errorf("%d are %s, want %d", n, kind, many)
		}
	}
	if n := d.count(`select count(*) from events`); n > 3*many+20 { // of each that it is limited, near, passed
		t.Errorf("%d events", n)
	}
}
