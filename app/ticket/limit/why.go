package limit

import (
	"time"

	"lobby/app/site/calendar"
)

// Code says what an interval was to a clock; pages say it in words.
type Code string

// What an interval can be. Those of a wait are WaitingCode of whom it waited for.
const (
	Ran      Code = "ran"      // it counted, by the clock
	Received Code = "received" // the rest of the day of receipt, which doesn't count (SLA-3)
	Counted  Code = "workday"  // a working day, by Number
	MadeUp   Code = "makeup"   // a weekend day that is worked for the holiday Name, by Number
	Weekend  Code = "weekend"
	Holiday  Code = "holiday" // by Name
)

// WaitingCode is the code of waiting on somebody. Of working days, it is a day at whose closing time the ticket waited.
func WaitingCode(p Party) Code { return "waiting_" + Code(p) }

// Interval is a part of a clock's time. Intervals of free or waited days that follow each other are one.
type Interval struct {
	From, Until time.Time
	Counted     bool
	Code        Code
	Name        string // the holiday's
	Number      int    // which of the working days counted, from 1
}

// Why is the working of a limit (SLA-5): from Start without a gap until Limit, or until now while it stands still. What
// is promised isn't in it; a clock that only has a promise has no working.
func (c *Clock) Why(now time.Time) []Interval {
	if c.Span == (Span{}) {
		return nil
	}
	end := c.Limit
	if end.IsZero() {
		end = now
	}
	if !c.Start.Before(end) {
		return nil
	}
	if c.Span.Unit == WorkingDays {
		return c.whyDays(end)
	}
	return c.whyTime(end)
}

func (c *Clock) whyTime(end time.Time) []Interval {
	var parts []Interval
	add := func(from, until time.Time, counted bool, code Code) {
		if until.IsZero() || until.After(end) {
			until = end
		}
		if from.Before(until) {
			parts = append(parts, Interval{From: from, Until: until, Counted: counted, Code: code})
		}
	}
	at, over := c.Start, c.end()
	if c.Kind.stops() {
		for _, w := range c.waits {
			if !over.IsZero() && !w.from.Before(over) {
				break
			}
			w.until = earliest(w.until, over)
			if !w.until.IsZero() && !w.until.After(at) {
				continue
			}
			from := latest(w.from, at)
			add(at, from, true, Ran)
			add(from, w.until, w.on != Customer, WaitingCode(w.on))
			at = earliest(w.until, end)
		}
	}
	add(at, end, true, Ran)
	return parts
}

func (c *Clock) whyDays(end time.Time) []Interval {
	day, number, stopping := c.calendar.Day(c.Start), 0, c.stopping()
	parts := []Interval{{From: c.Start, Until: earliest(c.calendar.At(day+1, 0), end), Code: Received}}
	for day++; c.calendar.At(day, 0).Before(end); day++ {
		part := Interval{From: c.calendar.At(day, 0), Until: earliest(c.calendar.At(day+1, 0), end)}
		works, why := c.calendar.Working(day)
		part.Code, part.Name, part.Counted = codes[why.Why], why.Name, works
		if works && waitsAt(stopping, c.calendar.Closing(day)) {
			part.Code, part.Name, part.Counted = WaitingCode(Customer), "", false
		}
		last := &parts[len(parts)-1]
		switch {
		case part.Counted:
			number++
			part.Number = number
		case last.Code == part.Code && last.Name == part.Name:
			last.Until = part.Until
			continue
		}
		parts = append(parts, part)
	}
	return parts
}

var codes = map[calendar.Why]Code{
	calendar.Normal: Counted, calendar.MakeUp: MadeUp, calendar.Weekend: Weekend, calendar.PublicHoliday: Holiday,
}

// waitsAt tells whether one of the waits covers a moment.
func waitsAt(waits []wait, t time.Time) bool {
	for _, w := range waits {
		if !t.Before(w.from) && (w.until.IsZero() || t.Before(w.until)) {
			return true
		}
	}
	return false
}
