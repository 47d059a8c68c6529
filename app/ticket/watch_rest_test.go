package ticket_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
)

// slow lets the clock go on by as much as each transaction takes.
type slow struct {
	clock *clock
	takes []time.Duration
	begun atomic.Int64
}

func (s *slow) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (s *slow) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if strings.HasPrefix(e.Query, "BEGIN") {
		s.clock.Add(s.takes[(s.begun.Add(1)-1)%int64(len(s.takes))])
	}
}

// Between two transactions the watch rests for two thirds of what the last one took, a tenth of a second at most, and holds nothing
// meanwhile: what people do comes first.
func TestWatchRests(t *testing.T) {
	t.Parallel()
	d := setup(t)
	const many = 451 // four transactions that are full, and a last one
	if _, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
		select ?, gen_random_uuid(), '', 'D' || n, 'phone', 'inquiry', '大堂', '问路', ?::timestamptz from generate_series(1, ?) n`, d.site, monday, many).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	clocked := &slow{clock: d.clock, takes: []time.Duration{30 * time.Millisecond, 0, 7 * time.Second, 150 * time.Millisecond, 20 * time.Millisecond}}
	d.db.AddQueryHook(clocked) //nolint:staticcheck // WithQueryHook gives a copy, and the service holds the original
	var rests []time.Duration
	var held, left []int
	d.svc.Rest = func(_ context.Context, r time.Duration) error {
		rests = append(rests, r)
		held = append(held, d.count(`select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`))
		left = append(left, d.count(`select count(*) from tickets where due_at is null`))
		return nil
	}
	d.mark(d.svc)
	if want := []time.Duration{20 * time.Millisecond, 0, 100 * time.Millisecond, 100 * time.Millisecond}; !slices.Equal(rests, want) {
		t.Errorf("it rested for %v, want %v", rests, want)
	}
	if !slices.Equal(left, []int{351, 251, 151, 51}) || slices.Max(held) != 0 {
		t.Errorf("while it rests %v tickets are left and %v transactions are open", left, held)
	}
	stopped := errors.New("stopped")
	d.clock.Add(25 * time.Hour)
	d.svc.Rest = func(context.Context, time.Duration) error { return stopped }
	noted, err := d.svc.MarkDue(actor.AsJob(t.Context(), "watch", 0))
	if n := d.count(`select count(distinct ref) from events where kind = 'ticket.overdue'`); !errors.Is(err, stopped) || noted == 0 || n != 100 {
		t.Errorf("asked to end while it rests: %d noted, %d passed, %v", noted, n, err)
	}
}
