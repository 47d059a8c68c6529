package dispute_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"lobby/app/dispute"
	"lobby/app/staff"
)

// caught keeps the statements that read the list.
type caught struct {
	mu   sync.Mutex
	text []string
}

func (c *caught) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (c *caught) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.Contains(e.Query, "from disputes") {
		c.text = append(c.text, e.Query)
	}
}

func TestRunningByPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const all, mine = 3000, 60
	if _, err := b.db.NewRaw(`with made as (insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, state, registered_at, due_at)
			select ?0, gen_random_uuid(), '', 'D' || n, 'phone', 'complaint', '大堂', '吵闹', 'in_hand', ?1::timestamptz - n * interval '1 minute', ?1 from generate_series(1, ?2) n
			returning id, number, registered_at)
		insert into disputes (site_id, ticket_id, entry_key, mediator_id, opened_by, opened_at)
			select ?0, id, gen_random_uuid(), case when substr(number, 2)::int % 50 = 0 then ?3::bigint end, ?3, registered_at from made`, b.site, b.now, all, b.owner).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.NewRaw(`analyze`).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	catch := &caught{}
	b.db.AddQueryHook(catch) //nolint:staticcheck // WithQueryHook gives a copy, and the service holds the original
	ctx := b.as(b.owner, b.site, staff.Agent)
	page := func(n int) (list []dispute.Running, more bool) {
		t.Helper()
		list, more, err := b.svc.Running(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		return list, more
	}
	t.Run("COMPLAINT-8 the list goes on by pages: one's own first, then the oldest, each once and none left out", func(t *testing.T) {
		seen := map[string]bool{}
		var last dispute.Running
		for n, more := 1, true; more; n++ {
			var list []dispute.Running
			if list, more = page(n); len(list) != dispute.PageSize {
				t.Fatalf("page %d has %d", n, len(list))
			}
			for i, r := range list {
				place := (n-1)*dispute.PageSize + i
				if r.Mine != (place < mine) || seen[r.Number] || place != 0 && place != mine && r.OpenedAt.Before(last.OpenedAt) {
					t.Fatalf("at place %d stands %+v after %+v", place, r, last)
				}
				seen[r.Number], last = true, r
			}
		}
		if len(seen) != all {
			t.Errorf("%d were shown, want %d", len(seen), all)
		}
		if beyond, more := page(all); len(beyond) != 0 || more {
			t.Errorf("beyond the last page stand %d", len(beyond))
		}
	})
	t.Run("each page is read by an index, and no more of the table than up to there", func(t *testing.T) {
		catch.mu.Lock()
		catch.text = nil
		catch.mu.Unlock()
		page(2) // both halves of the list
		catch.mu.Lock()
		statements := catch.text
		catch.mu.Unlock()
		if len(statements) != 3 {
			t.Fatalf("%d statements", len(statements))
		}
		for _, q := range statements {
			var plan []string
			if err := b.db.NewRaw("explain "+q).Scan(t.Context(), &plan); err != nil {
				t.Fatal(err)
			}
			if text := fmt.Sprint(plan); !strings.Contains(text, "disputes_running") && !strings.Contains(text, "disputes_mediator") || strings.Contains(text, "Seq Scan on disputes") {
				t.Errorf("%s\n%s", q, strings.Join(plan, "\n"))
			}
		}
	})
}
