package limit

import (
	"slices"
	"time"
)

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
		rung := w.policy.rung(k)
		c := Clock{Kind: k, Round: w.roundOf(k), Start: w.start, Levels: rung.Levels, Next: rung.Next}
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
			c.Span, c.Levels, c.Next = r.After, r.Levels, r.Next
			to = append(to, c)
		}
	}
	return to
}
