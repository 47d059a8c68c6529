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
	taken  taking
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
	case Taken:
		w.taken.ends = append(w.taken.ends, ending{at: e.At})
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
	w.taken.classes = append(w.taken.classes, urgency{e.At, e.Class.Urgency == "A" || e.Class.LifeSafety})
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
	w.taken.ends = append(w.taken.ends, ending{e.At, true})
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
