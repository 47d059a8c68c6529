package limit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lobby/app/site/calendar"
)

// Unit is what a limit is counted in.
type Unit string

// The units. Days and months end when the site's clocks show the time at which they began; working days end at closing
// time (SLA-3).
const (
	Minutes     Unit = "m"
	Hours       Unit = "h"
	Days        Unit = "d"
	Months      Unit = "mo"
	WorkingDays Unit = "wd"
)

// Span is how long a limit is, written 10m, 24h, 7d, 1mo or 3wd. The zero Span is no limit.
type Span struct {
	N    int
	Unit Unit
}

// ParseSpan reads a span. Whether its number makes sense is for Policy.Check to say.
func ParseSpan(text string) (Span, error) {
	if text == "" {
		return Span{}, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	s := Span{Unit: Unit(text[len(digits):])}
	n, err := strconv.Atoi(digits)
	if err != nil || s.Unit.most() == 0 {
		return Span{}, fmt.Errorf("limit: %q is no span such as 10m, 24h, 7d, 1mo or 3wd", text)
	}
	s.N = n
	return s, nil
}

// String is the span as ParseSpan reads it.
func (s Span) String() string {
	if s == (Span{}) {
		return ""
	}
	return strconv.Itoa(s.N) + string(s.Unit)
}

// MarshalText writes the span as 24h.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Span) UnmarshalText(text []byte) error {
	v, err := ParseSpan(string(text))
	*s = v
	return err
}

// runs tells whether a clock can run for the span; the engine takes a span that can't for no limit.
func (s Span) runs() bool { return s.N > 0 && s.N <= s.Unit.most() }

// most is how much of a unit a limit may have: a year. What is no unit has none.
func (u Unit) most() int {
	switch u {
	case Minutes:
		return 366 * 24 * 60
	case Hours:
		return 366 * 24
	case Days, WorkingDays:
		return 366
	case Months:
		return 12
	}
	return 0
}

// length of the span from a moment on, by the clock; for working days about that.
func (s Span) length(from time.Time, c *calendar.Calendar) time.Duration {
	switch s.Unit {
	case Minutes:
		return time.Duration(s.N) * time.Minute
	case Hours:
		return time.Duration(s.N) * time.Hour
	case Days:
		return c.Later(from, 0, s.N).Sub(from)
	case Months:
		return c.Later(from, s.N, 0).Sub(from)
	}
	return time.Duration(s.N) * 24 * time.Hour
}
