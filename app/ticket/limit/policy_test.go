package limit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lobby/app/site/calendar"
	"lobby/app/ticket/limit"
)

func TestMostSpecificRow(t *testing.T) {
	t.Parallel()
	h := func(n int) limit.Span { return limit.Span{N: n, Unit: limit.Hours} }
	p := &limit.Policy{Rows: []limit.Row{
		{Result: h(1)},
		{Urgency: "A", Result: h(2)},
		{Severity: "major", Result: h(3)},
		{Severity: "major", Urgency: "A", Help: "medical", LifeSafety: true, Result: h(4)},
		{Kind: "help", Result: h(5)},
		{Kind: "help", Urgency: "A", Severity: "major", Help: "medical", Result: h(6)},
		{Kind: "help", LifeSafety: true, Result: h(7)},
		{Kind: "help", LifeSafety: true, Result: h(8)},
		{Kind: "complaint", Urgency: "A", Response: h(9)},
	}}
	for text, want := range map[string]int{
		"repair/B": 1, "repair/A": 2, "repair/A/major": 3, "repair/B/major": 3, "repair!:medical/A/major": 3, "help/A/major": 5, "help:medical/A/major": 6,
		"help:medical!/A/major": 7, "complaint/A": 0, "": 0,
	} {
		if got := p.Row(class(text)).Result.N; got != want {
			t.Errorf("%s: row %d, want %d", text, got, want)
		}
	}
}

