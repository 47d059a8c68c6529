package ticket

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/notice"
	"lobby/app/site"
)

// Service carries out the verbs of the trade on tickets and service orders.
type Service struct {
	DB    *bun.DB
	Vault *pii.Vault
	Sites *site.Directory
	Post  notice.Post // carries what time makes known
	Now   func() time.Time

	// Rest lets people come first for a while, between two transactions of the watch; it ends early, with the reason, when
	// ctx does. Nil waits.
	Rest func(ctx context.Context, d time.Duration) error

	// Forget are what other features remove of their own about tickets whose term is over, in the transaction that
	// empties them (PRIVACY-5).
	Forget []func(ctx context.Context, tx bun.Tx, tickets []int64) error

	book rulesBook
}

// now is the moment of an act, as exact as the database keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Do takes one step of the flow (TICKET-4): permission, the flow itself, what the verb needs, its guards, then ticket,
// history, record and screens in one transaction. A step that the flow doesn't have in this state, or that a guard
// forbids, is refused in words that say how the ticket stands and who brought it there. The same step sent again by the
// same person is answered with the ticket as it stands.
func (s *Service) Do(ctx context.Context, id int64, verb Verb, in Act) (*Ticket, error) {
	if verb == Dispatch {
		if err := s.takeNumbers(ctx, &in); err != nil {
			return nil, err
		}
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Ticket, error) { return s.DoIn(ctx, tx, id, verb, in) })
}

// DoIn is Do inside the caller's transaction (of db.Tx). Dispatch isn't for it: its numbers are taken before.
func (s *Service) DoIn(ctx context.Context, tx bun.Tx, id int64, verb Verb, in Act) (*Ticket, error) {
	line, ok := known(verb)
	if !ok {
		return nil, fault.New(fault.Conflict, "ticket.refused.verb")
	}
	a, err := actor.Require(ctx, line.May)
	if err != nil {
		return nil, err
	}
	if in, err = in.clean(); err != nil {
		return nil, err
	}
	t, err := lock(ctx, tx, a.Site, id)
	if err != nil {
		return nil, err
	}
	if t.Expired() {
		return nil, fault.New(fault.Conflict, "ticket.refused.expired", fault.Args{"Number": t.Number})
	}
	past, err := latest(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	m, found := lookup(t.State, verb)
	sent, err := alreadySent(ctx, tx, a.Site, verb, in)
	if err != nil {
		return nil, err
	}
	switch {
	case sent, past.repeats(a, t, m, verb, in):
		return t, nil
	case !found:
		return nil, refusal(ctx, t, past.moved)
	}
	if verb == Verify {
		if in.signed, err = signedSince(ctx, tx, t.ID); err != nil {
			return nil, err
		}
	}
	if in, err = in.check(m, t, s.now(), past.last.At); err != nil {
		return nil, err
	}
	f, err := s.facts(ctx, stored{tx, t}, t, m, in)
	if err != nil {
		return nil, err
	}
	f.last, f.accepted, f.taken = past.moved, past.accepted, past.taken
	if g := m.refuses(f); g != nil {
		return nil, g.refusal(ctx, f)
	}
	return t, s.step(ctx, tx, f, m, in)
}

// step carries out a move that the flow and its guards allow.
func (s *Service) step(ctx context.Context, tx bun.Tx, f *facts, m Move, in Act) error {
	t := f.ticket
	if stale := slices.Contains(m.Needs, Classes) || slices.Contains(m.Needs, Person); stale && in.Version != 0 && in.Version != t.Version {
		return fault.New(fault.Conflict, "ticket.changed_meanwhile")
	}
	if err := s.catchUp(ctx, tx, t, in.At); err != nil { // before anything that ends or renews a clock (SLA-4)
		return err
	}
	took, err := s.takes(ctx, tx, f, m.Verb)
	if err != nil {
		return err
	}
	set, fields, err := s.carry(ctx, tx, f, m, in)
	if err != nil {
		return err
	}
	if len(fields) == 0 && slices.Contains(m.Needs, Classes) && m.From == m.To {
		return nil // nothing differs: nothing to write
	}
	set.Took = took
	t.State = m.To
	if m.From != m.To {
		fields = append(fields, "state")
	}
	t.Version++
	if err := s.follow(ctx, tx, t, nil, Step{Verb: m.Verb, From: m.From, To: m.To, At: in.At, Remark: in.Remark}, set); err != nil {
		return err
	}
	if err := update(ctx, tx, t); err != nil {
		return err
	}
	for _, o := range f.sent {
		if err := s.noteSent(ctx, tx, t, o); err != nil {
			return err
		}
	}
	if err := s.inform(ctx, tx, t, m, in.At); err != nil {
		return err
	}
	live.Publish(ctx, live.Site(t.SiteID), m.Event, t.ID)
	return audit.Append(ctx, tx, audit.Entry{Verb: "ticket." + string(m.Verb), Subject: "tickets", ID: t.ID, Fields: fields, Site: t.SiteID})
}

// recent are the last steps of a ticket: of all by people, the one that moved it, the one that accepted it, the one that took
// what was escalated.
type recent struct{ last, moved, accepted, taken Step }

// repeats tells whether a verb is what this same person did last, in the same words: a button pressed twice, or a
// request sent again after a broken connection. A verb that can follow itself is the same only where the form was made
// before it was done the first time.
func (r recent) repeats(a actor.Actor, t *Ticket, m Move, verb Verb, in Act) bool {
	switch {
	case m.Verb == "": // the flow has no such step any more
		return in.same(r.moved, a, t, verb)
	case verb == TakeOver:
		return t.UntakenAt.IsZero() && in.same(r.taken, a, t, verb)
	case verb == Accept:
		return !t.AcceptedAt.IsZero() && in.same(r.accepted, a, t, verb)
	}
	return m.From == m.To && in.Version != 0 && in.Version < t.Version && in.same(r.last, a, t, verb)
}

// same tells whether a step is what the act says, by the same actor.
func (in Act) same(s Step, a actor.Actor, t *Ticket, verb Verb) bool {
	if s.Verb != verb || s.ActorKind != string(a.Kind) || s.ActorID != a.ID || s.Remark != strings.TrimSuffix(in.Remark+"\n"+in.Instead, "\n") {
		return false
	}
	set := s.Set()
	switch verb {
	case Promise, Update:
		return set.Until != nil && set.Until.Equal(in.Until)
	case Wait:
		return set.WaitingOn == in.On
	case Reassign:
		return t.Worker() == in.Person
	case Classify, Reclassify:
		return set.Class != nil && in.Class.says() == set.Class.says()
	case Link:
		return set.Repeats == in.Earlier
	case Verify:
		return t.ConfirmedBy == in.Customer
	case Dispatch:
		return false // its orders have keys
	}
	return true
}
