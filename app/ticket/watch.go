package ticket

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/app/notice"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
)

// dueBatch is how many tickets one transaction of the watch takes: a topic's head is never held long, and what people do
// meanwhile never waits long for the disk. With twice as many it waited three times as long.
const dueBatch = 100

// restMost is how long the watch rests at most after a transaction: two thirds of what that took.
const restMost = 100 * time.Millisecond

// MarkDue notes what time alone has done to tickets and orders: limits that passed, escalations, complaints that became
// major, updates that are due; each once, with the moment at which it was rather than that of looking (SLA-4), and tells
// people and screens. Any number of instances may run it at once. It gives how many things it noted.
func (s *Service) MarkDue(ctx context.Context) (int, error) {
	if _, err := actor.Require(ctx, staff.WorkTickets); err != nil {
		return 0, err
	}
	noted := 0
	for {
		began := s.Now()
		did, err := db.Tx(ctx, s.DB, s.watchBatch)
		noted += did.noted
		if err != nil || did.tickets < dueBatch {
			return noted, err
		}
		if err := s.rest(ctx, min(s.Now().Sub(began)*2/3, restMost)); err != nil {
			return noted, err
		}
	}
}

// rest leaves the machine to people for a moment: where thousands of limits pass at once, what they do comes first.
func (s *Service) rest(ctx context.Context, d time.Duration) error {
	if s.Rest != nil {
		return s.Rest(ctx, d)
	}
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

// batch is what one transaction of the watch did.
type batch struct{ tickets, noted int }

func (s *Service) watchBatch(ctx context.Context, tx bun.Tx) (did batch, err error) {
	w := s.watching(tx)
	due, err := dueRows(ctx, tx, w.now, dueBatch)
	if err != nil || len(due) == 0 {
		return did, err
	}
	records, err := s.readRecords(ctx, tx, due)
	if err != nil {
		return did, err
	}
	var orders []*ServiceOrder
	for _, r := range records {
		n, err := w.pass(ctx, r)
		if err != nil {
			return did, fmt.Errorf("ticket %d: %w", r.t.ID, err)
		}
		did.noted += n
		orders = append(orders, r.orders...)
	}
	if err := storeClocks(ctx, tx, due); err != nil {
		return did, err
	}
	if err := storeOrders(ctx, tx, orders); err != nil {
		return did, err
	}
	did.tickets = len(due)
	return did, w.flush(ctx)
}

// pass brings one ticket up to now.
func (w *watching) pass(ctx context.Context, r *record) (noted int, err error) {
	near, order := r.t.NearAt, r.t.Order()
	if noted, err = w.lapse(ctx, r, w.now); err != nil {
		return noted, err
	}
	changed := r.reckon(w.now)
	for _, order := range append([]int64{0}, orderIDs(r.orders)...) {
		if set := changed[order]; len(set) > 0 { // by a rule of the site: steps of people say so themselves
			noted++
			w.write(ctx, r, Step{OrderID: order, Verb: LimitVerb, At: w.now}, Detail{Limits: set})
		}
	}
	if !r.t.NearAt.IsZero() && near.IsZero() {
		noted++
		if err := w.near(ctx, r); err != nil {
			return noted, err
		}
	}
	if Compare(r.t.Order(), order) != 0 {
		w.tells(ctx, r, limitedEvent)
	}
	if noted > 0 {
		r.t.Version++
	}
	return noted, nil
}

func orderIDs(list []*ServiceOrder) (ids []int64) {
	for _, o := range list {
		ids = append(ids, o.ID)
	}
	return ids
}

// lapse is one thing that time alone did: a limit that passed, or an escalation.
type lapse struct {
	at    time.Time // truly
	mark  string    // by which it happens once
	order *ServiceOrder
	clock limit.Kind
	esc   *limit.Escalation
}

// lapsed are the things that time did until a moment and that history doesn't have yet, the earliest first.
func (r *record) lapsed(until time.Time) []lapse {
	had := map[string]bool{}
	for i := range r.steps {
		switch step := &r.steps[i]; {
		case step.Verb == OverdueVerb && step.OrderID == 0 && step.Set().Clock == "": // of before there were several clocks
			had[fmt.Sprint(0, " result@", step.At.UnixMicro())] = true
		case step.Mark != "":
			had[fmt.Sprint(step.OrderID, " ", step.Mark)] = true
		}
	}
	out := lapses(nil, r.limits(), nil, until, had)
	for _, o := range r.orders {
		out = lapses(out, r.orderLimits(o), o, until, had)
	}
	slices.SortStableFunc(out, func(a, b lapse) int { return a.at.Compare(b.at) })
	return out
}

// passing are the clocks whose passing stands in the history; what follows from the others is an escalation.
var passing = []limit.Kind{limit.Response, limit.Solution, limit.Result, limit.Order, limit.Callback, limit.Update}

func lapses(out []lapse, l limit.Limits, o *ServiceOrder, until time.Time, had map[string]bool) []lapse {
	add := func(p lapse) {
		of := int64(0)
		if o != nil {
			of = o.ID
		}
		if key := fmt.Sprint(of, " ", p.mark); !had[key] {
			had[key], p.order, p.at = true, o, moment(p.at)
			out = append(out, p)
		}
	}
	for i := range l {
		if at := l[i].Breached(until); !at.IsZero() && slices.Contains(passing, l[i].Kind) {
			add(lapse{at: at, mark: fmt.Sprintf("%s@%d", l[i].Kind, at.UnixMicro()), clock: l[i].Kind})
		}
	}
	for _, e := range l.Escalations(until) {
		add(lapse{at: e.At, mark: escMark(e), esc: &e})
	}
	return out
}

// escMark is by which an escalation happens once: for its level, and where it went on there, for whom it came from.
func escMark(e limit.Escalation) string {
	if e.Of != "" {
		return "esc:" + e.Level + "<" + e.Of
	}
	return "esc:" + e.Level
}

// catchUp notes what time has done before somebody takes a step, where no watch has seen it yet: a resolution, or a new
// clock after reopening, must not hide it (SLA-4). What is done at the very moment of a limit is in time.
func (s *Service) catchUp(ctx context.Context, tx bun.Tx, t *Ticket, at time.Time) error {
	until := at.Add(-time.Microsecond)
	if t.NextAt.IsZero() || t.NextAt.After(until) {
		return nil
	}
	r, err := s.readRecord(ctx, tx, t)
	if err != nil {
		return err
	}
	w := s.watching(tx)
	if _, err := w.lapse(ctx, r, until); err != nil {
		return err
	}
	r.reckon(until)
	if err := storeClocks(ctx, tx, []*Ticket{t}); err != nil {
		return err
	}
	if err := storeOrders(ctx, tx, r.orders); err != nil {
		return err
	}
	return w.flush(ctx)
}

// follow writes a step into the history with the limits that follow from it, and reckons what ticket and orders hold of
// them. The caller writes the ticket, and the order that the step is of.
func (s *Service) follow(ctx context.Context, tx bun.Tx, t *Ticket, o *ServiceOrder, step Step, set Detail) error {
	r, err := s.readRecord(ctx, tx, t)
	if err != nil {
		return err
	}
	of := int64(0)
	for i := range r.orders {
		if o != nil && r.orders[i].ID == o.ID {
			r.orders[i], of = o, o.ID
		}
	}
	r.add(step, set)
	changed := r.reckon(later(s.now(), step.At))
	set.Limits = changed[of]
	if err := s.write(ctx, tx, t, step, set); err != nil {
		return err
	}
	delete(changed, of)
	var others []*ServiceOrder
	for _, other := range r.orders {
		if other != o && (len(changed[other.ID]) > 0 || other.State == OrderSent) {
			others = append(others, other)
		}
	}
	return storeOrders(ctx, tx, others)
}

// begin reckons the clocks of a ticket that is about to be registered (SLA-1).
func (s *Service) begin(ctx context.Context, tx bun.IDB, t *Ticket, step Step, set *Detail) error {
	of, err := s.rules(ctx, tx, t.SiteID)
	if err != nil {
		return err
	}
	r := &record{t: t, rules: of}
	r.add(step, *set)
	set.Limits = r.reckon(later(s.now(), step.At))[0]
	return nil
}

// tells wakes the screens.
func (w *watching) tells(ctx context.Context, r *record, event string) {
	live.Publish(ctx, live.Site(r.t.SiteID), event, r.t.ID)
}

// about is what a notice is about.
func (p lapse) about(t *Ticket) notice.Subject {
	if p.order != nil {
		return notice.Subject{Table: "orders", ID: p.order.ID, Ticket: t.ID}
	}
	return notice.Subject{Table: "tickets", ID: t.ID, Ticket: t.ID}
}
