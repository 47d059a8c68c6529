package ticket

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/ticket/limit"
)

// record is a ticket with its orders and everything that happened to them, from which the clocks are derived (SLA-1).
// What tickets and orders hold of clocks is a cache of that.
type record struct {
	t      *Ticket
	orders []*ServiceOrder
	steps  []Step // in the order in which they were written
	rules  *rules

	own limit.Limits           // of the ticket, once derived
	sub map[int64]limit.Limits // of its orders
}

// readRecords reads the history of tickets, which the caller holds locked or merely looks at. The rules are asked for once
// for each site: who changes them has to wait for the locked tickets, and has them reckoned anew.
func (s *Service) readRecords(ctx context.Context, tx bun.IDB, list []*Ticket) ([]*record, error) {
	ids := make([]int64, len(list))
	out := make([]*record, len(list))
	at := map[int64]*record{}
	sites := map[int64]*rules{}
	for i, t := range list {
		if sites[t.SiteID] == nil {
			r, err := s.rules(ctx, tx, t.SiteID)
			if err != nil {
				return nil, err
			}
			sites[t.SiteID] = r
		}
		ids[i], out[i] = t.ID, &record{t: t, rules: sites[t.SiteID]}
		at[t.ID] = out[i]
	}
	var steps []Step
	if err := tx.NewSelect().Model(&steps).Column("id", "ticket_id", "order_id", "verb", "to_state", "at", "detail", "mark").
		Where("ticket_id = any(?)", pgdialect.Array(ids)).OrderExpr("id").Scan(ctx); err != nil {
		return nil, err
	}
	var orders []*ServiceOrder
	if err := tx.NewSelect().Model(&orders).ColumnExpr("?TableColumns").Where("ticket_id = any(?)", pgdialect.Array(ids)).OrderExpr("id").Scan(ctx); err != nil {
		return nil, err
	}
	for _, step := range steps {
		at[step.TicketID].steps = append(at[step.TicketID].steps, step)
	}
	for _, o := range orders {
		at[o.TicketID].orders = append(at[o.TicketID].orders, o)
	}
	return out, nil
}

// recordOf is the record of a ticket whose rules, history and orders have been read.
func recordOf(t *Ticket, of *rules, steps []Step, orders []ServiceOrder) *record {
	r := &record{t: t, rules: of, steps: steps}
	for i := range orders {
		r.orders = append(r.orders, &orders[i])
	}
	return r
}

