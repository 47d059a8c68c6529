package limit

import (
	"slices"
	"time"

	"lobby/app/site/calendar"
)

// Kind of a clock.
type Kind string

// The kinds of clocks.
const (
	Response Kind = "response" // SLA-1
	Solution Kind = "solution" // SLA-1
	Result   Kind = "result"   // SLA-1
	Order    Kind = "order"    // of a service order: until the department answers (ESC-1)
	Takeover Kind = "takeover" // until a case that isn't done passes to the clock's Levels (ESC-2)
	Major    Kind = "major"    // until a complaint that isn't resolved becomes major (COMPLAINT-5)
	Callback Kind = "callback" // CALLBACK-2
	Update   Kind = "update"   // until the customer is to be told of progress (TICKET-10)
)

// followed are the clocks whose passing a rung of the ladder can follow by the clock's own name.
var followed = []Kind{Response, Solution, Result, Order, Callback, Update}

// limit tells whether the clock is one of the limits of the table, rather than of what follows from them.
func (k Kind) limit() bool { return k == Response || k == Solution || k == Result || k == Order }

// stops tells whether waiting on the customer stops the clock (SLA-2).
func (k Kind) stops() bool { return k == Result || k == Order }

// ofRound tells whether each round of a ticket has a clock of the kind of its own.
func (k Kind) ofRound() bool { return k != Response && k != Solution }

// Clock is one limit of a ticket or order.
type Clock struct {
	Kind   Kind
	Round  int       // how often the ticket had been reopened
	Start  time.Time // from when it counts
	Set    time.Time // when it was set: by registration, class, promise, policy, reopening
	Span   Span      // zero where there is only a promise
	OnSpot bool      // a response that asks for somebody at the spot (SLA-6)
	Levels []string  // the roles that are told when it passes
	Next   Span      // how long they may leave it until the level above is told

	Promise time.Time // the time promised to the customer; zero: none (TICKET-11)
	Lapsed  bool      // at the time promised the ticket waited on the customer
	Limit   time.Time // when the Span ends; zero while it waits on the customer, and without a Span
	Due     time.Time // the earlier of Limit and Promise; zero: nothing is due while it waits on the customer

	Done     time.Time // when what it asks for was done, in time or not
	Replaced time.Time // when another clock took its place, or it lost its sense
	Paused   time.Time // since when it stands still, if it does
	Near     time.Time // from when on it is near; zero where Due is

	promised time.Time // when the promise was given
	left     Left      // while it stands still
	calendar *calendar.Calendar
	waits    []wait
	taken    *taking
}

// State of a clock at a moment.
type State string

// The states of a clock.
const (
	Running  State = "running"
	IsNear   State = "near"     // in its last part
	Waiting  State = "waiting"  // it stands still: the ticket waits on the customer
	Overdue  State = "overdue"  // passed, and not done
	Met      State = "met"      // done in time
	Late     State = "late"     // done after it passed
	Replaced State = "replaced" // no longer in force; Breached says whether it had passed
)

// State of the clock at a moment after the last event.
func (c *Clock) State(now time.Time) State {
	passed := !c.Breached(now).IsZero()
	switch {
	case !c.Replaced.IsZero():
		return Replaced
	case !c.Done.IsZero() && passed:
		return Late
	case !c.Done.IsZero():
		return Met
	case passed:
		return Overdue
	case !c.Paused.IsZero():
		return Waiting
	case !c.Near.IsZero() && !now.Before(c.Near):
		return IsNear
	}
	return Running
}

// Breached is the moment at which the limit passed without what it asks for, whenever that was noticed (SLA-4); zero
// where it hasn't passed until now. A clock whose limit was over when it was set has passed before that.
func (c *Clock) Breached(now time.Time) time.Time {
	if c.Due.IsZero() || now.Before(c.Due) || c.endedBy(c.Due) {
		return time.Time{}
	}
	return c.Due
}

// endedBy tells whether the clock was done or replaced at the moment or before.
func (c *Clock) endedBy(t time.Time) bool {
	end := c.end()
	return !end.IsZero() && !end.After(t)
}

// end is when the clock was done or replaced; zero: neither.
func (c *Clock) end() time.Time { return earliest(c.Done, c.Replaced) }

// runs tells whether the clock waits for something yet.
func (c *Clock) runs() bool { return c.Done.IsZero() && c.Replaced.IsZero() }

// Left is what is left of a limit.
type Left struct {
	Time time.Duration // until it is due, negative when overdue; while it stands still: what will be left when it goes on
	Days int           // of a limit in working days: those not closed yet, with the last
}

// Remaining is what is left of a clock at a moment after the last event; nothing of one that doesn't run any more.
func (c *Clock) Remaining(now time.Time) Left {
	switch {
	case !c.runs() || c.Due.IsZero() && c.Paused.IsZero():
		return Left{}
	case c.Due.IsZero():
		return c.left
	}
	left := Left{Time: c.Due.Sub(now)}
	if c.Span.Unit != WorkingDays || c.Due.Before(now) {
		return left
	}
	for d := max(c.calendar.Day(now), c.calendar.Day(c.Start)+1); !c.calendar.Closing(d).After(c.Due); d++ {
		if works, _ := c.calendar.Working(d); works && c.calendar.Closing(d).After(now) {
			left.Days++
		}
	}
	return left
}

// Unknown are the years whose holidays nobody has imported and which a limit in working days looks at: it is a guess.
func (c *Clock) Unknown() []int {
	if c.Span.Unit != WorkingDays {
		return nil
	}
	var years []int
	last := earliest(c.Limit, c.Paused)
	if last.IsZero() {
		last = c.Start
	}
	for y := c.calendar.Day(c.Start).Year(); y <= c.calendar.Day(last).Year(); y++ {
		if !c.calendar.Known(y) {
			years = append(years, y)
		}
	}
	return years
}

// same tells whether another clock would count as this one does.
func (c *Clock) same(o *Clock) bool {
	return c.Kind == o.Kind && c.Round == o.Round && c.Start.Equal(o.Start) && c.Span == o.Span && c.OnSpot == o.OnSpot &&
		c.Promise.Equal(o.Promise) && slices.Equal(c.Levels, o.Levels) && c.Next == o.Next
}
