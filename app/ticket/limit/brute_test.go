package limit_test

import (
	"slices"
	"time"

	"lobby/app/ticket/limit"
)

// The brute-force clock. It steps minute by minute through a world of its own, looks days up in a table of its own, and
// shares no code with the engine: from it come only the types in which policies and histories are written.

// world is a site's calendar as the brute-force clock knows it, and what it has seen of it minute by minute.
type world struct {
	zone    *time.Location
	free    [7]bool           // weekend
	days    map[string]string // "2026-03-02": "holiday" or "workday"
	seasons []brutalSeason

	zero    time.Time // minute 0
	minutes []minute
	dates   []brutalDay
}

type brutalSeason struct {
	from    string // "05-01"
	closing int    // minute of the day
}

// minute is one minute of the world: its day, counted from 0, what the clock on the wall shows, and the day that closes
// just then (none: -1).
type minute struct{ day, shown, closes int16 }

type brutalDay struct {
	y, m, d int
	works   bool
	closing int // minute of the day; -1 when it has closed
}

// at gives a minute, having lived until it.
func (w *world) at(m int) minute {
	for len(w.minutes) <= m {
		w.live()
	}
	return w.minutes[m]
}

// live lives until the next full quarter of an hour: no zone changes its clocks or its day within one.
func (w *world) live() {
	at := w.zero.Add(time.Duration(len(w.minutes)) * time.Minute).In(w.zone)
	shown := at.Hour()*60 + at.Minute()
	if n := len(w.dates); n == 0 || w.dates[n-1].d != at.Day() {
		w.dates = append(w.dates, w.day(at))
	}
	today := len(w.dates) - 1
	for i := range 15 - shown%15 {
		now := minute{int16(today), int16(shown + i), -1}
		if yesterday := today - 1; yesterday >= 0 && w.dates[yesterday].closing >= 0 { // it closes at midnight
			now.closes, w.dates[yesterday].closing = int16(yesterday), -1
		}
		if c := w.dates[today].closing; c >= 0 && shown+i >= c {
			now.closes, w.dates[today].closing = int16(today), -1
		}
		w.minutes = append(w.minutes, now)
	}
}

func (w *world) day(at time.Time) brutalDay {
	d := brutalDay{y: at.Year(), m: int(at.Month()), d: at.Day(), works: !w.free[at.Weekday()]}
	switch w.days[at.Format(time.DateOnly)] {
	case "holiday":
		d.works = false
	case "workday":
		d.works = true
	}
	best := ""
	for _, s := range w.seasons { // the latest that has begun this year, or else the latest of all
		begun, bestBegun := s.from <= at.Format("01-02"), best != "" && best <= at.Format("01-02")
		if best == "" || begun && !bestBegun || begun == bestBegun && s.from > best {
			best, d.closing = s.from, s.closing
		}
	}
	return d
}

// number is the minute of a moment.
func (w *world) number(t time.Time) int { return int(t.Sub(w.zero) / time.Minute) }

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
			v.levels = l.Levels
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
		v.span, v.levels = rung, f.policy.Ladder[n].Levels
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
	return v.span == o.span && v.onSpot == o.onSpot && slices.Equal(v.levels, o.levels) && v.round == o.round &&
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

// reckon steps minute by minute from the clock's start to its limit.
func (b *brute) reckon(v *version) {
	v.finished = v.done
	if v.finished == never || v.replaced != never && v.replaced < v.finished {
		v.finished = v.replaced
	}
	v.limit, v.due, v.paused = never, never, never
	stands := func(m int) bool { // the clock stands still
		return (v.kind == limit.Result || v.kind == limit.Order) && b.waiting(m) && (v.finished == never || m < v.finished)
	}
	forever := func(m int) bool { return v.finished == never && m >= b.last && stands(b.last) }
	since := func() int {
		m := b.last
		for m > 0 && b.waiting(m-1) && !b.waitBegins(m) {
			m--
		}
		return m
	}
	switch {
	case v.span == limit.Span{}:
	case v.span.Unit == limit.WorkingDays:
		received := b.at(v.start).day
		for m, left := v.start, v.span.N; ; m++ {
			day := b.at(m).closes
			closes := day > received && b.dates[day].works
			if closes && !stands(m) {
				left--
			}
			if left == 0 {
				v.limit = m
				break
			}
			if closes && forever(m) {
				v.paused, v.leftDays = since(), left
				break
			}
		}
		v.length = v.span.N * 24 * 60
	default:
		v.length = b.length(v.span, v.start)
		for m, ran := v.start, 0; ; m++ {
			if ran == v.length && !stands(m) {
				v.limit = m
				break
			}
			if forever(m) {
				v.paused, v.left = since(), v.length-ran
				break
			}
			if !stands(m) {
				ran++
			}
		}
	}
	v.due = v.limit
	if p := v.promise; p != never {
		switch {
		case stands(p) && forever(max(p, b.last)) && p >= since():
			if v.limit == never && v.paused == never {
				v.paused = since()
			}
		case stands(p):
		case v.due == never || p < v.due:
			v.due = p
		}
	}
	if v.due != never {
		v.paused, v.left, v.leftDays = never, 0, 0
	}
}

// waitBegins tells whether a wait on the customer was entered at a minute, ending another one.
func (b *brute) waitBegins(m int) bool {
	return slices.ContainsFunc(b.events, func(e limit.Event) bool { return e.What == limit.WaitStarted && b.number(e.At) == m })
}

// length is how many minutes a span has from a minute on.
func (b *brute) length(s limit.Span, start int) int {
	switch s.Unit {
	case limit.Minutes:
		return s.N
	case limit.Hours:
		return s.N * 60
	}
	began := b.at(start)
	date := b.dates[began.day]
	wanted := func(day int16) bool { return int(day) == int(began.day)+s.N }
	if s.Unit == limit.Months {
		y, m := date.y, date.m+s.N
		for m > 12 {
			y, m = y+1, m-12
		}
		long := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
		if m == 2 && y%4 == 0 {
			long = 29
		}
		d := min(date.d, long)
		wanted = func(day int16) bool { return b.dates[day].y == y && b.dates[day].m == m && b.dates[day].d == d }
	}
	for m := start; ; m++ {
		if now := b.at(m); now.shown >= began.shown && wanted(now.day) {
			return m - start
		}
	}
}
