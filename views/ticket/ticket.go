// Package ticket holds the pages of tickets: list, entry, one ticket with its history.
package ticket

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Row is one ticket in a list.
type Row struct {
	ID         int64
	Number     string
	Kind       string
	Urgency    string
	Type       string
	LifeSafety bool
	State      string
	Place      string
	Matter     string
	Owner      string
	Reopened   int
	Registered time.Time
	Due        time.Time
	Running    bool // the clock of the limit still runs
	Overdue    bool
}

func (r Row) href() string { return "/desk/tickets/" + strconv.FormatInt(r.ID, 10) }

// List is the page with filters.
type List struct {
	State, Kind   string // as chosen; State also open, over, all
	Mine, Overdue bool
	States, Kinds []string // to choose from
	Rows          []Row
	Page          int
	Previous      string // address of the page before; empty for none
	Next          string
	MayRegister   bool
}

// Form is the entry of a ticket.
type Form struct {
	EntryKey string
	Message  string // what is wrong on the whole
	Notice   string // what went well before
	Fields   Fields
	Similar  []Row // open tickets of the same household or phone, shown before a second one is made
	Confirm  bool  // the person has been shown them, and may register all the same
	MayView  bool
}

// Fields are the inputs of the form, with what was typed.
type Fields struct {
	Phone, Place, Matter, Kind, Urgency, Reporter, Type, LifeSafety, Channel, FirstAsked part.Input
}

func (f Fields) all() []part.Input {
	return []part.Input{f.Phone, f.Place, f.Matter, f.Kind, f.Urgency, f.Reporter, f.Type, f.LifeSafety, f.Channel, f.FirstAsked}
}

// moreWrong tells whether one of the fields that are folded away is wrong.
func (f Fields) moreWrong() bool {
	return f.Type.Error+f.LifeSafety.Error+f.Channel.Error+f.FirstAsked.Error != ""
}

// Page is one ticket.
type Page struct {
	Row
	Channel    string
	Reporter   string
	Phone      string // masked
	Revealed   string // whole, right after it was opened
	FirstAsked string
	Resolved   time.Time
	Closed     time.Time
	Version    int64
	Message    string // why the last step was refused
	Typed      string // what was written for a step that is no longer there
	Fields     []part.Input
	Verbs      []Verb
	Scales     *Scales // nil where the person may not set them
	Steps      []Step
	HasPhone   bool        // there is a phone, and it is masked
	HasMasked  bool        // numbers in the texts are masked
	Reason     *part.Input // nil where there is nothing to open, or the person may not
}

// Verb is one button with what it asks for.
type Verb struct {
	Name    string
	Key     string      // keyboard shortcut
	Primary bool        // the next step of the flow
	Input   *part.Input // nil where the verb asks for nothing
}

// Scales is the form for urgency and type.
type Scales struct {
	Open                          bool
	Urgency, Type, Safety, Remark part.Input
}

// Step is one line of the history.
type Step struct {
	Verb    string
	At      time.Time
	Noticed time.Time // zero where it was written down at once
	Who     string
	Remark  string
	Due     time.Time // limit set by it; zero for none
	Changes []Change
}

// Change is a value before and after, in words.
type Change struct{ What, From, To string }

func version(p Page) string { return strconv.FormatInt(p.Version, 10) }

func orNobody(name, nobody string) string {
	if name == "" {
		return nobody
	}
	return name
}
