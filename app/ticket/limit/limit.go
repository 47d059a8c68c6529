// Package limit is the engine of time limits. From a site's policy, its calendar and what happened to a ticket it says
// which clocks run or ran, when each is due, whether and when it was met or passed, and how that came about. It is pure:
// no database, no clock, and the same history gives the same answer for ever, so that every stored figure can be
// recomputed (SLA-4).
//
//	limits := limit.Of(limit.Default(), cal, limit.History{
//		{At: fri1640, What: limit.Registered, Class: limit.Class{Kind: "complaint", Urgency: "B"}},
//		{At: sat0900, What: limit.Answered},
//		{At: mon1500, What: limit.WaitStarted, On: limit.Customer},
//		{At: tue0900, What: limit.WaitEnded},
//	})
//	c, _ := limits.Clock(limit.Result)
//	c.Due      // closing time on Thursday: the weekend doesn't count, and on Monday it waited at closing time (SLA-3)
//	c.Why(now) // Friday: day of receipt; Saturday, Sunday: weekend; Monday: waited; Tuesday to Thursday: days 1 to 3
//	limits.Next(now) // when time alone changes something next: the limit is near, or passes
//
// A ticket has a clock for the first response, one for a solution and one for the result, as its class has them in the
// policy (SLA-1), and beside them clocks for what else is due by time: passing the case on (ESC-2), a complaint's becoming
// major (COMPLAINT-5), the callback (CALLBACK-2), telling the customer of progress (TICKET-10). A service order has a
// history and a clock of its own. What each clock counts:
//
//   - It runs from registration, at its true time. The result's and ESC-2's clocks run from the last reopening; a round is
//     what lies between two reopenings. COMPLAINT-5's month runs from registration whatever happens.
//   - While a ticket waits on the customer, the clocks of the result and of the order stand still, and no other does
//     (SLA-2). At such a moment they don't fall due either, and a promise of such a moment lapses.
//   - What happens at the very moment of the limit is in time: done, waiting, another class, another promise.
//   - When the class changes, clocks whose limit changes by it are replaced: the old one keeps Replaced, and its breach if
//     it had passed by then; the new one runs from where the old one ran, and may so be past its limit from the start. A
//     new promise replaces the clock in the same way (TICKET-11), a new policy only those clocks that still run.
//   - What ends the work (resolved, invalid, unsolvable, closed) ends every clock that asks for work.
//   - What was escalated goes on to the level above where nobody has taken it by the end of its rung's term, until somebody
//     takes it or the work ends (ESC-5).
package limit

import (
	"time"

	"lobby/app/site/calendar"
)

// Limits are the clocks of one ticket or order, those replaced among them, in the order in which they were set.
type Limits []Clock

// Of derives the clocks from what happened. A history with neither Registered nor Sent has none. Times after the last
// event don't matter: what will have happened until some later moment is asked of the clocks.
func Of(p *Policy, c *calendar.Calendar, h History) Limits {
	w := &walk{policy: p, calendar: c} // its clocks look at what was taken
	events := h.inOrder()
	for i := range events {
		w.step(&events[i])
	}
	for i := range w.clocks {
		w.clocks[i].reckon(w)
	}
	return w.clocks
}

// Clock gives the clock of a kind that is in force, the latest where there are several.
func (l Limits) Clock(k Kind) (c Clock, found bool) {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].Kind == k && l[i].Replaced.IsZero() {
			return l[i], true
		}
	}
	return Clock{}, false
}

// Due is the nearest limit of what still has to be done: response, solution, result, or the order's answer. It is zero
// where nothing is due, or nothing while it waits on the customer. The order of work goes by it (TICKET-3).
func (l Limits) Due() time.Time {
	var due time.Time
	for i := range l {
		if l[i].Kind.limit() && l[i].runs() {
			due = earliest(due, l[i].Due)
		}
	}
	return due
}

// Next is the next moment after now at which time alone changes anything: a limit is near, a limit passes, somebody is
// told, or the level above. It is zero where nothing will.
func (l Limits) Next(now time.Time) time.Time {
	var next time.Time
	for _, e := range l.told(now) {
		if e.At.After(now) {
			next = earliest(next, e.At)
		}
	}
	for i := range l {
		if !l[i].runs() {
			continue
		}
		for _, t := range [...]time.Time{l[i].Near, l[i].Due} {
			if t.After(now) {
				next = earliest(next, t)
			}
		}
	}
	return next
}

// earliest of two moments, where zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
