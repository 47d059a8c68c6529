package limit

import (
	"slices"
	"time"

	"lobby/app/site/calendar"
)

// walk goes through a history and sets clocks as they are to be set; when they are due is reckoned afterwards.
type walk struct {
	policy   *Policy
	calendar *calendar.Calendar

	order  bool // of a service order
	begun  bool
	class  Class
	row    Row
	start  time.Time
	round  int
	from   time.Time // of the round
	over   time.Time // of the round: the work ended
	solved time.Time // of the round: by a result
	called time.Time // of the round: called back, or closed without

	answered, arrived, offered, ended time.Time // the first of each

	told              time.Time // when the customer last heard from us
	promise, promised time.Time
	sampled           bool

	clocks Limits
	active []int // clocks that may still change, by place in clocks
	waits  []wait
}

// wait is a time during which the ticket waited; an open one has no end yet.
type wait struct {
	from, until time.Time
	on          Party
}

// What is to be set anew by which event.
var (
	all     = []Kind{Response, Solution, Result, Order, Takeover, Major, Callback, Update}
	rounds  = []Kind{Result, Order, Takeover, Major, Callback, Update}
	results = []Kind{Result, Order}
	calls   = []Kind{Callback}
	updates = []Kind{Update}
)

func (w *walk) step(e *Event) {
	switch e.What {
	case Registered, Sent:
		if !w.begun {
			w.begun, w.order = true, e.What == Sent
			w.start, w.from, w.told = e.At, e.At, e.At
			w.classify(e)
		}
	case Classified:
		w.classify(e)
	case PolicyChanged:
		if e.Policy != nil {
			w.policy = e.Policy
			w.row = w.policy.Row(w.class)
			w.set(e.At, true, all)
		}
	case WaitStarted, WaitEnded:
		w.wait(e)
	case Resolved, Invalid, Unsolvable, CalledBack:
		if !w.order {
			w.finish(e)
		}
	case Done, Rejected: // of an order among a ticket's events: no order ends its ticket (TICKET-7)
		if w.order {
			w.finish(e)
		}
	case Closed:
		w.finish(e)
	case Reopened:
		w.reopen(e)
	case Sampled:
		if w.called.IsZero() {
			w.sampled = true
			w.set(e.At, false, calls)
		}
	default:
		w.contact(e)
	}
}

func (w *walk) classify(e *Event) {
	w.class, w.row = e.Class, w.policy.Row(e.Class)
	w.set(e.At, false, all)
}

// contact is what the customer notices of the work; once that is over, it changes nothing.
func (w *walk) contact(e *Event) {
	if !w.over.IsZero() {
		return
	}
	switch e.What {
	case Answered:
		first(&w.answered, e.At)
	case Offered:
		first(&w.offered, e.At)
	case Arrived:
		first(&w.arrived, e.At)
	case Promised:
		w.promise, w.promised = e.Until, e.At
		w.set(e.At, false, results)
	case Told:
	default:
		return
	}
	w.done()
	if e.What != Arrived {
		w.tell(e.At)
	}
}

// first keeps the first moment of something.
func first(kept *time.Time, at time.Time) {
	if kept.IsZero() {
		*kept = at
	}
}

// tell ends one interval of progress updates and begins the next (TICKET-10).
func (w *walk) tell(at time.Time) {
	w.told = at
	w.endUpdate(at)
	w.set(at, false, updates)
}

func (w *walk) endUpdate(at time.Time) {
	w.active = slices.DeleteFunc(w.active, func(i int) bool {
		c := &w.clocks[i]
		if c.Kind != Update {
			return false
		}
		c.Done = at
		return true
	})
}

func (w *walk) wait(e *Event) {
	if !w.over.IsZero() {
		return
	}
	w.endWait(e.At)
	if e.What == WaitStarted {
		w.waits = append(w.waits, wait{from: e.At, on: e.On})
	}
}

// endWait ends the wait that is open, if one is; one that took no time has not been.
func (w *walk) endWait(at time.Time) {
	last := len(w.waits) - 1
	switch {
	case last < 0 || !w.waits[last].until.IsZero():
	case w.waits[last].from.Equal(at):
		w.waits = w.waits[:last]
	default:
		w.waits[last].until = at
	}
}

// finish ends the work, or what follows it.
func (w *walk) finish(e *Event) {
	if !w.over.IsZero() {
		if e.What == CalledBack || e.What == Closed {
			first(&w.called, e.At)
			w.done()
		}
		return
	}
	if e.What == CalledBack {
		return
	}
	w.over = e.At
	first(&w.ended, e.At)
	w.endWait(e.At)
	w.endUpdate(e.At)
	if e.What == Resolved {
		w.solved = e.At
	}
	w.done()
	w.set(e.At, false, calls)
}

