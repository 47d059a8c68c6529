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

// search looks for a number, else for a phone by exact match (PRIVACY-3) and a place, in whatever the actor may see.
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
	if a.Can(staff.ViewTickets) {
		if err := f.findTickets(ctx, query, tickets); err != nil {
			return f, err
		}
	}
	if a.Can(staff.ViewVisits) {
		if err := f.findVisits(ctx, query, visits); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (f *finding) findTickets(ctx context.Context, query string, in Tickets) error {
	if numbered.MatchString(query) {
		t, err := in.ByNumber(ctx, query)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		f.tickets = []ticket.Ticket{*t}
		return nil
	}
	for _, by := range []func(context.Context, string) ([]ticket.Ticket, error){in.ByPhone, in.ByPlace} {
		list, err := by(ctx, query)
		if err != nil {
			return err
		}
		f.tickets = append(f.tickets, list...)
	}
	f.tickets = unique(f.tickets, func(t ticket.Ticket) int64 { return t.ID })
	return nil
}

func (f *finding) findVisits(ctx context.Context, query string, in Visits) error {
	if numbered.MatchString(query) {
		list, err := in.ByNumber(ctx, query)
		f.visits = list
		return err
	}
	for _, by := range []func(context.Context, string) ([]visitor.Visit, error){in.ByPhone, in.ByPlace} {
		list, err := by(ctx, query)
		if err != nil {
			return err
		}
		f.visits = append(f.visits, list...)
	}
	f.visits = unique(f.visits, func(v visitor.Visit) int64 { return v.ID })
	return nil
}

// unique keeps the first of each id.
func unique[T any](list []T, id func(T) int64) []T {
	seen := map[int64]bool{}
	var out []T
	for _, item := range list {
		if !seen[id(item)] {
			seen[id(item)] = true
			out = append(out, item)
		}
	}
	return out
}
