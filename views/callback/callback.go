// Package callback holds the pages on which customers are called back, the page on which they give marks, and what a
// ticket's page shows of both.
package callback

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Row is one ticket of the work list.
type Row struct {
	ID         int64
	Number     string
	Kind       string
	Urgency    string
	Place      string
	Matter     string
	Owner      string
	Registered time.Time
	Resolved   time.Time
	Due        time.Time // zero: no limit
	Late       bool
	Days       int       // on which nobody answered
	Last       time.Time // of those days
	Rated      bool
}

func (r Row) href() string { return "/callbacks/" + strconv.FormatInt(r.ID, 10) }

func (r Row) ticket() string { return "/desk/tickets/" + strconv.FormatInt(r.ID, 10) }

// List is the work list in two parts.
type List struct {
	Notice   string
	Done     *Row  // the ticket whose call was just written down
	Must     []Row // always called back
	Later    []Row // nobody answered today: another day
	May      []Row // of which some are called (CALLBACK-2)
	Tries    int
	Register bool // there is a register to look at
}

// Page is one ticket that is called back.
type Page struct {
	Row
	State     string
	Waits     bool
	Rateable  bool
	Expired   bool
	Site      string
	Caller    string
	Done      string // what the result was
	Reporter  string
	Phone     string // masked
	Revealed  string // whole, right after it was opened
	Reason    *part.Input
	Message   string // what is wrong on the whole
	Form      Form
	Link      *Link
	Past      Past
	Tries     int
	Apologise bool
	Kept      bool // something was typed that must not be lost
}

// Form is the entry of a call, with what was typed.
type Form struct {
	EntryKey  string
	Round     int
	Reached   part.Input
	Asked     part.Input
	Satisfied part.Input
	Answer    part.Input
	Marks     []part.Mark
	Remark    part.Input
}

// fields are the inputs, for the summary of what is wrong.
func (p Page) fields() []part.Input {
	f := p.Form
	out := []part.Input{f.Reached, f.Asked, f.Satisfied, f.Answer}
	if !p.Rated {
		for _, m := range f.Marks {
			out = append(out, part.Input{Name: m.Name, Label: m.Label, Error: m.Error})
		}
		out = append(out, f.Remark)
	}
	if p.Reason != nil {
		out = append(out, *p.Reason)
	}
	return out
}

// Link is a link that was just made for a customer.
type Link struct {
	Address string // empty where the program doesn't know under which address phones find it
	Until   time.Time
}

// Past is what was asked and said about a ticket so far.
type Past struct {
	Ticket   int64
	Calls    []Call
	Ratings  []Rating
	Rateable bool // a link for its customer can be made by who looks
}

// Call is one call that was made.
type Call struct {
	At     time.Time
	By     string
	Result string // again, satisfied, reopened
	Asked  string
	Answer string
}

// Rating is one answer with marks.
type Rating struct {
	At                      time.Time
	Via                     string
	Speed, Attitude, Upkeep int // 0: none given
	Remark                  string
}

// Rate is the page on a customer's phone.
type Rate struct {
	Action  string
	Message string
	Marks   []part.Mark
	Remark  part.Input
}

func (r Rate) fields() []part.Input {
	var out []part.Input
	for _, m := range r.Marks {
		out = append(out, part.Input{Name: m.Name, Label: m.Label, Error: m.Error})
	}
	return append(out, r.Remark)
}
