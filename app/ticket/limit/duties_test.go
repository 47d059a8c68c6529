package limit_test

import (
	"testing"
	"time"

	"lobby/app/ticket/limit"
)

func TestEscalations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string
		now   string
		want  string
	}{
		{"ESC-1 a department that doesn't answer", []string{"2026-03-02 10:00 sent repair/B", "2026-03-02 11:00 accepted"}, "2026-03-03 22:00",
			"2026-03-03 22:00 operations_manager order\n2026-03-03 22:00 supervisor order"},
		{"ESC-1 until then nobody is told", []string{"2026-03-02 10:00 sent repair/B"}, "2026-03-03 21:59:59", ""},
		{"ESC-1 one that answers in time", []string{"2026-03-02 10:00 sent repair/B", "2026-03-03 22:00 done"}, "2026-03-09 10:00", ""},
		{"ESC-1 one that rejects has answered", []string{"2026-03-02 10:00 sent repair/B", "2026-03-02 22:00 rejected"}, "2026-03-09 10:00", ""},
		{"ESC-1 the sender's own limit counts where it is earlier", []string{"2026-03-02 10:00 sent repair/B", "2026-03-02 10:00 promised 2026-03-02 18:00"}, "2026-03-09 10:00",
			"2026-03-02 18:00 operations_manager order\n2026-03-02 18:00 supervisor order"},
		{"ESC-1 its waiting on the customer stops it", []string{"2026-03-02 10:00 sent repair/B", "2026-03-02 11:00 wait_started customer", "2026-03-05 11:00 wait_ended"}, "2026-03-09 10:00",
			"2026-03-06 22:00 operations_manager order\n2026-03-06 22:00 supervisor order"},
		{"ESC-2 two days, and a week", []string{"2026-03-02 10:00 registered inquiry/C"}, "2026-03-30 10:00",
			"2026-03-04 10:00 supervisor takeover\n2026-03-09 10:00 manager takeover"},
		{"ESC-2 together with the limit it is one", []string{"2026-03-02 10:00 registered repair/B"}, "2026-03-05 10:00", "2026-03-04 10:00 supervisor takeover+result"},
		{"ESC-2 done within two days", []string{"2026-03-02 10:00 registered inquiry/C", "2026-03-04 10:00 resolved"}, "2026-03-30 10:00", ""},
		{"ESC-2 no complaint", []string{"2026-03-02 10:00 registered complaint/B"}, "2026-03-30 10:00", ""},
		{"ESC-2 a ticket that nobody classifies", []string{"2026-03-02 10:00 registered"}, "2026-03-05 10:00", "2026-03-04 10:00 supervisor takeover"},
		{"ESC-2 it never pauses", []string{"2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started customer"}, "2026-03-05 10:00", "2026-03-04 10:00 supervisor takeover"},
		{"ESC-2 it was no complaint after all", []string{"2026-03-02 10:00 registered complaint/B", "2026-03-05 15:00 classified repair/B"}, "2026-03-30 10:00",
			"2026-03-05 15:00 supervisor takeover\n2026-03-09 10:00 manager takeover"},
		{"ESC-4 each level once, however often it is reopened", []string{"2026-03-02 10:00 registered inquiry/C", "2026-03-05 10:00 resolved", "2026-03-06 10:00 reopened"}, "2026-03-12 10:00",
			"2026-03-04 10:00 supervisor takeover"},
		{"COMPLAINT-5 a month after receipt", []string{"2026-03-02 10:00 registered complaint/B"}, "2026-04-02 10:00", "2026-04-02 10:00 manager major"},
		{"COMPLAINT-5 not before", []string{"2026-03-02 10:00 registered complaint/B"}, "2026-04-02 09:59:59", ""},
		{"COMPLAINT-5 a month that has no such day ends with its last", []string{"2026-01-31 10:00 registered complaint/B"}, "2026-04-02 10:00", "2026-02-28 10:00 manager major"},
		{"COMPLAINT-5 the month never pauses", []string{"2026-03-02 10:00 registered complaint/B", "2026-03-03 10:00 wait_started customer"}, "2026-04-30 10:00", "2026-04-02 10:00 manager major"},
		{"COMPLAINT-5 resolved and awaiting the callback doesn't count", []string{"2026-03-02 10:00 registered complaint/B", "2026-04-02 10:00 resolved"}, "2026-04-30 10:00", ""},
		{"COMPLAINT-5 reopened within the month it is the same month", []string{"2026-03-02 10:00 registered complaint/B", "2026-03-20 10:00 resolved", "2026-03-21 10:00 reopened"}, "2026-04-30 10:00",
			"2026-04-02 10:00 manager major"},
		{"COMPLAINT-5 reopened after the month it is major at once", []string{"2026-03-02 10:00 registered complaint/B", "2026-03-20 10:00 resolved", "2026-04-10 10:00 reopened"}, "2026-04-30 10:00",
			"2026-04-10 10:00 manager major"},
		{"COMPLAINT-5 an invalid one has no month", []string{"2026-03-02 10:00 registered complaint/B", "2026-03-20 10:00 invalid"}, "2026-04-30 10:00", ""},
		{"COMPLAINT-5 no other kind has one", []string{"2026-03-02 10:00 registered suggestion/C", "2026-03-03 10:00 resolved"}, "2026-04-30 10:00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			same(t, b.escalations(b.limits(tt.lines...), tt.now), tt.want)
		})
	}
}

