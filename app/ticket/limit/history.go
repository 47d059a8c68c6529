package limit

import (
	"slices"
	"time"
)

// Class is what limits depend on. An empty Kind is a ticket that nobody has classified yet.
type Class struct {
	Kind       string // repair, complaint, …
	Urgency    string // A, B, C
	Severity   string // of a complaint: major, important, minor
	Help       string // of a request for help: its kind (HELP-1)
	LifeSafety bool   // help where life is at stake (HELP-3)
}

// What happened.
type What string

// What can happen to a ticket, as far as limits care. Other steps can be in a history too; they change nothing.
const (
	Registered    What = "registered"     // with Class, where it is known; at its true time (TICKET-6)
	Classified    What = "classified"     // with Class; every change of it as well
	Answered      What = "answered"       // the first response
	Arrived       What = "arrived"        // somebody is at the spot (SLA-6)
	Offered       What = "offered"        // a solution was offered
	Told          What = "told"           // the customer was told of progress (TICKET-10)
	Promised      What = "promised"       // with Until: the time promised to the customer (TICKET-11)
	WaitStarted   What = "wait_started"   // with On; another wait ends by it
	WaitEnded     What = "wait_ended"     //
	Resolved      What = "resolved"       // the result is there
	Invalid       What = "invalid"        // confirmed as invalid, and explained
	Unsolvable    What = "unsolvable"     // closed by the manager, with the reason
	Taken         What = "taken"          // somebody took what was escalated to them (ESC-5)
	Sampled       What = "sampled"        // chosen for a callback that isn't made of every ticket (CALLBACK-2)
	CalledBack    What = "called_back"    //
	Closed        What = "closed"         //
	Reopened      What = "reopened"       // the customer isn't satisfied
	PolicyChanged What = "policy_changed" // with Policy: the site's limits from then on
)

// What can happen to a service order, beside Classified, Taken, Promised (a limit that its sender set), waiting and Closed.
const (
	Sent     What = "sent" // with the ticket's Class
	Rejected What = "rejected"
	Done     What = "done"
)

// Party is who or what is waited for.
type Party string

// Who or what can be waited for. Only waiting on the customer stops a clock (SLA-2).
const (
	Customer   Party = "customer"
	Parts      Party = "parts"
	ThirdParty Party = "third_party"
	Department Party = "department"
)

// Event is one thing that happened.
type Event struct {
	At     time.Time // when it happened, which may be before it was written down (TICKET-6)
	What   What
	Class  Class     // Registered, Sent, Classified
	On     Party     // WaitStarted
	Until  time.Time // Promised
	Policy *Policy   // PolicyChanged
}

// History is what happened to one ticket, or to one order. A ticket's has Registered, an order's has Sent; everything
// before that counts as at the same moment. Events of one moment are in the order of the slice.
type History []Event

// inOrder is the history by time, beginning with Registered or Sent; nil where it has neither.
func (h History) inOrder() History {
	first := slices.IndexFunc(h, func(e Event) bool { return e.What == Registered || e.What == Sent })
	if first < 0 {
		return nil
	}
	byTime := func(a, b Event) int { return a.At.Compare(b.At) }
	if first == 0 && slices.IsSortedFunc(h, byTime) {
		return h
	}
	begin := h[first]
	rest := slices.Delete(slices.Clone(h), first, first+1)
	for i := range rest {
		if rest[i].At.Before(begin.At) {
			rest[i].At = begin.At
		}
	}
	slices.SortStableFunc(rest, byTime)
	return slices.Insert(rest, 0, begin)
}
