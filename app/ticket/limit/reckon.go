package limit

import "time"

// farthest is how many days a limit in working days is looked for: one that isn't reached by then is none.
const farthest = 20 * 366

// reckon says when the clock is due, or that it stands still.
func (c *Clock) reckon(w *walk) {
	c.calendar, c.waits, c.taken = w.calendar, w.waits, &w.taken
	stopping := c.stopping()
	length := c.Span.length(c.Start, w.calendar)
	switch {
	case c.Span == (Span{}):
	case c.Span.Unit == WorkingDays:
		c.reckonDays(stopping)
	default:
		c.reckonTime(stopping, length)
	}
	c.Due = earliest(c.Limit, c.keep(stopping))
	if !c.Due.IsZero() {
		c.Paused, c.left = time.Time{}, Left{}
		c.reckonNear(w.policy.Near, length)
	}
}

// stopping are the times during which the clock stood still, as far as it had not ended.
func (c *Clock) stopping() []wait {
	if !c.Kind.stops() || len(c.waits) == 0 {
		return nil
	}
	var stopping []wait
	end := c.end()
	for _, w := range c.waits {
		if w.on != Customer || !end.IsZero() && !w.from.Before(end) {
			continue
		}
		if !end.IsZero() {
			w.until = earliest(w.until, end)
		}
		stopping = append(stopping, w)
	}
	return stopping
}

// reckonTime counts on the clock, day and night (SLA-3).
func (c *Clock) reckonTime(stopping []wait, left time.Duration) {
	at := c.Start
	for _, w := range stopping {
		if !w.until.IsZero() && !w.until.After(at) {
			continue
		}
		if w.from.After(at) {
			ran := w.from.Sub(at)
			if left < ran {
				break
			}
			left -= ran
		}
		if w.until.IsZero() {
			c.Paused, c.left = w.from, Left{Time: left}
			return
		}
		at = w.until
	}
	c.Limit = at.Add(left)
}

// reckonDays counts working days: not the day of receipt, and no day at whose closing time the ticket waits on the
// customer (SLA-3).
func (c *Clock) reckonDays(stopping []wait) {
	left := c.Span.N
	received := c.calendar.Day(c.Start)
	for day := received + 1; day <= received+farthest; day++ {
		if works, _ := c.calendar.Working(day); !works {
			continue
		}
		closing := c.calendar.Closing(day)
		for len(stopping) > 0 && !stopping[0].until.IsZero() && !stopping[0].until.After(closing) {
			stopping = stopping[1:]
		}
		if len(stopping) > 0 && !closing.Before(stopping[0].from) {
			if stopping[0].until.IsZero() {
				c.Paused, c.left = stopping[0].from, Left{Days: left}
				return
			}
			continue
		}
		if left--; left == 0 {
			c.Limit = closing
			return
		}
	}
}

// keep is when a promise is due; one lapses where the ticket waits on the customer at its time (TICKET-11).
func (c *Clock) keep(stopping []wait) time.Time {
	if c.Promise.IsZero() {
		return time.Time{}
	}
	for _, w := range stopping {
		if c.Promise.Before(w.from) {
			break
		}
		if w.until.IsZero() { // it lapses unless the wait ends before
			if c.Limit.IsZero() {
				c.Paused = w.from
			}
			return time.Time{}
		}
		if c.Promise.Before(w.until) {
			c.Lapsed = true
			return time.Time{}
		}
	}
	return c.Promise
}

// reckonNear says from when on the limit is near. What follows from limits (ESC-2, COMPLAINT-5) is never near.
func (c *Clock) reckonNear(near Near, length time.Duration) {
	if near.Share <= 0 || c.Kind == Takeover || c.Kind == Major {
		return
	}
	if c.Limit.IsZero() || c.Due.Before(c.Limit) {
		length = max(0, c.Promise.Sub(c.promised))
	}
	last := length / 100 * time.Duration(min(near.Share, 100))
	if near.Most.runs() {
		last = min(last, near.Most.length(c.Due, c.calendar))
	}
	c.Near = c.Due.Add(-last)
}
