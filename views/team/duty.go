package team

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// DutyLine is one line of the duty table.
type DutyLine struct {
	ID      int64
	Name    string
	Kind    string // said by "duty.kind.<kind>"
	StandIn string // empty: nobody is named
	When    string // the hours, of the day under which it stands
	Begun   bool
	Over    bool
}

func (d DutyLine) action() string { return "/duty/" + strconv.FormatInt(d.ID, 10) + "/end" }

// DutyDay is one day of the duty table.
type DutyDay struct {
	ID             string // as in addresses
	Title          string
	Open           bool // unfolded
	On, List, Away int  // how many are there, can be reached, are away
	Lines          []DutyLine
}

// Add puts a line on the day.
func (d *DutyDay) Add(l DutyLine) {
	switch d.Lines = append(d.Lines, l); l.Kind {
	case "on":
		d.On++
	case "list":
		d.List++
	default:
		d.Away++
	}
}

// DutyGap is a time at which nobody can be reached for what is urgent.
type DutyGap struct{ From, Until time.Time }

// DutyPage is who is on now, and for who keeps the table the next two weeks.
type DutyPage struct {
	Now      []DutyLine
	Keep     bool
	Days     []DutyDay
	Gaps     []DutyGap // when nobody can be reached (SHIFT-6)
	MoreGaps int       // further ones
	Fields   []part.Input
	Done     string
	Summary  string
}

func dutyTone(kind string) string {
	switch kind {
	case "on":
		return "good"
	case "list":
		return "info"
	}
	return "warn"
}
