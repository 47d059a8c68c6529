package ticket

import (
	"slices"

	"lobby/app/kit/actor"
	"lobby/app/staff"
)

// Verb is a step that somebody can take with a ticket.
type Verb string

// The verbs. Register, and what time or a rule of the site does, are written into the history by the system; the others
// are pressed by a person.
const (
	RegisterVerb Verb = "register"
	OverdueVerb  Verb = "overdue"  // a limit passed
	EscalateVerb Verb = "escalate" // a level was told, or took it over
	LimitVerb    Verb = "limit"    // limits are others, by a rule of the site
	Accept       Verb = "accept"
	Classify     Verb = "classify"
	Handle       Verb = "handle"
	Dispatch     Verb = "dispatch"
	Invalidate   Verb = "invalidate"
	Answer       Verb = "answer"
	Offer        Verb = "offer"
	Update       Verb = "update"
	Promise      Verb = "promise"
	Reclassify   Verb = "reclassify"
	Reassign     Verb = "reassign"
	Ask          Verb = "ask"
	Wait         Verb = "wait"
	Resume       Verb = "resume"
	Resolve      Verb = "resolve"
	Unsolvable   Verb = "unsolvable"
	Verify       Verb = "verify"
	CallBack     Verb = "call_back"
	Close        Verb = "close"
	Reopen       Verb = "reopen"
	Remark       Verb = "remark"
	Urge         Verb = "urge"
	TakeOver     Verb = "take_over" // what was escalated and waits for somebody (ESC-5)
	Link         Verb = "link"
)

// Need is what a verb asks of the person beside pressing the button.
type Need string

// What a verb can ask for. A remark may be given with every verb.
const (
	What        Need = "what"        // what was done or said
	Why         Need = "why"         // a reason
	Classes     Need = "class"       // what the ticket is
	Person      Need = "person"      // to whom it goes
	WaitingOn   Need = "on"          // on whom or what it waits
	Until       Need = "until"       // a time to come
	Customer    Need = "customer"    // name of the customer who confirms; of repairs only (TICKET-5)
	Instead     Need = "instead"     // what was offered instead; of help only (HELP-4)
	Earlier     Need = "earlier"     // the first complaint on the same matter (COMPLAINT-6)
	Departments Need = "departments" // to which departments, and what they are to do
)

// Move is one line of the flow: from a state, by a verb, to a state, for whom, asking for what, provided that the
// guards hold (TICKET-4).
type Move struct {
	From   State
	Verb   Verb
	To     State // the same as From where the verb doesn't move the ticket
	May    actor.Permission
	Needs  []Need
	Guards []Guard
	Event  string // kind of the live event
}

