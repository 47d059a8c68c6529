package place

import (
	"strconv"

	"lobby/views/part"
)

// Shifts are the working days of the week and the seasons with their shifts (SHIFT-1).
type Shifts struct {
	Notice, Message string
	Version, Seen   string // as the page was made
	Missing         []int  // years without a calendar
	Week            []WeekDay
	WeekError       string
	Seasons         []Season
	Changed         []part.Change
	Fields          []part.Input // the wrong ones
}

// WeekDay is a day of the week, free or not.
type WeekDay struct {
	Value, Label string
	Free         bool
}

// Season is a part of the year with shifts of its own.
type Season struct {
	Number     int
	Code       string
	Title      string
	Month, Day part.Input
	Closing    string // of its days, as it stands
	Shifts     []Shift
}

// Shift is one shift; a new one has no code yet.
type Shift struct {
	Prefix             string // of its fields' names
	Code               string
	Name               string     // in words; of a new one: what it is
	Called             part.Input // of a new one only
	New                bool
	From, To           part.Input
	BreakFrom, BreakTo part.Input
	Noon               bool
}

// errors are those of the shift's fields.
func (s Shift) errors() (all []part.Input) {
	for _, f := range []part.Input{s.Called, s.From, s.To, s.BreakFrom, s.BreakTo} {
		if f.Error != "" {
			all = append(all, f)
		}
	}
	return all
}

// Calendar is one year of the site's calendar (SHIFT-4).
type Calendar struct {
	Notice, Message string
	Year            int
	Years           []int
	Missing         []int // years without data
	Known           bool  // this one has data
	Shipped         bool
	Source          []string
	Version         int64
	Months          []Month
	Holidays        []Holiday
	WorkDays        int
	Day, Kind, Name part.Input
	Problems        []string // of the file
	MaxFile         int      // KiB
	Fields          []part.Input
}

// Month is one month, week by week.
type Month struct {
	Label string
	Weeks [][7]Cell
}

// Cell is one day; zero: none of the month.
type Cell struct {
	Day   int
	Class string // work, free, holiday, makeup
	Mark  string // short, of a holiday or make-up day
	Says  string // the same in words
	Today bool
}

// Holiday is a holiday as a whole, in words.
type Holiday struct{ Name, Days, MakeUp string }

func year(n int) string { return strconv.Itoa(n) }
