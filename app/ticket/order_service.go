package ticket

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
	"lobby/views/locale"
)

// takeNumbers gives each order that is to go out its number, before the transaction.
func (s *Service) takeNumbers(ctx context.Context, in *Act) error {
	a, err := actor.Require(ctx, staff.DispatchTickets)
	if err != nil {
		return err
	}
	rule, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return err
	}
	if len(in.Instructions) > maxOrders {
		return fault.Fields{{Name: "departments", Key: "ticket.field.choice"}}.Err()
	}
	list := make([]Instruction, len(in.Instructions))
	for i, order := range in.Instructions {
		if order.number, err = db.Number(ctx, s.DB, a.Site, "F", s.now().In(rule.Location())); err != nil {
			return err
		}
		list[i] = order
	}
	in.Instructions = list
	return nil
}

// maxOrders is how many orders go out at once at most.
const maxOrders = 10

// send writes the orders of a dispatch, one per department (TICKET-4).
func (s *Service) send(ctx context.Context, tx bun.Tx, t *Ticket, in Act) (sent []*ServiceOrder, err error) {
	of, err := s.rules(ctx, tx, t.SiteID)
	if err != nil {
		return nil, err
	}
	due := of.orderDue(t.Class, in.At)
	seen := map[int64]bool{}
	for _, order := range in.Instructions {
		name, err := departmentName(ctx, tx, t.SiteID, order.Department)
		if err != nil {
			return nil, err
		}
		if name == "" || seen[order.Department] {
			return nil, fault.Fields{{Name: "departments", Key: "ticket.field.choice"}}.Err()
		}
		seen[order.Department] = true
		o := &ServiceOrder{SiteID: t.SiteID, TicketID: t.ID, EntryKey: orderKey(in.EntryKey, order.Department), Number: order.number,
			DepartmentID: order.Department, DepartmentName: name, State: OrderSent, Instruction: order.Text, SentAt: in.At, DueAt: due, Version: 1}
		if err := insertOrder(ctx, tx, o); err != nil {
			return nil, err
		}
		sent = append(sent, o)
	}
	return sent, nil
}

// noteSent puts a new order into the history of its ticket, on record and on the screens.
func (s *Service) noteSent(ctx context.Context, tx bun.Tx, t *Ticket, o *ServiceOrder) error {
	step := Step{OrderID: o.ID, Verb: Verb(SendOrder), To: State(OrderSent), At: o.SentAt, Remark: o.Instruction}
	if err := s.write(ctx, tx, t, step, Detail{Department: o.DepartmentID, Limits: setFirst(limit.Order, o.DueAt)}); err != nil {
		return err
	}
	if err := s.informSent(ctx, tx, t, o); err != nil {
		return err
	}
	return s.tell(ctx, tx, o, "order.sent", SendOrder, []string{"state"})
}

// orderKey is the entry key of one order of a dispatch, so that a form sent twice sends each order once.
func orderKey(form uuid.UUID, department int64) uuid.UUID {
	if form == uuid.Nil {
		return uuid.New()
	}
	raw, err := json.Marshal(department)
	if err != nil {
		return uuid.New()
	}
	return uuid.NewSHA1(form, raw)
}

// DoOrder takes one step of an order's flow (TICKET-4). Whoever is not of the order's department may not, nor when the
// flow has no such step; the same step sent again by the same person is answered with the order as it stands. No order
// closes its ticket by itself (TICKET-7).
func (s *Service) DoOrder(ctx context.Context, id int64, verb OrderVerb, in OrderAct) (*ServiceOrder, error) {
	line, ok := knownOrder(verb)
	if !ok {
		return nil, fault.New(fault.Conflict, "ticket.refused.verb")
	}
	a, err := actor.Require(ctx, line.May)
	if err != nil {
		return nil, err
	}
	if in, err = in.opened(ctx, verb); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*ServiceOrder, error) {
		o, err := getOrder(ctx, tx, a.Site, id)
		if err != nil {
			return nil, err
		}
		t, err := lock(ctx, tx, a.Site, o.TicketID) // the ticket first, as everybody does, so that nobody waits in a ring
		if err != nil {
			return nil, err
		}
		if o, err = lockOrder(ctx, tx, a.Site, id); err != nil {
			return nil, err
		}
		inside, err := s.inside(ctx, tx, a, o.DepartmentID)
		if err != nil {
			return nil, err
		}
		if line.Inside && !inside {
			return nil, fault.New(fault.Conflict, "order.guard.inside", fault.Args{"Department": o.DepartmentName})
		}
		return o, s.doOrder(ctx, tx, t, o, verb, in)
	})
}

