package desk

import (
	"context"
	"regexp"
	"strings"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
	page "lobby/views/desk"
)

// Tickets is what the search needs of tickets.
type Tickets interface {
	ByNumber(ctx context.Context, number string) (*ticket.Ticket, error)
	ByPhone(ctx context.Context, phone string) ([]ticket.Ticket, error)
	ByPlace(ctx context.Context, place string) ([]ticket.Ticket, error)
}

// Visits is what the search needs of visitors.
type Visits interface {
	ByNumber(ctx context.Context, number string) ([]visitor.Visit, error)
	ByPhone(ctx context.Context, phone string) ([]visitor.Visit, error)
	ByPlace(ctx context.Context, place string) ([]visitor.Visit, error)
}

// numbered is a number for people: T261122-0042.
var numbered = regexp.MustCompile(`^[A-Za-z][0-9]{6}-[0-9]{1,9}$`)

// finding is what a search found.
type finding struct {
	tickets []ticket.Ticket
	visits  []visitor.Visit
}

// search looks for a number, else for a phone by exact match (PRIVACY-3), else for a place, in whatever the actor may see.
func search(ctx context.Context, query string, tickets Tickets, visits Visits) (finding, error) {
	var f finding
	var wrong fault.Fields
	query = strings.Join(strings.Fields(wrong.Text("q", query, page.MaxQuery, true)), " ")
	if err := wrong.Err(); err != nil {
		return f, err
	}
	a := actor.From(ctx)
	if !maySearch(a) {
		return f, fault.New(fault.Forbidden, "fault.forbidden")
	}
	ways := []way{byPhone, byPlace}
	if numbered.MatchString(query) {
		ways = []way{byNumber}
	}
	for _, by := range ways {
		if err := f.find(ctx, a, query, by, tickets, visits); err != nil || !f.empty() {
			return f, err
		}
	}
	return f, nil
}

// way is how something is looked for.
type way int

const (
	byNumber way = iota
	byPhone
	byPlace
)

func (f *finding) empty() bool { return len(f.tickets)+len(f.visits) == 0 }

// find looks in one way for whatever the actor may see.
func (f *finding) find(ctx context.Context, a actor.Actor, query string, by way, tickets Tickets, visits Visits) (err error) {
	if a.Can(staff.ViewTickets) {
		if f.tickets, err = findTickets(ctx, query, by, tickets); err != nil {
			return err
		}
	}
	if a.Can(staff.ViewVisits) {
		f.visits, err = findVisits(ctx, query, by, visits)
	}
	return err
}

func findTickets(ctx context.Context, query string, by way, in Tickets) ([]ticket.Ticket, error) {
	switch by {
	case byPhone:
		return in.ByPhone(ctx, query)
	case byPlace:
		return in.ByPlace(ctx, query)
	}
	t, err := in.ByNumber(ctx, query)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []ticket.Ticket{*t}, nil
}

func findVisits(ctx context.Context, query string, by way, in Visits) ([]visitor.Visit, error) {
	switch by {
	case byPhone:
		return in.ByPhone(ctx, query)
	case byPlace:
		return in.ByPlace(ctx, query)
	}
	return in.ByNumber(ctx, query)
}
