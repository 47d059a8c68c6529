package ticket

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// PageSize is how many tickets one page of the list shows.
const PageSize = 50

// findMost is how many tickets a search gives: who finds more than this asks more closely.
const findMost = 50

// Filter narrows the list of tickets.
type Filter struct {
	State   State  // empty: by Over
	Over    bool   // with an empty State: false gives open tickets, true those that are over
	All     bool   // with an empty State: open and over
	Kind    string // empty: all
	Mine    bool   // handled by who asks
	Owner   int64  // handled by somebody; 0: whoever does
	Asked   bool   // who asks was asked first (ORG-3)
	Overdue bool   // the limit has passed

	Told     bool // the customer is to be told of progress by now (TICKET-10)
	Rejected bool // a department rejected its order, and none went out since
	Page     int  // from 1
}

// Listing is one page of the list.
type Listing struct {
	Tickets []Ticket // what their lines show, no more
	Page    int
	More    bool // there is a next page
}

// List gives a page of tickets: open ones in the order of work (TICKET-3), others the newest first.
func (s *Service) List(ctx context.Context, f Filter) (Listing, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return Listing{}, err
	}
	out := Listing{Page: max(f.Page, 1)}
	q := lines(s.DB, &out.Tickets, a.Site)
	switch {
	case f.State != "":
		q = q.Where("t.state = ?", f.State)
		if lane := f.State.Lane(); lane != "" { // by which the index of open tickets goes
			q = q.Where("t.lane = ?", lane)
		}
	case f.All:
	case f.Over:
		q = q.Where("t.lane is null")
	default:
		q = q.Where("t.lane is not null")
	}
	if f.Kind != "" {
		q = q.Where("t.kind = ?", f.Kind)
	}
	q = f.people(q, a.ID)
	if f.Told {
		q = q.Where("t.update_due <= ?", s.now()).Where("t.lane in ('in_hand', 'waiting')")
	}
	if f.Rejected {
		q = rejected(q)
	}
	switch over := f.State != "" && f.State.Lane() == "" || f.State == "" && f.Over; {
	case f.Overdue && over:
		q = q.Where("t.overdue_at is not null")
	case f.Overdue:
		q = q.Where("(t.overdue_at is not null or t.due_at <= ? and t.lane in ('registered', 'in_hand', 'waiting'))", s.now())
	}
	if f.All || f.Over || f.State != "" && f.State.Lane() == "" {
		q = q.OrderExpr("t.registered_at desc, t.id desc")
	} else {
		q = q.OrderExpr(workOrder)
	}
	q = q.Limit(PageSize + 1).Offset((int64(out.Page) - 1) * PageSize)
	if f == (Filter{Page: 1}) { // as everybody opens it
		q = db.Prepared(s.DB, q)
	}
	err = q.Scan(ctx)
	if len(out.Tickets) > PageSize {
		out.Tickets, out.More = out.Tickets[:PageSize], true
	}
	return out, db.Translate(err)
}

// Get gives one ticket of the actor's site.
func (s *Service) Get(ctx context.Context, id int64) (*Ticket, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	t, err := get(ctx, s.DB, a.Site, id)
	return t, db.Translate(err)
}

// Steps are a ticket's history, from the first step on (TICKET-4).
func (s *Service) Steps(ctx context.Context, id int64) ([]Step, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	list, err := steps(ctx, s.DB, a.Site, id)
	if err == nil {
		err = nameSteps(ctx, s.DB, list, nil)
	}
	return list, db.Translate(err)
}

// Colleagues are who can be named as first asked.
func (s *Service) Colleagues(ctx context.Context) ([]Colleague, error) {
	a, err := actor.Require(ctx, staff.RegisterTicket)
	if err != nil {
		return nil, err
	}
	list, err := colleagues(ctx, s.DB, a.Site)
	return list, db.Translate(err)
}

// ByNumber finds a ticket by its number, in either case; a NotFound fault where there is none.
func (s *Service) ByNumber(ctx context.Context, number string) (*Ticket, error) {
	number = strings.ToUpper(typed(number, MaxPlace))
	found, err := s.find(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return db.Prepared(s.DB, q.Where("t.number = ?", db.Value(number)))
	})
	if err == nil && len(found) == 0 {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// ByPhone finds the tickets of a phone by exact match (PRIVACY-3), the newest first; none for what is no phone.
func (s *Service) ByPhone(ctx context.Context, phone string) ([]Ticket, error) {
	normal, ok := pii.NormalisePhone(phone)
	if !ok {
		return nil, nil
	}
	index := s.Vault.Index(pii.Phone, normal)
	return s.find(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return db.Prepared(s.DB, q.Where("t.phone_index = ?", db.Value(index)))
	})
}

// ByPlace finds the tickets of a household, however its place is written, and those whose place begins with the text;
// the newest first.
func (s *Service) ByPlace(ctx context.Context, place string) ([]Ticket, error) {
	place = typed(place, MaxPlace)
	if place == "" {
		return nil, nil
	}
	a := actor.From(ctx)
	household, known, err := s.Sites.FindHousehold(ctx, s.DB, a.Site, place)
	if err != nil {
		return nil, db.Translate(err)
	}
	begins := db.Like(place) + "%"
	return s.find(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		if !known {
			return q.Where("t.place like ?", begins)
		}
		return q.Where("(t.household_id = ? or t.place like ?)", household, begins)
	})
}

func (s *Service) find(ctx context.Context, by func(*bun.SelectQuery) *bun.SelectQuery) ([]Ticket, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	var out []Ticket
	err = by(lines(s.DB, &out, a.Site)).OrderExpr("t.registered_at desc, t.id desc").Limit(findMost).Scan(ctx)
	return out, db.Translate(err)
}

// Orders are a ticket's service orders, in the order in which they went out.
func (s *Service) Orders(ctx context.Context, ticket int64) ([]ServiceOrder, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	list, err := ordersOf(ctx, s.DB, a.Site, ticket)
	return list, db.Translate(err)
}

// OrderPhone is the phone of an order's ticket, masked (PRIVACY-2); empty where there is none.
func (s *Service) OrderPhone(c *OrderCard) (string, error) {
	return s.MaskedPhone(&Ticket{Phone: c.Phone})
}

// Records are what was done on the spot for a ticket (TICKET-12).
func (s *Service) Records(ctx context.Context, ticket int64) ([]WorkRecord, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	list, err := recordsOf(ctx, s.DB, a.Site, ticket)
	return list, db.Translate(err)
}