// flow is the one table of the flow. Buttons, permission checks, refusals and the diagram in ARCHITECTURE.md come from
// it.
var flow = slices.Concat([]Move{
	{Registered, Accept, Registered, staff.AcceptTickets, nil, []Guard{unaccepted, unaccused}, "ticket.accepted"},
	{Registered, Classify, Classified, staff.ClassifyTickets, []Need{Classes}, nil, "ticket.classified"},

	{Classified, Handle, InHand, staff.ClassifyTickets, nil, []Guard{valid, assigned, unaccused, withinGrade}, "ticket.handled"},
	{Classified, Dispatch, InHand, staff.DispatchTickets, []Need{Departments}, []Guard{valid}, "ticket.dispatched"},
	{Classified, Accept, Classified, staff.AcceptTickets, nil, []Guard{unaccepted, unaccused}, "ticket.accepted"},
	{Classified, Classify, Classified, staff.ClassifyTickets, []Need{Classes}, nil, "ticket.classified"},
	{Classified, Invalidate, Invalid, staff.InvalidateTickets, []Need{Why}, []Guard{ordersOver}, "ticket.invalidated"},

	{InHand, Resolve, Resolved, staff.WorkTickets, []Need{What}, []Guard{ordersOver, mediated}, "ticket.resolved"},
	{InHand, Wait, Waiting, staff.WorkTickets, []Need{WaitingOn, Why}, nil, "ticket.waits"},
	{Waiting, Resume, InHand, staff.WorkTickets, nil, nil, "ticket.resumed"},
	{Waiting, Resolve, Resolved, staff.WorkTickets, []Need{What}, []Guard{ordersOver, mediated}, "ticket.resolved"},

	{Resolved, Verify, Verified, staff.VerifyTickets, []Need{Customer}, []Guard{otherHands}, "ticket.verified"},
	{Resolved, CallBack, CalledBack, staff.CallBack, []Need{What}, []Guard{inquiry, asked}, "ticket.called_back"},
	{Resolved, Close, Closed, staff.CloseTickets, nil, []Guard{inquiry, sampled, closerGrade}, "ticket.closed"},
	{Verified, CallBack, CalledBack, staff.CallBack, []Need{What}, []Guard{asked}, "ticket.called_back"},
	{Verified, Close, Closed, staff.CloseTickets, nil, []Guard{sampled, closerGrade}, "ticket.closed"},
	{CalledBack, Close, Closed, staff.CloseTickets, nil, []Guard{closerGrade}, "ticket.closed"},
},
	at([]State{Resolved, Verified, CalledBack}, Move{Verb: Reopen, To: InHand, May: staff.CallBack, Needs: []Need{Why}, Event: "ticket.reopened"}),
	at([]State{Closed}, Move{Verb: Reopen, To: InHand, May: staff.CallBack, Needs: []Need{Why}, Event: "ticket.reopened"}),
	at([]State{InHand, Waiting}, Move{Verb: Answer, May: staff.WorkTickets, Needs: []Need{What}, Event: "ticket.answered"}),
	at([]State{InHand, Waiting}, Move{Verb: Offer, May: staff.WorkTickets, Needs: []Need{What}, Event: "ticket.offered"}),
	at([]State{InHand, Waiting}, Move{Verb: Update, May: staff.WorkTickets, Needs: []Need{What, Until}, Event: "ticket.told"}),
	at([]State{InHand, Waiting}, Move{Verb: Promise, May: staff.WorkTickets, Needs: []Need{Until}, Event: "ticket.promised"}),
	at([]State{InHand, Waiting}, Move{Verb: Dispatch, May: staff.DispatchTickets, Needs: []Need{Departments}, Guards: []Guard{valid}, Event: "ticket.dispatched"}),
	at([]State{Registered, Classified, InHand, Waiting}, Move{Verb: Ask, May: staff.AcceptTickets, Needs: []Need{Why}, Event: "ticket.asked"}),
	at([]State{Classified, InHand, Waiting}, Move{Verb: Reassign, May: staff.ReassignTickets, Needs: []Need{Person}, Guards: []Guard{unaccused, withinGrade}, Event: "ticket.reassigned"}),
	at(open, Move{Verb: TakeOver, May: staff.TakeOverTickets, Guards: []Guard{untaken, addressed, unaccused}, Event: "ticket.taken"}),
	at([]State{InHand, Waiting}, Move{Verb: Reclassify, May: staff.ReassignTickets, Needs: []Need{Classes}, Event: "ticket.changed"}),
	at([]State{InHand, Waiting}, Move{Verb: Invalidate, To: Invalid, May: staff.InvalidateTickets, Needs: []Need{Why}, Guards: []Guard{ordersOver}, Event: "ticket.invalidated"}),
	at([]State{InHand, Waiting}, Move{Verb: Unsolvable, To: Unsolved, May: staff.UnsolvableTickets, Needs: []Need{Why, Instead}, Guards: []Guard{ordersOver}, Event: "ticket.unsolvable"}),
	at(open, Move{Verb: Urge, May: staff.RegisterTicket, Event: "ticket.urged"}),
	at(open, Move{Verb: Remark, May: staff.ViewTickets, Needs: []Need{What}, Event: "ticket.remarked"}),
	at(open, Move{Verb: Link, May: staff.ClassifyTickets, Needs: []Need{Earlier}, Guards: []Guard{complaint}, Event: "ticket.changed"}),
)

// open are the states of a ticket that is not over.
var open = []State{Registered, Classified, InHand, Waiting, Resolved, Verified, CalledBack}

// at makes a line of the table for each of some states; without To the ticket stays where it is.
func at(states []State, m Move) []Move {
	out := make([]Move, len(states))
	for i, s := range states {
		out[i] = m
		out[i].From = s
		if m.To == "" {
			out[i].To = s
		}
	}
	return out
}

// Flow gives a copy of the table, for pages and for the diagram.
func Flow() []Move { return slices.Clone(flow) }

// Moves are the verbs that the flow has in a state and the actor may use, in the order of the table.
func Moves(s State, a actor.Actor) []Move {
	var out []Move
	for _, m := range flow {
		if m.From == s && a.Can(m.May) {
			out = append(out, m)
		}
	}
	return out
}

// lookup finds the move of a verb in a state.
func lookup(s State, v Verb) (m Move, found bool) {
	for _, m := range flow {
		if m.From == s && m.Verb == v {
			return m, true
		}
	}
	return Move{}, false
}

// known finds any line of a verb: who may use it doesn't depend on the state.
func known(v Verb) (m Move, found bool) {
	for _, m := range flow {
		if m.Verb == v {
			return m, true
		}
	}
	return Move{}, false
}

// needs are what the move asks of this ticket: a customer's name confirms repairs only (TICKET-5), something else is
// offered where help is refused (HELP-4).
func (m Move) needs(t *Ticket) []Need {
	return slices.DeleteFunc(slices.Clone(m.Needs), func(n Need) bool {
		return n == Customer && t.Kind != "repair" || n == Instead && t.Kind != "help"
	})
}
