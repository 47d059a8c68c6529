package ticket

import (
	"context"
	"strconv"
	"strings"
	"time"

	"lobby/app/ticket/limit"
	"lobby/views/locale"
	page "lobby/views/ticket"
)

// whys explain every limit of a ticket and of its orders (SLA-5): from when it counts, which intervals counted, which
// didn't and why, in the words of ctx; those that were replaced stand there too (SLA-1).
func (r *record) whys(ctx context.Context, now time.Time) []page.Why {
	out := whys(ctx, nil, r.limits(), "", now)
	for _, o := range r.orders {
		out = whys(ctx, out, r.orderLimits(o), o.Number, now)
	}
	return out
}

// explained are the clocks that a page explains: limits, not what follows from them by the same time.
func explained(k limit.Kind) bool { return k != limit.Update }

func whys(ctx context.Context, out []page.Why, l limit.Limits, order string, now time.Time) []page.Why {
	for i := range l {
		c := &l[i]
		if !explained(c.Kind) || !c.Replaced.IsZero() && c.Replaced.Equal(c.Set) {
			continue
		}
		w := page.Why{Clock: string(c.Kind), Order: order, State: string(c.State(now)), Span: spanWords(ctx, c.Span), Start: c.Start, Due: c.Due,
			Promise: c.Promise, Lapsed: c.Lapsed, Done: c.Done, Replaced: c.Replaced, Breached: c.Breached(now), Round: c.Round, Unknown: c.Unknown(), Rule: ruleOf(c)}
		if c.Kind == limit.Takeover {
			w.To = levelWords(ctx, c.Levels)
		}
		for _, part := range c.Why(now) {
			w.Parts = append(w.Parts, page.WhyPart{From: part.From, Until: part.Until, Counted: part.Counted, Words: partWords(ctx, part)})
		}
		out = append(out, w)
	}
	return out
}

// levelWords are the roles that a limit passes a case to.
func levelWords(ctx context.Context, levels []string) string {
	roles := make([]string, len(levels))
	for i, l := range levels {
		roles[i] = locale.T(ctx, "team.role."+l)
	}
	return strings.Join(roles, locale.T(ctx, "limit.and"))
}

// ruleOf is how a limit is counted: in working days or by the clock, and whether waiting on the customer stops it (SLA-2,
// SLA-3).
func ruleOf(c *limit.Clock) string {
	stops := c.Kind == limit.Result || c.Kind == limit.Order
	switch {
	case c.Span == (limit.Span{}):
		return ""
	case c.Span.Unit == limit.WorkingDays && stops:
		return "days"
	case c.Span.Unit == limit.WorkingDays:
		return "days_run"
	case stops:
		return "stops"
	}
	return "runs"
}

// spanWords is how long a limit is.
func spanWords(ctx context.Context, s limit.Span) string {
	if s == (limit.Span{}) {
		return locale.T(ctx, "limit.promise_only")
	}
	return locale.T(ctx, "limit.span."+string(s.Unit), "Count", s.N)
}

// partWords is why an interval counted or didn't.
func partWords(ctx context.Context, p limit.Interval) string {
	return locale.T(ctx, "limit.why."+string(p.Code), "Name", p.Name, "Number", strconv.Itoa(p.Number))
}
