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
	From    time.Time
	Until   time.Time
	Begun   bool
	Over    bool
}

func (d DutyLine) action() string { return "/duty/" + strconv.FormatInt(d.ID, 10) + "/end" }

// DutyGap is a time at which nobody can be reached for what is urgent.
type DutyGap struct{ From, Until time.Time }

// DutyPage is who is on now, and for who keeps the table the next two weeks.
type DutyPage struct {
	Now      []DutyLine
	Keep     bool
	Lines    []DutyLine
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
