package ticket

import (
	"context"
	"strconv"
	"strings"
	"time"

	"lobby/app/ticket/limit"
	"lobby/views/locale"
	page "lobby/views/ticket"
)

// about is what is known about a ticket, in words; names as they may be shown.
func about(ctx context.Context, t *Ticket, reporter, confirmed string) []page.Fact {
	var out []page.Fact
	add := func(label string, f page.Fact) {
		if f.Text != "" || !f.At.IsZero() || f.Phone {
			f.Label = locale.T(ctx, "ticket.label."+label)
			out = append(out, f)
		}
	}
	say := func(label, prefix, value string) {
		if value != "" {
			add(label, page.Fact{Text: locale.T(ctx, prefix+value)})
		}
	}
	moment := func(label string, at time.Time) { add(label, page.Fact{At: at}) }
	add("kind", page.Fact{Text: locale.T(ctx, "ticket.kind."+t.Kind) + " · " + locale.T(ctx, "ticket.type."+t.Type)})
	say("help_kind", "ticket.help.", t.HelpKind)
	add("complaint", page.Fact{Text: complaintWords(ctx, t)})
	add("against", page.Fact{Text: t.AgainstName})
	owner := t.OwnerName
	if owner == "" {
		owner = locale.T(ctx, "ticket.nobody")
	}
	add("owner", page.Fact{Text: owner})
	add("handler", page.Fact{Text: t.HandlerName})
	add("first_asked", page.Fact{Text: t.FirstAskedName})
	add("reporter", page.Fact{Text: reporter})
	if len(t.Phone) > 0 {
		add("phone", page.Fact{Phone: true})
	}
	say("channel", "ticket.channel.", t.Channel)
	if t.RepeatsID != 0 {
		add("repeats", page.Fact{Text: t.RepeatsNumber, Href: "/desk/tickets/" + strconv.FormatInt(t.RepeatsID, 10)})
	}
	moment("registered", t.RegisteredAt)
	moment("accepted", t.AcceptedAt)
	add("due", dueFact(ctx, t))
	for _, l := range []struct {
		clock    limit.Kind
		due, met time.Time
	}{{limit.Response, t.ResponseDue, t.ResponseAt}, {limit.Solution, t.SolutionDue, t.SolutionAt}} {
		if t.State.Running() && l.met.IsZero() && !l.due.IsZero() {
			out = append(out, page.Fact{Label: locale.T(ctx, "limit.clock."+string(l.clock)), At: l.due, Due: true})
		}
	}
	moment("promised", t.PromisedAt)
	say("waiting_on", "ticket.on.", t.WaitingOn)
	if t.State.Running() {
		moment("update_due", t.UpdateDue)
	}
	moment("updated", t.UpdatedAt)
	moment("urged", t.UrgedAt)
	moment("response", t.ResponseAt)
	moment("solution", t.SolutionAt)
	moment("resolved", t.ResolvedAt)
	add("confirmed_by", page.Fact{Text: confirmed})
	moment("closed", t.ClosedAt)
	return out
}

// dueFact is the result's limit, or why there is none now.
func dueFact(ctx context.Context, t *Ticket) page.Fact {
	switch {
	case !t.DueAt.IsZero():
		return page.Fact{At: t.DueAt, Due: true}
	case t.WaitingOn == string(limit.Customer):
		return page.Fact{Due: true, Text: locale.T(ctx, "limit.still")}
	}
	return page.Fact{Due: true, Text: locale.T(ctx, "limit.none")}
}

// complaintWords say what a complaint was classified as.
func complaintWords(ctx context.Context, t *Ticket) string {
	var words []string
	for _, w := range []struct{ prefix, value string }{{"ticket.validity.", t.Validity}, {"ticket.severity.", t.Severity}, {"ticket.about.", t.About}, {"ticket.topic.", t.Topic}} {
		if w.value != "" {
			words = append(words, locale.T(ctx, w.prefix+w.value))
		}
	}
	return strings.Join(words, " · ")
}

func (s *Service) orderRows(list []ServiceOrder) []page.OrderRow {
	out := make([]page.OrderRow, len(list))
	for i := range list {
		o := &list[i]
		out[i] = page.OrderRow{ID: o.ID, Number: o.Number, Department: o.DepartmentName, State: string(o.State), Instruction: o.Instruction,
			Assignee: o.AssigneeName, Result: o.Result, WaitingOn: o.WaitingOn, Sent: o.SentAt, Due: o.DueAt, Running: o.Counting(), Overdue: o.Overdue(s.now())}
	}
	return out
}

// RecordRows are what was done on the spot, for a page.
func RecordRows(list []WorkRecord, orders []ServiceOrder) []page.Record {
	out := make([]page.Record, len(list))
	for i, w := range list {
		out[i] = page.Record{Kind: w.Kind, Done: w.Done, Result: w.Result, Materials: w.Materials, By: w.ByName, Order: numberOf(orders, w.OrderID),
			Started: w.StartedAt, Ended: w.EndedAt}
	}
	return out
}

// numberOf is the number of an order; empty for none.
func numberOf(orders []ServiceOrder, id int64) string {
	for i := range orders {
		if orders[i].ID == id {
			return orders[i].Number
		}
	}
	return ""
}