func TestPromises(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string
		due   string // "" while it waits
		state limit.State
	}{
		{"TICKET-11 before the limit it counts", []string{"promised 2026-03-03 16:00"}, "2026-03-03 16:00", limit.Overdue},
		{"TICKET-11 after the limit it doesn't", []string{"promised 2026-03-07 16:00"}, "2026-03-04 10:00", limit.Overdue},
		{"TICKET-11 another promise takes its place", []string{"promised 2026-03-03 16:00", "promised 2026-03-03 18:00"}, "2026-03-03 18:00", limit.Overdue},
		{"TICKET-11 a promise for a time at which it waits on the customer lapses", []string{"promised 2026-03-03 16:00", "wait_started customer", "wait_ended"}, "2026-03-06 11:00", limit.Running},
		{"TICKET-11 whoever waits on the customer owes nothing", []string{"promised 2026-03-03 16:00", "wait_started customer"}, "", limit.Waiting},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			lines := []string{"2026-03-02 10:00 registered repair/B"}
			for i, line := range tt.lines {
				at := []string{"2026-03-02 11:00 ", "2026-03-02 12:00 ", "2026-03-04 13:00 "}[i]
				lines = append(lines, at+line)
			}
			c := clock(t, b.limits(lines...), limit.Result)
			if due := b.zeroOr(tt.due); !c.Due.Equal(due) {
				t.Errorf("due %s, want %s", c.Due, due)
			}
			if got := c.State(b.at("2026-03-04 13:00")); got != tt.state {
				t.Errorf("it is %s, want %s", got, tt.state)
			}
		})
	}
	t.Run("TICKET-11 a broken promise stays broken, whatever is promised then", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 promised 2026-03-02 16:00", "2026-03-02 17:00 promised 2026-03-03 09:00", "2026-03-03 08:00 resolved")
		broken := ""
		for _, c := range l {
			if c.Kind == limit.Result && !c.Breached(b.at("2026-03-09 00:00")).IsZero() {
				broken += c.Due.In(b.zone).Format("02 15:04") + " "
			}
		}
		same(t, broken, "02 16:00 ")
		b.is(clock(t, l, limit.Result), "2026-03-09 00:00", limit.Met, "")
	})
	t.Run("TICKET-11 a promise counts where there is no limit", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered activity/C", "2026-03-02 11:00 promised 2026-03-03 16:00")
		b.due(l, limit.Result, "2026-03-03 16:00")
		if c := clock(t, l, limit.Result); len(c.Why(b.at("2026-03-03 16:00"))) > 0 {
			t.Error("a promise has a working")
		}
	})
	t.Run("TICKET-11 a promise ends with the round it was given in", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 promised 2026-03-03 16:00", "2026-03-03 10:00 resolved", "2026-03-03 11:00 reopened")
		b.due(l, limit.Result, "2026-03-05 11:00")
	})
}

// zeroOr is the moment, and no moment for "".
func (b bench) zeroOr(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	return b.at(text)
}

