// Package dispute carries disputes between neighbours (COMPLAINT-8): who the parties are, what was said to each of them,
// how the owner of the zone mediated, and what came of it. A dispute hangs on the ticket of a complaint, and a ticket
// with one that has no outcome yet is not resolved.
package dispute

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
)

// Outcome is what came of a mediation.
type Outcome string

// The outcomes.
const (
	Settled   Outcome = "settled"   // the parties agree
	Partly    Outcome = "partly"    // they agree on a part of it
	Failed    Outcome = "failed"    // they don't
	Withdrawn Outcome = "withdrawn" // who complained lets it rest
	Referred  Outcome = "referred"  // to the residents' committee, the police or a court
)

// Outcomes lists them in the order of the page.
var Outcomes = []Outcome{Settled, Partly, Failed, Withdrawn, Referred}

const (
	// MaxName is how many characters the name of a party may have.
	MaxName = 40
	// MaxPlace is how many characters the household of a party may have.
	MaxPlace = 60
	// MaxSaid is how many characters may be said at once, and of the outcome.
	MaxSaid = 500

	// Fewest is how many parties a dispute has at least.
	Fewest = 2
	// Most is how many it has at most.
	Most = 4
)

// Dispute is one between neighbours.
type Dispute struct {
	bun.BaseModel `bun:"table:disputes,alias:d"`

	ID         int64     `bun:"id,pk,autoincrement"`
	SiteID     int64     `bun:"site_id"`
	TicketID   int64     `bun:"ticket_id"`
	EntryKey   uuid.UUID `bun:"entry_key,type:uuid"`
	MediatorID int64     `bun:"mediator_id,nullzero"` // 0: nobody
	OpenedBy   int64     `bun:"opened_by"`
	OpenedAt   time.Time `bun:"opened_at"`
	EndedBy    int64     `bun:"ended_by,nullzero"`
	EndedAt    time.Time `bun:"ended_at,nullzero"`
	Outcome    Outcome   `bun:"outcome"`
	Ending     string    `bun:"ending"`

	Mediator string `bun:"mediator,scanonly"`
	Opener   string `bun:"opener,scanonly"`
	Ender    string `bun:"ender,scanonly"`

	Parties []Party `bun:"-"`
	Talks   []Talk  `bun:"-"`
}

// Over tells whether it has an outcome.
func (d *Dispute) Over() bool { return !d.EndedAt.IsZero() }

// mediates tells whether somebody writes down what is said in it: the mediator, or who may give the work to others.
func (d *Dispute) mediates(a actor.Actor) bool {
	return a.Can(staff.ReassignTickets) || a.Kind == actor.Person && a.ID == d.MediatorID
}

// unheard are the parties with whom nobody has spoken, alone or with the others.
func (d *Dispute) unheard() []Party {
	if slices.ContainsFunc(d.Talks, func(t Talk) bool { return t.PartyID == 0 }) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Parties), func(p Party) bool {
		return slices.ContainsFunc(d.Talks, func(t Talk) bool { return t.PartyID == p.ID })
	})
}

// Party is one of them: by name, by household, or both.
type Party struct {
	bun.BaseModel `bun:"table:dispute_parties,alias:y"`

	ID          int64  `bun:"id,pk,autoincrement"`
	SiteID      int64  `bun:"site_id"`
	DisputeID   int64  `bun:"dispute_id"`
	Name        string `bun:"name"`
	Place       string `bun:"place"`
	HouseholdID int64  `bun:"household_id,nullzero"`
}

// Words name the party.
func (p Party) Words() string {
	switch {
	case p.Name == "":
		return p.Place
	case p.Place == "":
		return p.Name
	}
	return p.Name + " · " + p.Place
}

// Talk is what was said to a party, or with PartyID 0 to all of them together.
type Talk struct {
	bun.BaseModel `bun:"table:dispute_talks,alias:k"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SiteID    int64     `bun:"site_id"`
	DisputeID int64     `bun:"dispute_id"`
	PartyID   int64     `bun:"party_id,nullzero"`
	EntryKey  uuid.UUID `bun:"entry_key,type:uuid"`
	Said      string    `bun:"said"`
	ByID      int64     `bun:"by_id"`
	At        time.Time `bun:"at"`

	By string `bun:"by_name,scanonly"`
}

// Open is a dispute as it was entered.
type Open struct {
	EntryKey uuid.UUID // made by the form; the same entry sent again gives the first result
	Ticket   int64
	Parties  []Party // name and place as they were typed; empty ones are passed over
}

// clean checks the parties, all at once.
func (in Open) clean() (Open, error) {
	var wrong fault.Fields
	if in.EntryKey == uuid.Nil {
		wrong.Add("name-0", "fault.field.required")
	}
	var parties []Party
	for n, p := range in.Parties {
		p.Name = wrong.Line(field("name", n), p.Name, MaxName, false)
		p.Place = wrong.Line(field("place", n), p.Place, MaxPlace, false)
		if p.Name+p.Place != "" {
			parties = append(parties, Party{Name: p.Name, Place: p.Place})
		}
	}
	if len(parties) < Fewest && len(wrong) == 0 {
		wrong.Add(field("name", len(parties)), "dispute.field.parties")
	}
	if len(parties) > Most {
		wrong.Add(field("name", Most), "dispute.field.most", fault.Args{"Most": Most})
	}
	in.Parties = parties
	return in, wrong.Err()
}
