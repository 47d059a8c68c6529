package report_test

import (
	"slices"
	"testing"
	"time"

	"lobby/app/report"
)

func TestHelpAgainstBruteForce(t *testing.T) {
	t.Parallel()
	worlds(t, "HELP-2 requests for help by kind, and which of them were answered in time, are those of counting by hand", func(t *testing.T, w *world, a asked, q report.Query) {
		t.Helper()
		got, err := w.b.reports.Help(w.b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		type count struct{ registered, open, finished, due, met int64 }
		counts := map[string]*count{"all": {}}
		for _, f := range w.tickets {
			if f.kind != "help" || !a.in(f.registered) {
				continue
			}
			name := f.help
			if name == "" {
				name = "-"
			}
			if counts[name] == nil {
				counts[name] = &count{}
			}
			// The answer is what is told to the customer, or where no limit is set for that, the result itself.
			limit, told := f.solutionDue, f.solutionAt
			if limit.IsZero() {
				limit, told = f.due, f.resolved
				if told.IsZero() {
					told = f.end
				}
			}
			past := func(at time.Time) bool { return !at.IsZero() && !at.After(a.now) }
			for _, c := range []*count{counts["all"], counts[name]} {
				c.registered++
				if slices.Contains([]string{"closed", "invalid", "unsolvable"}, f.state) {
					c.finished++
				} else {
					c.open++
				}
				if f.state != "invalid" && !limit.IsZero() && (past(limit) || past(told)) {
					c.due++
					if by(told, limit) {
						c.met++
					}
				}
			}
		}
		want := map[string][]any{}
		for name, c := range counts {
			want[name] = []any{c.registered, c.open, c.finished, c.due, part(c.met, c.due)}
		}
		sameLines(t, "help", rows(w.b, got, "help"), want)
	})
}