func (s *Service) readRecord(ctx context.Context, tx bun.IDB, t *Ticket) (*record, error) {
	list, err := s.readRecords(ctx, tx, []*Ticket{t})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// add takes a step into the record that isn't written yet.
func (r *record) add(step Step, set Detail) {
	step.set = &set
	r.steps = append(r.steps, step)
	if step.Mark == "" || set.Class != nil {
		r.own, r.sub = nil, nil
	}
}

// what steps of a ticket are to its clocks. Who takes a request for help on has answered it (HELP-2); the department's
// saying so, or their beginning to work, is somebody's being at the spot (SLA-6).
var what = map[Verb]limit.What{
	Answer: limit.Answered, Offer: limit.Offered, Update: limit.Told, Promise: limit.Promised, Wait: limit.WaitStarted, Resume: limit.WaitEnded,
	Resolve: limit.Resolved, Invalidate: limit.Invalid, Unsolvable: limit.Unsolvable, CallBack: limit.CalledBack, Close: limit.Closed,
	Reopen: limit.Reopened, Verb(ArriveOrder): limit.Arrived, Verb(StartOrder): limit.Arrived,
}

// whatOfOrder are steps of an order to its clock.
var whatOfOrder = map[Verb]limit.What{
	Verb(WaitOrder): limit.WaitStarted, Verb(ResumeOrder): limit.WaitEnded, Verb(FinishOrder): limit.Done, Verb(RejectOrder): limit.Rejected,
	Verb(WithdrawOrder): limit.Closed,
}

// class is what limits depend on.
func (c Class) class() limit.Class {
	return limit.Class{Kind: c.Kind, Urgency: c.Urgency, Severity: c.Severity, Help: c.HelpKind, LifeSafety: c.LifeSafety}
}

// over gives the class after a step that set it, or parts of it; found tells whether it did.
func (d *Detail) over(c Class) (now Class, found bool) {
	if d.Class != nil {
		return *d.Class, true
	}
	if d.Urgency != nil {
		c.Urgency, found = d.Urgency.To, true
	}
	if d.Type != nil {
		c.Type, found = d.Type.To, true
	}
	if d.LifeSafety != nil {
		c.LifeSafety, found = *d.LifeSafety, true
	}
	return c, found
}

// firstClass is what the ticket was registered as. An entry of before classification came doesn't say it.
func (r *record) firstClass() Class {
	for i := range r.steps {
		switch set := r.steps[i].Set(); {
		case set.Was != nil:
			return *set.Was
		case set.Class != nil:
			return *set.Class
		}
	}
	return r.t.Class
}

// history is what happened to the ticket, and the policy by which it begins.
func (r *record) history() (*limit.Policy, limit.History) {
	class := r.firstClass()
	h := limit.History{{At: r.t.RegisteredAt, What: limit.Registered, Class: class.class()}}
	for i := range r.steps {
		step := &r.steps[i]
		set := step.Set()
		if now, found := set.over(class); found && step.OrderID == 0 && step.Verb != RegisterVerb {
			class = now
			h = append(h, limit.Event{At: step.At, What: limit.Classified, Class: class.class()})
		}
		e := limit.Event{At: step.At, What: what[step.Verb], On: limit.Party(set.WaitingOn)}
		if set.Until != nil {
			e.Until = *set.Until
		}
		switch {
		case class.Kind != "help":
		case step.Verb == Accept, step.Verb == Handle, step.Verb == Dispatch: // somebody has it in hand
			e.What = limit.Answered
		case step.Verb == Answer: // what the customer is told within ten minutes
			e.What = limit.Offered
		}
		if e.What != "" {
			h = append(h, e)
		}
		if set.Took && step.OrderID == 0 {
			h = append(h, limit.Event{At: step.At, What: limit.Taken})
		}
	}
	return r.begin(r.t.RegisteredAt, h)
}

// begin gives the policy of the beginning, and puts those that came later into the history.
func (r *record) begin(at time.Time, h limit.History) (*limit.Policy, limit.History) {
	policy, later := r.rules.at(at)
	for _, p := range later {
		h = append(h, limit.Event{At: p.at, What: limit.PolicyChanged, Policy: p.policy})
	}
	return policy, h
}

// limits are the clocks of the ticket.
func (r *record) limits() limit.Limits {
	if r.own == nil {
		policy, h := r.history()
		r.own = limit.Of(policy, r.rules.calendar, h)
	}
	return r.own
}

// orderLimits are the clocks of one of its orders.
func (r *record) orderLimits(o *ServiceOrder) limit.Limits {
	if known, ok := r.sub[o.ID]; ok {
		return known
	}
	policy, h := r.orderHistory(o)
	if r.sub == nil {
		r.sub = map[int64]limit.Limits{}
	}
	r.sub[o.ID] = limit.Of(policy, r.rules.calendar, h)
	return r.sub[o.ID]
}

func (r *record) orderHistory(o *ServiceOrder) (*limit.Policy, limit.History) {
	class := r.firstClass()
	var h limit.History
	sent := false
	for i := range r.steps {
		step := &r.steps[i]
		set := step.Set()
		now, found := set.over(class)
		if set.Took && (step.OrderID == 0 || step.OrderID == o.ID) { // who takes the ticket has its orders too
			h = append(h, limit.Event{At: step.At, What: limit.Taken})
		}
		switch {
		case found && step.OrderID == 0:
			if class = now; sent {
				h = append(h, limit.Event{At: step.At, What: limit.Classified, Class: class.class()})
			}
		case step.OrderID != o.ID:
		case step.Verb == Verb(SendOrder):
			sent = true
			h = append(h, limit.Event{At: step.At, What: limit.Sent, Class: class.class()})
		case whatOfOrder[step.Verb] != "":
			h = append(h, limit.Event{At: step.At, What: whatOfOrder[step.Verb], On: limit.Party(set.WaitingOn)})
		}
	}
	if !sent {
		h = append(limit.History{{At: o.SentAt, What: limit.Sent, Class: class.class()}}, h...)
	}
	return r.begin(o.SentAt, h)
}

// dueOf is when a clock of a kind is due: zero where there is none, or it stands still.
func dueOf(l limit.Limits, k limit.Kind) time.Time {
	c, _ := l.Clock(k)
	return moment(c.Due)
}

// SetLimit says that a clock got another limit, by its kind; nil is none (SLA-1).
type SetLimit struct {
	Clock string     `json:"clock"`
	From  *time.Time `json:"from,omitempty"`
	To    *time.Time `json:"to,omitempty"`
}

// reckon derives what the ticket and its orders hold of clocks, as of a moment, and says which limits changed: by the
// order's id, those of the ticket by 0. What has passed until then and isn't noted is for the watch to note.
func (r *record) reckon(now time.Time) map[int64][]SetLimit {
	t, l := r.t, r.limits()
	changed := map[int64][]SetLimit{}
	set := func(order int64, kind limit.Kind, cache *time.Time, due time.Time) {
		if !cache.Equal(due) {
			changed[order] = append(changed[order], SetLimit{string(kind), maybe(*cache), maybe(due)})
		}
		*cache = due
	}
	set(0, limit.Response, &t.ResponseDue, dueOf(l, limit.Response))
	set(0, limit.Solution, &t.SolutionDue, dueOf(l, limit.Solution))
	set(0, limit.Result, &t.DueAt, dueOf(l, limit.Result))
	set(0, limit.Callback, &t.CallbackDue, dueOf(l, limit.Callback))
	// Whatever counts as a first response (accepting a request for help, being at the spot, an end) is when it came.
	if c, found := l.Clock(limit.Response); found {
		t.ResponseAt = moment(c.Done)
	}
	if c, found := l.Clock(limit.Solution); found {
		t.SolutionAt = moment(c.Done)
	}
	t.UpdateDue = time.Time{}
	if c, _ := l.Clock(limit.Update); c.Done.IsZero() {
		t.UpdateDue = moment(c.Due)
	}
	t.OverdueAt, t.NearAt = time.Time{}, time.Time{}
	if c, found := l.Clock(limit.Result); found {
		t.OverdueAt = moment(c.Breached(now))
		if c.State(now) == limit.IsNear {
			t.NearAt = moment(c.Near)
		}
	}
	if c, found := l.Clock(limit.Result); found && t.delayed(c, now) {
		t.UpdateDue = sooner(t.UpdateDue, moment(c.Near))
	}
	next := l.Next(now)
	untaken := l.Untaken(now)
	for _, o := range r.orders {
		ol := r.orderLimits(o)
		set(o.ID, limit.Order, &o.DueAt, dueOf(ol, limit.Order))
		c, _ := ol.Clock(limit.Order)
		o.OverdueAt, o.NextAt = moment(c.Breached(now)), moment(ol.Next(now))
		next, untaken = sooner(next, o.NextAt), sooner(untaken, ol.Untaken(now))
	}
	if unnoted := r.lapsed(now); len(unnoted) > 0 {
		next = unnoted[0].at
	}
	t.NextAt, t.UntakenAt = moment(next), moment(untaken)
	return changed
}
