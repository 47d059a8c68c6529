package ticket

import (
	"slices"

	"lobby/app/kit/actor"
	"lobby/app/staff"
)

// OrderVerb is a step that somebody can take with a service order. Steps of orders stand in the history of their
// ticket, with the number of the order.
type OrderVerb string

// The verbs of an order. Send is done by dispatching the ticket.
const (
	SendOrder     OrderVerb = "send"
	AcceptOrder   OrderVerb = "order_accept"
	RejectOrder   OrderVerb = "order_reject"
	AssignOrder   OrderVerb = "order_assign"
	ArriveOrder   OrderVerb = "order_arrive"
	StartOrder    OrderVerb = "order_start"
	WaitOrder     OrderVerb = "order_wait"
	ResumeOrder   OrderVerb = "order_resume"
	FinishOrder   OrderVerb = "done"
	FeedBackOrder OrderVerb = "feed_back"
	WithdrawOrder OrderVerb = "withdraw"
	RemarkOrder   OrderVerb = "order_remark"
)

// Needs of orders only.
const (
	Rang   Need = "rang"   // whether the customer was rung before going; of repairs only (TICKET-5)
	Record Need = "record" // the record of work on the spot (TICKET-12)
)

// OrderMove is one line of the order's flow. What is for the department is for its members, and for who reassigns
// tickets in their stead.
type OrderMove struct {
	From   OrderState
	Verb   OrderVerb
	To     OrderState
	May    actor.Permission
	Needs  []Need
	Inside bool // for the department that has it
	Once   bool // not a second time: it only sets a time
	Event  string
}

// orderFlow is the one table of the order's flow (TICKET-4).
var orderFlow = slices.Concat([]OrderMove{
	{OrderSent, AcceptOrder, OrderAccepted, staff.WorkOrders, nil, true, false, "order.accepted"},
	{OrderSent, RejectOrder, OrderRejected, staff.WorkOrders, []Need{Why}, true, false, "order.rejected"},
	{OrderSent, WithdrawOrder, OrderWithdrawn, staff.DispatchTickets, []Need{Why}, false, false, "order.withdrawn"},
	{OrderAccepted, ArriveOrder, OrderAccepted, staff.WorkOrders, nil, true, true, "order.arrived"}, // at the spot (SLA-6)
	{OrderAccepted, StartOrder, OrderAtWork, staff.WorkOrders, []Need{Rang}, true, false, "order.started"},
	{OrderAtWork, FinishOrder, OrderDone, staff.WorkOrders, []Need{Record}, true, false, "order.done"},
	{OrderAtWork, WaitOrder, OrderWaiting, staff.WorkOrders, []Need{WaitingOn, Why}, true, false, "order.waits"},
	{OrderWaiting, ResumeOrder, OrderAtWork, staff.WorkOrders, nil, true, false, "order.resumed"},
	{OrderDone, FeedBackOrder, OrderFedBack, staff.DispatchTickets, nil, false, false, "order.fed_back"},
},
	orderAt([]OrderState{OrderSent, OrderAccepted, OrderAtWork, OrderWaiting},
		OrderMove{Verb: AssignOrder, May: staff.WorkOrders, Needs: []Need{Person}, Inside: true, Event: "order.assigned"}),
	orderAt([]OrderState{OrderSent, OrderAccepted, OrderAtWork, OrderWaiting, OrderDone},
		OrderMove{Verb: RemarkOrder, May: staff.WorkOrders, Needs: []Need{What}, Inside: true, Event: "order.remarked"}),
)

func orderAt(states []OrderState, m OrderMove) []OrderMove {
	out := make([]OrderMove, len(states))
	for i, s := range states {
		out[i] = m
		out[i].From, out[i].To = s, s
	}
	return out
}

// OrderFlow gives a copy of the table, for pages and for the diagram.
func OrderFlow() []OrderMove { return slices.Clone(orderFlow) }

// OrderMoves are the verbs that the flow has in a state and the actor may use; inside tells whether they belong to the
// order's department, or stand in for it.
func OrderMoves(s OrderState, a actor.Actor, inside bool) []OrderMove {
	var out []OrderMove
	for _, m := range orderFlow {
		if m.From == s && a.Can(m.May) && (inside || !m.Inside) {
			out = append(out, m)
		}
	}
	return out
}

func lookupOrder(s OrderState, v OrderVerb) (m OrderMove, found bool) {
	for _, m := range orderFlow {
		if m.From == s && m.Verb == v {
			return m, true
		}
	}
	return OrderMove{}, false
}

func knownOrder(v OrderVerb) (m OrderMove, found bool) {
	for _, m := range orderFlow {
		if m.Verb == v {
			return m, true
		}
	}
	return OrderMove{}, false
}

// Again tells whether the move would do a second time what is done once.
func (m OrderMove) Again(o *ServiceOrder) bool { return m.Once && !o.ArrivedAt.IsZero() }

// NeedsFor are what the move asks of an order for a ticket of a kind: before a repair the customer is rung (TICKET-5).
func (m OrderMove) NeedsFor(kind string) []Need {
	return slices.DeleteFunc(slices.Clone(m.Needs), func(n Need) bool { return n == Rang && kind != "repair" })
}
