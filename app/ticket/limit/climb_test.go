package limit_test

import (
	"testing"

	"lobby/app/ticket/limit"
)

// TestGoesOn is what becomes of an escalation that somebody was told of and nobody takes (ESC-5). By the default ladder a
// case of two days may be left for four working hours, an order for two.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		events []string
		now    string
		want   string
	}{
		{"ESC-5 nobody takes it: level by level in working hours, until the highest", // Monday 2 March
			[]string{"2026-03-02 16:00 registered inquiry/C"}, "2026-03-06 00:00",
			"03-04 16:00 supervisor\n03-05 10:00 manager < supervisor\n03-05 14:00 operations_manager < supervisor"},
		{"ESC-5 a night and a weekend don't count",
			[]string{"2026-03-04 17:00 registered inquiry/C"}, "2026-03-09 15:00",
			"03-06 17:00 supervisor\n03-09 11:00 manager < supervisor\n03-09 15:00 operations_manager < supervisor"},
		{"ESC-5 a make-up Saturday counts, a seven-day holiday doesn't", // Saturday 14 February 2026 is worked; free from the 15th to the 23rd
			[]string{"2026-02-12 17:00 registered inquiry/C"}, "2026-02-24 13:00",
			"02-14 17:00 supervisor\n02-19 17:00 manager\n02-24 12:00 operations_manager < manager"},
		{"ESC-5 of urgency A the nights count too",
			[]string{"2026-03-02 22:00 registered inquiry/A"}, "2026-03-05 07:00",
			"03-04 22:00 supervisor\n03-05 02:00 manager < supervisor\n03-05 06:00 operations_manager < supervisor"},
		{"ESC-5 by the class at the time: what became urgent goes on by the clock from then on",
			[]string{"2026-03-02 16:00 registered inquiry/C", "2026-03-05 09:00 classified inquiry/A"}, "2026-03-06 00:00",
			"03-04 16:00 supervisor\n03-05 10:00 manager < supervisor\n03-05 14:00 operations_manager < supervisor"},
		{"ESC-5 somebody takes it: it stays with them",
			[]string{"2026-03-02 10:00 registered inquiry/C", "2026-03-04 13:59 taken"}, "2026-03-06 00:00",
			"03-04 10:00 supervisor, taken 03-04 13:59"},
		{"ESC-5 taken at the very moment is in time",
			[]string{"2026-03-02 10:00 registered inquiry/C", "2026-03-04 14:00 taken"}, "2026-03-06 00:00",
			"03-04 10:00 supervisor, taken 03-04 14:00"},
		{"ESC-5 the next level takes it: it goes no further",
			[]string{"2026-03-02 10:00 registered inquiry/C", "2026-03-04 16:00 taken"}, "2026-03-06 00:00",
			"03-04 10:00 supervisor, taken 03-04 16:00\n03-04 14:00 manager < supervisor, taken 03-04 16:00"},
		{"ESC-5 what is solved goes on to nobody",
			[]string{"2026-03-02 10:00 registered inquiry/C", "2026-03-04 12:00 resolved"}, "2026-03-06 00:00",
			"03-04 10:00 supervisor, taken 03-04 12:00"},
		{"ESC-5 who took it before it was escalated has nothing taken of that",
			[]string{"2026-03-02 10:00 registered inquiry/C", "2026-03-03 10:00 taken"}, "2026-03-04 14:00",
			"03-04 10:00 supervisor\n03-04 14:00 manager < supervisor"},
		{"ESC-4 a week later the manager has it by the ladder, once more and not by going on again",
			[]string{"2026-03-02 10:00 registered inquiry/C", "2026-03-04 11:00 taken"}, "2026-03-10 00:00",
			"03-04 10:00 supervisor, taken 03-04 11:00\n03-09 10:00 manager\n03-09 14:00 operations_manager < manager"},
		{"ESC-4 who knows of one that waits isn't told again that it went on",
			[]string{"2026-03-02 10:00 registered inquiry/C"}, "2026-03-10 00:00",
			"03-04 10:00 supervisor\n03-04 14:00 manager < supervisor\n03-04 18:00 operations_manager < supervisor\n03-09 10:00 manager"},
		{"ESC-5 an order's: the operations manager was told already, so only the manager is between",
			[]string{"2026-03-02 10:00 sent inquiry/C"}, "2026-03-04 00:00",
			"03-02 22:00 operations_manager\n03-02 22:00 supervisor\n03-03 10:00 manager < supervisor"},
		{"ESC-5 an order that is done goes on to nobody",
			[]string{"2026-03-02 10:00 sent inquiry/C", "2026-03-03 09:00 done"}, "2026-03-04 00:00",
			"03-02 22:00 operations_manager, taken 03-03 09:00\n03-02 22:00 supervisor, taken 03-03 09:00"},
		{"ESC-5 a complaint of a month: from the manager to the operations manager",
			[]string{"2026-03-02 10:00 registered complaint/B/minor"}, "2026-04-03 18:00",
			"04-02 10:00 manager\n04-02 18:00 operations_manager < manager"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t, "Asia/Shanghai")
			same(t, b.climbs(b.limits(tt.events...), tt.now), tt.want)
		})
	}
	t.Run("ESC-5 a ladder without a term: it stays with who was told", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		for i := range b.policy.Ladder {
			b.policy.Ladder[i].Next = limit.Span{}
		}
		same(t, b.climbs(b.limits("2026-03-02 10:00 registered inquiry/C"), "2026-03-08 00:00"), "03-04 10:00 supervisor")
	})
	t.Run("ESC-5 since when an escalation waits that nobody took", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		left := b.limits("2026-03-02 10:00 registered inquiry/C")
		for now, want := range map[string]string{"2026-03-04 10:00": "2026-03-04 10:00", "2026-03-10 00:00": "2026-03-04 10:00"} {
			if got := left.Untaken(b.at(now)); !got.Equal(b.at(want)) {
				t.Errorf("at %s since %s, want %s", now, got, want)
			}
		}
		if got := left.Untaken(b.at("2026-03-04 09:59")); !got.IsZero() {
			t.Errorf("since %s, before anybody was told", got)
		}
		again := b.limits("2026-03-02 10:00 registered inquiry/C", "2026-03-04 11:00 taken")
		if got := again.Untaken(b.at("2026-03-05 00:00")); !got.IsZero() {
			t.Errorf("since %s, though somebody took it", got)
		}
		if got := again.Untaken(b.at("2026-03-09 10:00")); !got.Equal(b.at("2026-03-09 10:00")) {
			t.Errorf("since %s, want since the manager was told", got)
		}
	})
}
