package ticket

import (
	"context"
	"slices"
	"strings"
	"time"

	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

// lateBy is how much later than it happened something may be written down without the history saying so.
const lateBy = time.Minute

// Timeline is the history in words: the ticket's steps and those of its orders (TICKET-4).
func Timeline(ctx context.Context, list []Step, orders []ServiceOrder) []page.Step {
	out := make([]page.Step, len(list))
	for i := range list {
		s := &list[i]
		set := s.Set()
		out[i] = page.Step{Verb: string(s.Verb), Order: numberOf(orders, s.OrderID), At: s.At, Who: s.Who(ctx), Remark: s.Remark, Changes: set.changes(ctx)}
		if s.NotedAt.Sub(s.At) > lateBy {
			out[i].Noticed = s.NotedAt
		}
		if set.Due != nil { // of before limits were said by value
			out[i].Due = *set.Due
		}
		out[i].Note = set.note(ctx)
		if set.Until != nil {
			out[i].Until = *set.Until
		}
	}
	return out
}

// changes are what a step changed, value by value in words.
func (d *Detail) changes(ctx context.Context) []page.Change {
	var out []page.Change
	add := func(label, prefix, from, to string) {
		if from == to {
			return
		}
		say := func(v string) string {
			if v == "" {
				return locale.T(ctx, "ticket.unsaid")
			}
			return locale.T(ctx, prefix+v)
		}
		c := page.Change{What: locale.T(ctx, "ticket.label."+label), To: say(to)}
		if from != "" {
			c.From = say(from)
		}
		out = append(out, c)
	}
	if d.Urgency != nil {
		add("urgency", "ticket.urgency.", d.Urgency.From, d.Urgency.To)
	}
	if d.Type != nil {
		add("type", "ticket.type.", d.Type.From, d.Type.To)
	}
	if d.LifeSafety != nil {
		add("life_safety", "ticket.yes_no.", yesNo(!*d.LifeSafety), yesNo(*d.LifeSafety))
	}
	if d.WaitingOn != "" {
		add("waiting_on", "ticket.on.", "", d.WaitingOn)
	}
	if d.Rang != "" {
		add("rang", "order.rang.", "", d.Rang)
	}
	for _, l := range d.Limits {
		c := page.Change{What: locale.T(ctx, "limit.clock."+l.Clock), To: limitWords(ctx, l.To)}
		if l.From != nil {
			c.From = limitWords(ctx, l.From)
		}
		out = append(out, c)
	}
	if d.Class == nil || d.Was == nil {
		return out
	}
	was, now := *d.Was, *d.Class
	add("kind", "ticket.kind.", was.Kind, now.Kind)
	add("urgency", "ticket.urgency.", was.Urgency, now.Urgency)
	add("type", "ticket.type.", was.Type, now.Type)
	add("life_safety", "ticket.yes_no.", yesNo(was.LifeSafety), yesNo(now.LifeSafety))
	add("help_kind", "ticket.help.", was.HelpKind, now.HelpKind)
	add("validity", "ticket.validity.", was.Validity, now.Validity)
	add("about", "ticket.about.", was.About, now.About)
	add("topic", "ticket.topic.", was.Topic, now.Topic)
	add("severity", "ticket.severity.", was.Severity, now.Severity)
	return out
}

// limitWords is when a limit is due.
func limitWords(ctx context.Context, at *time.Time) string {
	if at == nil {
		return locale.T(ctx, "limit.none")
	}
	return locale.Moment(ctx, *at)
}

// note says which limit passed, or to whom it went and from which limits that came (ESC-4), and who left it before (ESC-5).
func (d *Detail) note(ctx context.Context) string {
	if d.Clock != "" {
		return locale.T(ctx, "limit.clock."+d.Clock)
	}
	if d.Level == "" {
		return ""
	}
	from := make([]string, len(d.Clocks))
	for i, c := range d.Clocks {
		from[i] = locale.T(ctx, "limit.clock."+c)
	}
	level, why := locale.T(ctx, "team.role."+d.Level), strings.Join(from, locale.T(ctx, "limit.and"))
	if d.Of != "" {
		return locale.T(ctx, "limit.on_level", "Of", locale.T(ctx, "team.role."+d.Of), "Level", level, "From", why)
	}
	return locale.T(ctx, "limit.to_level", "Level", level, "From", why)
}

func yesNo(on bool) string {
	if on {
		return "yes"
	}
	return "no"
}

// Join puts the lines of other features into the history: one that goes with a step of the ticket's own stands there, the
// others stand by themselves, after what happened before them.
func Join(steps []page.Step, lines []part.Line) []page.Step {
	for _, l := range lines {
		n := slices.IndexFunc(steps, func(s page.Step) bool {
			return l.With != "" && s.Verb == l.With && s.Order == "" && len(s.More) == 0 && !s.At.Before(l.At)
		})
		if n >= 0 {
			steps[n].More = l.Said
			continue
		}
		n = slices.IndexFunc(steps, func(s page.Step) bool { return s.At.After(l.At) })
		if n < 0 {
			n = len(steps)
		}
		steps = slices.Insert(steps, n, page.Step{Title: l.Title, At: l.At, Who: l.Who, More: l.Said, Remark: l.Remark})
	}
	return steps
}
