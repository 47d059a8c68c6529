// Package dispute holds the page of a dispute between neighbours, and what a ticket's page shows of it.
package dispute

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Page is the dispute of one ticket, or the form that begins one.
type Page struct {
	Ticket   int64
	Number   string
	Message  string // what is wrong on the whole
	Mediator string // empty: nobody
	Parties  []string
	Talks    []Talk
	Outcome  string // empty while it runs
	Ending   string
	Ender    string
	EndedAt  time.Time
	Begin    *Begin // nil where there is one, or none may be begun
	Talk     *Say   // nil for who doesn't mediate
	End      *End
	Listed   bool   // who looks may see all that run
	Typed    string // what was written for a step that can't be taken any more
}

func (p Page) href() string { return "/disputes/" + strconv.FormatInt(p.Ticket, 10) }

func (p Page) ticket() string { return "/desk/tickets/" + strconv.FormatInt(p.Ticket, 10) }

// Row is a dispute that runs.
type Row struct {
	Ticket   int64
	Number   string
	Parties  string // in words
	Matter   string
	Mediator string // empty: nobody
	State    string // of its ticket
	Begun    time.Time
	Talks    int
	Last     time.Time // when somebody spoke with a party; zero: nobody did yet
}

func (r Row) href() string { return "/disputes/" + strconv.FormatInt(r.Ticket, 10) }

func (r Row) ticket() string { return "/desk/tickets/" + strconv.FormatInt(r.Ticket, 10) }

// List is the disputes that run.
type List struct {
	Mine   []Row // who looks mediates in them
	Others []Row
	Page   int  // from 1
	More   bool // there is a next page
}

// whole tells whether all of them stand on one page.
func (l List) whole() bool { return l.Page == 1 && !l.More }

func pageHref(n int) string { return "/disputes?page=" + strconv.Itoa(n) }

// Add puts a row where it belongs.
func (l *List) Add(r Row, mine bool) {
	if mine {
		l.Mine = append(l.Mine, r)
	} else {
		l.Others = append(l.Others, r)
	}
}

// Talk is what was said to a party, or to all.
type Talk struct {
	At   time.Time
	With string // the party; empty: all together
	By   string
	Said string
}

// Begin is the entry of a dispute.
type Begin struct {
	EntryKey string
	Parties  [][2]part.Input // name and household of each
}

// Say is the form for what was said.
type Say struct {
	EntryKey    string
	Party, Said part.Input
}

// End is the form for what came of it.
type End struct{ Outcome, Ending part.Input }

// fields are all inputs, for the summary of what is wrong.
func (p Page) fields() []part.Input {
	var out []part.Input
	if p.Begin != nil {
		for _, two := range p.Begin.Parties {
			out = append(out, two[0], two[1])
		}
	}
	if p.Talk != nil {
		out = append(out, p.Talk.Party, p.Talk.Said)
	}
	if p.End != nil {
		out = append(out, p.End.Outcome, p.End.Ending)
	}
	return out
}

// Panel is what a ticket's page shows.
type Panel struct {
	Ticket   int64
	Parties  []string // none: there is no dispute, and one may be begun
	Mediator string
	Outcome  string // empty while it runs
}

func (p Panel) href() string { return "/disputes/" + strconv.FormatInt(p.Ticket, 10) }
