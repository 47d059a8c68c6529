package calendar

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are a site's hours: which days of the week are free, and the seasons with their shifts (SHIFT-1).
type Hours struct {
	Weekend []Weekday `json:"weekend"`
	Seasons []Season  `json:"seasons"`
}

// Season is a part of the year with shifts of its own. It lasts from its date until that of the next season, each year.
type Season struct {
	Code   string   `json:"code"`
	From   MonthDay `json:"from"`
	Shifts []Shift  `json:"shifts"`
}

// Shift is one shift of a season's day; it begins and ends on the same day.
type Shift struct {
	Code     string    `json:"code"`
	From     TimeOfDay `json:"from"`
	To       TimeOfDay `json:"to"`
	Break    Period    `json:"break,omitzero"`
	NoonDuty bool      `json:"noon_duty,omitempty"` // on duty over noon (中午值班)
}

// Period is a part of a day.
type Period struct {
	From TimeOfDay `json:"from"`
	To   TimeOfDay `json:"to"`
}

// Closing is the end of the season's latest shift (SLA-3).
func (s Season) Closing() TimeOfDay {
	var latest TimeOfDay
	for _, shift := range s.Shifts {
		latest = max(latest, shift.To)
	}
	return latest
}

// TimeOfDay is what the clock on the wall shows, in minutes since midnight; 24:00 is the end of the day.
type TimeOfDay int

const endOfDay TimeOfDay = 24 * 60

// ParseTimeOfDay reads 08:30.
func ParseTimeOfDay(text string) (TimeOfDay, error) {
	if text == "24:00" {
		return endOfDay, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("calendar: %q is no time such as 08:30", text)
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

// String is the time as 08:30.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t/60, t%60) }

// MarshalText writes the time as 08:30.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *TimeOfDay) UnmarshalText(text []byte) error {
	v, err := ParseTimeOfDay(string(text))
	*t = v
	return err
}

// MonthDay is a date that comes back each year.
type MonthDay struct {
	Month time.Month
	Day   int
}

// String is the date as 05-01.
func (m MonthDay) String() string { return fmt.Sprintf("%02d-%02d", m.Month, m.Day) }

// MarshalText writes the date as 05-01.
func (m MonthDay) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes; 29 February doesn't come back each year and is refused.
func (m *MonthDay) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, "2001-"+string(text))
	if err != nil {
		return fmt.Errorf("calendar: %q is no date of every year such as 05-01", text)
	}
	m.Month, m.Day = t.Month(), t.Day()
	return nil
}

// returns tells whether the date is one of every year: neither 30 nor 29 February.
func (m MonthDay) returns() bool {
	_, month, day := Date(2001, m.Month, m.Day).Date()
	return month == m.Month && day == m.Day
}

// number orders dates within a year.
func (m MonthDay) number() int { return int(m.Month)*100 + m.Day }

// Weekday is a day of the week, written as its English name in small letters.
type Weekday time.Weekday

// MarshalText writes saturday.
func (w Weekday) MarshalText() ([]byte, error) {
	return []byte(strings.ToLower(time.Weekday(w).String())), nil
}

// UnmarshalText reads what MarshalText writes.
func (w *Weekday) UnmarshalText(text []byte) error {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), string(text)) {
			*w = Weekday(d)
			return nil
		}
	}
	return fmt.Errorf("calendar: %q is no day of the week", text)
}

//go:embed hours.json
var hours []byte

// DefaultHours are the seasons and shifts of the handbook (SHIFT-1), with the weekend on Saturday and Sunday.
func DefaultHours() Hours {
	var h Hours
	if err := json.Unmarshal(hours, &h); err != nil {
		panic("calendar: hours.json: " + err.Error())
	}
	return h
}

// Check names what is wrong with the hours; a calendar can be made of hours without problems only.
func (h Hours) Check() []Problem {
	var found []Problem
	say := func(season int, code, value string) {
		found = append(found, Problem{Code: code, Value: value, Season: season})
	}
	if week := slices.Compact(slices.Sorted(slices.Values(h.Weekend))); len(week) == 7 {
		say(0, NeverWorks, "")
	}
	if len(h.Seasons) == 0 {
		say(0, NoSeason, "")
	}
	for i, s := range h.Seasons {
		for _, other := range h.Seasons[:i] {
			if other.From == s.From {
				say(i+1, SameSeason, s.From.String())
			}
			if other.Code == s.Code {
				say(i+1, SameCode, s.Code)
			}
		}
		found = append(found, s.check(i+1)...)
	}
	return found
}

func (s Season) check(season int) []Problem {
	if s.Code == "" || !s.From.returns() {
		return []Problem{{Code: WrongSeason, Value: s.Code, Season: season}}
	}
	if len(s.Shifts) == 0 {
		return []Problem{{Code: NoShift, Value: s.Code, Season: season}}
	}
	var found []Problem
	for i, shift := range s.Shifts {
		name := s.Code + "/" + shift.Code
		say := func(code string) {
			found = append(found, Problem{Code: code, Value: name, Season: season, Shift: i + 1})
		}
		if shift.Code == "" || shift.From < 0 || shift.To <= shift.From || shift.To > endOfDay {
			say(WrongShift)
		}
		if b := shift.Break; b != (Period{}) && (b.From < shift.From || b.To <= b.From || b.To > shift.To) {
			say(WrongBreak)
		}
		if slices.ContainsFunc(s.Shifts[:i], func(other Shift) bool { return other.Code == shift.Code }) {
			say(SameCode)
		}
	}
	return found
}
