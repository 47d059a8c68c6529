package notice_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/notice"
)

func TestOutbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := notice.Post{Channels: []notice.Channel{notice.Mail, notice.Robot}}
	var many []notice.Told
	for i := range 40 {
		many = append(many, notice.Told{To: b.people[:1], Kind: "escalated", About: about(int64(i + 1)), Mark: "x", Due: b.clock()})
	}
	b.tell(post, many...)
	out := notice.Outbox{DB: b.db, Now: b.clock}
	claim := func(n int) []notice.Letter {
		t.Helper()
		l, err := out.Claim(t.Context(), notice.Mail, n)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	t.Run("many carriers at once: each letter goes to one", func(t *testing.T) {
		var mu sync.Mutex
		var all []int64
		var carriers sync.WaitGroup
		for range 8 {
			carriers.Go(func() {
				letters, err := out.Claim(t.Context(), notice.Mail, 5)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				for _, l := range letters {
					all = append(all, l.ID)
				}
			})
		}
		carriers.Wait()
		slices.Sort(all)
		if len(all) != 40 || len(slices.Compact(all)) != 40 {
			t.Errorf("%d letters claimed, %d of them once", len(all), len(slices.Compact(slices.Clone(all))))
		}
	})
	if again := claim(100); len(again) != 0 {
		t.Fatalf("%d letters are claimed again within their lease", len(again))
	}
	b.pass(notice.Lease)
	letters := claim(100)
	if len(letters) != 40 || letters[0].Tries != 2 || letters[0].Staff != b.people[0] {
		t.Fatalf("after the lease %d letters come again: %+v", len(letters), letters[:min(1, len(letters))])
	}
	for _, l := range letters[1:] {
		if err := out.Sent(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	lasting, tries := letters[0], 0
	for tries = range 20 {
		if err := out.Failed(t.Context(), lasting); err != nil {
			t.Fatal(err)
		}
		b.pass(24 * time.Hour)
		next := claim(100)
		if len(next) == 0 {
			break
		}
		lasting = next[0]
	}
	if tries != 6 || b.id(`select count(*) from outbox where failed_at is not null`) != 1 {
		t.Errorf("given up after %d more tries", tries)
	}
	if n := b.id(`select count(*) from outbox where channel = 'robot' and tries = 0`); n != 40 {
		t.Errorf("the other channel has %d letters, want its own 40", n)
	}
}

func TestWakesScreensOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	told := notice.Told{To: b.people, Kind: "escalated", About: about(7), Mark: "x", Due: b.clock()}
	b.tell(notice.Post{}, told)
	b.tell(notice.Post{}, told) // nobody learns anything new
	var kinds []string
	if err := b.db.NewRaw(`select kind || ' ' || ref || ' ' || body from events order by seq`).Scan(t.Context(), &kinds); err != nil {
		t.Fatal(err)
	}
	if strings.Join(kinds, ",") != "notice.sent 0 {}" {
		t.Errorf("events %v: want one wake-up that names nobody", kinds)
	}
}
