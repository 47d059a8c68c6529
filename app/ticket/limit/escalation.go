package limit

import (
	"cmp"
	"slices"
	"time"
)

// Escalation is that somebody is told, or takes over, because time has passed (ESC-1, ESC-2, COMPLAINT-5). Each level
// has one at most for a ticket or order (ESC-4), and what falls at the same moment is one.
type Escalation struct {
	Level string    // the role
	At    time.Time // the true moment
	From  []Kind    // the clocks that it comes from, and the limits that passed at the same moment
}

// Escalations are those until a moment after the last event, the earliest first. A clock that had passed when it was set
// escalates at that moment: nobody could have been told before. Of a complaint that becomes major (From has Major), the
// ticket is to be classified anew with the escalation's At.
func (l Limits) Escalations(now time.Time) []Escalation {
	var all []Escalation
	for i := range l {
		c := &l[i]
		at := latest(c.Due, c.Set)
		if c.Due.IsZero() || now.Before(at) || c.endedBy(at) {
			continue
		}
		for _, level := range c.Levels {
			all = append(all, Escalation{Level: level, At: at, From: []Kind{c.Kind}})
		}
	}
	slices.SortStableFunc(all, func(a, b Escalation) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level)) })
	return l.once(all)
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
		}
	}
	for i := range kept {
		for j := range l {
			if c := &l[j]; c.Kind.limit() && !c.Set.After(kept[i].At) && c.Breached(kept[i].At).Equal(kept[i].At) {
				kept[i].add(l[j].Kind)
			}
		}
	}
	return kept
}

func (e *Escalation) add(k Kind) {
	if !slices.Contains(e.From, k) {
		e.From = append(e.From, k)
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
