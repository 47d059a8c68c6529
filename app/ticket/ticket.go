// Package ticket carries the tickets (报事): one matter that someone brought, from being registered to being closed,
// with a history of who did what and when. The flow stands in flow.go, the order of work in sort.go.
package ticket

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/pii"
)

// Sealed are the columns of tickets whose values are encrypted (PRIVACY-3).
func Sealed() []pii.Column { return []pii.Column{{Table: "tickets", Name: "phone", Kind: pii.Phone}} }

// State is where a ticket stands in its flow (TICKET-4).
type State string

// The states of TICKET-4. Until classification and callbacks come, a ticket passes registered, in hand, resolved and
// closed.
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
	Unsolvable State = "unsolvable"
)

// States lists every state in the order of the flow.
var States = []State{Registered, Classified, InHand, Waiting, Resolved, Verified, CalledBack, Closed, Invalid, Unsolvable}

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

// Channels are the ways in which a matter comes (TICKET-1).
var Channels = []string{"kiosk", "counter", "phone", "web", "mail", "suggestion_box", "patrol", "staff"}

// DeskChannels are those that a person at the desk can pick; a kiosk's tickets come from a kiosk.
var DeskChannels = []string{"phone", "counter", "web", "mail", "suggestion_box", "patrol", "staff"}

// Kinds are the kinds of tickets (TICKET-2).
var Kinds = []string{"repair", "complaint", "inquiry", "help", "suggestion", "activity", "other"}

// Urgencies are the scale of urgency, the most pressing first (TICKET-3).
var Urgencies = []string{"A", "B", "C"}

// Types are the scale of matters (TICKET-3), in the order of the scale's letters; their rank in the order of work is in sort.go.
var Types = []string{"A1", "A2", "B1", "B2", "C1", "C2"}

// DefaultType is the type that a kind has until somebody says otherwise.
func DefaultType(kind string) string {
	switch kind {
	case "repair":
		return "A1"
	case "complaint":
		return "C2"
	case "inquiry":
		return "C1"
	}
	return "B2"
}

// Most characters of each text, as the schema has it.
const (
	MaxPlace    = 60
	MaxMatter   = 500
	MaxReporter = 60
	MaxPhone    = 32
	MaxRemark   = 500
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
	Kind         string    `bun:"kind"`
	Urgency      string    `bun:"urgency"`
	Type         string    `bun:"type"`
	LifeSafety   bool      `bun:"life_safety"` // help where life is at stake (HELP-3)
	State        State     `bun:"state"`
	Place        string    `bun:"place"`
	HouseholdID  int64     `bun:"household_id,nullzero"`
	Matter       string    `bun:"matter"`
	Reporter     string    `bun:"reporter"`
	Phone        []byte    `bun:"phone,nullzero"`          // sealed (PRIVACY-3)
	PhoneIndex   []byte    `bun:"phone_index,nullzero"`    // keyed hash, for exact match
	FirstAskedID int64     `bun:"first_asked_id,nullzero"` // never changes (ORG-3); 0: nobody was asked, a kiosk was
	OwnerID      int64     `bun:"owner_id,nullzero"`       // who handles it
	DeviceID     int64     `bun:"device_id,nullzero"`
	RegisteredAt time.Time `bun:"registered_at"`
	DueAt        time.Time `bun:"due_at"`
	ResolvedAt   time.Time `bun:"resolved_at,nullzero"`
	ClosedAt     time.Time `bun:"closed_at,nullzero"`
	OverdueAt    time.Time `bun:"overdue_at,nullzero"` // the limit that passed, once it was noticed (SLA-4)
	Reopened     int       `bun:"reopened"`            // times the customer was not satisfied
	ExpiredAt    time.Time `bun:"expired_at,nullzero"` // what is personal was removed (PRIVACY-5)
	Version      int64     `bun:"version"`

	OwnerName      string `bun:"owner_name,scanonly"`
	FirstAskedName string `bun:"first_asked_name,scanonly"`
}

// Overdue tells whether the limit has passed without a result, or passed before the result came.
func (t *Ticket) Overdue(now time.Time) bool {
	if !t.OverdueAt.IsZero() {
		return true
	}
	return t.State.Running() && !now.Before(t.DueAt)
}

// Step is one line of a ticket's history: who, when, what, and a remark (TICKET-4). Steps are in the order in which
// they were written down; At is when it happened, NotedAt when it was written.
type Step struct {
	bun.BaseModel `bun:"table:ticket_steps,alias:s"`

	ID        int64           `bun:"id,pk,autoincrement"`
	SiteID    int64           `bun:"site_id"`
	TicketID  int64           `bun:"ticket_id"`
	Verb      Verb            `bun:"verb"`
	From      State           `bun:"from_state"`
	To        State           `bun:"to_state"`
	At        time.Time       `bun:"at"`
	NotedAt   time.Time       `bun:"noted_at"`
	ActorKind string          `bun:"actor_kind"`
	ActorID   int64           `bun:"actor_id"`
	ActorName string          `bun:"actor_name"` // of a job or the command line; a person is known by id
	Remark    string          `bun:"remark"`
	Detail    json.RawMessage `bun:"detail,type:jsonb"`

	PersonName string `bun:"person_name,scanonly"`
}

// Detail says what a step set, by value: the limit that runs from it, and urgency and type before and after.
type Detail struct {
	Due        *time.Time `json:"due,omitempty"`
	Urgency    *Change    `json:"urgency,omitempty"`
	Type       *Change    `json:"type,omitempty"`
	LifeSafety *bool      `json:"life_safety,omitempty"`
}

// Change is a value before and after.
type Change struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Set gives what the step set; a step that set nothing gives the zero Detail.
func (s Step) Set() Detail {
	var d Detail
	if len(s.Detail) > 0 {
		if err := json.Unmarshal(s.Detail, &d); err != nil {
			return Detail{}
		}
	}
	return d
}
