// Package ticket carries the tickets (报事): one matter that someone brought, from being registered to being closed,
// with a history of who did what and when. The flow stands in flow.go, the order of work in sort.go.
package ticket

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/pii"
)

// Sealed are the columns of tickets whose values are encrypted (PRIVACY-3).
func Sealed() []pii.Column { return []pii.Column{{Table: "tickets", Name: "phone", Kind: pii.Phone}} }

// State is where a ticket stands in its flow (TICKET-4).
type State string

// The states of TICKET-4.
const (
	Registered State = "registered"
	Classified State = "classified"
	InHand     State = "in_hand"
	Waiting    State = "waiting"
	Resolved   State = "resolved"
	Verified   State = "verified"
	CalledBack State = "called_back"
	Closed     State = "closed"
	Invalid    State = "invalid"
	Unsolved   State = "unsolvable"
)

// States lists every state in the order of the flow.
var States = []State{Registered, Classified, InHand, Waiting, Resolved, Verified, CalledBack, Closed, Invalid, Unsolved}

// Lane is a column of the wall: states that ask for the same next thing.
type Lane string

// The lanes, in the order in which the wall shows them. A ticket that is over has none.
const (
	LaneRegistered Lane = "registered"
	LaneInHand     Lane = "in_hand"
	LaneWaiting    Lane = "waiting"
	LaneResolved   Lane = "resolved"
)

// Lanes lists the lanes in the order of the wall.
var Lanes = []Lane{LaneRegistered, LaneInHand, LaneWaiting, LaneResolved}

// Lane of a state; empty when the ticket is over. The column tickets.lane says the same.
func (s State) Lane() Lane {
	switch s {
	case Registered, Classified:
		return LaneRegistered
	case InHand:
		return LaneInHand
	case Waiting:
		return LaneWaiting
	case Resolved, Verified, CalledBack:
		return LaneResolved
	}
	return ""
}

// Running tells whether the clock of the limit still runs: a resolved ticket has met its limit or missed it.
func (s State) Running() bool {
	l := s.Lane()
	return l == LaneRegistered || l == LaneInHand || l == LaneWaiting
}

// Most characters of each text, as the schema has it.
const (
	MaxPlace    = 60
	MaxMatter   = 500
	MaxReporter = 60
	MaxPhone    = 32
	MaxRemark   = 500
	MaxCustomer = 60 // the name of who confirms
	MaxInstead  = 200
)

