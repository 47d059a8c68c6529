package staff

import (
	"slices"
	"testing"
	"time"
)

func TestDutyGaps(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	line := func(who int64, kind DutyKind, from, until int) Duty {
		return Duty{StaffID: who, Kind: kind, From: at(from), Until: at(until)}
	}
	for _, tt := range []struct {
		name string
		list []Duty
		want []int // hours, from and until
	}{
		{"SHIFT-6 an empty table names nobody at all", nil, []int{0, 24}},
		{"SHIFT-6 the list covers the clock", []Duty{line(1, DutyList, -5, 8), line(2, DutyList, 8, 30)}, nil},
		{"SHIFT-6 between two of the list nobody is reachable", []Duty{line(1, DutyList, 0, 8), line(2, DutyList, 10, 24)}, []int{8, 10}},
		{"SHIFT-6 who is at work can be reached too", []Duty{line(1, DutyList, 0, 8), line(3, OnDuty, 8, 18), line(2, DutyList, 18, 24)}, nil},
		{"SHIFT-6 who is away can't, though they are on the list", []Duty{line(1, DutyList, 0, 24), line(1, Away, 9, 12)}, []int{9, 12}},
		{"SHIFT-6 somebody else's being away takes nobody off", []Duty{line(1, DutyList, 0, 24), line(2, Away, 9, 12)}, nil},
		{"SHIFT-6 only away lines: one gap, not one for each", []Duty{line(1, Away, 3, 5), line(2, Away, 4, 9)}, []int{0, 24}},
		{"SHIFT-6 gaps at both ends", []Duty{line(1, DutyList, 6, 20)}, []int{0, 6, 20, 24}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []int
			for _, g := range gaps(tt.list, at(0), at(24)) {
				got = append(got, int(g.From.Sub(at(0)).Hours()), int(g.Until.Sub(at(0)).Hours()))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("gaps %v, want %v", got, tt.want)
			}
		})
	}
}
