package report_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"lobby/app/kit/table"
	"lobby/app/report"
)

// asked is a period as the brute force understands it.
type asked struct{ from, to, now time.Time }

func (a asked) in(t time.Time) bool { return !t.IsZero() && !t.Before(a.from) && t.Before(a.to) }

// due tells whether a limit fell into the period and has come.
func (a asked) due(t time.Time) bool { return a.in(t) && !t.After(a.now) }

func by(done, limit time.Time) bool { return !done.IsZero() && !done.After(limit) }

// quantile is what percentile_cont gives, by hand; nil of nothing.
func quantile(list []time.Duration, q float64) any {
	if len(list) == 0 {
		return nil
	}
	list = slices.Sorted(slices.Values(list))
	at := q * float64(len(list)-1)
	low := int(at)
	high := min(low+1, len(list)-1)
	return list[low] + time.Duration((at-float64(low))*float64(list[high]-list[low]))
}

func part(n, all int64) any {
	if all == 0 {
		return nil
	}
	return float64(n) / float64(all)
}

// tally counts tickets one by one, as somebody with a pencil would.
type tally struct {
	registered, owed, answered, responseDue, responseMet, due, met, reopened, invalid int64
	responses, results                                                                []time.Duration
}

func (c *tally) cells() []any {
	return []any{c.registered, part(c.answered, c.owed), c.responseDue, c.responseMet, c.due, c.met, c.due - c.met, part(c.met, c.due),
		quantile(c.responses, 0.5), quantile(c.responses, 0.9), quantile(c.results, 0.5), quantile(c.results, 0.9),
		part(c.reopened, c.registered), part(c.invalid, c.registered)}
}

// slaBy counts by a key of each ticket; only is what of a ticket counts under a key: "new", "response", "result".
func (w *world) slaBy(a asked, keys func(f fact, only string) (string, bool)) map[string][]any {
	counts := map[string]*tally{}
	at := func(f fact, only string) *tally {
		key, ok := keys(f, only)
		if !ok {
			return &tally{}
		}
		if counts[key] == nil {
			counts[key] = &tally{}
		}
		return counts[key]
	}
	for _, f := range w.tickets {
		if a.in(f.registered) {
			c := at(f, "new")
			c.registered++
			if f.reopened > 0 {
				c.reopened++
			}
			if f.state == "invalid" {
				c.invalid++
			}
			if !f.responseDue.IsZero() {
				c.owed++
				if by(f.responseAt, f.responseDue) {
					c.answered++
				}
			}
			if !f.responseAt.IsZero() {
				c.responses = append(c.responses, f.responseAt.Sub(f.registered))
			}
			if !f.resolved.IsZero() {
				c.results = append(c.results, f.resolved.Sub(f.registered))
			}
		}
		if a.due(f.responseDue) {
			c := at(f, "response")
			c.responseDue++
			if by(f.responseAt, f.responseDue) {
				c.responseMet++
			}
		}
		if a.due(f.solutionDue) {
			at(f, "solution")
		}
		if a.due(f.due) && f.state != "invalid" {
			c := at(f, "result")
			c.due++
			if done := f.resolved; by(done, f.due) || done.IsZero() && by(f.end, f.due) {
				c.met++
			}
		}
	}
	out := map[string][]any{}
	for key, c := range counts {
		out[key] = c.cells()
	}
	return out
}

func named(of func(fact) string) func(fact, string) (string, bool) {
	return func(f fact, _ string) (string, bool) {
		if key := of(f); key != "" {
			return key, true
		}
		return "none", true
	}
}

// sameLines compares lines by their names; durations to the second, shares to a millionth.
func sameLines(t *testing.T, what string, got, want map[string][]any) {
	t.Helper()
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
		t.Fatalf("%s has %q, should have %q", what, a, b)
	}
	for key, line := range want {
		if len(got[key]) != len(line) {
			t.Fatalf("%s %q has %d cells, should have %d", what, key, len(got[key]), len(line))
		}
		for i, cell := range line {
			if !alike(got[key][i], cell) {
				t.Errorf("%s %q, cell %d: %v, should be %v", what, key, i, got[key][i], cell)
			}
		}
	}
}

func alike(a, b any) bool {
	switch x := a.(type) {
	case time.Duration:
		y, ok := b.(time.Duration)
		return ok && (x-y).Abs() < time.Second
	case float64:
		y, ok := b.(float64)
		return ok && math.Abs(x-y) < 1e-6
	}
	return a == b
}

// worlds runs a check over random worlds in three zones.
func worlds(t *testing.T, rule string, check func(t *testing.T, w *world, a asked, q report.Query)) {
	t.Helper()
	for seed, zone := range []string{"Asia/Shanghai", "Pacific/Auckland", "America/New_York"} {
		t.Run(rule+" in "+zone, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			w := newWorld(b, uint64(seed)+7, zone)
			a := asked{from: time.Date(2025, 12, 25, 0, 0, 0, 0, w.zone), to: time.Date(2026, 1, 11, 0, 0, 0, 0, w.zone), now: time.Date(2026, 1, 8, 12, 0, 0, 0, w.zone)}
			b.reports.Now = func() time.Time { return a.now }
			check(t, w, a, report.Query{From: "2025-12-25", To: "2026-01-10"})
		})
	}
}

