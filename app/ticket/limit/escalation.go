package limit

import (
	"cmp"
	"slices"
	"time"
)

// Escalation is that somebody is told, or takes over, because time has passed (ESC-1, ESC-2, COMPLAINT-5), or because
// those who were told first left it (ESC-5). Each level is told of a limit once (ESC-4), and what falls at the same moment
// is one.
type Escalation struct {
	Level string    // the role
	At    time.Time // the true moment
	From  []Kind    // the clocks that it comes from, and the limits that passed at the same moment
	Of    string    // the level that nobody took it at first, so that it went on to this one (ESC-5); empty: this one is the first
	Taken time.Time // when somebody took it, or nothing was left to take; zero: it waits yet

	ways []way
}

// way is how an escalation goes on, by one of the clocks that it comes from.
type way struct {
	term  Span
	ended time.Time // somebody took it, or what the clock asked for was done; zero: neither
}

// above is to which level an escalation goes on.
var above = map[string]string{
	"receptionist": "agent", "agent": "supervisor", "department_head": "supervisor", "technician": "supervisor",
	"supervisor": "manager", "manager": "operations_manager",
}

// Above is the level to which something goes on that nobody of a level takes, or where nobody of it is there (ESC-5); empty
// for the highest.
func Above(level string) string { return above[level] }

// Escalations are those until a moment after the last event, the earliest first. A clock that had passed when it was set
// escalates at that moment: nobody could have been told before. Of a complaint that becomes major (From has Major), the
// ticket is to be classified anew with the escalation's At.
func (l Limits) Escalations(now time.Time) []Escalation {
	return slices.DeleteFunc(l.told(now), func(e Escalation) bool { return e.At.After(now) })
}

// Untaken is since when an escalation waits that nobody has taken yet at a moment; zero where none does.
func (l Limits) Untaken(now time.Time) time.Time {
	var since time.Time
	for _, e := range l.Escalations(now) {
		if e.Taken.IsZero() {
			since = earliest(since, e.At)
		}
	}
	return since
}

// told are the escalations until a moment, and those to which they will go on if nothing happens.
func (l Limits) told(now time.Time) []Escalation {
	var all []Escalation
	for i := range l {
		c := &l[i]
		at := latest(c.Due, c.Set)
		if c.Due.IsZero() || now.Before(at) || c.endedBy(at) {
			continue
		}
		for _, level := range c.Levels {
			all = append(all, Escalation{Level: level, At: at, From: []Kind{c.Kind}, ways: []way{{c.Next, c.takenAfter(at)}}})
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b Escalation) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level)) })
	return l.goOn(l.once(all))
}

// once keeps each level's first escalation, with everything that fell at the same moment.
func (l Limits) once(all []Escalation) []Escalation {
	kept := all[:0]
	for _, e := range all {
		n := slices.IndexFunc(kept, func(k Escalation) bool { return k.Level == e.Level })
		switch {
		case n < 0:
			kept = append(kept, e)
		case kept[n].At.Equal(e.At):
			kept[n].add(e.From[0])
			kept[n].ways = append(kept[n].ways, e.ways...)
		}
	}
	for i := range kept {
		for j := range l {
			if c := &l[j]; c.Kind.limit() && !c.Set.After(kept[i].At) && c.Breached(kept[i].At).Equal(kept[i].At) {
				kept[i].add(l[j].Kind)
			}
		}
		kept[i].end()
	}
	return kept
}

func (e *Escalation) add(k Kind) {
	if !slices.Contains(e.From, k) {
		e.From = append(e.From, k)
	}
}

// end says when the escalation waited for nobody any more: by none of its ways.
func (e *Escalation) end() {
	for _, w := range e.ways {
		if w.ended.IsZero() {
			e.Taken = time.Time{}
			return
		}
		e.Taken = latest(e.Taken, w.ended)
	}
}

// goOn adds to the first escalations those to the levels above (ESC-5). Who knows already of one that waits isn't told
// again that it does.
func (l Limits) goOn(first []Escalation) []Escalation {
	var next []Escalation
	for i := range first {
		for _, w := range first[i].ways {
			next = l[0].taken.climb(next, &first[i], w, l[0])
		}
	}
	slices.SortStableFunc(next, func(a, b Escalation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Of, b.Of))
	})
	all := first
	for _, e := range next {
		if !slices.ContainsFunc(all, func(o Escalation) bool {
			return o.Level == e.Level && !o.At.After(e.At) && (o.Of == e.Of || o.waits(e.At))
		}) {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b Escalation) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level)) })
	return all
}

// waits tells whether nobody had taken it at a moment.
func (e *Escalation) waits(at time.Time) bool { return e.Taken.IsZero() || e.Taken.After(at) }

// taking is what an escalation's going on depends on beside its clock.
type taking struct {
	ends    []ending
	classes []urgency
}

// ending is that somebody took what was escalated, or that the work ended.
type ending struct {
	at   time.Time
	over bool
}

// urgency is whether a ticket is urgent enough to ring somebody at any time, and since when (ESC-5).
type urgency struct {
	at  time.Time
	now bool
}

// climb adds the levels above, one after each term, until somebody takes it.
func (t *taking) climb(to []Escalation, first *Escalation, w way, c Clock) []Escalation {
	if !w.term.runs() || w.term.Unit != Minutes && w.term.Unit != Hours {
		return to
	}
	at := first.At
	for level := above[first.Level]; level != ""; level = above[level] {
		length, found := w.term.length(at, c.calendar), true
		if t.urgent(at) {
			at = at.Add(length)
		} else {
			at, found = c.calendar.AfterWork(at, length)
		}
		if !found || !w.ended.IsZero() && !w.ended.After(at) {
			return to
		}
		to = append(to, Escalation{Level: level, At: at, From: first.From, Of: first.Level, Taken: w.ended, ways: []way{w}})
	}
	return to
}

// urgent tells whether the ticket was urgent at a moment.
func (t *taking) urgent(at time.Time) (is bool) {
	for _, u := range t.classes {
		if u.at.After(at) {
			break
		}
		is = u.now
	}
	return is
}

// takenAfter is when somebody took what was escalated at a moment, or what the clock asked for was done; zero: neither.
// That a clock was replaced doesn't take an escalation from anybody; what it asked for without work to do ends with it.
func (c *Clock) takenAfter(at time.Time) time.Time {
	ended := c.Done
	if c.Kind == Callback || c.Kind == Update {
		ended = c.end()
	}
	for _, end := range c.taken.ends {
		if end.at.After(at) || end.at.Equal(at) && !end.over {
			return earliest(ended, end.at)
		}
	}
	return ended
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
