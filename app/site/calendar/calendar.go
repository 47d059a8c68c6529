// Package calendar is a site's working calendar: which days are worked (SHIFT-4) and until when (SHIFT-1, SLA-3). It
// knows no clock and no database; a calendar is made from the site's zone, hours and imported years, and doesn't change.
//
//	c, err := calendar.New(zone, calendar.DefaultHours(), calendar.Shipped()...)
//	c.Working(calendar.Date(2026, time.February, 28)) // true, make-up day 春节: a Saturday that is worked
//	c.Closing(calendar.Date(2026, time.April, 30))    // 18:00, the last day of winter; the day after it would be 18:30
//	c.Known(2027)                                     // false: nobody has imported it; weekends count, holidays don't
package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Calendar answers for the days of one site. It can be shared.
type Calendar struct {
	zone    *time.Location
	weekend [7]bool
	seasons []Season // by date
	years   map[int]Year
}

// New makes a calendar. Hours or years that don't pass their checks, and two years of the same number, are errors.
func New(zone *time.Location, hours Hours, years ...Year) (*Calendar, error) {
	c := &Calendar{zone: zone, seasons: slices.Clone(hours.Seasons), years: make(map[int]Year, len(years))}
	var wrong []error
	for _, p := range hours.Check() {
		wrong = append(wrong, p)
	}
	for _, y := range years {
		if _, twice := c.years[y.Number]; twice {
			wrong = append(wrong, fmt.Errorf("calendar: two calendars of the year %d", y.Number))
		}
		for day := range y.Days {
			if day.Year() != y.Number {
				wrong = append(wrong, Problem{Code: OtherYear, Value: day.String()})
			}
		}
		c.years[y.Number] = y
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	for _, w := range hours.Weekend {
		c.weekend[w] = true
	}
	slices.SortFunc(c.seasons, func(a, b Season) int { return cmp.Compare(a.From.number(), b.From.number()) })
	return c, nil
}

// Why says what makes a day worked or free.
type Why string

// What makes a day worked or free (SHIFT-4).
const (
	Normal        Why = "normal"  // a day of the week that is worked
	Weekend       Why = "weekend" // a day of the week that is free
	PublicHoliday Why = "holiday" // a public holiday, by name
	MakeUp        Why = "makeup"  // a weekend day that is worked for a holiday (调休), by the holiday's name
)

// Reason is why a day is worked or free; Name is the holiday's.
type Reason struct {
	Why  Why
	Name string
}

// Working tells whether a day is worked, and why (SHIFT-4). In a year without data only weekends are free: see Known.
func (c *Calendar) Working(d Day) (works bool, why Reason) {
	entry, named := c.years[d.Year()].Days[d]
	free := c.weekend[d.Weekday()]
	switch {
	case named && entry.Kind == Holiday:
		return false, Reason{PublicHoliday, entry.Name}
	case named && free:
		return true, Reason{MakeUp, entry.Name}
	case free:
		return false, Reason{Why: Weekend}
	}
	return true, Reason{Why: Normal}
}

// Like is the day of the week that a day is kept as, for who has hours by the day of the week: a public holiday is like
// the last free day of the week, a make-up day like the first that is worked. The week begins on Monday.
func (c *Calendar) Like(d Day) time.Weekday {
	_, why := c.Working(d)
	like := d.Weekday()
	for n := range 7 {
		day := time.Weekday((n + 1) % 7)
		switch {
		case why.Why == PublicHoliday && c.weekend[day]:
			like = day
		case why.Why == MakeUp && !c.weekend[day]:
			return day
		}
	}
	return like
}

// Known tells whether the year's holidays have been imported. Days of other years are a guess, which pages say.
func (c *Calendar) Known(year int) bool {
	_, known := c.years[year]
	return known
}

// Season of a day (SHIFT-1).
func (c *Calendar) Season(d Day) Season {
	_, month, day := d.Date()
	today := MonthDay{month, day}.number()
	for _, s := range slices.Backward(c.seasons) {
		if s.From.number() <= today {
			return s
		}
	}
	return c.seasons[len(c.seasons)-1] // begun last year
}

// Closing is the moment at which a day closes: the end of the latest shift of its season (SLA-3). A free day has one too.
func (c *Calendar) Closing(d Day) time.Time { return c.At(d, c.Season(d).Closing()) }

// At is the moment of a time of day in the site's zone; 24:00 is the first moment of the next day.
func (c *Calendar) At(d Day, t TimeOfDay) time.Time {
	y, m, day := d.Date()
	return c.wall(y, m, day, time.Duration(t)*time.Minute)
}

// Later is the moment at which the site's clocks show the same time as at t, some months and days later. A month that
// is too short for the day ends with its last one: a month after 31 January is 28 February (COMPLAINT-5, ESC-2).
func (c *Calendar) Later(t time.Time, months, days int) time.Time {
	t = t.In(c.zone)
	y, m, day := t.Date()
	if months != 0 {
		m += time.Month(months)
		day = min(day, time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day())
	}
	hour, minute, second := t.Clock()
	ofDay := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(t.Nanosecond())
	return c.wall(y, m, day+days, ofDay)
}

// wall is the first moment at which the site's clocks show the time, or have passed it: where the clocks are put
// forward over it, that of putting them forward; where they show it twice, the first.
func (c *Calendar) wall(y int, m time.Month, day int, ofDay time.Duration) time.Time {
	t := time.Date(y, m, day, 0, 0, 0, int(ofDay), c.zone)
	shown := time.Date(y, m, day, 0, 0, 0, int(ofDay), time.UTC)
	_, offset := t.Zone()
	from, until := t.ZoneBounds()
	switch wrong := shown.Sub(t) - time.Duration(offset)*time.Second; {
	case wrong < 0: // after the clocks were put forward
		return from
	case wrong > 0: // before that
		return until
	case from.IsZero():
		return t
	}
	_, before := from.Add(-1).Zone()
	if first := t.Add(time.Duration(offset-before) * time.Second); first.Before(from) {
		return first
	}
	return t
}

// Day is the site's day of a moment.
func (c *Calendar) Day(t time.Time) Day {
	_, offset := t.In(c.zone).Zone()
	return Day(floorDiv(t.Unix()+int64(offset), secondsOfDay))
}

// Zone is the site's zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// AtWork tells whether a moment lies in working hours: in a shift of a day that is worked, breaks among them.
func (c *Calendar) AtWork(t time.Time) bool {
	day := c.Day(t)
	if works, _ := c.Working(day); !works {
		return false
	}
	return slices.ContainsFunc(c.Season(day).Shifts, func(s Shift) bool { return !t.Before(c.At(day, s.From)) && t.Before(c.At(day, s.To)) })
}

// farthest is how many days working hours are looked for.
const farthest = 20 * 366

// AfterWork is the moment at which working hours of a length have passed since t; found is false where there are none in
// twenty years.
func (c *Calendar) AfterWork(t time.Time, left time.Duration) (at time.Time, found bool) {
	for day, last := c.Day(t), c.Day(t)+farthest; day <= last; day++ {
		if works, _ := c.Working(day); !works {
			continue
		}
		shifts := slices.SortedFunc(slices.Values(c.Season(day).Shifts), func(a, b Shift) int { return cmp.Compare(a.From, b.From) })
		for _, s := range shifts {
			from, to := c.At(day, s.From), c.At(day, s.To)
			if from.Before(t) {
				from = t
			}
			if !from.Before(to) {
				continue
			}
			if ran := to.Sub(from); ran < left {
				left, t = left-ran, to
				continue
			}
			return from.Add(left), true
		}
	}
	return time.Time{}, false
}