func TestSLAAgainstBruteForce(t *testing.T) {
	t.Parallel()
	worlds(t, "KPI-3 limits met and passed, shares, medians and 90th percentiles are those of counting by hand, per kind, zone, department, person and month,", func(t *testing.T, w *world, a asked, q report.Query) {
		t.Helper()
		got, err := w.b.reports.SLA(w.b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		sameLines(t, "all", rows(w.b, got, "sla"), w.slaBy(a, func(fact, string) (string, bool) { return "", true }))
		for dim, key := range map[string]func(fact) string{
			"kind": func(f fact) string { return f.kind }, "urgency": func(f fact) string { return f.urgency },
			"zone": func(f fact) string { return f.zone }, "person": func(f fact) string { return f.worker },
		} {
			sameLines(t, dim, rows(w.b, got, "sla_by_"+dim), w.slaBy(a, named(key)))
		}
		sameLines(t, "severity", rows(w.b, got, "sla_by_severity"), w.slaBy(a, func(f fact, _ string) (string, bool) { return f.severity, f.severity != "" }))
		sameLines(t, "month", rows(w.b, got, "sla_by_month"), w.slaBy(a, func(f fact, only string) (string, bool) {
			at := map[string]time.Time{"new": f.registered, "response": f.responseDue, "solution": f.solutionDue, "result": f.due}[only]
			return at.In(w.zone).Format("2006-01"), true
		}))
		sameLines(t, "department", rows(w.b, got, "sla_by_department"), w.departmentsBy(a))
		w.clocks(t, a, got)
		w.ages(t, a, got)
	})
}

// departmentsBy counts orders.
func (w *world) departmentsBy(a asked) map[string][]any {
	out := map[string][]any{}
	for name := range w.departments {
		var sent, rejected, due, met int64
		var accepted, done []time.Duration
		found := false
		for _, j := range w.jobs {
			if j.department != name {
				continue
			}
			if a.in(j.sent) {
				found = true
				sent++
				if j.state == "rejected" {
					rejected++
				}
				if !j.accepted.IsZero() {
					accepted = append(accepted, j.accepted.Sub(j.sent))
				}
				if !j.done.IsZero() {
					done = append(done, j.done.Sub(j.sent))
				}
			}
			if a.due(j.due) && j.state != "withdrawn" {
				found = true
				due++
				if j.state == "rejected" && !j.overdue || j.state != "rejected" && by(j.done, j.due) {
					met++
				}
			}
		}
		if found {
			out[name] = []any{sent, rejected, due, met, due - met, part(met, due), quantile(accepted, 0.5), quantile(accepted, 0.9), quantile(done, 0.5), quantile(done, 0.9)}
		}
	}
	return out
}

// clocks compares each clock by kind.
func (w *world) clocks(t *testing.T, a asked, got []*table.Table) {
	t.Helper()
	type count struct{ due, met int64 }
	want := map[string]*count{}
	add := func(key string, met bool) {
		if want[key] == nil {
			want[key] = &count{}
		}
		want[key].due++
		if met {
			want[key].met++
		}
	}
	for _, f := range w.tickets {
		if a.due(f.responseDue) {
			add(f.kind+" response", by(f.responseAt, f.responseDue))
		}
		if a.due(f.solutionDue) {
			add(f.kind+" solution", by(f.solutionAt, f.solutionDue))
		}
		if a.due(f.due) && f.state != "invalid" {
			add(f.kind+" result", by(f.resolved, f.due) || f.resolved.IsZero() && by(f.end, f.due))
		}
	}
	for _, tab := range got {
		if tab.Key != "sla_by_clock" {
			continue
		}
		if len(tab.Rows) != len(want) {
			t.Errorf("%d clocks, should be %d", len(tab.Rows), len(want))
		}
		for _, row := range tab.Rows {
			key := fmt.Sprint(row[0].(table.Label).Code, " ", row[1].(table.Label).Code)
			if c := want[key]; c == nil || row[2] != c.due || row[3] != c.met || row[4] != c.due-c.met {
				t.Errorf("%s: %v, should be %v", key, row, c)
			}
		}
	}
}

// ages compares what is open by its age.
func (w *world) ages(t *testing.T, a asked, got []*table.Table) {
	t.Helper()
	want := map[string][]any{}
	for _, f := range w.tickets {
		if slices.Contains([]string{"closed", "invalid", "unsolvable"}, f.state) || f.registered.After(a.now) {
			continue
		}
		age, overdue := a.now.Sub(f.registered), f.state != "resolved" && !f.due.IsZero() && !f.due.After(a.now)
		place := 2
		for _, limit := range []time.Duration{1, 3, 7, 30} {
			if age >= limit*24*time.Hour {
				place++
			}
		}
		for _, key := range []string{"all", f.kind} {
			if want[key] == nil {
				want[key] = []any{int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), int64(0)}
			}
			want[key][0] = want[key][0].(int64) + 1
			if overdue {
				want[key][1] = want[key][1].(int64) + 1
			}
			want[key][place] = want[key][place].(int64) + 1
		}
	}
	sameLines(t, "ages", rows(w.b, got, "open_by_age"), want)
}
