package limit_test

import (
	"slices"

	"lobby/app/ticket/limit"
)

// facts are what stands after some of the events.
type facts struct {
	policy                   *limit.Policy
	class                    limit.Class
	round, from, tells, told int
	over, solved             bool
	solvedAt                 int
	promise, promised        int
	chosen, called           bool
}

const never = -1 << 40

// version is a clock as the brute-force clock sees it.
type version struct {
	kind                             limit.Kind
	span                             limit.Span
	onSpot                           bool
	levels                           []string
	next                             limit.Span
	round, start, set, tells         int
	promise, promised                int
	done, replaced                   int // never
	limit, due, paused               int // never
	left, leftDays, length, finished int
}

// brute is one history in one world.
type brute struct {
	*world
	order  bool
	events limit.History
	stands []facts // after each event
	// waits[m] tells whether the ticket waits on the customer at a minute; later ones are as the last.
	waits []bool
	last  int // minute of the last event
}

func ends(order bool, what limit.What) bool {
	if order {
		return slices.Contains([]limit.What{limit.Done, limit.Rejected, limit.Closed}, what)
	}
	return slices.Contains([]limit.What{limit.Resolved, limit.Invalid, limit.Unsolvable, limit.Closed}, what)
}

func newBrute(w *world, p *limit.Policy, h limit.History) *brute {
	b := &brute{world: w, order: h[0].What == limit.Sent, events: h}
	f := facts{policy: p, promise: never, promised: never, class: h[0].Class}
	waiting := false
	for _, e := range h {
		at := w.number(e.At)
		for len(b.waits) < at {
			b.waits = append(b.waits, waiting)
		}
		switch {
		case e.What == limit.Classified:
			f.class = e.Class
		case e.What == limit.PolicyChanged:
			f.policy = e.Policy
		case e.What == limit.Sampled:
			f.chosen = f.chosen || !f.called
		case e.What == limit.Reopened && f.over:
			f = facts{policy: f.policy, class: f.class, round: f.round + 1, from: at, told: at, tells: f.tells + 1, promise: never, promised: never}
		case f.over:
			f.called = f.called || e.What == limit.CalledBack || e.What == limit.Closed
		case ends(b.order, e.What):
			f.over, waiting = true, false
			f.solved, f.solvedAt = e.What == limit.Resolved, at
		case e.What == limit.WaitStarted:
			waiting = e.On == limit.Customer
		case e.What == limit.WaitEnded:
			waiting = false
		}
		if !f.over && slices.Contains([]limit.What{limit.Answered, limit.Offered, limit.Told, limit.Promised}, e.What) {
			f.told, f.tells = at, f.tells+1
			if e.What == limit.Promised {
				f.promise, f.promised = w.number(e.Until), at
			}
		}
		b.stands = append(b.stands, f)
		b.last = at
	}
	b.waits = append(b.waits, waiting)
	return b
}

// waiting tells whether the ticket waits on the customer at a minute.
func (b *brute) waiting(m int) bool {
	if m < 0 {
		return false
	}
	return b.waits[min(m, len(b.waits)-1)]
}

// row looks a class up in the table: of the rows that fit, that with the most telling criterion.
func row(p *limit.Policy, c limit.Class) limit.Row {
	var best limit.Row
	if c.Kind == "" {
		return best
	}
	bestSays := ""
	for _, r := range p.Rows {
		says := ""
		fits := !r.LifeSafety || c.LifeSafety
		for _, pair := range [][2]string{{r.Kind, c.Kind}, {"", ""}, {r.Help, c.Help}, {r.Severity, c.Severity}, {r.Urgency, c.Urgency}} {
			fits = fits && (pair[0] == "" || pair[0] == pair[1])
			if pair[0] != "" {
				says += "y"
			} else {
				says += "n"
			}
		}
		if r.LifeSafety {
			says = says[:1] + "y" + says[2:]
		}
		if fits && says > bestSays {
			best, bestSays = r, says
		}
	}
	return best
}

func usable(s limit.Span) bool { return s.N > 0 && s.Unit != "" }

