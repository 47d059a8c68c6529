package limit_test

import (
	"fmt"
	"slices"
	"strings"

	"lobby/app/ticket/limit"
)

// told is that a level is told of something, at a minute.
type told struct {
	minute   int
	sentence string
}

// escalations steps through time and tells each level once.
func (b *brute) escalations(all []version, until int) []told {
	var said []told
	heard := map[string]bool{}
	tell := func(m int) {
		levels := map[string][]string{}
		for _, v := range all {
			if v.fires(m) {
				for _, level := range v.levels {
					levels[level] = append(levels[level], string(v.kind))
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
				said = append(said, told{m, sentence(m, level, kinds)})
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
	return said
}

// fires tells whether the clock tells somebody at a minute: it passes then, or had passed when it was set then.
func (v *version) fires(m int) bool {
	return v.due != never && max(v.due, v.set) == m && (v.finished == never || v.finished > m)
}

func saidUntil(all []told, now int) string {
	var said []string
	for _, s := range all {
		if s.minute <= now {
			said = append(said, s.sentence)
		}
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}

func sentence(m int, level string, kinds []string) string {
	slices.Sort(kinds)
	return fmt.Sprintf("%07d %s %s", m, level, strings.Join(slices.Compact(kinds), "+"))
}

func saidOf(all []limit.Escalation, b *brute) string {
	var said []string
	for _, e := range all {
		var kinds []string
		for _, k := range e.From {
			kinds = append(kinds, string(k))
		}
		said = append(said, sentence(b.number(e.At), e.Level, kinds))
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}
