package report_test

import (
	"testing"
	"time"

	"lobby/app/report"
)

// judged is how many were reviewed in time, late, not at all, and not yet.
type judged struct{ records, inTime, late, missing, open int64 }

func (j judged) cells() []any {
	return []any{j.records, j.inTime, j.late, j.missing, j.open, part(j.inTime, j.records-j.open)}
}

// verdicts counts by several keys at once; until is when there is no more time.
type verdicts map[string]map[string]*judged

func (v verdicts) add(l look, until, now time.Time, keys map[string]string) {
	for dim, key := range keys {
		if v[dim] == nil {
			v[dim] = map[string]*judged{}
		}
		if v[dim][key] == nil {
			v[dim][key] = &judged{}
		}
		j := v[dim][key]
		j.records++
		switch {
		case !l.at.IsZero() && l.at.Before(until):
			j.inTime++
		case !l.at.IsZero():
			j.late++
		case !until.After(now):
			j.missing++
		default:
			j.open++
		}
	}
}

func (v verdicts) lines(dim string) map[string][]any {
	out := map[string][]any{}
	for key, j := range v[dim] {
		out[key] = j.cells()
	}
	return out
}

// lookOf finds the review of something; its zero where there is none.
func (w *world) lookOf(span, day, section string, subject int64) look {
	for _, l := range w.looks {
		if l.span == span && l.day == day && l.section == section && l.subject == subject {
			return l
		}
	}
	return look{by: "none"}
}

func TestReviewsAgainstBruteForce(t *testing.T) {
	t.Parallel()
	worlds(t, "REVIEW-1 what was reviewed in time, late and not at all is that of counting by hand", func(t *testing.T, w *world, a asked, q report.Query) {
		t.Helper()
		days, weeks := verdicts{}, verdicts{}
		signed := map[string]bool{}
		for _, r := range w.records() {
			day := midnight(r.at.In(w.zone))
			if a.in(r.at) {
				l := w.lookOf("day", day.Format(time.DateOnly), r.section, r.subject)
				days.add(l, day.AddDate(0, 0, 1), a.now, map[string]string{"": "", "section": r.section, "person": l.by, "day": day.Format(time.DateOnly)})
			}
			week := monday(day)
			name := week.Format(time.DateOnly)
			if at := week.AddDate(0, 0, 7); a.in(at) && !signed[name+r.section] {
				signed[name+r.section] = true
				l := w.lookOf("week", name, r.section, 0)
				weeks.add(l, week.AddDate(0, 0, 8), a.now, map[string]string{"": "", "section": r.section, "person": l.by, "week": name})
			}
		}
		got, err := w.b.reports.Reviews(w.b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]verdicts{"reviews": days, "week_reviews": weeks} {
			sameLines(t, name, rows(w.b, got, name), v.lines(""))
			for _, dim := range []string{"section", "person", "day", "week"} {
				if len(v[dim]) > 0 {
					sameLines(t, name+" by "+dim, rows(w.b, got, name+"_by_"+dim), v.lines(dim))
				}
			}
		}
	})
}
