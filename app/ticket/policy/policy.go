// Package policy holds the pages on which a supervisor sets how long things may take: the table of limits, and the
// ladder of escalation. Nothing is saved before it was said which open tickets it would move.
package policy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"lobby/app/ticket"
	"lobby/app/ticket/limit"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/ticket"
)

// seal names a policy, so that what is saved is what was previewed.
func seal(p *limit.Policy) string {
	p = p.Clone()
	p.Rows = sorted(p.Rows) // as a form brings them back
	raw, err := json.Marshal(p)
	if err != nil {
		panic("policy: " + err.Error()) // texts and numbers
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

// key is what a row is for, in the names of its fields.
func key(r limit.Row) string {
	life := ""
	if r.LifeSafety {
		life = "1"
	}
	return strings.Join([]string{r.Kind, life, r.Help, r.Severity, r.Urgency}, "-")
}

// rowOf is the row that a key is for, without limits.
func rowOf(key string) (r limit.Row, ok bool) {
	part := strings.Split(key, "-")
	if len(part) != 5 {
		return r, false
	}
	return limit.Row{Kind: part[0], LifeSafety: part[1] == "1", Help: part[2], Severity: part[3], Urgency: part[4]}, true
}

// spans are the limits of a row, in the order of view.PolicyFields.
func spans(r *limit.Row) []*limit.Span {
	return []*limit.Span{&r.Response, &r.Solution, &r.Result, &r.Order, &r.Update}
}

// sorted are the rows by kind, of each kind the general one first.
func sorted(rows []limit.Row) []limit.Row {
	out := slices.Clone(rows)
	rank := func(r limit.Row) int {
		n := slices.Index(ticket.Kinds, r.Kind) * 16
		for _, part := range []bool{r.LifeSafety, r.Help != "", r.Severity != "", r.Urgency != ""} {
			if part {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b limit.Row) int { return rank(a) - rank(b) })
	return out
}

// also says what a row is for beside its kind: all the rest of the kind, or some of it.
func also(ctx context.Context, r limit.Row) string {
	var words []string
	if r.LifeSafety {
		words = append(words, locale.T(ctx, "limit.page.life"))
	}
	if r.Help != "" {
		words = append(words, locale.T(ctx, "ticket.help."+r.Help))
	}
	if r.Severity != "" {
		words = append(words, locale.T(ctx, "ticket.severity."+r.Severity))
	}
	if r.Urgency != "" {
		words = append(words, locale.T(ctx, "ticket.urgency."+r.Urgency))
	}
	return strings.Join(words, " · ")
}

// kindWords says a kind; a row without one is for any.
func kindWords(ctx context.Context, kind string) string {
	if kind == "" {
		return locale.T(ctx, "limit.page.any_kind")
	}
	return locale.T(ctx, "ticket.kind."+kind)
}

// rowWords says what a row is for.
func rowWords(ctx context.Context, r limit.Row) string {
	return strings.TrimSuffix(kindWords(ctx, r.Kind)+" · "+also(ctx, r), " · ")
}

// spanWords says how long something may take.
func spanWords(ctx context.Context, s limit.Span) string {
	if s == (limit.Span{}) {
		return locale.T(ctx, "limit.none")
	}
	return locale.T(ctx, "limit.span."+string(s.Unit), "Count", s.N)
}

// differences says in words what differs between two policies.
func differences(ctx context.Context, was, now *limit.Policy) (list []part.Change) {
	add := func(what, a, b string) {
		if a != b {
			list = append(list, part.Change{What: what, Was: a, Now: b})
		}
	}
	for _, r := range sorted(was.Rows) {
		n := slices.IndexFunc(now.Rows, func(o limit.Row) bool { return key(o) == key(r) })
		if n < 0 {
			add(rowWords(ctx, r), limitsWords(ctx, r), locale.T(ctx, "limit.page.row_gone"))
			continue
		}
		o := now.Rows[n]
		for i, name := range view.PolicyFields {
			a, b := spanWords(ctx, *spans(&r)[i]), spanWords(ctx, *spans(&o)[i])
			if i == 0 {
				a, b = a+spotWords(ctx, r), b+spotWords(ctx, o)
			}
			add(rowWords(ctx, r)+" · "+locale.T(ctx, "limit.clock."+name), a, b)
		}
	}
	for _, r := range sorted(now.Rows) {
		if !slices.ContainsFunc(was.Rows, func(o limit.Row) bool { return key(o) == key(r) }) {
			add(rowWords(ctx, r), locale.T(ctx, "limit.page.row_none"), limitsWords(ctx, r))
		}
	}
	add(locale.T(ctx, "limit.page.callbacks"), callbackWords(ctx, was), callbackWords(ctx, now))
	add(locale.T(ctx, "limit.page.near"), nearWords(ctx, was), nearWords(ctx, now))
	a, b := ladderWords(ctx, was), ladderWords(ctx, now)
	for _, words := range a {
		if !slices.Contains(b, words) {
			add(locale.T(ctx, "layout.settings.ladder"), words, locale.T(ctx, "limit.page.row_gone"))
		}
	}
	for _, words := range b {
		if !slices.Contains(a, words) {
			add(locale.T(ctx, "layout.settings.ladder"), locale.T(ctx, "limit.page.row_none"), words)
		}
	}
	return list
}

func spotWords(ctx context.Context, r limit.Row) string {
	if !r.OnSpot {
		return ""
	}
	return " (" + locale.T(ctx, "limit.page.spot") + ")"
}

// limitsWords says all limits of a row.
func limitsWords(ctx context.Context, r limit.Row) string {
	var words []string
	for i, name := range view.PolicyFields {
		if s := *spans(&r)[i]; s != (limit.Span{}) {
			words = append(words, locale.T(ctx, "limit.clock."+name)+" "+spanWords(ctx, s))
		}
	}
	if len(words) == 0 {
		return locale.T(ctx, "limit.none")
	}
	return strings.Join(words, locale.T(ctx, "limit.and")) + spotWords(ctx, r)
}

func callbackWords(ctx context.Context, p *limit.Policy) string {
	var kinds []string
	for _, kind := range ticket.Sampled {
		if slices.Contains(p.Callbacks.Sampled, kind) {
			kinds = append(kinds, locale.T(ctx, "ticket.kind."+kind))
		}
	}
	words := spanWords(ctx, p.Callbacks.Within)
	if len(kinds) > 0 {
		words += "; " + locale.T(ctx, "limit.page.sampled") + " " + strings.Join(kinds, locale.T(ctx, "limit.and"))
	}
	return words
}

func nearWords(ctx context.Context, p *limit.Policy) string {
	return locale.T(ctx, "limit.page.near_words", "Share", strconv.Itoa(p.Near.Share), "Most", spanWords(ctx, p.Near.Most))
}

func ladderWords(ctx context.Context, p *limit.Policy) []string {
	words := make([]string, len(p.Ladder))
	for i, r := range p.Ladder {
		words[i] = rungWords(ctx, r)
	}
	return words
}

// rungWords says a rung of the ladder as a sentence.
func rungWords(ctx context.Context, r limit.Rung) string {
	levels := make([]string, len(r.Levels))
	for i, l := range r.Levels {
		levels[i] = locale.T(ctx, "team.role."+l)
	}
	to := strings.Join(levels, locale.T(ctx, "limit.and"))
	if r.Next != (limit.Span{}) {
		to = locale.T(ctx, "limit.ladder.words_next", "Levels", to, "Next", spanWords(ctx, r.Next))
	}
	switch r.On {
	case limit.OnCase:
		return locale.T(ctx, "limit.ladder.words_case", "After", spanWords(ctx, r.After), "Levels", to)
	case limit.OnComplaint:
		return locale.T(ctx, "limit.ladder.words_complaint", "After", spanWords(ctx, r.After), "Levels", to)
	}
	return locale.T(ctx, "limit.ladder.words_clock", "Clock", locale.T(ctx, "limit.ladder.on."+r.On), "Levels", to)
}

// merged is what somebody wants of a policy that another one has changed meanwhile: what they left as they saw it is as
// it stands now, field by field.
func merged(seen, typed, now *limit.Policy) *limit.Policy {
	out := now.Clone()
	at := func(p *limit.Policy, k string) int {
		return slices.IndexFunc(p.Rows, func(r limit.Row) bool { return key(r) == k })
	}
	out.Rows = slices.DeleteFunc(out.Rows, func(r limit.Row) bool { return at(seen, key(r)) >= 0 && at(typed, key(r)) < 0 })
	for _, mine := range typed.Rows {
		var was limit.Row
		before, n := at(seen, key(mine)), at(out, key(mine))
		seenOne := before >= 0
		if seenOne {
			was = seen.Rows[before]
		}
		switch {
		case n < 0 && seenOne && was == mine: // the other one took it away
		case n < 0:
			out.Rows = append(out.Rows, mine)
		default:
			for i, s := range spans(&mine) {
				if *s != *spans(&was)[i] {
					*spans(&out.Rows[n])[i] = *s
				}
			}
			if mine.OnSpot != was.OnSpot {
				out.Rows[n].OnSpot = mine.OnSpot
			}
		}
	}
	if typed.Callbacks.Within != seen.Callbacks.Within {
		out.Callbacks.Within = typed.Callbacks.Within
	}
	if !slices.Equal(typed.Callbacks.Sampled, seen.Callbacks.Sampled) {
		out.Callbacks.Sampled = typed.Callbacks.Sampled
	}
	if typed.Near != seen.Near {
		out.Near = typed.Near
	}
	if !slices.EqualFunc(typed.Ladder, seen.Ladder, sameRung) {
		out.Ladder = typed.Ladder
	}
	return out
}

func sameRung(a, b limit.Rung) bool {
	return a.On == b.On && a.After == b.After && a.Next == b.Next && slices.Equal(a.Levels, b.Levels)
}
