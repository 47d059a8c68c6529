package site

import (
	"strings"
	"testing"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/site/calendar"
)

func TestCalendarRules(t *testing.T) {
	t.Parallel()
	t.Run("SHIFT-4 a year is imported whole or not at all, corrected by the day, and what ships stands until then", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.Now = func() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }
		page, err := b.CalendarOf(b.ctx)
		if err != nil || len(page.Years) != 2 || !page.Years[1].Shipped || len(page.Missing) != 1 || page.Missing[0] != 2027 {
			t.Fatalf("%+v, %v", page, err)
		}
		problems, err := b.ImportCalendar(b.ctx, 2027, strings.NewReader("2027-02-06,holiday,春节\n2026-02-07,holiday,春节\n"), 0)
		if err != nil || len(problems) != 1 || problems[0].Code != calendar.OtherYear {
			t.Fatalf("%v, %v", problems, err)
		}
		if page, _ := b.CalendarOf(b.ctx); len(page.Years) != 2 {
			t.Error("something was kept of a file with mistakes")
		}
		if problems, err := b.ImportCalendar(b.ctx, 2027, strings.NewReader("2027-02-06,holiday,春节\n2027-02-20,workday,春节\n"), 0); err != nil || problems != nil {
			t.Fatalf("%v, %v", problems, err)
		}
		if _, err := b.ImportCalendar(b.ctx, 2027, strings.NewReader("2027-02-06,holiday,春节\n"), 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("who saw the year of before wrote over it: %v", err)
		}
		if err := b.SetDay(b.ctx, calendar.Date(2027, time.February, 8), calendar.Holiday, "春节", 1); err != nil {
			t.Fatal(err)
		}
		if err := b.SetDay(b.ctx, calendar.Date(2027, time.February, 9), calendar.Workday, "春节", 2); !fault.Is(err, fault.Invalid) {
			t.Errorf("a Tuesday as a make-up day: %v", err)
		}
		rules, err := NewDirectory(b.db).Rules(t.Context(), b.db, b.site)
		if err != nil {
			t.Fatal(err)
		}
		for day, want := range map[int]bool{6: false, 8: false, 9: true, 20: true, 21: false} {
			if works, _ := rules.Calendar.Working(calendar.Date(2027, time.February, day)); works != want {
				t.Errorf("%d February works: %t", day, works)
			}
		}
	})
	t.Run("SHIFT-1 hours are the handbook's until the site changes them, and a change is seen at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		sites := NewDirectory(b.db)
		day := calendar.Date(2026, time.November, 23)
		closing := func() string {
			r, err := sites.Rules(t.Context(), b.db, b.site)
			if err != nil {
				t.Fatal(err)
			}
			return r.Calendar.Closing(day).Format("15:04")
		}
		if got := closing(); got != "18:00" {
			t.Errorf("closes at %s", got)
		}
		hours, version, err := b.HoursOf(b.ctx)
		if err != nil || version != 0 {
			t.Fatal(version, err)
		}
		hours.Seasons[1].Shifts[2].To = 20 * 60
		if err := b.SetHours(b.ctx, hours, version); err != nil {
			t.Fatal(err)
		}
		if got := closing(); got != "20:00" {
			t.Errorf("closes at %s after the change", got)
		}
		hours.Seasons = nil
		if err := b.SetHours(b.ctx, hours, 1); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
