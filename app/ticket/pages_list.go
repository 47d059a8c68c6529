package ticket

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"lobby/app/kit/actor"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	page "lobby/views/ticket"
)

// maxPage bounds how far one can page: who looks further back searches.
const maxPage = 100

// chosen reads the filters of the list; one that nobody offers is left out.
func chosen(state, kind, number string) (string, Filter) {
	f := Filter{Page: 1}
	switch {
	case state == "all":
		f.All = true
	case state == "over":
		f.Over = true
	case slices.Contains(stateNames(), state):
		f.State = State(state)
	default:
		state = "open"
	}
	if slices.Contains(Kinds, kind) {
		f.Kind = kind
	}
	if n, err := strconv.Atoi(number); err == nil && n > 1 && n <= maxPage {
		f.Page = n
	}
	return state, f
}

func pageAddress(state string, f Filter, n int) string {
	q := url.Values{"state": {state}, "page": {strconv.Itoa(n)}}
	if f.Kind != "" {
		q.Set("kind", f.Kind)
	}
	if f.Mine {
		q.Set("mine", "1")
	}
	if f.Overdue {
		q.Set("overdue", "1")
	}
	if f.Told {
		q.Set("told", "1")
	}
	if f.Rejected {
		q.Set("rejected", "1")
	}
	if f.Asked {
		q.Set("asked", "1")
	}
	if f.Owner != 0 {
		q.Set("owner", strconv.FormatInt(f.Owner, 10))
	}
	return "/desk/tickets?" + q.Encode()
}

// stateNames are the states of the flow, in its order.
func stateNames() []string {
	out := make([]string, len(States))
	for i, s := range States {
		out[i] = string(s)
	}
	return out
}

func (s *Service) rows(list []Ticket) []page.Row {
	out := make([]page.Row, len(list))
	for i := range list {
		out[i] = s.row(&list[i])
	}
	return out
}

// row is a ticket in a list; numbers that were written into its texts are masked (PRIVACY-2).
func (s *Service) row(t *Ticket) page.Row {
	now := s.now()
	return page.Row{ID: t.ID, Number: t.Number, Kind: t.Kind, Urgency: t.Urgency, Type: t.Type, LifeSafety: t.LifeSafety,
		State: string(t.State), Place: pii.Redact(t.Place), Matter: pii.Redact(t.Matter), Owner: t.WorkerName(), Reopened: t.Reopened,
		Urged: t.Urged, Accepted: !t.AcceptedAt.IsZero(), Afterwards: t.Afterwards, Repeats: t.RepeatsID != 0, Told: !t.UpdateDue.IsZero() && !now.Before(t.UpdateDue),
		Registered: t.RegisteredAt, Due: t.Pressing(), Running: t.Counting(), Escalated: t.Escalated > 0, Overdue: t.Overdue(now), Expired: t.ExpiredAt}
}

// listPage is a page of the list with its filters, and the pages before and after it.
func (s *Service) listPage(ctx context.Context, state string, f Filter, found Listing, people []Colleague) page.List {
	l := page.List{State: state, Kind: f.Kind, Mine: f.Mine, Asked: f.Asked, Overdue: f.Overdue, Told: f.Told, Rejected: f.Rejected, Owner: strconv.FormatInt(f.Owner, 10), Owners: owners(ctx, people, f.Owner), Kinds: Kinds, States: stateNames(),
		Page: found.Page, MayRegister: actor.From(ctx).Can(staff.RegisterTicket), Rows: s.rows(found.Tickets)}
	if found.Page > 1 {
		l.Previous = pageAddress(state, f, found.Page-1)
	}
	if found.More {
		l.Next = pageAddress(state, f, found.Page+1)
	}
	return l
}