// Ticket is one matter that someone brought.
type Ticket struct {
	bun.BaseModel `bun:"table:tickets,alias:t"`

	ID           int64     `bun:"id,pk,autoincrement"`
	SiteID       int64     `bun:"site_id"`
	EntryKey     uuid.UUID `bun:"entry_key,type:uuid"`
	EntryHash    []byte    `bun:"entry_hash"`
	Number       string    `bun:"number"` // T261122-0042
	Channel      string    `bun:"channel"`
	Class                  // what it is, as far as that is known
	State        State     `bun:"state"`
	Place        string    `bun:"place"`
	HouseholdID  int64     `bun:"household_id,nullzero"`
	Matter       string    `bun:"matter"`
	Reporter     string    `bun:"reporter"`
	Phone        []byte    `bun:"phone,nullzero"`          // sealed (PRIVACY-3)
	PhoneIndex   []byte    `bun:"phone_index,nullzero"`    // keyed hash, for exact match
	FirstAskedID int64     `bun:"first_asked_id,nullzero"` // never changes (ORG-3); 0: nobody was asked, a kiosk was
	OwnerID      int64     `bun:"owner_id,nullzero"`       // who answers for it, and handles it where there is no handler
	HandlerID    int64     `bun:"handler_id,nullzero"`     // who works on it for its owner (COMPLAINT-3)
	DeviceID     int64     `bun:"device_id,nullzero"`
	RegisteredAt time.Time `bun:"registered_at"`
	DueAt        time.Time `bun:"due_at,nullzero"` // the result's limit; zero: none, or it stands still while it waits on the customer (SLA-2)
	ResolvedAt   time.Time `bun:"resolved_at,nullzero"`
	ClosedAt     time.Time `bun:"closed_at,nullzero"`
	OverdueAt    time.Time `bun:"overdue_at,nullzero"` // the limit that passed, once it was noticed (SLA-4)
	Reopened     int       `bun:"reopened"`            // times the customer was not satisfied
	Afterwards   bool      `bun:"afterwards"`          // handled first and written up later (TICKET-6)
	AcceptedAt   time.Time `bun:"accepted_at,nullzero"`
	ClassifiedAt time.Time `bun:"classified_at,nullzero"`
	WaitingOn    string    `bun:"waiting_on"` // customer, parts, third_party; empty: on nothing
	ResponseDue  time.Time `bun:"response_due,nullzero"`
	ResponseAt   time.Time `bun:"response_at,nullzero"`
	SolutionDue  time.Time `bun:"solution_due,nullzero"`
	SolutionAt   time.Time `bun:"solution_at,nullzero"`
	PromisedAt   time.Time `bun:"promised_at,nullzero"` // told to the customer; the limit is no later (TICKET-11)
	UpdateDue    time.Time `bun:"update_due,nullzero"`  // the customer is to be told of progress (TICKET-10)
	UpdatedAt    time.Time `bun:"updated_at,nullzero"`
	Urged        int       `bun:"urged"` // times the customer asked after it (TICKET-8)
	UrgedAt      time.Time `bun:"urged_at,nullzero"`
	RepeatsID    int64     `bun:"repeats_id,nullzero"` // the first complaint on the same matter (COMPLAINT-6)
	ConfirmedBy  string    `bun:"confirmed_by"`        // the customer who confirmed a repair (TICKET-5)
	ExpiredAt    time.Time `bun:"expired_at,nullzero"` // what is personal was removed (PRIVACY-5)
	CallbackDue  time.Time `bun:"callback_due,nullzero"`
	NearAt       time.Time `bun:"near_at,nullzero"`    // since when the result's limit is near; zero: it isn't
	NextAt       time.Time `bun:"next_at,nullzero"`    // when time alone changes something next
	Escalated    int       `bun:"escalated"`           // the highest level reached: 1 supervisor, 2 manager, 3 operations manager
	UntakenAt    time.Time `bun:"untaken_at,nullzero"` // since when an escalation waits that nobody took (ESC-5); zero: none does
	Version      int64     `bun:"version"`

	OwnerName      string `bun:"owner_name,scanonly"`
	HandlerName    string `bun:"handler_name,scanonly"`
	AgainstName    string `bun:"against_name,scanonly"`
	RepeatsNumber  string `bun:"repeats_number,scanonly"`
	FirstAskedName string `bun:"first_asked_name,scanonly"`
}

// Counting tells whether there is time left to be shown: work isn't over, and the limit doesn't stand still.
func (t *Ticket) Counting() bool { return t.State.Running() && !t.Pressing().IsZero() }

// Pressing is the limit that screens count down to: the result's, or of a request for help the answer to the customer, where
// that comes first and hasn't been given (HELP-2). Zero where none runs.
func (t *Ticket) Pressing() time.Time {
	if t.Kind == "help" && t.State.Running() && t.SolutionAt.IsZero() && !t.SolutionDue.IsZero() && (t.DueAt.IsZero() || t.SolutionDue.Before(t.DueAt)) {
		return t.SolutionDue
	}
	return t.DueAt
}

// Overdue tells whether the limit has passed without a result, or passed before the result came.
func (t *Ticket) Overdue(now time.Time) bool {
	if !t.OverdueAt.IsZero() {
		return true
	}
	return t.State.Running() && !t.DueAt.IsZero() && !now.Before(t.DueAt)
}
