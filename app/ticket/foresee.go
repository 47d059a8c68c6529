package ticket

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
	page "lobby/views/ticket"
)

// foreseen are the limits that are shown before a class is saved, in the order in which they come.
var foreseen = []limit.Kind{limit.Response, limit.Solution, limit.Result}

// Foresee says which limits follow from a class, before it is saved: for a new matter that was told at a moment, or with an
// id for the ticket that stands there. The zero moment is now.
func (s *Service) Foresee(ctx context.Context, id int64, c Class, told time.Time) ([]page.Foreseen, error) {
	a, err := actor.Require(ctx, staff.RegisterTicket)
	if err != nil {
		return nil, err
	}
	c = c.fit()
	now := s.now()
	if told.IsZero() || told.After(now) {
		told = now
	}
	return db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) ([]page.Foreseen, error) {
		r := &record{t: &Ticket{SiteID: a.Site, RegisteredAt: told, Class: c}}
		if id != 0 {
			t, err := s.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			if r, err = s.readRecord(ctx, tx, t); err != nil {
				return nil, err
			}
			r.add(Step{Verb: Classify, At: now}, Detail{Class: &c})
		} else if r.rules, err = s.rules(ctx, tx, a.Site); err != nil {
			return nil, err
		}
		return r.foreseen(ctx, c, now), nil
	})
}

// foreseen are the limits that aren't met yet, and that of an order which goes out now.
func (r *record) foreseen(ctx context.Context, c Class, now time.Time) (out []page.Foreseen) {
	l := r.limits()
	for _, k := range foreseen {
		if clock, found := l.Clock(k); found && clock.Done.IsZero() && !clock.Due.IsZero() {
			out = append(out, page.Foreseen{Clock: string(k), Due: clock.Due, Span: spanWords(ctx, clock.Span), Passed: !now.Before(clock.Due)})
		}
	}
	if due := r.rules.orderDue(c, now); !due.IsZero() && !c.Refused() {
		out = append(out, page.Foreseen{Clock: string(limit.Order), Due: due})
	}
	return out
}

// foreseeIn puts the limits into the form of a class: where it is the next thing to say, or was asked for.
func (s *Service) foreseeIn(ctx context.Context, b *page.Verb, t *Ticket, m Move, a attempt) (err error) {
	if b.Class == nil || m.Verb != Classify && !a.foresee {
		return nil
	}
	class := t.Class
	if a.verb == m.Verb {
		class = a.in.Class
	}
	b.Class.Foreseen, err = s.Foresee(ctx, t.ID, class, time.Time{})
	return err
}
