package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lobby/app/ticket/limit"
	"lobby/views/locale"
)

func hours(n int) limit.Span { return limit.Span{N: n, Unit: limit.Hours} }

// Two people change the same policy: what one left alone is as the other made it, field by field.
func TestMerged(t *testing.T) {
	t.Parallel()
	seen := func() *limit.Policy {
		return &limit.Policy{Rows: []limit.Row{{Kind: "repair", Response: hours(24), Result: hours(48)}, {Kind: "help", Result: hours(1)}, {Kind: "other", Result: hours(9)}},
			Ladder: []limit.Rung{{On: "order", Levels: []string{"supervisor"}}}, Callbacks: limit.Callbacks{Within: hours(8)}, Near: limit.Near{Share: 25}}
	}
	mine, now := seen(), seen()
	mine.Rows[0].Result, mine.Rows[0].OnSpot = hours(40), true
	mine.Rows = append(mine.Rows[:1:1], mine.Rows[2], limit.Row{Kind: "inquiry", Result: hours(3)}) // help removed, inquiry added
	mine.Near.Share = 10
	now.Rows[0].Response = hours(12)
	now.Rows[1].Result = hours(2)
	now.Rows = now.Rows[:2] // other removed
	now.Callbacks.Within = hours(4)
	now.Ladder = append(now.Ladder, limit.Rung{On: "result", Levels: []string{"manager"}})
	want := seen()
	want.Rows = []limit.Row{{Kind: "repair", Response: hours(12), Result: hours(40), OnSpot: true}, {Kind: "inquiry", Result: hours(3)}}
	want.Near.Share, want.Callbacks.Within, want.Ladder = 10, hours(4), now.Ladder
	if diff := cmp.Diff(want, merged(seen(), mine, now)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(seen(), merged(seen(), seen(), seen())); diff != "" {
		t.Error(diff)
	}
}

func TestDifferencesInWords(t *testing.T) {
	t.Parallel()
	ctx := locale.With(t.Context(), locale.English)
	was, now := limit.Default(), limit.Default().WithOnSpot()
	now.Ladder = now.Ladder[1:]
	now.Rows = append(now.Rows[:1:1], now.Rows[2:]...) // no row for complaints in general
	now.Near.Share, now.Callbacks.Sampled = 50, nil
	got := map[string][2]string{}
	for _, c := range differences(ctx, was, now) {
		got[c.What] = [2]string{c.Was, c.Now}
	}
	want := map[string][2]string{
		"Repair · first response": {"24 hours", "30 minutes (at the spot)"},
		"Repair · A At once":      {"none", "first response 15 minutes, result 48 hours, order answered 36 hours, telling of progress 1 working day (at the spot)"},
		"Help · life at stake":    {"none", "first response 5 minutes, result 10 minutes, order answered 5 minutes (at the spot)"},
		"Complaint":               {"first response 24 hours, solution 72 hours, result 3 working days, order answered 20 hours, telling of progress 1 working day", "removed"},
		"Callbacks":               {"1 working day; Called back as a sample: Inquiry, Suggestion, Activity", "1 working day"},
		"Near":                    {"the last 25 %, 12 hours at most", "the last 50 %, 12 hours at most"},
		"Escalation":              {"When an order isn’t answered in time, told: Supervisor, Operations manager (not taken in 2 hours: the level above)", "removed"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if list := differences(ctx, was, limit.Default()); len(list) > 0 {
		t.Errorf("%v", list)
	}
}

// What ships passes through the keys of the form and back.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, r := range limit.OnSpot().Rows {
		bare := r
		for _, s := range spans(&bare) {
			*s = limit.Span{}
		}
		bare.OnSpot = false
		if back, ok := rowOf(key(r)); !ok || back != bare {
			t.Errorf("%s: %+v", key(r), back)
		}
	}
	if _, ok := rowOf("repair"); ok {
		t.Error("that is no key")
	}
}
