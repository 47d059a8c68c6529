// Package review holds the pages on which what was done is looked at again: days, weeks, what was not solved, the month.
package review

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Span is a day or a week in a list of what is still to be reviewed.
type Span struct {
	Href      string
	From, To  time.Time // To is the same as From for a day
	Open, All int
	Late      bool
}

// Home is the reviewer's page. Weeks is nil for who doesn't review them.
type Home struct {
	Days, Weeks []Span
	MayWeeks    bool
	Month       string // the address of the running month's report; empty for who may not see it
	Today       string

	Older     int // days before those in Days with something that nobody has reviewed
	OlderHref string
	OlderFrom time.Time // the first of them

	Left     int       // unsolved matters that weren't looked at together yet
	LookedAt time.Time // when they were last; zero: never
	LookDue  time.Time
	LookLate bool
}

// Record is one record of a day with its review; texts are masked already.
type Record struct {
	Section, Number, Kind, State string
	ID                           int64
	Href                         string
	Place, Matter, Owner         string
	At                           time.Time
	Late                         bool
	ReviewedBy                   string
	ReviewedAt                   time.Time // zero: not reviewed
	Remark                       string
	Ticked                       bool
}

func (r Record) ref() string { return r.Section + ":" + strconv.FormatInt(r.ID, 10) }

// order tells whether it is a service order, whose states have words of their own.
func (r Record) order() bool { return r.Section == "dispatch" }

// Section is one kind of record of a day.
type Section struct {
	Name    string
	Records []Record
	Open    int
}

// Day is one day's records by section.
type Day struct {
	Date           time.Time
	Path           string
	Previous, Next string // addresses; empty where there is none
	Sections       []Section
	Open, All      int
	Late           bool
	Remark         part.Input
	Message, Error string // Error is what is wrong with the boxes
}

// WeekSection is one kind of record of a week.
type WeekSection struct {
	Name                string
	All, Reviewed, Late int
	Share               string // of the reviewed ones, such as 75%; empty where there are none
	ReviewedBy          string
	ReviewedAt          time.Time
	Remark              string
	Ticked              bool
}

// Week is one week as the manager reviews it.
type Week struct {
	From, To       time.Time
	Path           string
	Previous, Next string
	Days           []Span // its days, to look at
	Sections       []WeekSection
	Runs           bool // it isn't over yet
	Open           int  // sections that nobody has signed
	Remark         part.Input
	Message, Error string
}

// Unsolved is one matter that was not solved in the usual way.
type Unsolved struct {
	ID                  int64
	Href, Number, State string
	Place, Matter       string
	At                  time.Time
	Reopened, Findings  int
	Ticked              bool
}

func (u Unsolved) value() string { return strconv.FormatInt(u.ID, 10) }

// Group is what was not solved of one kind in one zone.
type Group struct {
	Kind, Zone string
	Matters    []Unsolved
}

// Finding is what was found before.
type Finding struct {
	Shared, Change, By string
	At                 time.Time
	Numbers            []string
}

// Matters is the page of what was not solved.
type Matters struct {
	Groups         []Group
	Findings       []Finding
	Shared, Change part.Input
	Message, Error string
	Done           string
}

// Figures is a table of a month's figures, in words already.
type Figures struct {
	Title string
	Heads []string
	Right []bool // columns that stand on the right
	Rows  [][]string
	Notes []string
}

// Month is a month's report upward.
type Month struct {
	Date           time.Time
	Path           string
	Previous, Next string
	Figures        []Figures
	Words          []Words
	Cases          []Case
	Version        int64
	By             string
	At             time.Time
	MayWrite       bool
	Message        string
	Done           string
}

// Case is one that was written down in the month.
type Case struct{ Href, Sort, Kind, Title string }

// Words is one part of a month's report: as it stands, and as the form shows it.
type Words struct {
	Label, Text string
	Input       part.Input
}

func (m Month) inputs() []part.Input {
	out := make([]part.Input, len(m.Words))
	for i, w := range m.Words {
		out[i] = w.Input
	}
	return out
}