func TestCallbacks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, class string
		more        []string
		due         string
		state       limit.State
	}{
		{"CALLBACK-2 a repair, by closing time of the next working day", "repair/B", nil, "2026-03-09 18:00", limit.Overdue},
		{"CALLBACK-2 a complaint", "complaint/B", nil, "2026-03-09 18:00", limit.Overdue},
		{"CALLBACK-2 help", "help/B", nil, "2026-03-09 18:00", limit.Overdue},
		{"CALLBACK-2 what is not said to be sampled", "other/C", nil, "2026-03-09 18:00", limit.Overdue},
		{"CALLBACK-2 an inquiry needs none", "inquiry/C", nil, "", ""},
		{"CALLBACK-2 an inquiry that was chosen", "inquiry/C", []string{"2026-03-06 13:00 sampled"}, "2026-03-09 18:00", limit.Overdue},
		{"CALLBACK-2 an emergency always", "inquiry/A", nil, "2026-03-09 18:00", limit.Overdue},
		{"CALLBACK-2 made in time", "repair/B", []string{"2026-03-09 18:00 called_back"}, "2026-03-09 18:00", limit.Met},
		{"CALLBACK-2 made late", "repair/B", []string{"2026-03-10 08:00 called_back"}, "2026-03-09 18:00", limit.Late},
		{"CALLBACK-2 closed without an answer", "repair/B", []string{"2026-03-09 12:00 closed"}, "2026-03-09 18:00", limit.Met},
		{"CALLBACK-2 reopened before it was made", "repair/B", []string{"2026-03-09 12:00 reopened"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			l := b.limits(append([]string{"2026-03-05 10:00 registered " + tt.class, "2026-03-06 12:00 resolved"}, tt.more...)...)
			c, ok := l.Clock(limit.Callback)
			if ok != (tt.due != "") {
				t.Fatalf("there is a callback: %t", ok)
			}
			if ok {
				b.due(l, limit.Callback, tt.due)
				if got := c.State(b.at("2026-03-11 00:00")); got != tt.state {
					t.Errorf("it is %s, want %s", got, tt.state)
				}
			}
		})
	}
	t.Run("CALLBACK-2 what was never resolved isn't called back", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		for _, end := range []string{"invalid", "unsolvable", "closed"} {
			if _, ok := b.limits("2026-03-05 10:00 registered complaint/B", "2026-03-06 12:00 "+end).Clock(limit.Callback); ok {
				t.Errorf("%s: a callback is due", end)
			}
		}
	})
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-10 the customer is told by closing time of each next working day", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-05 10:00 registered repair/B", "2026-03-05 11:00 answered", "2026-03-06 17:00 told", "2026-03-10 09:00 told", "2026-03-10 16:00 resolved")
		said := ""
		for _, c := range l {
			if c.Kind == limit.Update {
				said += c.Due.In(b.zone).Format("02 15:04 ") + string(c.State(b.at("2026-03-20 00:00"))) + "\n"
			}
		}
		// From the answer on Thursday: Friday, told at 17:00. From that: Monday, told on Tuesday. From that: Wednesday,
		// resolved before.
		same(t, said, "06 18:00 met\n06 18:00 met\n09 18:00 late\n11 18:00 met\n")
	})
	t.Run("TICKET-10 a kind without an interval has no updates", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		if _, ok := b.limits("2026-03-05 10:00 registered inquiry/C").Clock(limit.Update); ok {
			t.Error("an update is due")
		}
	})
	t.Run("TICKET-10 waiting on the customer is no reason to fall silent", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		b.due(b.limits("2026-03-05 10:00 registered repair/B", "2026-03-05 11:00 wait_started customer"), limit.Update, "2026-03-06 18:00")
	})
}

func TestNext(t *testing.T) {
	t.Parallel()
	b := setup(t, "Asia/Shanghai")
	l := b.limits("2026-03-02 10:00 registered repair/B")
	var got string
	for now := b.at("2026-03-02 10:00"); ; {
		if now = l.Next(now); now.IsZero() {
			break
		}
		got += now.In(b.zone).Format("02 15:04\n")
	}
	// The update by 3 March 18:00 is near 6 h before; the response by 10:00 likewise, the result by 4 March 10:00 12 h.
	// The supervisor leaves it: at 14:00 it goes on to the manager, at 18:00 to the operations manager.
	same(t, got, "03 04:00\n03 10:00\n03 12:00\n03 18:00\n03 22:00\n04 10:00\n04 14:00\n04 18:00\n09 10:00\n")
	if due := l.Due(); !due.Equal(b.at("2026-03-03 10:00")) {
		t.Errorf("due %s", due)
	}
	paused := b.limits("2026-03-02 10:00 registered inquiry/A", "2026-03-02 10:01 wait_started customer")
	if due := paused.Due(); !due.IsZero() {
		t.Errorf("due %s while it waits on the customer", due)
	}
	over := b.limits("2026-03-02 10:00 registered inquiry/C", "2026-03-02 10:01 resolved")
	if next := over.Next(b.at("2026-03-02 10:01")); !next.IsZero() {
		t.Errorf("next %s, though it is over", next)
	}
}
