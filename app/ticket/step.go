package ticket

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/views/locale"
)

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
	OrderID   int64           `bun:"order_id,nullzero"` // of which order the step is; 0: the ticket's own
	Mark      string          `bun:"mark"`              // what time does once: clock, level, round

	PersonName string `bun:"person_name,scanonly"`

	set *Detail // what Detail says, once read
}

var _ bun.AfterScanRowHook = (*Step)(nil)

// AfterScanRow reads what the step set, once for everybody who asks.
func (s *Step) AfterScanRow(context.Context) error {
	s.read()
	return nil
}

func (s *Step) read() {
	s.set = &nothing
	if len(s.Detail) > len("{}") { // most steps set nothing
		set := detailOf(s.Detail)
		s.set = &set
	}
}

var nothing Detail

// Detail says what a step set, by value and without anything personal: the limits are derived from it.
type Detail struct {
	Due        *time.Time `json:"due,omitempty"`   // the result's limit that runs from this step
	Class      *Class     `json:"class,omitempty"` // what the ticket is from this step on
	Was        *Class     `json:"was,omitempty"`   // and what it was before
	Owner      *Hands     `json:"owner,omitempty"`
	Handler    *Hands     `json:"handler,omitempty"`
	WaitingOn  string     `json:"waiting_on,omitempty"`
	Until      *time.Time `json:"until,omitempty"` // promised, or expected to be finished
	Repeats    int64      `json:"repeats,omitempty"`
	Orders     []int64    `json:"orders,omitempty"` // that went out
	Department int64      `json:"department,omitempty"`
	Rang       string     `json:"rang,omitempty"` // whether the customer was rung before going (TICKET-5)

	Limits []SetLimit `json:"limits,omitempty"` // that run from this step on, and what they were before (SLA-1)
	Clock  string     `json:"clock,omitempty"`  // whose limit passed
	Level  string     `json:"level,omitempty"`  // the role to which it went
	Clocks []string   `json:"clocks,omitempty"` // from which limits that came (ESC-4)
	Of     string     `json:"of,omitempty"`     // the role that left it, so that it went on (ESC-5)
	Told   []int64    `json:"told,omitempty"`   // who was told, by their ids
	Took   bool       `json:"took,omitempty"`   // what had been escalated was taken by this step (ESC-5)

	// As the history of before classification has it.
	Urgency    *Change `json:"urgency,omitempty"`
	Type       *Change `json:"type,omitempty"`
	LifeSafety *bool   `json:"life_safety,omitempty"`
}

// Hands says that something went from one person to another, by their ids; 0 is nobody.
type Hands struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Change is a value before and after.
type Change struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Set gives what the step set, not to be changed; a step that set nothing gives the zero Detail.
func (s *Step) Set() *Detail {
	if s.set == nil {
		s.read()
	}
	return s.set
}

func detailOf(raw json.RawMessage) (d Detail) {
	if len(raw) <= len("{}") {
		return Detail{}
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return Detail{}
	}
	return d
}

// byPerson tells whether a person took the step, rather than a job, a device or a customer.
func (s *Step) byPerson() bool { return actor.Kind(s.ActorKind) == actor.Person }

// Who is the name of who took the step, or what did it where it was no person.
func (s *Step) Who(ctx context.Context) string {
	switch {
	case s.PersonName != "":
		return s.PersonName
	case s.ActorName != "" && actor.Kind(s.ActorKind) == actor.CLI:
		return s.ActorName
	}
	if s.ActorKind == "" {
		return locale.T(ctx, "ticket.by.job")
	}
	return locale.T(ctx, "ticket.by."+s.ActorKind)
}

// write puts the step into the history, for the actor of ctx.
func (s *Service) write(ctx context.Context, tx bun.IDB, t *Ticket, step Step, set Detail) error {
	a := actor.From(ctx)
	raw, err := json.Marshal(set)
	if err != nil {
		return err
	}
	step.SiteID, step.TicketID, step.Detail = t.SiteID, t.ID, raw
	step.NotedAt = later(s.now(), step.At)
	step.ActorKind, step.ActorID = string(a.Kind), a.ID
	if a.Kind == actor.Job || a.Kind == actor.CLI {
		step.ActorName = a.Name
	}
	return insertStep(ctx, tx, &step)
}

// later is the later of two moments: history never runs backwards, even where the clock was set back.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a
}

// lastOf are the steps that refusals name.
func lastOf(steps []Step) (moved, accepted, taken Step) {
	for i := range steps {
		s := &steps[i]
		if s.OrderID != 0 {
			continue
		}
		if s.From != s.To {
			moved = *s
		}
		if s.Verb == Accept {
			accepted = *s
		}
		if s.Set().Took {
			taken = *s
		}
	}
	return moved, accepted, taken
}
