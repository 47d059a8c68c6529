package ticket

import (
	"slices"

	"lobby/app/kit/actor"
	"lobby/app/staff"
)

// Verb is a step that somebody can take with a ticket.
type Verb string

// The verbs. Register and Overdue are written into the history by the system; the others are pressed by a person.
const (
	RegisterVerb Verb = "register"
	OverdueVerb  Verb = "overdue"
	Take         Verb = "take"
	Resolve      Verb = "resolve"
	Close        Verb = "close"
	Reopen       Verb = "reopen"
	Prioritise   Verb = "prioritise"
)

// Need is what a verb asks of the person beside pressing the button.
type Need string

// What a verb can ask for.
const (
	Nothing Need = ""       // a remark may be given
	What    Need = "what"   // what was done
	Why     Need = "why"    // a reason
	Scales  Need = "scales" // urgency and type
)

// Move is one line of the flow: from a state, by a verb, to a state, for whom, asking for what (TICKET-4).
type Move struct {
	From  State
	Verb  Verb
	To    State // the same as From where the verb doesn't move the ticket
	May   actor.Permission
	Need  Need
	Event string // kind of the live event
}

// flow is the one table of the flow. Buttons, permission checks, refusals and the diagram in ARCHITECTURE.md come from
// it; later verbs are further lines.
var flow = []Move{
	{Registered, Take, InHand, staff.WorkTickets, Nothing, "ticket.taken"},
	{InHand, Resolve, Resolved, staff.WorkTickets, What, "ticket.resolved"},
	{Resolved, Close, Closed, staff.CloseTickets, Nothing, "ticket.closed"},
	{Resolved, Reopen, InHand, staff.WorkTickets, Why, "ticket.reopened"},
	{Registered, Prioritise, Registered, staff.PrioritiseTickets, Scales, "ticket.changed"},
	{InHand, Prioritise, InHand, staff.PrioritiseTickets, Scales, "ticket.changed"},
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

// known finds any line of a verb: who may use it and what it asks for don't depend on the state.
func known(v Verb) (m Move, found bool) {
	for _, m := range flow {
		if m.Verb == v {
			return m, true
		}
	}
	return Move{}, false
}
