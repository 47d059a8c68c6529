package limit_test

import (
	"testing"
	"time"

	"lobby/app/ticket/limit"
)

// clocks lists kinds of clocks with when they are due, replaced ones left out: "response 2026-03-03 10:00".
func (b bench) clocks(l limit.Limits) string {
	b.t.Helper()
	text := ""
	for _, c := range l {
		if c.Kind != limit.Update && c.Replaced.IsZero() {
			text += string(c.Kind) + " " + c.Due.In(b.zone).Format("2006-01-02 15:04") + "\n"
		}
	}
	return text
}

func TestClocksOfATicket(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, class, want string }{
		{"SLA-1 a repair", "repair/B", "response 2026-03-03 10:00\nresult 2026-03-04 10:00\n"},
		{"SLA-1 a general complaint", "complaint/B", "response 2026-03-03 10:00\nsolution 2026-03-05 10:00\nresult 2026-03-05 18:00\n"},
		{"SLA-1 an urgent complaint", "complaint/A", "response 2026-03-03 10:00\nsolution 2026-03-03 10:00\nresult 2026-03-03 18:00\n"},
		{"SLA-1 an inquiry", "inquiry/C", "result 2026-03-03 10:00\n"},
		{"SLA-1 a request for help", "help/A", "response 2026-03-02 10:01\nresult 2026-03-02 10:10\n"},
		{"SLA-1 help with a repair", "help:repair/B", "response 2026-03-02 10:01\nsolution 2026-03-02 10:10\nresult 2026-03-04 10:00\n"},
		{"SLA-1 help with an urgent complaint", "help:complaint/A", "response 2026-03-02 10:01\nsolution 2026-03-02 10:10\nresult 2026-03-03 18:00\n"},
		{"SLA-1 help with a question", "help:consultation/C", "response 2026-03-02 10:01\nsolution 2026-03-02 10:10\nresult 2026-03-03 10:00\n"},
		{"SLA-1 a pressing suggestion", "suggestion/A", "response 2026-03-03 10:00\nresult 2026-03-03 10:00\n"},
		{"SLA-1 a suggestion that may wait", "suggestion/C", "response 2026-03-03 10:00\nresult 2026-03-09 10:00\n"},
		{"SLA-1 anything else", "other/B", "response 2026-03-03 10:00\nresult 2026-03-04 10:00\n"},
		{"SLA-1 an activity", "activity/C", ""},
		{"SLA-1 nobody has classified it", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			b.policy.Ladder = nil
			same(t, b.clocks(b.limits("2026-03-02 10:00 registered "+tt.class)), tt.want)
		})
	}
	t.Run("SLA-1 clocks run from registration's true time, whenever it was classified and written down", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		b.policy.Ladder = nil
		same(t, b.clocks(b.limits("2026-03-02 10:00 registered", "2026-03-03 09:00 classified repair/B")), "response 2026-03-03 10:00\nresult 2026-03-04 10:00\n")
		c := clock(t, b.limits("2026-03-02 10:00 registered", "2026-03-04 12:00 classified repair/B"), limit.Result)
		if !c.Set.Equal(b.at("2026-03-04 12:00")) || !c.Start.Equal(b.at("2026-03-02 10:00")) {
			t.Errorf("set %s, runs from %s", c.Set, c.Start)
		}
		b.is(c, "2026-03-04 12:00", limit.Overdue, "2026-03-04 10:00")
	})
	t.Run("SLA-1 another urgency sets them anew and keeps the old", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered complaint/B", "2026-03-02 12:00 classified complaint/A")
		b.due(l, limit.Result, "2026-03-03 18:00")
		var old []limit.Kind
		for _, c := range l {
			if c.Replaced.Equal(b.at("2026-03-02 12:00")) {
				old = append(old, c.Kind)
			}
		}
		// The response has the same limit in both, and is left alone.
		if len(old) != 3 || old[0] != limit.Solution || old[1] != limit.Result || old[2] != limit.Update {
			t.Errorf("replaced: %v", old)
		}
		b.is(l[2], "2026-03-10 00:00", limit.Replaced, "")
	})
	t.Run("SLA-1 another type, or the same class again, replaces nothing", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 12:00 classified repair/B", "2026-03-02 13:00 classified repair/C")
		for _, c := range l {
			if !c.Replaced.IsZero() {
				t.Errorf("replaced: %+v", c)
			}
		}
	})
	t.Run("SLA-1 a change at the very moment of the limit is no breach", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-04 10:00 classified complaint/B")
		b.is(l[1], "2026-03-05 00:00", limit.Replaced, "")
	})
}

