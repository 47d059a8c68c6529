package ticket

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/staff"
)

// Told is a ticket as somebody else tells it: when it came, and what people did with it and its orders, step by step in
// order. Retell fills in what follows from that.
type Told struct {
	Ticket *Ticket         // without state, limits and times
	Orders []*ServiceOrder // without state, limits and times
	Steps  []Step          // of people; each with what it set, without limits
}

// Retell brings histories that nobody lived through, such as a demo's, to what stands in the database had the site kept
// them step by step, with the watch always awake: the limits that each step set, those that passed and the levels they
// went to, each with its true time, and the ticket and its orders as they stand now. The first step is the
// registration. Holders says who takes over at a level.
func (s *Service) Retell(ctx context.Context, idb bun.IDB, all []*Told, holders map[staff.Role]int64) error {
	now := s.now()
	for _, told := range all {
		of, err := s.rules(ctx, idb, told.Ticket.SiteID)
		if err != nil {
			return err
		}
		r := &retelling{record: record{t: told.Ticket, rules: of}, holders: holders, told: told}
		r.tell(now)
		told.Steps = r.out
	}
	return nil
}

// retelling is one history on its way.
type retelling struct {
	record
	holders map[staff.Role]int64
	told    *Told
	out     []Step
}

func (r *retelling) tell(now time.Time) {
	for i, step := range r.told.Steps {
		if i > 0 {
			r.pass(step.At.Add(-time.Microsecond))
		}
		set := *step.Set()
		step.From, step.To = r.t.State, r.t.State
		if o := r.order(step); o != nil {
			step.From = State(o.State)
			o.follow(step, &set)
			step.To = State(o.State)
		} else {
			r.follow(&step, &set)
		}
		r.t.Version = int64(i + 1)
		r.note(step, set, true)
	}
	r.pass(now)
	r.reckon(now)
}

// order is which order a step is of, nil where it is the ticket's own; with its sending it begins.
func (r *retelling) order(step Step) *ServiceOrder {
	if step.OrderID == 0 {
		return nil
	}
	for _, o := range r.orders {
		if o.ID == step.OrderID {
			return o
		}
	}
	for _, o := range r.told.Orders {
		if o.ID == step.OrderID {
			r.orders = append(r.orders, o)
			return o
		}
	}
	return nil
}

// note writes a step down, with the limits that it set.
func (r *retelling) note(step Step, set Detail, people bool) {
	r.add(step, set)
	changed := r.reckon(step.At)
	if people {
		set.Limits = changed[step.OrderID]
	}
	step.SiteID, step.TicketID, step.NotedAt = r.t.SiteID, r.t.ID, step.At
	step.Detail, _ = json.Marshal(set) //nolint:errchkjson // times, numbers and plain names
	r.steps[len(r.steps)-1].Detail, r.steps[len(r.steps)-1].set = step.Detail, &set
	r.out = append(r.out, step)
}

// takenAfter is how long it takes until somebody takes an escalation of the story.
const takenAfter = 20 * time.Minute

// pass notes what time did until a moment, as the watch does, and that who was told takes it.
func (r *retelling) pass(until time.Time) {
	var take Step
	for {
		passed := r.lapsed(until)
		switch {
		case !take.At.IsZero() && !take.At.After(until) && (len(passed) == 0 || passed[0].at.After(take.At)):
			r.note(take, Detail{Took: true}, true)
			take = Step{}
			continue
		case len(passed) == 0:
			return
		}
		p := passed[0]
		step := Step{Verb: OverdueVerb, At: p.at, Mark: p.mark, From: r.t.State, To: r.t.State, ActorKind: string(actor.Job), ActorName: "watch"}
		if p.order != nil {
			step.OrderID, step.From, step.To = p.order.ID, State(p.order.State), State(p.order.State)
		}
		set := Detail{Clock: string(p.clock)}
		if p.esc != nil {
			step.Verb, set = EscalateVerb, r.escalated(p)
			if to := r.holders[staff.Role(p.esc.Level)]; to != 0 {
				take = Step{OrderID: step.OrderID, Verb: TakeOver, From: step.From, To: step.To, At: p.at.Add(takenAfter), ActorKind: string(actor.Person), ActorID: to}
			}
		}
		r.note(step, set, false)
	}
}

// escalated is what an escalation says; a case passes to who holds the level.
func (r *retelling) escalated(p lapse) (set Detail) {
	set.Level = p.esc.Level
	for _, k := range p.esc.From {
		set.Clocks = append(set.Clocks, string(k))
	}
	r.t.Escalated = max(r.t.Escalated, ranks[p.esc.Level], 1)
	to := r.holders[staff.Role(p.esc.Level)]
	if to == 0 {
		return set
	}
	set.Told = []int64{to}
	if p.order == nil {
		owner, handler := r.t.OwnerID, r.t.HandlerID
		r.t.own(person{ID: to})
		r.t.hand(owner, handler, &set)
	}
	return set
}

// follow carries out a step of the ticket's own.
func (r *retelling) follow(step *Step, set *Detail) {
	t := r.t
	switch step.Verb {
	case RegisterVerb:
		step.From, t.State, t.Class = "", Registered, *set.Class
		t.RegisteredAt, step.To = step.At, Registered
		return
	case Classify:
		was, now := t.Class, *set.Class
		t.Class, t.ClassifiedAt, set.Was = now, step.At, &was
	case Accept, Handle, Dispatch:
		t.take(step.At)
	case Wait:
		t.WaitingOn = set.WaitingOn
	case Promise:
		t.PromisedAt = *set.Until
	default:
		in := Act{At: step.At, Customer: t.ConfirmedBy}
		if set.Until != nil {
			in.Until = *set.Until
		}
		if step.Verb == Verify && t.Kind == "repair" {
			in.Customer = t.Reporter
		}
		t.settle(step.Verb, in, set)
	}
	if m, found := lookup(t.State, step.Verb); found {
		t.State = m.To
	}
	step.To = t.State
}

// follow carries out a step of an order.
func (o *ServiceOrder) follow(step Step, set *Detail) {
	set.Department = o.DepartmentID
	switch OrderVerb(step.Verb) {
	case SendOrder:
		o.State, o.SentAt, o.Version = OrderSent, step.At, 0
	case AcceptOrder:
		o.AcceptedAt, o.AssigneeID = step.At, step.ActorID
	case StartOrder:
		o.StartedAt = step.At
	case FinishOrder:
		o.DoneAt, o.Result = step.At, step.Remark
	case FeedBackOrder:
		o.FedBackAt = step.At
	}
	if m, found := lookupOrder(o.State, OrderVerb(step.Verb)); found {
		o.State, o.WaitingOn = m.To, set.WaitingOn
	}
	o.Version++
}
