package limit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lobby/app/ticket/limit"
)

// breaches and escalations until a moment, each in a line.
func recorded(l limit.Limits, now time.Time) []string {
	var lines []string
	for _, c := range l {
		if at := c.Breached(now); !at.IsZero() {
			lines = append(lines, fmt.Sprintf("%s %d set %s due %s", c.Kind, c.Round, c.Set, at))
		}
	}
	for _, e := range l.Escalations(now) {
		lines = append(lines, fmt.Sprintf("%s at %s from %v", e.Level, e.At, e.From))
	}
	return lines
}

// states of all clocks at a moment, with who has been told.
func states(l limit.Limits, now time.Time) string {
	text := ""
	for i := range l {
		text += string(l[i].State(now)) + " "
	}
	return text + strings.Join(recorded(l, now), " ")
}

// What a scan saw at some moment isn't taken back by what happens later.
func TestNothingIsTakenBack(t *testing.T) {
	t.Parallel()
	t.Run("SLA-4 what was breached or escalated at some moment stays so", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			w, cal := anyWorld(t)
			p := anyPolicy(t)
			h := anyHistory(t, w, p)
			cut := rapid.IntRange(1, len(h)).Draw(t, "cut")
			now := h[cut-1].At.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "later")) * time.Minute)
			for cut < len(h) && !h[cut].At.After(now) {
				cut++
			}
			later := strings.Join(recorded(limit.Of(p, cal, h), w.zero.AddDate(1, 0, 0)), "\n")
			for _, line := range recorded(limit.Of(p, cal, h[:cut]), now) {
				if !strings.Contains(later, line) {
					t.Fatalf("at %s it was said: %s\nlater:\n%s", now, line, later)
				}
			}
		})
	})
}

// A due scan that looks at the moments of Next alone misses nothing, and never looks in vain.
func TestNextIsWhenSomethingChanges(t *testing.T) {
	t.Parallel()
	t.Run("SLA-4 nothing changes between two moments of Next", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			w, cal := anyWorld(t)
			p := anyPolicy(t)
			l := limit.Of(p, cal, anyHistory(t, w, p))
			now := w.zero.AddDate(0, 0, 30)
			for _, c := range l {
				now = earlier(now, c.Set)
			}
			for _, c := range l { // from the last thing that happened on
				for _, at := range []time.Time{c.Set, c.Done, c.Replaced, c.Paused} {
					if at.After(now) {
						now = at
					}
				}
			}
			for range 40 {
				next := l.Next(now)
				if next.IsZero() {
					return
				}
				before, between := states(l, now), now.Add(next.Sub(now)/2)
				if got := states(l, between); got != before {
					t.Fatalf("%s changed at %s, before %s: %s", before, between, next, got)
				}
				if states(l, next.Add(-1)) != before || states(l, next) == before {
					t.Fatalf("nothing changes at %s: %s", next, before)
				}
				now = next
			}
			t.Fatalf("no end: %s", now)
		})
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// ExampleOf is the example of the package comment.
func ExampleOf() {
	b := setup(panics{}, "Asia/Shanghai")
	limits := limit.Of(limit.Default(), b.cal, limit.History{
		{At: b.at("2026-03-06 16:40"), What: limit.Registered, Class: limit.Class{Kind: "complaint", Urgency: "B"}},
		{At: b.at("2026-03-07 09:00"), What: limit.Answered},
		{At: b.at("2026-03-09 15:00"), What: limit.WaitStarted, On: limit.Customer},
		{At: b.at("2026-03-10 09:00"), What: limit.WaitEnded},
	})
	c, _ := limits.Clock(limit.Result)
	now := b.at("2026-03-10 09:00")
	fmt.Println(c.Due.Format(time.DateTime), c.State(now), limits.Next(now).Format(time.DateTime))
	fmt.Println(b.why(c, "2026-03-10 09:00"))
	// Output:
	// 2026-03-12 18:00:00 running 2026-03-12 06:00:00
	// 03-06 16:40–03-07 00:00 -received
	// 03-07 00:00–03-09 00:00 -weekend
	// 03-09 00:00–03-10 00:00 -waiting_customer
	// 03-10 00:00–03-11 00:00 +workday 1
	// 03-11 00:00–03-12 00:00 +workday 2
	// 03-12 00:00–03-12 18:00 +workday 3
}

// panics stands in for a test where there is none.
type panics struct{ testing.TB }

func (panics) Helper()           {}
func (panics) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// A ticket as they usually are, and one with 200 steps.
func BenchmarkOf(b *testing.B) {
	s := setup(b, "Asia/Shanghai")
	usual := s.history("2026-02-13 10:00 registered complaint/B", "2026-02-13 10:05 classified complaint/A", "2026-02-13 10:10 answered",
		"2026-02-14 10:00 wait_started customer", "2026-02-24 09:00 wait_ended", "2026-02-24 12:00 promised 2026-02-24 16:00", "2026-02-24 15:00 offered",
		"2026-02-24 17:00 resolved", "2026-02-25 10:00 called_back", "2026-02-25 10:00 reopened", "2026-02-26 17:00 resolved", "2026-02-27 10:00 called_back", "2026-02-27 10:01 closed")
	long := s.history("2026-02-13 10:00 registered complaint/B")
	for i := range 200 {
		at := s.at("2026-02-13 10:00").Add(time.Duration(i) * 5 * time.Hour)
		long = append(long, limit.Event{At: at, What: []limit.What{limit.Told, limit.WaitStarted, limit.WaitEnded, limit.Answered}[i%4], On: limit.Customer})
	}
	for name, h := range map[string]limit.History{"usual": usual, "200 steps": long} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var now time.Time
			for b.Loop() {
				l := limit.Of(s.policy, s.cal, h)
				now = l.Next(h[len(h)-1].At)
				l.Escalations(h[len(h)-1].At)
			}
			_ = now
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tickets/s")
		})
	}
}