func TestWhatEndsClocks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, event                string
		response, solution, result limit.State
	}{
		{"SLA-4 an answer", "answered", limit.Met, limit.Running, limit.Running},
		{"SLA-4 somebody at the spot", "arrived", limit.Met, limit.Running, limit.Running},
		{"SLA-4 a solution is an answer too", "offered", limit.Met, limit.Met, limit.Running},
		{"SLA-4 the result", "resolved", limit.Met, limit.Met, limit.Met},
		{"SLA-4 invalid, and explained", "invalid", limit.Met, limit.Met, limit.Met},
		{"SLA-4 it can't be solved", "unsolvable", limit.Met, limit.Met, limit.Met},
		{"SLA-4 closed", "closed", limit.Met, limit.Met, limit.Met},
		{"SLA-4 no order ends its ticket", "done", limit.Running, limit.Running, limit.Running},
		{"SLA-4 nor does a rejected one", "rejected", limit.Running, limit.Running, limit.Running},
		{"SLA-4 telling of progress answers nothing", "told", limit.Running, limit.Running, limit.Running},
		{"SLA-4 a step that limits don't know", "verified", limit.Running, limit.Running, limit.Running},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			l := b.limits("2026-03-02 10:00 registered complaint/B", "2026-03-02 12:00 "+tt.event)
			b.is(clock(t, l, limit.Response), "2026-03-02 12:00", tt.response, "")
			b.is(clock(t, l, limit.Solution), "2026-03-02 12:00", tt.solution, "")
			b.is(clock(t, l, limit.Result), "2026-03-02 12:00", tt.result, "")
		})
	}
	t.Run("SLA-4 the recorded time decides, however late it was written down", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		open := b.limits("2026-03-02 10:00 registered repair/B")
		b.is(clock(t, open, limit.Response), "2026-03-06 00:00", limit.Overdue, "2026-03-03 10:00")
		written := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-03 10:00 answered", "2026-03-04 10:00:01 resolved")
		b.is(clock(t, written, limit.Response), "2026-03-06 00:00", limit.Met, "")
		b.is(clock(t, written, limit.Result), "2026-03-06 00:00", limit.Late, "2026-03-04 10:00")
	})
	t.Run("SLA-4 a server that slept gives the true times", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered complaint/B")
		for kind, at := range map[limit.Kind]string{limit.Response: "2026-03-03 10:00", limit.Solution: "2026-03-05 10:00", limit.Result: "2026-03-05 18:00"} {
			b.is(clock(t, l, kind), "2026-03-30 03:00", limit.Overdue, at)
		}
	})
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, party, result string }{
		{"SLA-2 on the customer", "customer", "2026-03-04 15:00"},
		{"SLA-2 on parts", "parts", "2026-03-04 10:00"},
		{"SLA-2 on a third party", "third_party", "2026-03-04 10:00"},
		{"SLA-2 on a department", "department", "2026-03-04 10:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started "+tt.party, "2026-03-02 16:00 wait_ended")
			b.due(l, limit.Result, tt.result)
			b.due(l, limit.Response, "2026-03-03 10:00")
			b.due(l, limit.Takeover, "2026-03-09 10:00")
		})
	}
	t.Run("SLA-2 from the customer to parts", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started customer", "2026-03-02 12:00 wait_started parts", "2026-03-02 16:00 wait_ended")
		b.due(l, limit.Result, "2026-03-04 11:00")
	})
	t.Run("SLA-2 a wait begun at the very moment of the limit saves it until the wait ends", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		h := b.history("2026-03-02 10:00 registered repair/B", "2026-03-04 10:00 wait_started customer", "2026-03-04 12:00 wait_ended")
		b.is(clock(t, limit.Of(b.policy, b.cal, h[:2]), limit.Result), "2026-03-06 00:00", limit.Waiting, "")
		b.is(clock(t, limit.Of(b.policy, b.cal, h), limit.Result), "2026-03-06 00:00", limit.Overdue, "2026-03-04 12:00")
	})
	t.Run("SLA-2 a wait begun too late helps nothing", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-04 10:01 wait_started customer")
		b.is(clock(t, l, limit.Result), "2026-03-06 00:00", limit.Overdue, "2026-03-04 10:00")
	})
	t.Run("SLA-2 resolving ends the wait", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started customer", "2026-03-10 11:00 resolved", "2026-03-10 12:00 reopened")
		b.is(l[1], "2026-03-12 12:00", limit.Met, "")
		b.due(l, limit.Result, "2026-03-12 12:00")
	})
	t.Run("SLA-3 working days that are left while it waits", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		c := clock(t, b.limits("2026-03-02 10:00 registered complaint/B", "2026-03-04 12:00 wait_started customer"), limit.Result)
		if left := c.Remaining(b.at("2026-03-20 00:00")); left != (limit.Left{Days: 2}) {
			t.Errorf("left: %+v", left)
		}
		same(t, b.why(c, "2026-03-06 12:00"), `03-02 10:00–03-03 00:00 -received
03-03 00:00–03-04 00:00 +workday 1
03-04 00:00–03-06 12:00 -waiting_customer`)
	})
	t.Run("SLA-3 working days that are left while it runs", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		c := clock(t, b.limits("2026-03-05 10:00 registered complaint/B"), limit.Result) // Thursday; due on Tuesday
		for now, want := range map[string]limit.Left{
			"2026-03-05 10:00": {Time: 128 * time.Hour, Days: 3}, "2026-03-06 17:59": {Time: 96*time.Hour + time.Minute, Days: 3},
			"2026-03-06 18:00": {Time: 96 * time.Hour, Days: 2}, "2026-03-10 17:00": {Time: time.Hour, Days: 1}, "2026-03-10 18:00": {}, "2026-03-10 19:00": {Time: -time.Hour},
		} {
			if got := c.Remaining(b.at(now)); got != want {
				t.Errorf("%s: %+v, want %+v", now, got, want)
			}
		}
	})
	t.Run("SLA-3 a year that nobody has imported is a guess, and known as one", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		c := clock(t, b.limits("2026-12-31 10:00 registered complaint/B"), limit.Result)
		if got := c.Unknown(); len(got) != 1 || got[0] != 2027 {
			t.Errorf("unknown: %v", got)
		}
		b.due(b.limits("2026-12-31 10:00 registered complaint/B"), limit.Result, "2027-01-05 18:00")
		for _, certain := range []string{"2026-12-25 10:00 registered complaint/B", "2026-12-31 10:00 registered repair/B"} {
			if c := clock(t, b.limits(certain), limit.Result); len(c.Unknown()) > 0 {
				t.Errorf("%s: %v", certain, c.Unknown())
			}
		}
	})
}