func TestShippedPolicies(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*limit.Policy{"default": limit.Default(), "on the spot": limit.OnSpot()} {
		if found := p.Check(); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back limit.Policy
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*p, back); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWrongPolicies(t *testing.T) {
	t.Parallel()
	type problem = limit.Problem
	for _, tt := range []struct {
		name, text string
		want       []problem
	}{
		{"nothing", `{}`, nil},
		{"zero hours", `{"rows":[{"kind":"repair","result":"0h"}]}`, []problem{{Row: 1, Field: "result", Code: limit.NotPositive, Value: "0h"}}},
		{"less than nothing", `{"rows":[{},{"kind":"repair","response":"-3wd"}]}`, []problem{{Row: 2, Field: "response", Code: limit.NotPositive, Value: "-3wd"}}},
		{"more than a year", `{"rows":[{"update":"367d"}]}`, []problem{{Row: 1, Field: "update", Code: limit.TooLong, Value: "367d"}}},
		{"the same row twice", `{"rows":[{"kind":"help","urgency":"A"},{"kind":"help","urgency":"A","result":"1h"}]}`, []problem{{Row: 2, Field: "rows", Code: limit.SameRow}}},
		{"at the spot, some time", `{"rows":[{"on_spot":true}]}`, []problem{{Row: 1, Field: "on_spot", Code: limit.NoResponse}}},
		{"a ladder to nowhere", `{"ladder":[{"on":"moon","levels":["manager"]}]}`, []problem{{Row: 1, Field: "ladder", Code: limit.WrongRung, Value: "moon"}}},
		{"a case, some time", `{"ladder":[{"on":"case","levels":["manager"]}]}`, []problem{{Row: 1, Field: "ladder", Code: limit.NeedsAfter, Value: "case"}}},
		{"nobody is told", `{"ladder":[{"on":"order"}]}`, []problem{{Row: 1, Field: "ladder", Code: limit.NeedsLevel, Value: "order"}}},
		{"the same rung twice", `{"ladder":[{"on":"order","levels":["a"]},{"on":"order","levels":["b"]}]}`, []problem{{Row: 2, Field: "ladder", Code: limit.SameRow, Value: "order"}}},
		{"two rungs of a case", `{"ladder":[{"on":"case","after":"1d","levels":["a"]},{"on":"case","after":"2d","levels":["b"]}]}`, nil},
		{"callbacks within nothing", `{"callbacks":{"within":"0wd"}}`, []problem{{Field: "callbacks", Code: limit.NotPositive, Value: "0wd"}}},
		{"more than all", `{"near":{"share":101,"most":"0h"}}`, []problem{{Field: "near", Code: limit.NotPositive, Value: "0h"}, {Field: "near", Code: limit.WrongShare, Value: "101"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p limit.Policy
			if err := json.Unmarshal([]byte(tt.text), &p); err != nil {
				t.Fatal(err)
			}
			found := p.Check()
			if diff := cmp.Diff(tt.want, found); diff != "" {
				t.Error(diff)
			}
			for _, f := range found {
				if strings.Contains(f.Error(), ": :") || !strings.HasPrefix(f.Error(), "policy: ") {
					t.Errorf("not said: %s", f.Error())
				}
			}
		})
	}
	for _, wrong := range []string{"5", "h", "5 h", "5y", "1.5h", "h5", "99999999999999999999h"} {
		if s, err := limit.ParseSpan(wrong); err == nil {
			t.Errorf("%s was taken for %v", wrong, s)
		}
	}
}

// A policy that makes no sense neither stops nor breaks the engine.
func TestBearsAnyPolicy(t *testing.T) {
	t.Parallel()
	b := setup(t, "Asia/Shanghai")
	h := b.history("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 promised 2026-03-01 16:00", "2026-03-02 11:00 wait_started customer",
		"2026-03-02 12:00 resolved", "2026-03-02 12:00 sampled", "2026-03-02 13:00 reopened")
	rapid.Check(t, func(t *rapid.T) {
		span := func() limit.Span {
			return limit.Span{
				N:    rapid.SampledFrom([]int{-1 << 62, -1, 0, 1, 366, 1 << 40, 1 << 62}).Draw(t, "n"),
				Unit: rapid.SampledFrom([]limit.Unit{"", "y", limit.Minutes, limit.Hours, limit.Days, limit.Months, limit.WorkingDays}).Draw(t, "unit"),
			}
		}
		p := &limit.Policy{
			Rows:      []limit.Row{{Response: span(), OnSpot: true, Solution: span(), Result: span(), Order: span(), Update: span()}},
			Ladder:    []limit.Rung{{On: "case", After: span(), Levels: []string{"a"}}, {On: "result"}, {}},
			Callbacks: limit.Callbacks{Within: span()},
			Near:      limit.Near{Share: rapid.SampledFrom([]int{-1, 0, 100, 1 << 40}).Draw(t, "share"), Most: span()},
		}
		l := limit.Of(p, b.cal, h)
		now := h[len(h)-1].At
		l.Escalations(now)
		for range 20 {
			if now = l.Next(now); now.IsZero() {
				break
			}
		}
		for i := range l {
			l[i].Why(now)
			l[i].Remaining(now)
			if s := l[i].Span; s != (limit.Span{}) && (s.N <= 0 || s.N > 366*24*60) {
				t.Fatalf("a clock of %v runs", s)
			}
		}
	})
	// Nothing is worked within twenty years: a limit in working days never comes, and is none.
	var years []calendar.Year
	for y := 2026; y < 2048; y++ {
		year := calendar.Year{Number: y, Days: map[calendar.Day]calendar.Entry{}}
		for d := calendar.Date(y, time.January, 1); d < calendar.Date(y+1, time.January, 1); d++ {
			year.Days[d] = calendar.Entry{Kind: calendar.Holiday, Name: "节"}
		}
		years = append(years, year)
	}
	idle, err := calendar.New(time.UTC, calendar.DefaultHours(), years...)
	if err != nil {
		t.Fatal(err)
	}
	c := clock(t, limit.Of(limit.Default(), idle, b.history("2026-03-02 10:00 registered complaint/B")), limit.Result)
	if !c.Due.IsZero() || c.State(b.at("2046-03-02 10:00")) != limit.Running {
		t.Errorf("due %s", c.Due)
	}
}

func TestPolicyChanged(t *testing.T) {
	t.Parallel()
	b := setup(t, "Asia/Shanghai")
	h := b.history("2026-03-02 10:00 registered repair/B", "2026-03-02 20:00 answered", "2026-03-03 10:00 policy_changed")
	strict := limit.Default()
	strict.Rows[0].Response, strict.Rows[0].Result = limit.Span{N: 1, Unit: limit.Hours}, limit.Span{N: 30, Unit: limit.Hours}
	h[2].Policy = strict
	l := limit.Of(b.policy, b.cal, h)
	b.due(l, limit.Result, "2026-03-03 16:00")
	// The answer was in time by the policy of its time, and stays so.
	b.is(clock(t, l, limit.Response), "2026-03-09 00:00", limit.Met, "")
	b.due(l, limit.Response, "2026-03-03 10:00")
}

func TestHistories(t *testing.T) {
	t.Parallel()
	b := setup(t, "Asia/Shanghai")
	ordered := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started customer", "2026-03-02 12:00 wait_ended", "2026-03-02 13:00 answered")
	shuffled := b.history("2026-03-02 13:00 answered", "2026-03-02 12:00 wait_ended", "2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 wait_started customer")
	before := append(limit.History(nil), shuffled...)
	if diff := cmp.Diff(b.clocks(ordered), b.clocks(limit.Of(b.policy, b.cal, shuffled))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, shuffled); diff != "" {
		t.Errorf("the history was changed: %s", diff)
	}
	early := b.limits("2026-03-02 10:00 registered repair/B", "2026-03-02 09:00 answered")
	if c := clock(t, early, limit.Response); !c.Done.Equal(b.at("2026-03-02 10:00")) {
		t.Errorf("answered before it was registered: %s", c.Done)
	}
	for _, lines := range [][]string{{}, {"2026-03-02 10:00 answered"}} {
		if l := b.limits(lines...); len(l) > 0 || !l.Next(b.at("2026-03-02 10:00")).IsZero() || len(l.Escalations(b.at("2026-03-02 10:00"))) > 0 {
			t.Errorf("%v: %v", lines, l)
		}
	}
}
