package ticket

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Overseen is one ticket that needs attention, with the form that gives it to somebody else.
type Overseen struct {
	ID         int64
	Number     string
	Kind       string
	Urgency    string
	Place      string
	Matter     string
	Owner      string // empty: nobody
	Registered time.Time
	Due        time.Time // zero: no limit, or its clock stands still
	Untaken    time.Time // since when it waits for somebody to take it over; zero: it doesn't
	Take       bool      // it can be taken over here
	Version    int64
	Person     part.Input // without options: it can't be given to anybody now
	Remark     part.Input
	Open       bool // the form is being filled in
}

func (r Overseen) href() string   { return "/desk/tickets/" + strconv.FormatInt(r.ID, 10) }
func (r Overseen) take() string   { return "/supervisor/" + strconv.FormatInt(r.ID, 10) + "/take" }
func (r Overseen) action() string { return "/supervisor/" + strconv.FormatInt(r.ID, 10) + "/reassign" }

// OversightList is one group of tickets.
type OversightList struct {
	Name string // said by "supervisor.list.<name>"
	All  string // address of the whole list; empty: there is none
	Rows []Overseen
}

// OversightTask is one task that the reader may take or has taken.
type OversightTask struct {
	Kind   string // said by "notice.kind.<kind>"
	Number string // of the ticket
	Place  string
	Due    time.Time
	Taker  string // empty: nobody yet
}

// OnDuty is one line of the duty table that runs now.
type OnDuty struct {
	Name    string
	Kind    string // said by "duty.kind.<kind>"
	StandIn string // who stands in; empty: nobody is named
	Until   time.Time
}

// OversightPage is what needs attention.
type OversightPage struct {
	Live    part.LivePage
	Tasks   int             // for the reader to do
	Open    []OversightTask // the first of them
	Lists   []OversightList
	Duty    []OnDuty
	Nobody  bool // nobody can be reached now, says the duty table
	Done    string
	Message string     // why a ticket was not given to somebody else
	Wrong   part.Input // the field that is wrong
	Typed   string     // what was written for a ticket that is on no list any more
}
