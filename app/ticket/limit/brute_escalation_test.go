package limit_test

import (
	"fmt"
	"slices"
	"strings"

	"lobby/app/ticket/limit"
)

// told is that a level is told of something, at a minute.
type told struct {
	minute    int
	level, of string
	kinds     []string
	taken     int // minute; never
	ways      []version
}

// escalations steps through time and tells each level once.
func (b *brute) escalations(all []version, until int) []told {
	var said []told
	heard := map[string]bool{}
	tell := func(m int) {
		levels := map[string][]string{}
		ways := map[string][]version{}
		for _, v := range all {
			if v.fires(m) {
				for _, level := range v.levels {
					levels[level] = append(levels[level], string(v.kind))
					ways[level] = append(ways[level], v)
				}
			}
		}
		for level, kinds := range levels {
			for _, v := range all {
				if v.due == m && v.set <= m && v.passed(m) && slices.Contains([]limit.Kind{limit.Response, limit.Solution, limit.Result, limit.Order}, v.kind) {
					kinds = append(kinds, string(v.kind))
				}
			}
			if !heard[level] {
				heard[level] = true
				said = append(said, told{m, level, "", kinds, b.takenOf(ways[level], m), ways[level]})
			}
		}
	}
	fires := make([]bool, until+1)
	for i := range all {
		if m := max(all[i].due, all[i].set); 0 <= m && m <= until && all[i].fires(m) {
			fires[m] = true
		}
	}
	for m, some := range fires {
		if some {
			tell(m)
		}
	}
	return b.goOn(said, until)
}

// goOn steps on from each level that was told, minute by minute, to those above it.
func (b *brute) goOn(said []told, until int) []told {
	var next []told
	for _, first := range said {
		for _, v := range first.ways {
			next = append(next, b.climb(first, v, until)...)
		}
	}
	for m := range until + 1 {
		var now []told
		for _, e := range next {
			if e.minute == m {
				now = append(now, e)
			}
		}
		slices.SortFunc(now, func(a, b told) int { return strings.Compare(a.level+" "+a.of, b.level+" "+b.of) })
		for _, e := range now {
			knows := false
			for _, o := range said {
				if o.level == e.level && o.minute <= m && (o.of == e.of || o.taken == never || o.taken > m) {
					knows = true
				}
			}
			if !knows {
				said = append(said, e)
			}
		}
	}
	return said
}

var up = map[string]string{"supervisor": "manager", "manager": "operations_manager"}

func (b *brute) climb(first told, v version, until int) (out []told) {
	need := map[limit.Unit]int{limit.Minutes: 1, limit.Hours: 60}[v.next.Unit] * v.next.N
	if need == 0 {
		return nil
	}
	taken := b.takenOf([]version{v}, first.minute)
	level := up[first.level]
	for m, ran, urgent := first.minute, 0, b.urgent(first.minute); level != "" && m <= until && (taken == never || m < taken); m++ {
		if ran == need {
			out = append(out, told{m, level, first.level, first.kinds, taken, nil})
			level, ran, urgent = up[level], 0, b.urgent(m)
		}
		if urgent || b.at(m).busy {
			ran++
		}
	}
	return out
}

// urgent tells whether the ticket was urgent at the end of a minute's events.
func (b *brute) urgent(m int) (is bool) {
	for i, e := range b.events {
		if b.number(e.At) <= m {
			is = b.stands[i].class.Urgency == "A" || b.stands[i].class.LifeSafety
		}
	}
	return is
}

// takenOf is when nobody waits any more for somebody to take what these clocks told at a minute.
func (b *brute) takenOf(ways []version, m int) int {
	last := 0
	for _, v := range ways {
		taken := v.done
		if v.kind == limit.Callback || v.kind == limit.Update {
			taken = v.finished
		}
		for i, e := range b.events {
			over := b.stands[i].over && (i == 0 || !b.stands[i-1].over)
			if at := b.number(e.At); (at > m && over || at >= m && e.What == limit.Taken) && (taken == never || at < taken) {
				taken = at
			}
		}
		if taken == never {
			return never
		}
		last = max(last, taken)
	}
	return last
}

// fires tells whether the clock tells somebody at a minute: it passes then, or had passed when it was set then.
func (v *version) fires(m int) bool {
	return v.due != never && max(v.due, v.set) == m && (v.finished == never || v.finished > m)
}

func saidUntil(all []told, now int) string {
	var said []string
	for _, s := range all {
		if s.minute <= now {
			said = append(said, s.sentence())
		}
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}

func (s told) sentence() string {
	kinds := slices.Clone(s.kinds)
	slices.Sort(kinds)
	return fmt.Sprintf("%07d %s<%s %s taken %d", s.minute, s.level, s.of, strings.Join(slices.Compact(kinds), "+"), s.taken)
}

func saidOf(all []limit.Escalation, b *brute) string {
	var said []string
	for _, e := range all {
		s := told{minute: b.number(e.At), level: e.Level, of: e.Of, taken: never}
		for _, k := range e.From {
			s.kinds = append(s.kinds, string(k))
		}
		if !e.Taken.IsZero() {
			s.taken = b.number(e.Taken)
		}
		said = append(said, s.sentence())
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}
