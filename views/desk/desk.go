// Package desk holds the pages of the staff's workspace: search, the day's lists.
package desk

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Ticket is one ticket on the desk, a card of the live screens.
type Ticket struct {
	ID         int64
	Lane       string // empty: over, the card goes
	Sort       string
	Version    int64 // 0: the row itself is deleted
	Number     string
	Kind       string
	Urgency    string
	Type       string
	LifeSafety bool
	Alarm      bool // urgency A that nobody has taken yet
	State      string
	Place      string
	Matter     string
	Owner      string
	Reopened   int
	Urged      int
	Accepted   bool // somebody has it in mind, though nobody began yet
	Registered time.Time
	Due        time.Time
	Running    bool
	Overdue    bool
	Escalated  bool // somebody higher up has been told
	Expired    bool // what is personal was removed (PRIVACY-5)
}

func (t Ticket) id() string   { return "ticket-" + number(t.ID) }
func (t Ticket) href() string { return "/desk/tickets/" + number(t.ID) }

// Lane is one group of open tickets.
type Lane struct {
	Key     string
	Count   int
	Cap     int
	Tickets []Ticket
}

func (l Lane) more() int { return l.Count - len(l.Tickets) }

// Visit is one visitor.
type Visit struct {
	ID      int64
	Number  string
	Name    string
	Whom    string // whom or which unit they visit
	Company string
	People  int
	Phone   string // masked
	Arrived time.Time
	Ended   time.Time // zero: still in the building
	MayEnd  bool
	Expired bool // the personal data was removed (PRIVACY-5)
}

func (v Visit) href() string { return "/desk/visits/" + number(v.ID) }

// Inside are the visitors now in the building.
type Inside struct {
	Visits int
	People int
	List   []Visit
}

func (in Inside) more() int { return in.Visits - len(in.List) }

// Page is the workspace.
type Page struct {
	Asked     int            // open tickets of which who looks was asked first (ORG-3)
	Live      *part.LivePage // nil for whoever may not see tickets
	Lanes     []Lane
	Inside    *Inside // nil for whoever may not see visitors
	Notice    string
	MayVisit  bool // register visitors
	MayTicket bool // register tickets
	MaySearch bool
}

// Results is what a search found.
type Results struct {
	Query   string
	Error   string // what is wrong with the query
	Tickets []Ticket
	Visits  []Visit
}

func number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// MaxQuery is the most characters of a search.
const MaxQuery = 60
