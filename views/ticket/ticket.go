// Package ticket holds the pages of tickets: list, entry, one ticket with its history.
package ticket

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

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
	Owner      string // who works on it
	Reopened   int
	Urged      int
	Accepted   bool // somebody has it in mind
	Afterwards bool // written up after it was handled (TICKET-6)
	Repeats    bool // not the first complaint on its matter (COMPLAINT-6)
	Told       bool // the customer is to be told of progress by now (TICKET-10)
	Registered time.Time
	Due        time.Time
	Running    bool // the clock of the limit still runs
	Overdue    bool
	Escalated  bool      // somebody higher up has been told
	Expired    time.Time // what is personal was removed (PRIVACY-5); zero before
}

// alarm tells what nobody has accepted yet though it can't wait (HELP-3).
func (r Row) alarm() bool {
	return r.Urgency == "A" && !r.Accepted && (r.State == "registered" || r.State == "classified")
}

func (r Row) href() string { return "/desk/tickets/" + strconv.FormatInt(r.ID, 10) }

// List is the page with filters.
type List struct {
	State, Kind   string // as chosen; State also open, over, all
	Mine, Overdue bool
	Told          bool          // only those whose customer is to be told of progress
	Rejected      bool          // only those with an order that a department rejected
	Asked         bool          // of whom who looks was asked first (ORG-3)
	Owner         string        // as chosen; "0": anybody
	Owners        []part.Option // to choose from
	States, Kinds []string      // to choose from
	Rows          []Row
	Page          int
	Previous      string // address of the page before; empty for none
	Next          string
	MayRegister   bool
}

// narrowed tells whether the list shows less than everything that is open.
func (l List) narrowed() bool {
	return l.State != "open" || l.Kind != "" || l.Mine || l.Overdue || l.Told || l.Rejected || l.Asked || l.Owner != "0"
}

// Form is the entry of a ticket.
type Form struct {
	EntryKey string
	Message  string // what is wrong on the whole
	Notice   string // what went well before
	Fields   Fields
	Class    *Class // nil for who may only register
	Then     part.Input
	Orders   []Order
	Past     []part.Input // true times of an emergency that is written up afterwards (TICKET-6)
	Foreseen []Foreseen   // the limits that follow
	Similar  []Row        // open tickets of the same household or phone, shown before a second one is made
	Confirm  bool         // the person has been shown them, and may register all the same
	MayView  bool
	Photos   *PhotoInput // shown to who could look at them
}

// Fields are the inputs of the form, with what was typed.
type Fields struct {
	Phone, Place, Matter, Kind, Urgency, Reporter, Type, LifeSafety, Channel, FirstAsked part.Input
}

func (f Form) all() []part.Input {
	in := f.Fields
	out := []part.Input{in.Phone, in.Place, in.Matter, in.Kind, in.Urgency, in.Reporter, in.Type, in.LifeSafety, in.Channel, in.FirstAsked}
	if f.Class != nil {
		out = append(out, f.Class.more()...)
		out = append(out, f.Then)
	}
	return append(out, f.Past...)
}

// moreWrong tells whether one of the fields that are folded away is wrong.
func (f Fields) moreWrong() bool {
	return f.Type.Error+f.LifeSafety.Error+f.Channel.Error+f.FirstAsked.Error != ""
}

// pastUsed tells whether the fold of true times has something in it.
func (f Form) pastUsed() bool {
	said := ""
	for _, i := range f.Past {
		said += i.Value + i.Error
	}
	return said != ""
}

// Foreseen is a limit that follows from what a form says so far.
type Foreseen struct {
	Clock  string
	Due    time.Time
	Span   string // how long it is, in words; empty: not said
	Passed bool   // it would have passed already
}

// Class is what a ticket is classified as.
type Class struct {
	Ticket   int64      // of a ticket that stands; 0: of the entry
	Foreseen []Foreseen // the limits that follow

	Kind, Urgency, Type, LifeSafety           part.Input
	HelpKind                                  part.Input
	Validity, About, Topic, Severity, Against part.Input
}

// more are the inputs that belong to help and complaints.
func (c Class) more() []part.Input {
	return []part.Input{c.HelpKind, c.Validity, c.About, c.Topic, c.Severity, c.Against}
}

// Order is a department to which an order can be sent.
type Order struct {
	Department int64
	Name       string
	Chosen     bool
	Text       part.Input
}

