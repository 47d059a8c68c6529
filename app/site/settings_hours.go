package site

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lobby/app/site/calendar"
)

// Span is when the desk is staffed on one day, in minutes after midnight. It ends on the next day where it doesn't end
// later than it begins: 22:00 to 06:00, or 00:00 to 00:00 for the whole day.
type Span struct {
	Open     bool
	From, To int
}

// Hours are the spans of a week by time.Weekday. Where no day has one, the site says nothing about its hours.
type Hours [7]Span

// Days are the names of the days in settings, by time.Weekday.
var Days = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

const daily = 24 * 60

// ParseSpan reads "08:00-18:30"; nothing is a closed day.
func ParseSpan(text string) (Span, error) {
	if text == "" {
		return Span{}, nil
	}
	from, to, _ := strings.Cut(text, "-")
	begin, err := ParseTime(from)
	if err != nil {
		return Span{}, err
	}
	end, err := ParseTime(to)
	return Span{true, begin, end}, err
}

// ParseTime reads "18:30" as minutes after midnight.
func ParseTime(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// TimeText writes minutes after midnight as 18:30.
func TimeText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// String writes a span as settings have it.
func (s Span) String() string {
	if !s.Open {
		return ""
	}
	return TimeText(s.From) + "-" + TimeText(s.To)
}

// Told tells whether the site has said when its desk is staffed.
func (h Hours) Told() bool { return h != Hours{} }

// MarshalJSON implements json.Marshaler.
func (h Hours) MarshalJSON() ([]byte, error) {
	week := map[string]string{}
	for day, span := range h {
		week[Days[day]] = span.String()
	}
	return json.Marshal(week)
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *Hours) UnmarshalJSON(raw []byte) error {
	week := map[string]string{}
	if err := json.Unmarshal(raw, &week); err != nil {
		return err
	}
	for day, name := range Days {
		span, err := ParseSpan(week[name])
		if err != nil {
			return fmt.Errorf("hours of %s: %w", name, err)
		}
		h[day] = span
	}
	return nil
}

// Desk is whether the desk is staffed at a moment.
type Desk struct {
	Told  bool      // the site says its hours at all
	Open  bool      // staffed now
	Until time.Time // when that changes; zero where it never does
}

// horizon is how many days are looked ahead for the next change.
const horizon = 9

// DeskAt tells whether the desk is staffed at a moment, by the site's own clock and calendar: on a public holiday and on
// a make-up day it keeps the hours of the day that this one is like.
func (s Site) DeskAt(now time.Time, days *calendar.Calendar) Desk {
	h := s.Settings.Hours
	d := Desk{Told: h.Told()}
	if !d.Told {
		return d
	}
	today := s.Day(now)
	last := today.AddDate(0, 0, horizon)
	var until time.Time // end of the span that is being followed
	for n := -1; n < horizon; n++ {
		begin, end, ok := h.on(today.AddDate(0, 0, n), days)
		if !ok || !end.After(now) {
			continue
		}
		switch {
		case begin.After(now) && until.IsZero():
			d.Until = begin
			return d
		case until.IsZero(), !begin.After(until): // it goes on without a break
			d.Open, until = true, later(until, end)
		}
	}
	if d.Until = until; !until.Before(last) {
		d.Until = time.Time{} // around the clock
	}
	return d
}

// on is the span that begins on a day.
func (h Hours) on(day time.Time, days *calendar.Calendar) (begin, end time.Time, ok bool) {
	span := h[days.Like(calendar.Date(day.Date()))]
	if !span.Open {
		return begin, end, false
	}
	to := span.To
	if to <= span.From {
		to += daily
	}
	y, m, d := day.Date()
	at := func(minutes int) time.Time { return time.Date(y, m, d, 0, minutes, 0, 0, day.Location()) }
	return at(span.From), at(to), true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