// wish is what a clock of a kind should be after event i; ok is false where there should be none.
func (b *brute) wish(k limit.Kind, rung limit.Span, i int) (v version, ok bool) {
	f := &b.stands[i]
	r := row(f.policy, f.class)
	v = version{kind: k, round: f.round, promise: never, promised: never, done: never, replaced: never}
	for _, l := range f.policy.Ladder {
		if l.On == string(k) {
			v.levels, v.next = l.Levels, l.Next
			break
		}
	}
	switch k {
	case limit.Response:
		v.span, v.onSpot, v.round = r.Response, r.OnSpot, 0
	case limit.Solution:
		v.span, v.round = r.Solution, 0
	case limit.Result:
		v.span, v.start, v.promise, v.promised = r.Result, f.from, f.promise, f.promised
	case limit.Order:
		v.span, v.start, v.promise, v.promised = r.Order, f.from, f.promise, f.promised
	case limit.Takeover, limit.Major:
		on := map[limit.Kind]string{limit.Takeover: limit.OnCase, limit.Major: limit.OnComplaint}[k]
		if (k == limit.Major) != (f.class.Kind == "complaint") {
			return v, false
		}
		n := slices.IndexFunc(f.policy.Ladder, func(l limit.Rung) bool { return l.On == on && l.After == rung })
		if n < 0 {
			return v, false
		}
		v.span, v.levels, v.next = rung, f.policy.Ladder[n].Levels, f.policy.Ladder[n].Next
		if k == limit.Takeover {
			v.start = f.from
		}
	case limit.Callback:
		always := f.class.LifeSafety || f.class.Urgency == "A" || !slices.Contains(f.policy.Callbacks.Sampled, f.class.Kind)
		if !f.solved || !always && !f.chosen {
			return v, false
		}
		v.span, v.start = f.policy.Callbacks.Within, f.solvedAt
	case limit.Update:
		if f.over {
			return v, false
		}
		v.span, v.start, v.tells = r.Update, f.told, f.tells
	}
	if !usable(v.span) {
		v.span = limit.Span{}
	}
	return v, v.span != limit.Span{} || v.promise != never
}

// doneBy looks for the first event up to i that does what the clock asks for.
func (b *brute) doneBy(v *version, i int) int {
	for n := range b.events[:i+1] {
		e, f := &b.events[n], &b.stands[n]
		at := b.number(e.At)
		over := f.over
		answer := e.What == limit.Answered || e.What == limit.Offered || e.What == limit.Arrived
		switch v.kind {
		case limit.Response:
			if over || answer && (!v.onSpot || e.What == limit.Arrived) {
				return at
			}
		case limit.Solution:
			if over || e.What == limit.Offered {
				return at
			}
		case limit.Callback:
			was := n > 0 && b.stands[n-1].over && b.stands[n-1].round == f.round
			if f.round == v.round && was && (e.What == limit.CalledBack || e.What == limit.Closed) {
				return at
			}
		case limit.Update:
			if f.round == v.round && over && f.tells >= v.tells || f.tells > v.tells {
				return at
			}
		default:
			if f.round == v.round && over {
				return at
			}
		}
	}
	return never
}

func alike(v, o *version) bool {
	return v.span == o.span && v.onSpot == o.onSpot && slices.Equal(v.levels, o.levels) && v.next == o.next && v.round == o.round &&
		v.start == o.start && v.promise == o.promise && v.tells == o.tells
}

// versions follows one kind of clock through the events.
func (b *brute) versions(k limit.Kind, rung limit.Span) []version {
	var all []version
	cur := -1 // in all: the one in force
	kept := false
	for i := range b.events {
		e := &b.events[i]
		at := b.number(e.At)
		v, ok := b.wish(k, rung, i)
		roundly := k != limit.Response && k != limit.Solution
		begins := roundly && i > 0 && b.stands[i].round > b.stands[i-1].round
		if e.What == limit.PolicyChanged {
			done := cur >= 0 && b.doneBy(&all[cur], i) != never
			kept = done || ok && b.doneBy(&v, i) != never
			if done {
				continue
			}
			ok = ok && !kept
		} else if e.What == limit.Classified || begins {
			kept = false
		}
		if kept && e.What != limit.PolicyChanged {
			continue
		}
		if cur >= 0 && ok && alike(&all[cur], &v) {
			continue
		}
		if cur >= 0 {
			done := b.doneBy(&all[cur], i) != never
			next := k == limit.Update || begins
			if !done || !next {
				all[cur].replaced, all[cur].done = at, b.doneBy(&all[cur], i)
			}
			cur = -1
		}
		if ok {
			v.set = at
			all = append(all, v)
			cur = len(all) - 1
		}
	}
	for i := range all {
		if all[i].replaced == never {
			all[i].done = b.doneBy(&all[i], len(b.events)-1)
		}
		b.reckon(&all[i])
	}
	return all
}