// Page is one ticket.
type Page struct {
	Row
	Facts     []Fact
	Phone     string // masked
	Revealed  string // whole, right after it was opened
	Version   int64
	Message   string // why the last step was refused
	Case      string // address of the form of its case; empty for who may not write one
	Typed     string // what was written for a step that is no longer there
	Verbs     []Verb
	Refused   []Refused
	Orders    []OrderRow
	Records   []Record
	Earlier   []Row // complaints of the same customer before this one (COMPLAINT-6)
	Steps     []Step
	Pictures  []Picture
	AddPhotos string          // address of the page that takes photos; empty for who may not add any
	Whys      []Why           // how each limit comes about (SLA-5)
	HasPhone  bool            // there is a phone, and it is masked
	HasMasked bool            // numbers in the texts are masked
	Reason    *part.Input     // nil where there is nothing to open, or the person may not
	Beside    templ.Component // what another feature shows about it; may be nil
}

// Fact is one line about a ticket, in words.
type Fact struct {
	Label string
	Text  string
	Href  string    // where it leads; empty for nowhere
	At    time.Time // in place of Text
	Due   bool      // At is the limit: with the time left while it runs
	Phone bool      // the phone, masked or opened
}

// Verb is one button with what it asks for.
type Verb struct {
	Name     string
	Key      string // keyboard shortcut
	EntryKey string // of a dispatch
	Href     string // a page of its own, where the step is taken; empty: here
	Primary  bool   // the next step of the flow
	Open     bool   // unfolded
	Words    string // beside the button, what to keep in mind
	Inputs   []part.Input
	Class    *Class
	Orders   []Order
	At       *part.Input // true time, for emergencies (TICKET-6)
	Photos   *PhotoInput // nil where it takes none
	Sign     *part.Input // where the customer signs (TICKET-5); nil where nobody does
}

// plain tells a button that asks for nothing.
func (v Verb) plain() bool { return len(v.Inputs) == 0 && v.Class == nil && len(v.Orders) == 0 }

// Fields are all its inputs.
func (v Verb) Fields() []part.Input {
	out := v.Inputs
	if c := v.Class; c != nil {
		out = append([]part.Input{c.Kind, c.Urgency, c.Type, c.LifeSafety}, c.more()...)
	}
	for _, o := range v.Orders {
		out = append(out, o.Text)
	}
	if v.At != nil {
		out = append(out, *v.At)
	}
	if v.Sign != nil {
		out = append(out, *v.Sign)
	}
	return out
}

// fields are the inputs of all verbs, to which the message at the head of the page points.
func (p Page) fields() []part.Input {
	var out []part.Input
	for _, v := range p.Verbs {
		out = append(out, v.Fields()...)
	}
	if p.Reason != nil {
		out = append(out, *p.Reason)
	}
	return out
}

// Refused is a step that the flow has now, but that something forbids, in words.
type Refused struct{ Verb, Why string }

// OrderRow is one service order in a list.
type OrderRow struct {
	ID          int64
	Number      string
	Department  string
	State       string
	Instruction string
	Assignee    string
	Result      string
	WaitingOn   string
	Sent        time.Time
	Due         time.Time
	Running     bool
	Overdue     bool
}

func (o OrderRow) href() string { return "/orders/" + strconv.FormatInt(o.ID, 10) }

// Record is what was done on the spot (TICKET-12).
type Record struct {
	Kind, Done, Result, Materials, By string
	Order                             string // its number; empty: the ticket's own
	Started, Ended                    time.Time
}

// Step is one line of the history.
type Step struct {
	Verb    string
	Title   string   // what happened, where another feature says it in place of a verb
	More    []string // what another feature knows about it
	Order   string   // number of the order it is about; empty: the ticket
	At      time.Time
	Noticed time.Time // zero where it was written down at once
	Who     string
	Remark  string
	Due     time.Time // limit set by it; zero for none
	Until   time.Time // promised or expected; zero for none
	Note    string    // which limit passed, or to whom it went; empty for none
	Signs   []Picture // that the customer signed
	Changes []Change
}

// Change is a value before and after, in words. Without From there was none before.
type Change struct{ What, From, To string }

// A history of more than long steps shows its last ones; the older ones are folded.
const (
	long   = 40
	latest = 20
)

// folded is how many of the first steps are folded away.
func folded(list []Step) int {
	if len(list) <= long {
		return 0
	}
	return len(list) - latest
}

func version(p Page) string { return strconv.FormatInt(p.Version, 10) }
