package ticket

import (
	"context"
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
		t.take(at)
		if f.who.Kind == actor.Person && f.who.Can(staff.WorkTickets) && f.holder.reaches(t.Grade) {
			t.give(f.holder, &set)
		}
	case TakeOver: // who takes what was escalated has the ticket, as far as their grade goes (ESC-5)
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
		until := in.Until.UTC()
		t.PromisedAt, set.Until = until, &until // of promise and limit the earlier counts (TICKET-11)
	default:
		t.settle(m.Verb, in, &set)
	}
	return set, changed[m.Verb], err
}

// settle are the verbs that only set times and marks.
func (t *Ticket) settle(verb Verb, in Act, set *Detail) {
	at := in.At
	switch verb {
	case Resume:
		t.WaitingOn = ""
	case Answer:
		t.ResponseAt = first(t.ResponseAt, at)
		if t.Kind == "help" {
			t.SolutionAt = first(t.SolutionAt, at) // the answer that HELP-2 asks for
		}
	case Offer:
		t.ResponseAt, t.SolutionAt = first(t.ResponseAt, at), first(t.SolutionAt, at)
	case Update:
		set.Until = &in.Until
		t.UpdatedAt = at
	case Resolve:
		t.ResolvedAt, t.WaitingOn = at, ""
		t.ResponseAt, t.SolutionAt = first(t.ResponseAt, at), first(t.SolutionAt, at)
	case Verify:
		t.ConfirmedBy = in.Customer
	case Close, Invalidate, Unsolvable:
		t.ClosedAt, t.WaitingOn = at, ""
		if verb == Invalidate && t.Kind == "complaint" {
			t.Validity = "invalid"
			t.Class = t.fit()
		}
	case Urge:
		t.Urged++
		t.UrgedAt = at
	case Reopen: // counted, and the result's clock begins anew (SLA-1)
		t.Reopened++
		t.ResolvedAt, t.ClosedAt, t.PromisedAt, t.ConfirmedBy = time.Time{}, time.Time{}, time.Time{}, ""
	}
}

// changed are the fields that a verb changes beside the state, for the record.
var changed = map[Verb][]string{
	Accept: {"accepted_at", "owner"}, TakeOver: {"owner", "untaken_at"}, Handle: {"owner"}, Reassign: {"owner"}, Dispatch: {"orders"}, Link: {"repeats"}, Wait: {"waiting_on"},
	Promise: {"promised_at"}, Update: {"updated_at"}, Urge: {"urged"}, Verify: {"confirmed_by"},
}

// take marks that somebody has it in hand: who works on it has accepted it, and of help that is the first response (HELP-2).
func (t *Ticket) take(at time.Time) {
	t.AcceptedAt = first(t.AcceptedAt, at)
	if t.Kind == "help" {
		t.ResponseAt = first(t.ResponseAt, at)
	}
}

// first keeps the first moment of something.
func first(known, at time.Time) time.Time {
	if known.IsZero() {
		return at
	}
	return known
}