// reopen begins another round (SLA-1); a ticket that isn't over can't be reopened.
func (w *walk) reopen(e *Event) {
	if w.over.IsZero() {
		return
	}
	w.round++
	w.from, w.told = e.At, e.At
	w.over, w.solved, w.called, w.promise, w.promised = time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	w.sampled = false
	w.set(e.At, false, rounds)
}

// done notes on each clock that what it asks for has been done.
func (w *walk) done() {
	for _, i := range w.active {
		if c := &w.clocks[i]; c.Done.IsZero() && c.Round == w.roundOf(c.Kind) {
			c.Done = w.doneAt(c)
		}
	}
}

// roundOf is the round that a clock set now belongs to.
func (w *walk) roundOf(k Kind) int {
	if k.ofRound() {
		return w.round
	}
	return 0
}

// doneAt is when what a clock asks for was done; zero: not yet.
func (w *walk) doneAt(c *Clock) time.Time {
	switch c.Kind {
	case Response:
		at := earliest(w.arrived, w.ended)
		if !c.OnSpot {
			at = earliest(earliest(at, w.answered), w.offered)
		}
		return at
	case Solution:
		return earliest(w.offered, w.ended)
	case Callback:
		return w.called
	}
	return w.over
}

// set sets the clocks of some kinds as they have to run now: those that count otherwise are replaced, those missing
// begin. With keepDone, what has been done isn't judged anew.
func (w *walk) set(at time.Time, keepDone bool, kinds []Kind) {
	var room [8]Clock
	wanted := w.wanted(room[:0], kinds)
	w.active = slices.DeleteFunc(w.active, func(i int) bool {
		c := &w.clocks[i]
		if !slices.Contains(kinds, c.Kind) {
			return false
		}
		if keepDone && !c.Done.IsZero() {
			wanted = slices.DeleteFunc(wanted, func(o Clock) bool { return o.Kind == c.Kind })
			return false
		}
		if n := slices.IndexFunc(wanted, func(o Clock) bool { return c.same(&o) }); n >= 0 {
			wanted = slices.Delete(wanted, n, n+1)
			return false
		}
		if c.Done.IsZero() || c.Round == w.roundOf(c.Kind) {
			c.Replaced = at
		}
		return true
	})
	for _, c := range wanted {
		c.Set, c.promised = at, w.promised
		c.Done = w.doneAt(&c)
		if keepDone && !c.Done.IsZero() {
			continue
		}
		w.active = append(w.active, len(w.clocks))
		w.clocks = append(w.clocks, c)
	}
}

// wanted adds the clocks of some kinds that have to run now.
func (w *walk) wanted(to []Clock, kinds []Kind) []Clock {
	for _, k := range kinds {
		c := Clock{Kind: k, Round: w.roundOf(k), Start: w.start, Levels: w.policy.levels(k)}
		switch {
		case w.order != (k == Order):
			continue
		case k == Takeover || k == Major:
			to = w.rungs(to, c)
			continue
		case k == Response:
			c.Span, c.OnSpot = w.row.Response, w.row.OnSpot
		case k == Solution:
			c.Span = w.row.Solution
		case k == Result:
			c.Span, c.Start, c.Promise = w.row.Result, w.from, w.promise
		case k == Order:
			c.Span, c.Start, c.Promise = w.row.Order, w.from, w.promise
		case k == Callback && !w.solved.IsZero() && w.policy.calls(w.class, w.sampled):
			c.Span, c.Start = w.policy.Callbacks.Within, w.solved
		case k == Update && w.over.IsZero():
			c.Span, c.Start = w.row.Update, w.told
		}
		if !c.Span.runs() {
			c.Span = Span{}
		}
		if c.Span != (Span{}) || !c.Promise.IsZero() {
			to = append(to, c)
		}
	}
	return to
}

// rungs adds the clocks of the ladder that run by themselves (ESC-2, COMPLAINT-5); the first of two alike.
func (w *walk) rungs(to []Clock, c Clock) []Clock {
	on := OnCase
	if c.Kind == Major {
		on = OnComplaint
	} else {
		c.Start = w.from
	}
	if (w.class.Kind == "complaint") != (on == OnComplaint) {
		return to
	}
	for _, r := range w.policy.Ladder {
		again := slices.ContainsFunc(to, func(o Clock) bool { return o.Kind == c.Kind && o.Span == r.After })
		if r.On == on && r.After.runs() && !again {
			c.Span, c.Levels = r.After, r.Levels
			to = append(to, c)
		}
	}
	return to
}
