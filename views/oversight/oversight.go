// Package oversight holds the page on which a supervisor sees what needs attention, and gives tickets to others.
package oversight

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Row is one ticket, with the form that gives it to somebody else.
type Row struct {
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

func (r Row) href() string   { return "/desk/tickets/" + strconv.FormatInt(r.ID, 10) }
func (r Row) action() string { return "/supervisor/" + strconv.FormatInt(r.ID, 10) + "/reassign" }

// List is one group of tickets.
type List struct {
	Name string // said by "supervisor.list.<name>"
	All  string // address of the whole list; empty: there is none
	Rows []Row
}

// Page is what needs attention.
type Page struct {
	Tasks   int // for the reader to do
	Lists   []List
	Done    string
	Message string     // why a ticket was not given to somebody else
	Wrong   part.Input // the field that is wrong
	Typed   string     // what was written for a ticket that is on no list any more
}
