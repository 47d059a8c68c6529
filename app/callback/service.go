package callback

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// listMost is how many tickets the work list shows.
const listMost = 200

// Flow is what a callback does to its ticket, in the caller's transaction. The ticket's own flow decides whether it may.
type Flow interface {
	CalledBack(ctx context.Context, tx bun.Tx, ticket int64, remark string) error
	Reopen(ctx context.Context, tx bun.Tx, ticket int64, reason string) error
	Close(ctx context.Context, tx bun.Tx, ticket int64, remark string) error
}

// Service carries out callbacks and takes marks.
type Service struct {
	DB    *bun.DB
	Vault *pii.Vault
	Sites *site.Directory
	Flow  Flow
	Now   func() time.Time
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// List is the work list: who is to be called, by due time.
func (s *Service) List(ctx context.Context) ([]Item, error) {
	a, err := actor.Require(ctx, staff.CallBack)
	if err != nil {
		return nil, err
	}
	out, err := list(ctx, s.DB, a.Site, listMost)
	if err != nil {
		return nil, db.Translate(err)
	}
	at, err := s.Sites.Get(ctx, a.Site)
	for n := range out {
		out[n].Today = out[n].LastDay.Format(time.DateOnly) == at.Day(s.now()).Format(time.DateOnly)
	}
	return out, err
}

// Get is one ticket as a caller sees it, whether or not it waits for a callback.
func (s *Service) Get(ctx context.Context, ticket int64) (*Item, error) {
	a, err := actor.Require(ctx, staff.CallBack)
	if err != nil {
		return nil, err
	}
	out, err := item(ctx, s.DB, a.Site, ticket)
	return out, db.Translate(err)
}

// Record writes down one call and does what follows from it (CALLBACK-1): satisfied, the ticket is called back; not
// satisfied, it is opened again; nobody answered on three different days, that is noted and it is closed. A ticket that
// has moved meanwhile is refused in words, and nothing is written.
func (s *Service) Record(ctx context.Context, in Call) (Outcome, error) {
	a, err := actor.Require(ctx, staff.CallBack)
	if err != nil {
		return "", err
	}
	if in, err = in.clean(); err != nil {
		return "", err
	}
	at, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return "", err
	}
	c, err := s.made(a, at, in)
	if err != nil {
		return "", err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (Outcome, error) {
		ticket, err := hold(ctx, tx, a.Site, in.Ticket)
		if err != nil {
			return "", err
		}
		first, err := byEntry(ctx, tx, a.Site, in.EntryKey)
		if err != nil {
			return "", err
		}
		switch {
		case first != nil && bytes.Equal(first.EntryHash, c.EntryHash):
			return s.outcome(ctx, tx, first)
		case first != nil:
			return "", fault.New(fault.Conflict, "callback.entry_differs")
		case !ticket.waits() || ticket.Round != in.Round:
			return "", fault.New(fault.Conflict, "callback.moved", fault.Args{"Number": ticket.Number, "State": locale.T(ctx, "ticket.state."+ticket.State)})
		}
		if _, err := tx.NewInsert().Model(c).Returning("id").Exec(ctx); err != nil {
			return "", err
		}
		if err := audit.Append(ctx, tx, audit.Entry{Verb: "callback.record", Subject: "tickets", ID: ticket.ID, Site: a.Site}); err != nil {
			return "", err
		}
		out, err := s.outcome(ctx, tx, c)
		if err != nil {
			return "", err
		}
		return out, s.follow(ctx, tx, ticket, out, in, c.At)
	})
}

// made is the row of a call.
func (s *Service) made(a actor.Actor, at site.Site, in Call) (*call, error) {
	content, err := json.Marshal([]any{"callback", in.Ticket, in.Round, in.Reached, in.Asked, in.Satisfied, in.Answer, in.Marks, in.Remark})
	if err != nil {
		return nil, err
	}
	now := s.now()
	c := &call{SiteID: a.Site, TicketID: in.Ticket, Round: in.Round, EntryKey: in.EntryKey, EntryHash: s.Vault.Index(pii.Token, string(content)),
		ByID: a.ID, At: now, Day: dateOf(at.Day(now)), Reached: in.Reached, Asked: in.Asked, Answer: in.Answer}
	if in.Reached {
		c.Satisfied = &in.Satisfied
	}
	return c, nil
}

// dateOf is a calendar day as the database keeps one.
func dateOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (s *Service) outcome(ctx context.Context, tx bun.IDB, c *call) (Outcome, error) {
	switch {
	case c.Reached && *c.Satisfied:
		return Satisfied, nil
	case c.Reached:
		return Reopened, nil
	}
	days, err := unanswered(ctx, tx, c.TicketID, c.Round)
	if err != nil {
		return "", err
	}
	if days >= Tries {
		return GivenUp, nil
	}
	return Again, nil
}

// follow does to the ticket what the outcome says, and keeps the marks.
func (s *Service) follow(ctx context.Context, tx bun.Tx, ticket *subject, out Outcome, in Call, at time.Time) error {
	if in.Reached && (!in.Marks.none() || in.Remark != "") {
		given := s.rating(ticket, "callback", in.Marks, in.Remark)
		given.At = at // the register shows the marks beside their call
		fresh, err := insertRating(ctx, tx, given)
		if err != nil {
			return err
		}
		if !fresh { // one answer per ticket and person: these would be lost, and whoever typed them has to know
			return fault.New(fault.Conflict, "callback.rated_before", fault.Args{"Number": ticket.Number})
		}
	}
	switch out {
	case Satisfied:
		return s.Flow.CalledBack(ctx, tx, ticket.ID, remark(in.Answer, locale.T(ctx, "callback.remark.satisfied")))
	case Reopened:
		return s.Flow.Reopen(ctx, tx, ticket.ID, in.Answer)
	case GivenUp:
		note := locale.T(ctx, "callback.remark.given_up", "Count", Tries)
		if err := s.Flow.CalledBack(ctx, tx, ticket.ID, note); err != nil {
			return err
		}
		// The rule closes it, whoever made the last try.
		return s.Flow.Close(actor.AsJob(ctx, "callback", ticket.SiteID), tx, ticket.ID, note)
	}
	return nil
}

func remark(said, otherwise string) string {
	if said == "" {
		return otherwise
	}
	return said
}

// clean checks every field of a call, all at once. What belongs to another outcome is dropped.
func (in Call) clean() (Call, error) {
	var wrong fault.Fields
	if in.EntryKey == uuid.Nil {
		wrong.Add("entry_key", "fault.field.required")
	}
	if !in.Reached {
		in.Asked, in.Satisfied, in.Marks, in.Remark = "", false, Marks{}, ""
	}
	in.Asked = wrong.Line("asked", in.Asked, MaxAsked, in.Reached)
	in.Answer = wrong.Text("answer", in.Answer, MaxAnswer, in.Reached && !in.Satisfied)
	in.Remark = in.Marks.check(&wrong, in.Remark, false)
	return in, wrong.Err()
}

// check says which marks are wrong, and gives the remark clean. With need, something has to be said.
func (m Marks) check(wrong *fault.Fields, remark string, need bool) string {
	for field, mark := range map[string]int{"speed": m.Speed, "attitude": m.Attitude, "upkeep": m.Upkeep} {
		if mark < 0 || mark > 10 {
			wrong.Add(field, "callback.field.mark")
		}
	}
	remark = wrong.Text("remark", remark, MaxAnswer, false)
	if need && m.none() && remark == "" && wrong.Err() == nil {
		wrong.Add("speed", "callback.field.any")
	}
	return remark
}
