package ticket

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/live"
	"lobby/app/notice"
	"lobby/app/staff"
)

// asides are steps that are no work on a ticket: whoever takes one has taken nothing over by it.
var asides = []Verb{Urge, Remark, Link, Ask}

// takes tells whether a step takes what was escalated and waits (ESC-5): the one that says so, and any work on the ticket
// by somebody who was told, or who gives tickets to others.
func (s *Service) takes(ctx context.Context, tx bun.IDB, f *facts, verb Verb) (bool, error) {
	switch {
	case f.ticket.UntakenAt.IsZero() || f.who.Kind != actor.Person || slices.Contains(asides, verb):
		return false, nil
	case verb == TakeOver || f.who.Can(staff.ReassignTickets):
		return true, nil
	}
	return wasTold(ctx, tx, f.ticket.ID, f.who.ID)
}

// takesOrder tells whether a step of an order takes what was escalated of it: one of whoever gives tickets to others, and
// no remark. What the department does is what the escalation waits for, and takes nothing.
func (s *Service) takesOrder(ctx context.Context, t *Ticket, verb OrderVerb) bool {
	a := actor.From(ctx)
	return !t.UntakenAt.IsZero() && a.Kind == actor.Person && a.Can(staff.ReassignTickets) && verb != RemarkOrder
}

// wasTold tells whether somebody was told of an escalation of a ticket.
func wasTold(ctx context.Context, db bun.IDB, ticket, person int64) (told bool, err error) {
	err = db.NewRaw(`select exists (select from ticket_steps where ticket_id = ? and verb = 'escalate' and detail->'told' @> to_jsonb(?::bigint))`,
		ticket, person).Scan(ctx, &told)
	return told, err
}

// TaskTaken puts it into the history that somebody took the task to find out why an order's limit passed: that escalation
// goes on to nobody else (ESC-5). Other tasks are no escalations.
func (s *Service) TaskTaken(ctx context.Context, tx bun.Tx, k *notice.Task) error {
	if k.Kind != findCause || k.Table != "orders" {
		return nil
	}
	t, err := lock(ctx, tx, k.SiteID, k.Ticket)
	if err != nil {
		return err
	}
	o, err := lockOrder(ctx, tx, k.SiteID, k.Subject.ID)
	if err != nil {
		return err
	}
	last, err := latest(ctx, tx, t.ID)
	if err != nil {
		return err
	}
	now := later(s.now(), last.last.At)
	if err := s.catchUp(ctx, tx, t, now); err != nil {
		return err
	}
	t.Version++
	step := Step{OrderID: o.ID, Verb: TakeOver, From: State(o.State), To: State(o.State), At: now}
	if err := s.follow(ctx, tx, t, o, step, Detail{Took: true}); err != nil {
		return err
	}
	if err := storeOrders(ctx, tx, []*ServiceOrder{o}); err != nil {
		return err
	}
	live.Publish(ctx, live.Site(t.SiteID), "ticket.taken", t.ID)
	return storeClocks(ctx, tx, []*Ticket{t})
}
