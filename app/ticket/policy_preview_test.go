package ticket_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/staff"
	"lobby/app/ticket/limit"
)

// laden lets the clock go on by a while each time that histories are read.
type laden struct {
	clock *clock
	takes time.Duration
}

func (l *laden) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (l *laden) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if strings.Contains(e.Query, "ticket_steps") {
		l.clock.Add(l.takes)
	}
}

// A preview ends after two seconds with what it has looked at, and says how many it hasn't: a supervisor waits for it.
func TestPreviewEndsInTime(t *testing.T) {
	t.Parallel()
	d := setup(t)
	const many = 1100 // three times as many as it takes at once, less some
	if _, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
		select ?, gen_random_uuid(), '', 'D' || n, 'phone', 'inquiry', '大堂', '问路', ?::timestamptz from generate_series(1, ?) n`, d.site, monday, many).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	load := &laden{clock: d.clock}
	d.db.AddQueryHook(load) //nolint:staticcheck // WithQueryHook gives a copy, and the service holds the original
	policy := &limit.Policy{Rows: []limit.Row{{Kind: "inquiry", Result: limit.Span{N: 12, Unit: limit.Hours}}}, Callbacks: limit.Default().Callbacks}
	for takes, looked := range map[time.Duration]int{0: many, 1500 * time.Millisecond: 1000, time.Minute: 500} {
		load.takes = takes
		got, err := d.svc.PreviewPolicy(d.as(staff.Supervisor), policy)
		if err != nil || got.Touched != many || got.Looked != looked || got.Count != looked {
			t.Errorf("where 500 take %s: %d of %d looked at, %d would move, want %d; %v", takes, got.Looked, got.Touched, got.Count, looked, err)
		}
	}
}
