package ticket

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/staff"
)

// oversightMost is how many tickets each list of an Oversight shows; the whole list is a link away.
const oversightMost = 30

// Oversight is what whoever answers for the open tickets looks at first; those without a clock that runs are left out.
type Oversight struct {
	Untaken  []Ticket // escalated, and nobody took it yet (ESC-5), the longest first
	Overdue  []Ticket // the limit has passed, the first first
	Near     []Ticket // about to pass
	Rejected []Ticket // a department rejected its order, and none went out since
	Invalid  []Ticket // complaints that somebody found invalid, for the supervisor to confirm (COMPLAINT-1)
	Grave    []Ticket // important and major complaints, for the manager (COMPLAINT-3)
}

// Oversight reads the lists, each in the order of its limits.
func (s *Service) Oversight(ctx context.Context) (Oversight, error) {
	a, err := actor.Require(ctx, staff.ReassignTickets)
	if err != nil {
		return Oversight{}, err
	}
	now := s.now()
	var o Oversight
	for _, l := range []struct {
		list *[]Ticket
		by   func(q *bun.SelectQuery) *bun.SelectQuery
	}{
		{&o.Untaken, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("t.untaken_at is not null").OrderExpr("t.untaken_at")
		}},
		{&o.Overdue, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("t.due_at <= ?", now) }},
		{&o.Near, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("t.near_at is not null").Where("t.due_at > ?", now)
		}},
		{&o.Rejected, rejected},
		{&o.Invalid, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("t.kind = 'complaint' and t.validity = 'invalid'")
		}},
		{&o.Grave, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("t.severity in ('important', 'major')") }},
	} {
		if l.list == &o.Grave && !a.Can(staff.UnsolvableTickets) {
			continue
		}
		q := rows(s.DB, l.list, a.Site)
		if l.list != &o.Untaken { // a callback that nobody makes is escalated too
			q = q.Where("t.lane in ('registered', 'in_hand', 'waiting')")
		}
		q = l.by(q)
		if err := q.OrderExpr("t.due_at nulls last, t.id").Limit(oversightMost).Scan(ctx); err != nil {
			return o, db.Translate(err)
		}
	}
	return o, nil
}

// rejected are tickets whose latest order a department rejected.
func rejected(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Where("t.lane in ('in_hand', 'waiting')").Where(`(select o.state from orders o where o.ticket_id = t.id order by o.id desc limit 1) = 'rejected'`)
}

// Candidates are to whom each of some tickets can be given, by its id; none where its state doesn't let it be given.
func (s *Service) Candidates(ctx context.Context, list []Ticket) (map[int64][]Colleague, error) {
	a, err := actor.Require(ctx, staff.ReassignTickets)
	if err != nil {
		return nil, err
	}
	people, err := peopleAt(ctx, s.DB, a.Site, 0)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := map[int64][]Colleague{}
	for i := range list {
		if _, can := lookup(list[i].State, Reassign); can {
			out[list[i].ID] = among(people, &list[i])
		}
	}
	return out, nil
}

// among are those people to whom a ticket can be given: who reaches its grade, and is not of the department complained of.
func among(people []person, t *Ticket) []Colleague {
	var out []Colleague
	for _, p := range people {
		if f := (&facts{ticket: t, holder: p}); p.ID != t.Worker() && withinGrade.holds(f) && unaccused.holds(f) {
			out = append(out, Colleague{ID: p.ID, Name: p.Name})
		}
	}
	return out
}
