package ticket_test

import (
	"context"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// workshop is a desk with two departments.
type workshop struct {
	*desk
	repair, cleaning int64
	mate             actor.Actor // a second technician of repair
}

func setupOrders(t *testing.T) *workshop {
	t.Helper()
	d := setup(t)
	w := &workshop{desk: d, mate: d.addPerson("mate", staff.Technician)}
	w.repair = d.department("repair", d.people[staff.DepartmentHead].ID, d.people[staff.Technician].ID, w.mate.ID)
	w.cleaning = d.department("cleaning", 0, d.people[staff.Guard].ID)
	return w
}

// send registers a repair and sends an order to each department.
func (w *workshop) send(to ...int64) (*ticket.Ticket, []ticket.ServiceOrder) {
	w.t.Helper()
	in := entry()
	in.Classify, in.Then = true, ticket.Dispatch
	for _, id := range to {
		in.Instructions = append(in.Instructions, ticket.Instruction{Department: id, Text: "请上门查看"})
	}
	made := w.register(w.as(staff.Receptionist), in)
	return made, w.ordersOf(made.ID)
}

func (w *workshop) ordersOf(id int64) []ticket.ServiceOrder {
	w.t.Helper()
	list, err := w.svc.Orders(w.as(staff.Agent), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// orderAct is enough for any step of an order.
func orderAct(remark string) ticket.OrderAct {
	return ticket.OrderAct{Remark: remark, On: "parts", Rang: "reached", Work: ticket.Work{Kind: "repair", Done: "换了阀芯" + remark, Result: "不漏了" + remark}}
}

func (w *workshop) doOrder(ctx context.Context, id int64, verb ticket.OrderVerb) *ticket.ServiceOrder {
	w.t.Helper()
	o, err := w.svc.DoOrder(ctx, id, verb, orderAct("x"))
	if err != nil {
		w.t.Fatalf("%s: %v", verb, err)
	}
	return o
}

var orderVerbs = []ticket.OrderVerb{ticket.AcceptOrder, ticket.RejectOrder, ticket.ArriveOrder, ticket.StartOrder, ticket.WaitOrder, ticket.ResumeOrder, ticket.FinishOrder,
	ticket.FeedBackOrder, ticket.WithdrawOrder, ticket.RemarkOrder}

// orderPath leads a new order to a state.
var orderPath = map[ticket.OrderState][]ticket.OrderVerb{
	ticket.OrderSent: nil, ticket.OrderAccepted: {ticket.AcceptOrder}, ticket.OrderRejected: {ticket.RejectOrder}, ticket.OrderWithdrawn: {ticket.WithdrawOrder},
	ticket.OrderAtWork: {ticket.AcceptOrder, ticket.StartOrder}, ticket.OrderWaiting: {ticket.AcceptOrder, ticket.StartOrder, ticket.WaitOrder},
	ticket.OrderDone:    {ticket.AcceptOrder, ticket.StartOrder, ticket.FinishOrder},
	ticket.OrderFedBack: {ticket.AcceptOrder, ticket.StartOrder, ticket.FinishOrder, ticket.FeedBackOrder},
}

// orderAllowed is the flow of an order, written out once more.
var orderAllowed = map[ticket.OrderState]map[ticket.OrderVerb]ticket.OrderState{
	ticket.OrderSent: {ticket.AcceptOrder: ticket.OrderAccepted, ticket.RejectOrder: ticket.OrderRejected, ticket.WithdrawOrder: ticket.OrderWithdrawn,
		ticket.RemarkOrder: ticket.OrderSent},
	ticket.OrderAccepted: {ticket.ArriveOrder: ticket.OrderAccepted, ticket.StartOrder: ticket.OrderAtWork, ticket.RemarkOrder: ticket.OrderAccepted},
	ticket.OrderAtWork:   {ticket.WaitOrder: ticket.OrderWaiting, ticket.FinishOrder: ticket.OrderDone, ticket.RemarkOrder: ticket.OrderAtWork},
	ticket.OrderWaiting:  {ticket.ResumeOrder: ticket.OrderAtWork, ticket.RemarkOrder: ticket.OrderWaiting},
	ticket.OrderDone:     {ticket.FeedBackOrder: ticket.OrderFedBack, ticket.RemarkOrder: ticket.OrderDone},
	ticket.OrderFedBack:  {}, ticket.OrderRejected: {}, ticket.OrderWithdrawn: {},
}

func TestOrderFlow(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 every verb of an order in every state does what the flow says, or is refused with the state and who brought it there", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		ctx := w.as(staff.Manager)
		other := w.by(w.addPerson("manager-two", staff.Manager))
		for from, way := range orderPath {
			var stands *ticket.ServiceOrder
			for _, verb := range orderVerbs {
				if stands == nil {
					_, list := w.send(w.repair)
					stands = &list[0]
					for _, v := range way {
						w.doOrder(ctx, stands.ID, v)
					}
				}
				got, err := w.svc.DoOrder(other, stands.ID, verb, orderAct("y"))
				to, ok := orderAllowed[from][verb]
				switch {
				case ok && (err != nil || got.State != to):
					t.Errorf("%s, %s: %v, want %s", from, verb, err, to)
				case !ok && from == ticket.OrderSent:
					wantRefusal(t, err, "order.refused.sent", w.people[staff.Receptionist].Name)
				case !ok:
					wantRefusal(t, err, "order.refused."+string(from), w.people[staff.Manager].Name)
				}
				if ok && to != from {
					stands = nil
				}
			}
		}
	})
	t.Run("TICKET-4 an order that one department rejects is done by another, and its result fed back", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.cleaning)
		_, err := w.svc.DoOrder(w.as(staff.Guard), list[0].ID, ticket.RejectOrder, ticket.OrderAct{})
		wantField(t, err, "remark")
		w.doOrder(w.as(staff.Guard), list[0].ID, ticket.RejectOrder)
		if got, err := w.svc.List(w.as(staff.Agent), ticket.Filter{Rejected: true}); err != nil || len(got.Tickets) != 1 {
			t.Errorf("the desk doesn't find what was rejected: %v", err)
		}
		if _, err := w.svc.Do(w.as(staff.Agent), made.ID, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: w.repair}}}); err != nil {
			t.Fatal(err)
		}
		second := w.ordersOf(made.ID)[1]
		for _, v := range orderPath[ticket.OrderDone] {
			w.doOrder(w.as(staff.Technician), second.ID, v)
		}
		_, err = w.svc.Do(w.as(staff.Agent), made.ID, ticket.Resolve, ticket.Act{Remark: "好了"})
		wantRefusal(t, err, "ticket.guard.orders_over", "") // the desk hasn't read the result
		w.doOrder(w.as(staff.Receptionist), second.ID, ticket.FeedBackOrder)
		if got := w.do(w.as(staff.Agent), made.ID, ticket.Resolve, "好了"); got.State != ticket.Resolved {
			t.Error(got.State)
		}
		if got, err := w.svc.List(w.as(staff.Agent), ticket.Filter{Rejected: true}); err != nil || len(got.Tickets) != 0 {
			t.Errorf("%d, %v", len(got.Tickets), err)
		}
	})
	t.Run("TICKET-7 no order closes its ticket by itself, nor moves it", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair, w.cleaning)
		if len(list) != 2 || made.State != ticket.InHand {
			t.Fatalf("%d orders, %s", len(list), made.State)
		}
		for i, who := range []staff.Role{staff.Technician, staff.Guard} {
			for _, v := range orderPath[ticket.OrderDone] {
				w.doOrder(w.as(who), list[i].ID, v)
			}
			w.doOrder(w.as(staff.Agent), list[i].ID, ticket.FeedBackOrder)
		}
		if got := w.get(made.ID); got.State != ticket.InHand || !got.ResolvedAt.IsZero() {
			t.Errorf("the ticket went to %s", got.State)
		}
		for _, verb := range []ticket.Verb{ticket.Invalidate, ticket.Unsolvable} {
			again, _ := w.send(w.repair)
			_, err := w.svc.Do(w.as(staff.Manager), again.ID, verb, ticket.Act{Remark: "说明"})
			wantRefusal(t, err, "ticket.guard.orders_over", "")
		}
	})
	t.Run("TICKET-4 an order is for the people of its department, and for who reassigns in their stead", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		_, list := w.send(w.repair)
		for who, want := range map[staff.Role]fault.Kind{staff.Guard: fault.Conflict, staff.Agent: fault.Conflict, staff.Receptionist: fault.Forbidden, staff.Cashier: fault.Forbidden} {
			if _, err := w.svc.DoOrder(w.as(who), list[0].ID, ticket.AcceptOrder, ticket.OrderAct{}); !fault.Is(err, want) {
				t.Errorf("%s: %v", who, err)
			}
		}
		if o := w.doOrder(w.as(staff.Technician), list[0].ID, ticket.AcceptOrder); o.AssigneeID != w.people[staff.Technician].ID {
			t.Errorf("done by %d", o.AssigneeID)
		}
		for _, wrong := range []int64{w.people[staff.Guard].ID, 999999, -1} {
			_, err := w.svc.DoOrder(w.as(staff.DepartmentHead), list[0].ID, ticket.AssignOrder, ticket.OrderAct{Person: wrong})
			wantField(t, err, "person")
		}
		if o, err := w.svc.DoOrder(w.as(staff.DepartmentHead), list[0].ID, ticket.AssignOrder, ticket.OrderAct{Person: w.mate.ID}); err != nil || o.AssigneeID != w.mate.ID {
			t.Errorf("%v", err)
		}
		w.doOrder(w.as(staff.Supervisor), list[0].ID, ticket.StartOrder)
		stranger := w.people[staff.Manager]
		stranger.Site = w.other
		if _, err := w.svc.DoOrder(w.by(stranger), list[0].ID, ticket.FinishOrder, orderAct("")); !fault.Is(err, fault.NotFound) {
			t.Errorf("an order of another site: %v", err)
		}
	})
	t.Run("TICKET-12 work on the spot has a record with kind, what was done, result, materials and times", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made, list := w.send(w.repair)
		tech := w.as(staff.Technician)
		w.clock.Add(time.Hour)
		w.doOrder(tech, list[0].ID, ticket.AcceptOrder)
		w.doOrder(tech, list[0].ID, ticket.StartOrder)
		w.clock.Add(time.Hour)
		for field, work := range map[string]ticket.Work{
			"work_kind": {Kind: "magic", Done: "a", Result: "b"}, "done": {Kind: "repair", Result: "b"}, "result": {Kind: "repair", Done: "a"},
			"ended":   {Kind: "repair", Done: "a", Result: "b", Ended: w.clock.Now().Add(time.Minute)},
			"started": {Kind: "repair", Done: "a", Result: "b", Started: monday.Add(-time.Hour)},
		} {
			_, err := w.svc.DoOrder(tech, list[0].ID, ticket.FinishOrder, ticket.OrderAct{Work: work})
			wantField(t, err, field)
		}
		_, err := w.svc.DoOrder(tech, list[0].ID, ticket.FinishOrder, ticket.OrderAct{Work: ticket.Work{Kind: "repair", Done: "a\x00", Result: "b"}})
		wantField(t, err, "done")
		done, err := w.svc.DoOrder(tech, list[0].ID, ticket.FinishOrder, ticket.OrderAct{Customer: "王小明", Work: ticket.Work{Kind: "replace", Done: "换了阀芯", Result: "不漏了", Materials: "阀芯 1 个"}})
		if err != nil || done.ConfirmedBy != "王小明" {
			t.Fatal(err)
		}
		records, err := w.svc.Records(w.as(staff.Agent), made.ID)
		if err != nil || len(records) != 1 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		r := records[0]
		if r.Kind != "replace" || r.Done != "换了阀芯" || r.Materials != "阀芯 1 个" || !r.StartedAt.Equal(monday.Add(time.Hour)) || !r.EndedAt.Equal(monday.Add(2*time.Hour)) ||
			r.ByName != w.people[staff.Technician].Name || r.OrderID != list[0].ID {
			t.Errorf("%+v", r)
		}
	})
	t.Run("TICKET-5 before going to a repair the customer is rung; who did the work on an order doesn't verify it", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		_, list := w.send(w.repair)
		w.doOrder(w.as(staff.Technician), list[0].ID, ticket.AcceptOrder)
		_, err := w.svc.DoOrder(w.as(staff.Technician), list[0].ID, ticket.StartOrder, ticket.OrderAct{})
		wantField(t, err, "rang")
		w.doOrder(w.as(staff.Technician), list[0].ID, ticket.StartOrder)

		in := entry()
		in.Kind, in.Classify, in.Then = "other", true, ticket.Dispatch
		in.Instructions = []ticket.Instruction{{Department: w.repair}}
		made := w.register(w.as(staff.Agent), in)
		order := w.ordersOf(made.ID)[0]
		supervisor := w.as(staff.Supervisor) // who stands in for the department
		for _, v := range orderPath[ticket.OrderFedBack] {
			w.doOrder(supervisor, order.ID, v)
		}
		w.do(w.as(staff.Agent), made.ID, ticket.Resolve, "清理了")
		_, err = w.svc.Do(supervisor, made.ID, ticket.Verify, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.other_hands", "")
	})
}
