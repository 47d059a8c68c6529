package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lobby/app/report"
)

// complaintsBy counts complaints one by one; all is what the share is of.
func (w *world) complaintsBy(a asked, all int64, keys func(f fact, at time.Time) string) map[string][]any {
	type count struct {
		received, valid, invalid, major, repeated, reopened, open, due, met int64
		results                                                             []time.Duration
	}
	counts := map[string]*count{}
	at := func(f fact, when time.Time) *count {
		key := keys(f, when)
		if counts[key] == nil {
			counts[key] = &count{}
		}
		return counts[key]
	}
	one := func(is bool) int64 {
		if is {
			return 1
		}
		return 0
	}
	for _, f := range w.tickets {
		if f.kind != "complaint" {
			continue
		}
		if a.in(f.registered) {
			c := at(f, f.registered)
			c.received++
			c.valid += one(f.validity == "valid")
			c.invalid += one(f.validity == "invalid")
			c.major += one(f.severity == "major")
			c.repeated += one(f.repeated)
			c.reopened += one(f.reopened > 0)
			c.open += one(!slices.Contains([]string{"closed", "invalid", "unsolvable"}, f.state))
			if !f.resolved.IsZero() {
				c.results = append(c.results, f.resolved.Sub(f.registered))
			}
		}
		if a.due(f.due) && f.state != "invalid" {
			c := at(f, f.due)
			c.due++
			c.met += one(by(f.resolved, f.due) || f.resolved.IsZero() && by(f.end, f.due))
		}
	}
	out := map[string][]any{}
	for key, c := range counts {
		out[key] = []any{c.received, part(c.received, all), c.valid, part(c.invalid, c.received), part(c.major, c.received), part(c.repeated, c.received),
			part(c.reopened, c.received), c.open, c.due, c.met, part(c.met, c.due), quantile(c.results, 0.5), quantile(c.results, 0.9)}
	}
	return out
}

func TestComplaintsAgainstBruteForce(t *testing.T) {
	t.Parallel()
	worlds(t, "KPI-3 complaints by validity, severity, topic, department and month are those of counting by hand", func(t *testing.T, w *world, a asked, q report.Query) {
		t.Helper()
		got, err := w.b.reports.Complaints(w.b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		var all int64
		for _, f := range w.tickets {
			if f.kind == "complaint" && a.in(f.registered) {
				all++
			}
		}
		sameLines(t, "all", rows(w.b, got, "complaints"), w.complaintsBy(a, all, func(fact, time.Time) string { return "" }))
		for dim, key := range map[string]func(fact) string{"validity": func(f fact) string { return f.validity }, "severity": func(f fact) string { return f.severity },
			"topic": func(f fact) string { return f.topic }, "against": func(f fact) string { return f.against }} {
			sameLines(t, dim, rows(w.b, got, "complaints_by_"+dim), w.complaintsBy(a, all, func(f fact, _ time.Time) string {
				if key(f) == "" {
					return "none"
				}
				return key(f)
			}))
		}
		sameLines(t, "month", rows(w.b, got, "complaints_by_month"), w.complaintsBy(a, all, func(_ fact, at time.Time) string { return at.In(w.zone).Format("2006-01") }))
	})
}

func TestReportsOfNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := report.Query{From: "2025-12-25", To: "2026-01-10"}
	t.Run("KPI-3 an empty period has its months, and no share or median of nothing", func(t *testing.T) {
		t.Parallel()
		for name, run := range all {
			got, err := run(b.reports, b.ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text(t, got), "%") {
				t.Errorf("%s has a share of nothing:\n%s", name, text(t, got))
			}
		}
		sla, err := b.reports.SLA(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, sla, "sla", "0,,0,0,0,0,0,,,,,,,")
		expect(t, sla, "sla_by_month", "2025-12,0,,0,0,0,0,0,,,,,,,", "2026-01,0,,0,0,0,0,0,,,,,,,")
		expect(t, sla, "open_by_age", "全部,0,0,0,0,0,0,0")
		complaints, err := b.reports.Complaints(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, complaints, "complaints", "0,,0,,,,,0,0,0,,,")
		expect(t, complaints, "complaints_by_month", "2025-12,0,,0,,,,,0,0,0,,,", "2026-01,0,,0,,,,,0,0,0,,,")
		reviews, err := b.reports.Reviews(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, reviews, "reviews", "0,0,0,0,0,")
		expect(t, reviews, "week_reviews", "0,0,0,0,0,")
	})
}