func TestWhy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"SLA-5 hours", []string{"2026-03-02 10:00 registered inquiry/C"}, "03-02 10:00–03-03 10:00 +ran"},
		{"SLA-5 make-up days, holidays and weekends by name", []string{"2026-02-13 10:00 registered complaint/B"}, `02-13 10:00–02-14 00:00 -received
02-14 00:00–02-15 00:00 +makeup 春节 1
02-15 00:00–02-24 00:00 -holiday 春节
02-24 00:00–02-25 00:00 +workday 2
02-25 00:00–02-25 18:00 +workday 3`},
		{"SLA-5 a waited make-up day", []string{"2026-02-13 10:00 registered complaint/A", "2026-02-14 10:00 wait_started customer", "2026-02-23 10:00 wait_ended"},
			`02-13 10:00–02-14 00:00 -received
02-14 00:00–02-15 00:00 -waiting_customer
02-15 00:00–02-24 00:00 -holiday 春节
02-24 00:00–02-24 18:00 +workday 1`},
		{"SLA-5 what happened after the end is left out", []string{"2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started customer",
			"2026-03-02 12:00 resolved", "2026-03-02 13:00 reopened"}, "03-02 13:00–03-04 13:00 +ran"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			same(t, b.why(clock(t, b.limits(tt.lines...), limit.Result), "2026-03-02 12:00"), tt.want)
		})
	}
}

func TestOnSpot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, class, due string }{
		{"SLA-6 life safety", "help!/A", "2026-03-02 10:05"},
		{"SLA-6 an urgent repair", "repair/A", "2026-03-02 10:15"},
		{"SLA-6 another repair", "repair/C", "2026-03-02 10:30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			b.policy = limit.OnSpot()
			l := b.limits("2026-03-02 10:00 registered "+tt.class, "2026-03-02 10:01 answered", "2026-03-02 10:20 arrived")
			b.due(l, limit.Response, tt.due)
			// An answer on the phone brings nobody to the spot.
			if c := clock(t, l, limit.Response); !c.OnSpot || !c.Done.Equal(b.at("2026-03-02 10:20")) {
				t.Errorf("done %s", c.Done)
			}
		})
	}
	t.Run("SLA-6 everything else as by default", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		b.policy = limit.OnSpot()
		b.due(b.limits("2026-03-02 10:00 registered complaint/B"), limit.Response, "2026-03-03 10:00")
		b.due(b.limits("2026-03-02 10:00 registered repair/A"), limit.Result, "2026-03-04 10:00")
		b.due(b.limits("2026-03-02 10:00 registered help/A"), limit.Response, "2026-03-02 10:01")
	})
}
