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
	Version    int64
	Person     part.Input // without options: it can't be given to anybody now
	Remark     part.Input
	Open       bool // the form is being filled in
}

func (r Overseen) href() string   { return "/desk/tickets/" + strconv.FormatInt(r.ID, 10) }
func (r Overseen) action() string { return "/supervisor/" + strconv.FormatInt(r.ID, 10) + "/reassign" }

// OversightList is one group of tickets.
type OversightList struct {
	Name string // said by "supervisor.list.<name>"
	All  string // address of the whole list; empty: there is none
	Rows []Overseen
}

// OversightPage is what needs attention.
type OversightPage struct {
	Tasks   int // for the reader to do
	Lists   []OversightList
	Done    string
	Message string     // why a ticket was not given to somebody else
	Wrong   part.Input // the field that is wrong
	Typed   string     // what was written for a ticket that is on no list any more
}
