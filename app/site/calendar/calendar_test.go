package calendar_test

import (
	"testing"
	"time"

	"lobby/app/site/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func shanghai(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(zone(t, "Asia/Shanghai"), calendar.DefaultHours(), calendar.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day(t testing.TB, text string) calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWorkingDays(t *testing.T) {
	t.Parallel()
	c := shanghai(t)
	for _, tt := range []struct {
		name, day string
		works     bool
		why       calendar.Why
		holiday   string
	}{
		{"SHIFT-4 a Monday", "2026-03-02", true, calendar.Normal, ""},
		{"SHIFT-4 a Saturday", "2026-03-07", false, calendar.Weekend, ""},
		{"SHIFT-4 a Sunday", "2026-03-08", false, calendar.Weekend, ""},
		{"SHIFT-4 a holiday on a weekday", "2026-01-01", false, calendar.PublicHoliday, "元旦"},
		{"SHIFT-4 a holiday on a weekend keeps its name", "2026-01-03", false, calendar.PublicHoliday, "元旦"},
		{"SHIFT-4 a make-up Sunday", "2026-01-04", true, calendar.MakeUp, "元旦"},
		{"SHIFT-4 a make-up Saturday before the holiday", "2026-02-14", true, calendar.MakeUp, "春节"},
		{"SHIFT-4 the first day of the spring festival", "2026-02-15", false, calendar.PublicHoliday, "春节"},
		{"SHIFT-4 the last day of the spring festival", "2026-02-23", false, calendar.PublicHoliday, "春节"},
		{"SHIFT-4 the day after it", "2026-02-24", true, calendar.Normal, ""},
		{"SHIFT-4 two holidays at once", "2025-10-06", false, calendar.PublicHoliday, "国庆节、中秋节"},
		{"SHIFT-4 a year without data knows weekends only", "2027-10-01", true, calendar.Normal, ""},
		{"SHIFT-4 a weekend in a year without data", "2027-10-02", false, calendar.Weekend, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			works, why := c.Working(day(t, tt.day))
			if works != tt.works || why != (calendar.Reason{Why: tt.why, Name: tt.holiday}) {
				t.Errorf("%s: %t %+v, want %t %s %s", tt.day, works, why, tt.works, tt.why, tt.holiday)
			}
		})
	}
	t.Run("SHIFT-4 a year without data says so", func(t *testing.T) {
		for year, known := range map[int]bool{2024: false, 2025: true, 2026: true, 2027: false} {
			if c.Known(year) != known {
				t.Errorf("%d known: %t", year, !known)
			}
		}
	})
}

func TestClosing(t *testing.T) {
	t.Parallel()
	c := shanghai(t)
	for _, tt := range []struct{ name, day, season, closing string }{
		{"SHIFT-1 the last day of winter", "2026-04-30", "winter", "2026-04-30T18:00:00+08:00"},
		{"SHIFT-1 the first day of summer", "2026-05-01", "summer", "2026-05-01T18:30:00+08:00"},
		{"SHIFT-1 the last day of summer", "2026-09-30", "summer", "2026-09-30T18:30:00+08:00"},
		{"SHIFT-1 the first day of winter", "2026-10-01", "winter", "2026-10-01T18:00:00+08:00"},
		{"SHIFT-1 winter goes on over New Year", "2026-01-01", "winter", "2026-01-01T18:00:00+08:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := day(t, tt.day)
			if got := c.Season(d).Code; got != tt.season {
				t.Errorf("season %s, want %s", got, tt.season)
			}
			if got := c.Closing(d).Format(time.RFC3339); got != tt.closing {
				t.Errorf("closes %s, want %s", got, tt.closing)
			}
		})
	}
	t.Run("SHIFT-1 two seasons with three shifts each", func(t *testing.T) {
		want := map[string]string{
			"summer/early": "08:00 16:30", "summer/office": "08:30 18:00", "summer/late": "10:00 18:30",
			"winter/early": "08:00 16:00", "winter/office": "09:00 17:30", "winter/late": "10:00 18:00",
		}
		for _, s := range calendar.DefaultHours().Seasons {
			for _, shift := range s.Shifts {
				key := s.Code + "/" + shift.Code
				if got := shift.From.String() + " " + shift.To.String(); got != want[key] {
					t.Errorf("%s: %s, want %q", key, got, want[key])
				}
				delete(want, key)
			}
		}
		if len(want) > 0 {
			t.Errorf("missing: %v", want)
		}
	})
}

