// Package knowledge holds the pages of cases that were made from tickets.
package knowledge

import (
	"time"

	"lobby/views/part"
)

// Case is one case, which names nobody.
type Case struct {
	Href, Sort, Kind, Title     string
	Situation, Handling, Lesson string
	By                          string
	At                          time.Time
	Number, Ticket              string // of its ticket, and the address of its page
	Edit                        string // address of the form; empty for who may not write
}

// List is the page of all cases, or of those that hold what was typed.
type List struct {
	Typed string
	Error string
	Cases []Case
}

// Form is the form of one ticket's case.
type Form struct {
	Path, Number, Ticket                     string
	Version                                  int64
	Sort, Title, Situation, Handling, Lesson part.Input
	Message                                  string
}

func (f Form) fields() []part.Input {
	return []part.Input{f.Sort, f.Title, f.Situation, f.Handling, f.Lesson}
}
