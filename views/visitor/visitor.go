// Package visitor holds the desk's pages about visitors, and the pass on the visitor's own phone.
package visitor

import (
	"time"

	"lobby/views/part"
)

// Row is one visit in a list; phone and plate are masked (PRIVACY-2).
type Row struct {
	ID      int64
	Number  string
	Name    string
	Whom    string
	Purpose string // in words
	Phone   string
	Plate   string
	People  int
	Arrived time.Time
	Ended   time.Time // zero while inside
	EndedBy string
	Expired time.Time // the personal data was removed (PRIVACY-5); zero before
}

// List is today's register.
type List struct {
	Rows     []Row
	MayAdd   bool
	Code     string // what was typed into 'sign out by code'
	Error    string // what is wrong with it
	Notice   string
	Visits   int // inside now
	PeopleIn int
}

// Form is the entry of a visitor at the desk.
type Form struct {
	Entry   string
	Message string
	Fields  []part.Input
}

// Show is one visit with its history.
type Show struct {
	Row
	Host, Place, Company, Note string
	Channel                    string
	Code                       string // while inside: the desk tells it who forgot it
	Notice, Message            string
	MayEnd, MayReveal          bool
	HasMasked                  bool   // numbers in the texts are masked
	Revealed, RevealedField    string // opened just now, for this one answer
	Reason                     part.Input
	History                    []Act
}

// Act is one line of the history.
type Act struct {
	At     time.Time
	Verb   string
	Actor  string // kind of actor
	Name   string
	Fields []string
	Reason string
}

// Group is the visitors of one building, for the roll call (VISIT-6).
type Group struct {
	Building string // empty where the place named none
	People   int
	Rows     []Row
}

// Inside is who is in the building now.
type Inside struct {
	At     time.Time
	Visits int
	People int
	Groups []Group
}

// Pass is what the visitor's own phone shows: nothing of the person but the own name, masked.
type Pass struct {
	Number string
	Code   string
	Link   string
	Name   string
	Ended  time.Time // zero while it is good
	Action string
}
