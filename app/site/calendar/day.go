package calendar

import (
	"fmt"
	"time"
)

// Day is a day of the calendar without time or zone: the number of days since 1 January 1970. Days count and compare as
// numbers do.
type Day int32

const secondsOfDay = 24 * 60 * 60

// Date is the day of a year, month and day of the month; what lies beyond a month's end runs on into the next.
func Date(year int, month time.Month, day int) Day {
	return Day(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), secondsOfDay))
}

// ParseDay reads a day as 2026-02-14, or as spreadsheet programs write it, 2026/2/14.
func ParseDay(text string) (Day, error) {
	for _, layout := range []string{time.DateOnly, "2006/1/2"} {
		if t, err := time.Parse(layout, text); err == nil {
			return Date(t.Date()), nil
		}
	}
	return 0, fmt.Errorf("calendar: %q is no date such as 2026-02-14", text)
}

// Date gives year, month and day of the month.
func (d Day) Date() (int, time.Month, int) {
	return time.Unix(int64(d)*secondsOfDay, 0).UTC().Date()
}

// Year of the day.
func (d Day) Year() int {
	y, _, _ := d.Date()
	return y
}

// Weekday of the day.
func (d Day) Weekday() time.Weekday {
	return time.Weekday(((int(d)+int(time.Thursday))%7 + 7) % 7) // day 0 was a Thursday
}

// String is the day as 2026-02-14.
func (d Day) String() string {
	y, m, dd := d.Date()
	return fmt.Sprintf("%04d-%02d-%02d", y, m, dd)
}

// MarshalText writes the day as 2026-02-14.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Day) UnmarshalText(text []byte) error {
	day, err := ParseDay(string(text))
	*d = day
	return err
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