func (s *Service) doOrder(ctx context.Context, tx bun.Tx, t *Ticket, o *ServiceOrder, verb OrderVerb, in OrderAct) error {
	last, err := lastOrderStep(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	now := later(s.now(), last.At)
	m, found := lookupOrder(o.State, verb)
	if in, err = in.clean(); err != nil {
		return err
	}
	if in.repeats(last, actor.From(ctx), verb, m, o) {
		return nil
	}
	if !found {
		return orderRefusal(ctx, o, last)
	}
	if m.Again(o) {
		return fault.New(fault.Conflict, "order.guard.once", fault.Args{"Number": o.Number, "At": locale.Moment(ctx, o.ArrivedAt)})
	}
	if in, err = in.check(m, t, o, now); err != nil {
		return err
	}
	if err := s.catchUp(ctx, tx, t, now); err != nil { // before anything that ends a clock (SLA-4)
		return err
	}
	set := Detail{Department: o.DepartmentID, WaitingOn: in.On, Rang: in.Rang, Took: s.takesOrder(ctx, t, verb)}
	if err := s.carryOrder(ctx, tx, o, m, in, now, &set); err != nil {
		return err
	}
	o.State = m.To
	o.Version++
	step := Step{OrderID: o.ID, Verb: Verb(verb), From: State(m.From), To: State(m.To), At: now, Remark: in.said(verb)}
	if err := s.follow(ctx, tx, t, o, step, set); err != nil {
		return err
	}
	if err := updateOrder(ctx, tx, o); err != nil {
		return err
	}
	if err := storeClocks(ctx, tx, []*Ticket{t}); err != nil {
		return err
	}
	switch verb {
	case RejectOrder:
		err = s.informRejected(ctx, tx, t, o, now)
	case AssignOrder:
		err = s.informAssigned(ctx, tx, t, o, now)
	}
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, o, m.Event, verb, []string{"state"})
}

// said is what the history says beside the step itself.
func (in OrderAct) said(verb OrderVerb) string {
	if verb == FinishOrder {
		return in.Work.Result
	}
	return in.Remark
}

// repeats tells whether the verb is what this same person did last, in the same words.
func (in OrderAct) repeats(last Step, a actor.Actor, verb OrderVerb, m OrderMove, o *ServiceOrder) bool {
	if last.Verb != Verb(verb) || last.ActorKind != string(a.Kind) || last.ActorID != a.ID || last.Remark != in.said(verb) {
		return false
	}
	if m.Verb == "" || m.Again(o) {
		return true
	}
	return m.From == m.To && in.Version != 0 && in.Version < o.Version && (verb != AssignOrder || o.AssigneeID == in.Person)
}

// carryOrder changes the order as its step says.
func (s *Service) carryOrder(ctx context.Context, tx bun.Tx, o *ServiceOrder, m OrderMove, in OrderAct, now time.Time, set *Detail) error {
	a := actor.From(ctx)
	if m.From != m.To {
		o.WaitingOn = in.On
	}
	switch m.Verb {
	case AcceptOrder:
		o.AcceptedAt = now
		if o.AssigneeID == 0 && a.Kind == actor.Person {
			o.AssigneeID, o.AssigneeName = a.ID, a.Name
		}
	case AssignOrder:
		return s.assignOrder(ctx, tx, o, in, set)
	case ArriveOrder:
		o.ArrivedAt = now
	case StartOrder:
		o.StartedAt = now
	case FinishOrder:
		o.DoneAt, o.Result, o.ConfirmedBy = now, in.Work.Result, in.Customer
		if err := sign(ctx, tx, o, in.signature, personOf(a), now); err != nil {
			return err
		}
		return insertRecord(ctx, tx, &WorkRecord{SiteID: o.SiteID, TicketID: o.TicketID, OrderID: o.ID, Kind: in.Work.Kind, Done: in.Work.Done,
			Result: in.Work.Result, Materials: in.Work.Materials, StartedAt: in.Work.Started, EndedAt: in.Work.Ended, ByID: personOf(a), NotedAt: now})
	case FeedBackOrder:
		o.FedBackAt = now
	}
	return nil
}
