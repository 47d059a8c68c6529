// Package callback asks customers afterwards: the work list of callbacks (回访) with what was said, and the marks that
// customers give there, by a link or at the kiosk. A customer who isn't satisfied has the ticket opened again.
package callback

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

const (
	// Tries is on how many different days nobody has to answer before it is noted and the ticket is closed (CALLBACK-1).
	Tries = 3
	// LinkTerm is how long a link for rating is good.
	LinkTerm = 30 * 24 * time.Hour

	// MaxAsked is how many characters the name of who was asked may have.
	MaxAsked = 60
	// MaxAnswer is how many characters an answer or a remark may have.
	MaxAnswer = 500
)

// Must tells whether a ticket is always called back: complaints, help, repairs and emergencies are, inquiries,
// suggestions and activities may be sampled (CALLBACK-2).
func Must(kind, urgency string) bool {
	return urgency == "A" || !slices.Contains([]string{"inquiry", "suggestion", "activity"}, kind)
}

// Marks are from 1 to 10 (SURVEY-1); 0 where none is given.
type Marks struct {
	Speed    int // of response
	Attitude int
	Upkeep   int // of facilities
}

func (m Marks) none() bool { return m == Marks{} }

// Call is what came of one call, as it was typed.
type Call struct {
	EntryKey  uuid.UUID // made by the client; the same call sent again gives the first result
	Ticket    int64
	Round     int    // of the ticket that the caller looked at: how often it had been reopened
	Reached   bool   // false: nobody answered
	Asked     string // who was asked
	Satisfied bool
	Answer    string // what was said; required where the customer isn't satisfied
	Marks     Marks
	Remark    string // the customer's own words with the marks
}

// Outcome is what a call did to the ticket.
type Outcome string

// The outcomes.
const (
	Satisfied Outcome = "satisfied" // the ticket is called back
	Reopened  Outcome = "reopened"  // the customer wasn't satisfied
	Again     Outcome = "again"     // nobody answered: another day
	GivenUp   Outcome = "given_up"  // nobody answered on three days: noted and closed
)

// Item is one line of the work list.
type Item struct {
	Ticket     int64     `bun:"id"`
	Number     string    `bun:"number"`
	Kind       string    `bun:"kind"`
	Urgency    string    `bun:"urgency"`
	Place      string    `bun:"place"`
	Matter     string    `bun:"matter"`
	Reporter   string    `bun:"reporter"`
	Phone      []byte    `bun:"phone"` // sealed
	Owner      string    `bun:"owner"`
	State      string    `bun:"state"`
	Round      int       `bun:"reopened"`
	Done       string    `bun:"done"` // what the result was, as it was written
	Registered time.Time `bun:"registered_at"`
	ResolvedAt time.Time `bun:"resolved_at"`
	Due        time.Time `bun:"callback_due"`
	Days       int       `bun:"days"`     // on which nobody answered so far, in this round
	LastDay    time.Time `bun:"last_day"` // of them; zero for none
	Today      bool      `bun:"-"`        // was tried today: another try today counts for nothing
	Rated      bool      `bun:"rated"`    // has given marks already
	Expired    bool      `bun:"expired"`  // what is personal was removed (PRIVACY-5)
}

// Waits tells whether the ticket waits for its callback.
func (i Item) Waits() bool {
	return subject{State: i.State, Kind: i.Kind, Expired: i.Expired}.waits()
}

// Rateable tells whether its customer can be sent a link to rate it.
func (i Item) Rateable() bool { return !i.Expired && subject{State: i.State}.finished() }

// call is one made call as it is kept.
type call struct {
	bun.BaseModel `bun:"table:callbacks,alias:c"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SiteID    int64     `bun:"site_id"`
	TicketID  int64     `bun:"ticket_id"`
	Round     int       `bun:"round"`
	EntryKey  uuid.UUID `bun:"entry_key,type:uuid"`
	EntryHash []byte    `bun:"entry_hash"`
	ByID      int64     `bun:"by_id"`
	At        time.Time `bun:"at"`
	Day       time.Time `bun:"day,type:date"`
	Reached   bool      `bun:"reached"`
	Asked     string    `bun:"asked"`
	Satisfied *bool     `bun:"satisfied"`
	Answer    string    `bun:"answer"`
}

// rating is one answer with marks as it is kept.
type rating struct {
	bun.BaseModel `bun:"table:ratings,alias:r"`

	ID       int64     `bun:"id,pk,autoincrement"`
	SiteID   int64     `bun:"site_id"`
	TicketID int64     `bun:"ticket_id"`
	Person   []byte    `bun:"person"`
	Via      string    `bun:"via"`
	Speed    int       `bun:"speed,nullzero"`
	Attitude int       `bun:"attitude,nullzero"`
	Upkeep   int       `bun:"upkeep,nullzero"`
	Remark   string    `bun:"remark"`
	At       time.Time `bun:"at"`
}