// The site's clocks are put forward on 2026-03-08 at 02:00 and back on 2026-11-01 at 02:00 in New York.
func TestClocksPutForwardAndBack(t *testing.T) {
	t.Parallel()
	c, err := calendar.New(zone(t, "America/New_York"), calendar.DefaultHours())
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		m, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, tt := range []struct {
		name      string
		got, want time.Time
	}{
		{"in winter", c.At(day(t, "2026-03-07"), 18*60), at("2026-03-07T18:00:00-05:00")},
		{"in summer", c.At(day(t, "2026-03-08"), 18*60), at("2026-03-08T18:00:00-04:00")},
		{"left out", c.At(day(t, "2026-03-08"), 2*60+30), at("2026-03-08T03:00:00-04:00")},
		{"shown twice", c.At(day(t, "2026-11-01"), 60+30), at("2026-11-01T01:30:00-04:00")},
		{"the end of a day", c.At(day(t, "2026-03-08"), 24*60), at("2026-03-09T00:00:00-04:00")},
		{"two days later, one hour short", c.Later(at("2026-03-07T10:00:15-05:00"), 0, 2), at("2026-03-09T10:00:15-04:00")},
		{"two days later, at a time left out", c.Later(at("2026-03-06T02:30:00-05:00"), 0, 2), at("2026-03-08T03:00:00-04:00")},
		{"a month later", c.Later(at("2026-01-31T23:30:00-05:00"), 1, 0), at("2026-02-28T23:30:00-05:00")},
		{"a month after the end of a short one", c.Later(at("2026-02-28T08:00:00-05:00"), 1, 0), at("2026-03-28T08:00:00-04:00")},
		{"a month later, over New Year", c.Later(at("2025-12-31T08:00:00-05:00"), 1, 0), at("2026-01-31T08:00:00-05:00")},
	} {
		if !tt.got.Equal(tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
	for text, want := range map[string]string{
		"2026-03-08T04:59:59Z": "2026-03-07", "2026-03-08T05:00:00Z": "2026-03-08", "2026-03-09T03:59:59Z": "2026-03-08",
		"2026-03-09T04:00:00Z": "2026-03-09", "1969-12-31T23:00:00-05:00": "1969-12-31",
	} {
		if got := c.Day(at(text)).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestWrongHours(t *testing.T) {
	t.Parallel()
	shift := []calendar.Shift{{Code: "early", From: 480, To: 960}}
	may := calendar.MonthDay{Month: time.May, Day: 1}
	season := func(s ...calendar.Shift) calendar.Hours {
		return calendar.Hours{Seasons: []calendar.Season{{Code: "all", From: may, Shifts: s}}}
	}
	for code, h := range map[string]calendar.Hours{
		calendar.NoSeason:    {},
		calendar.NeverWorks:  {Weekend: []calendar.Weekday{0, 1, 2, 3, 4, 5, 6}, Seasons: season(shift...).Seasons},
		calendar.SameSeason:  {Seasons: []calendar.Season{{Code: "a", From: may, Shifts: shift}, {Code: "b", From: may, Shifts: shift}}},
		calendar.SameCode:    {Seasons: []calendar.Season{{Code: "a", From: may, Shifts: shift}, {Code: "a", From: calendar.MonthDay{Month: 1, Day: 1}, Shifts: shift}}},
		calendar.WrongSeason: {Seasons: []calendar.Season{{Code: "", From: may, Shifts: shift}}},
		calendar.NoShift:     season(),
		calendar.WrongShift:  season(calendar.Shift{Code: "night", From: 22 * 60, To: 6 * 60}),
		calendar.WrongBreak:  season(calendar.Shift{Code: "early", From: 480, To: 960, Break: calendar.Period{From: 900, To: 1000}}),
	} {
		if got := h.Check(); len(got) != 1 || got[0].Code != code || got[0].Error() == "calendar: " {
			t.Errorf("%s: %v", code, got)
		}
		if _, err := calendar.New(time.UTC, h); err == nil {
			t.Errorf("%s: a calendar was made of it", code)
		}
	}
	if got := calendar.DefaultHours().Check(); len(got) > 0 {
		t.Errorf("the default hours: %v", got)
	}
	twice := append(calendar.Shipped(), calendar.Shipped()[0])
	if _, err := calendar.New(time.UTC, calendar.DefaultHours(), twice...); err == nil {
		t.Error("two calendars of 2025 were taken")
	}
	other := calendar.Year{Number: 2027, Days: map[calendar.Day]calendar.Entry{day(t, "2026-12-31"): {Kind: calendar.Holiday, Name: "元旦"}}}
	if _, err := calendar.New(time.UTC, calendar.DefaultHours(), other); err == nil {
		t.Error("a day of another year was taken")
	}
}

// The first moment at which clocks show a time or have passed it, found minute by minute on every day on which some
// zone changes its clocks: at midnight in Havana, by half an hour on Lord Howe.
func TestEveryTimeOfDay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/New_York", "America/Havana", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai"} {
		z := zone(t, name)
		c, err := calendar.New(z, calendar.DefaultHours())
		if err != nil {
			t.Fatal(err)
		}
		changes := 0
		for d := day(t, "2026-01-01"); d < day(t, "2027-01-01"); d++ {
			y, m, dd := d.Date()
			at := time.Date(y, m, dd-1, 12, 0, 0, 0, z)
			_, before := at.Zone()
			if _, after := at.AddDate(0, 0, 2).Zone(); before == after {
				continue
			}
			changes++
			first := at
			for quarter := range 24*4 + 1 {
				of := calendar.TimeOfDay(quarter * 15)
				for c.Day(first) < d || c.Day(first) == d && first.In(z).Hour()*60+first.In(z).Minute() < int(of) {
					first = first.Add(time.Minute)
				}
				if got := c.At(d, of); !got.Equal(first) {
					t.Fatalf("%s %s %s is %s, want %s", name, d, of, got, first)
				}
			}
		}
		if (changes > 0) != (name != "Asia/Shanghai") {
			t.Errorf("%s changes its clocks on %d days", name, changes)
		}
	}
}
