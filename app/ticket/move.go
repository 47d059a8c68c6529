package ticket

import (
	"context"
	_ "embed"
	"encoding/json"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
)

// carry changes the ticket as its step says. It gives what the step set, and the names of the fields that differ
// beside the state.
func (s *Service) carry(ctx context.Context, tx bun.Tx, f *facts, m Move, in Act) (set Detail, fields []string, err error) {
	t, at := f.ticket, in.At
	if in.At.Before(s.now().Add(-lateBy)) {
		t.Afterwards = true
	}
	switch m.Verb {
	case Classify, Reclassify:
		return s.classify(ctx, tx, f, in)
	case Accept:
		t.AcceptedAt = at
		if f.who.Kind == actor.Person && f.who.Can(staff.WorkTickets) && f.holder.reaches(t.Grade) {
			t.give(f.holder, &set)
		}
	case Handle:
		t.take(at)
		t.give(f.holder, &set)
	case Reassign:
		if !t.give(f.holder, &set) {
			return set, nil, fault.New(fault.Conflict, "ticket.guard.has_it", fault.Args{"Name": f.holder.Name})
		}
	case Dispatch:
		t.take(at)
		if f.sent, err = s.send(ctx, tx, t, in); err == nil {
			for _, o := range f.sent {
				set.Orders = append(set.Orders, o.ID)
			}
		}
	case Link:
		set.Repeats, err = in.Earlier, s.link(ctx, tx, t, in.Earlier)
	case Wait:
		t.WaitingOn, set.WaitingOn = in.On, in.On
	case Promise:
		set.Until = &in.Until
		if err = s.promise(ctx, tx, t, in.Until.UTC()); err == nil {
			set.Due = &t.DueAt
		}
	default:
		err = s.settle(ctx, t, m.Verb, in, &set)
	}
	return set, changed[m.Verb], err
}

// settle are the verbs that only set times and marks.
func (s *Service) settle(ctx context.Context, t *Ticket, verb Verb, in Act, set *Detail) error {
	at := in.At
	switch verb {
	case Resume:
		t.WaitingOn = ""
	case Answer:
		t.ResponseAt = first(t.ResponseAt, at)
	case Offer:
		t.ResponseAt, t.SolutionAt = first(t.ResponseAt, at), first(t.SolutionAt, at)
	case Update:
		set.Until = &in.Until
		t.UpdatedAt, t.UpdateDue = at, updateDue(t.Kind, at)
	case Resolve:
		t.ResolvedAt, t.WaitingOn, t.UpdateDue = at, "", time.Time{}
		t.ResponseAt, t.SolutionAt = first(t.ResponseAt, at), first(t.SolutionAt, at)
		if !t.OverdueAt.IsZero() && !at.After(t.OverdueAt) { // written up afterwards: it was in time (SLA-4)
			t.OverdueAt = time.Time{}
		}
	case Verify:
		t.ConfirmedBy = in.Customer
	case Close, Invalidate, Unsolvable:
		t.ClosedAt, t.WaitingOn, t.UpdateDue = at, "", time.Time{}
		if verb == Invalidate && t.Kind == "complaint" {
			t.Class.Validity = "invalid"
			t.Class = t.Class.fit()
		}
	case Urge:
		t.Urged++
		t.UrgedAt = at
	case Reopen:
		return s.reopen(ctx, t, at, set)
	}
	return nil
}

// changed are the fields that a verb changes beside the state, for the record.
var changed = map[Verb][]string{
	Accept: {"accepted_at", "owner"}, Handle: {"owner"}, Reassign: {"owner"}, Dispatch: {"orders"}, Link: {"repeats"}, Wait: {"waiting_on"},
	Promise: {"promised_at"}, Update: {"updated_at"}, Urge: {"urged"}, Verify: {"confirmed_by"},
}

// take marks that work began: who works on it has accepted it, and the customer is to be told of progress (TICKET-10).
func (t *Ticket) take(at time.Time) {
	t.AcceptedAt = first(t.AcceptedAt, at)
	if t.UpdateDue.IsZero() {
		t.UpdateDue = updateDue(t.Kind, at)
	}
}

// reopen counts, and starts the result clock anew (SLA-1).
func (s *Service) reopen(ctx context.Context, t *Ticket, at time.Time, set *Detail) error {
	limit, err := s.limit(ctx, t.SiteID)
	if err != nil {
		return err
	}
	t.Reopened++
	t.ResolvedAt, t.ClosedAt, t.OverdueAt, t.PromisedAt, t.ConfirmedBy = time.Time{}, time.Time{}, time.Time{}, time.Time{}, ""
	t.DueAt, t.UpdateDue = at.Add(limit), updateDue(t.Kind, at)
	set.Due = &t.DueAt
	return nil
}

// promise records the time told to the customer. Of promise and limit the earlier counts (TICKET-11).
func (s *Service) promise(ctx context.Context, tx bun.Tx, t *Ticket, until time.Time) error {
	limit, err := s.limit(ctx, t.SiteID)
	if err != nil {
		return err
	}
	from, err := runsFrom(ctx, tx, t)
	if err != nil {
		return err
	}
	t.PromisedAt, t.DueAt = until, from.Add(limit)
	if until.Before(t.DueAt) {
		t.DueAt = until
	}
	return nil
}

// limit is the time from registration or reopening to the result.
func (s *Service) limit(ctx context.Context, siteID int64) (time.Duration, error) {
	rule, err := s.Sites.Get(ctx, siteID)
	return rule.Settings.TicketLimit, err
}

// first keeps the first moment of something.
func first(known, at time.Time) time.Time {
	if known.IsZero() {
		return at
	}
	return known
}

// How often the customer is told of progress, by kind (TICKET-10).
//
//go:embed updates.json
var updatesFile []byte

var updates = sync.OnceValue(func() map[string]time.Duration {
	var hours map[string]int
	if err := json.Unmarshal(updatesFile, &hours); err != nil {
		panic("ticket: updates.json: " + err.Error()) // the binary itself is wrong
	}
	out := map[string]time.Duration{}
	for kind, h := range hours {
		out[kind] = time.Duration(h) * time.Hour
	}
	return out
})

// updateDue is when the customer of a ticket is to be told of progress next; never where the kind has no interval.
func updateDue(kind string, from time.Time) time.Time {
	every := updates()[kind]
	if every == 0 {
		return time.Time{}
	}
	return from.Add(every)
}
