package worktime

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"lobby/app/site"
	"lobby/app/site/calendar"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/place"
)

// yearOf picks a year of the calendar; one that nobody imported is empty.
func yearOf(all site.CalendarPage, number int) (y site.CalendarYear, known bool) {
	for _, y := range all.Years {
		if y.Number == number {
			return y, true
		}
	}
	return site.CalendarYear{Year: calendar.Year{Number: number, Days: map[calendar.Day]calendar.Entry{}}}, false
}

// yearsOf are the years that the page leads to: those that are known, this one and the next.
func yearsOf(all site.CalendarPage, shown int) []int {
	out := append([]int{shown}, all.Missing...)
	for _, y := range all.Years {
		out = append(out, y.Number)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// calendarPage fills a year, seen from a day.
func calendarPage(ctx context.Context, all site.CalendarPage, number int, today calendar.Day) page.Calendar {
	y, known := yearOf(all, number)
	p := page.Calendar{Year: number, Years: yearsOf(all, number), Missing: all.Missing, Known: known, Shipped: y.Shipped, Version: y.Version,
		MaxFile: calendar.MaxFile >> 10, Holidays: holidays(ctx, y.Year)}
	if y.Source != "" {
		p.Source = strings.Split(y.Source, "\n")
	}
	working := func(d calendar.Day) (bool, calendar.Reason) { return all.Calendar.Working(d) }
	for m := time.January; m <= time.December; m++ {
		p.Months = append(p.Months, monthOf(ctx, number, m, today, working, &p.WorkDays))
	}
	p.Day = part.Input{Name: "day", Type: "date", Required: true, Label: locale.T(ctx, "calendar.label.day")}
	p.Kind = part.Input{Name: "kind", Type: "select", Required: true, Label: locale.T(ctx, "calendar.label.kind")}
	for _, kind := range []string{string(calendar.Holiday), string(calendar.Workday), "ordinary"} {
		p.Kind.Options = append(p.Kind.Options, part.Option{Value: kind, Label: locale.T(ctx, "calendar.kind."+kind)})
	}
	p.Name = part.Input{Name: "name", Max: calendar.MaxName, Label: locale.T(ctx, "calendar.label.name"), Hint: locale.T(ctx, "calendar.hint.name")}
	return p
}

// monthOf is one month by weeks, from Monday on.
func monthOf(ctx context.Context, year int, m time.Month, today calendar.Day, working func(calendar.Day) (bool, calendar.Reason), days *int) page.Month {
	out := page.Month{Label: locale.T(ctx, "calendar.month."+strconv.Itoa(int(m)))}
	var line [7]page.Cell
	for d := calendar.Date(year, m, 1); ; d++ {
		_, month, day := d.Date()
		at := (int(d.Weekday()) + 6) % 7
		if month != m || at == 0 && line != [7]page.Cell{} {
			out.Weeks, line = append(out.Weeks, line), [7]page.Cell{}
		}
		if month != m {
			return out
		}
		works, why := working(d)
		if works {
			*days++
		}
		line[at] = cellOf(ctx, day, why)
		line[at].Today = d == today
	}
}

func cellOf(ctx context.Context, day int, why calendar.Reason) page.Cell {
	c := page.Cell{Day: day, Class: "work"}
	switch why.Why {
	case calendar.PublicHoliday:
		c.Class, c.Mark = "holiday", locale.T(ctx, "calendar.mark.holiday")
		c.Says = locale.T(ctx, "calendar.says.holiday", "Name", why.Name)
	case calendar.MakeUp:
		c.Class, c.Mark = "makeup", locale.T(ctx, "calendar.mark.makeup")
		c.Says = locale.T(ctx, "calendar.says.makeup", "Name", why.Name)
	case calendar.Weekend:
		c.Class = "free"
	}
	return c
}

// holidays says a year's holidays in words: from when to when, and which days are worked for them.
func holidays(ctx context.Context, y calendar.Year) (list []page.Holiday) {
	type span struct{ from, to calendar.Day }
	spans, made := map[string][]span{}, map[string][]string{}
	var names []string
	days := make([]calendar.Day, 0, len(y.Days))
	for d := range y.Days {
		days = append(days, d)
	}
	slices.Sort(days)
	for _, d := range days {
		e := y.Days[d]
		if !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
		if e.Kind == calendar.Workday {
			made[e.Name] = append(made[e.Name], monthDay(ctx, d))
			continue
		}
		all := spans[e.Name]
		if n := len(all) - 1; n >= 0 && all[n].to == d-1 {
			all[n].to = d
			continue
		}
		spans[e.Name] = append(all, span{d, d})
	}
	first := func(name string) calendar.Day { // free; a make-up day may come long before
		if len(spans[name]) > 0 {
			return spans[name][0].from
		}
		return calendar.Date(y.Number+1, time.January, 1)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(first(a), first(b)) })
	and := locale.T(ctx, "limit.and")
	for _, name := range names {
		h := page.Holiday{Name: name}
		if name == "" {
			h.Name = locale.T(ctx, "calendar.unnamed")
		}
		var words []string
		for _, s := range spans[name] {
			if s.from == s.to {
				words = append(words, monthDay(ctx, s.from))
				continue
			}
			words = append(words, locale.T(ctx, "calendar.span", "From", monthDay(ctx, s.from), "To", monthDay(ctx, s.to), "Days", int(s.to-s.from)+1))
		}
		h.Days = strings.Join(words, and)
		if len(made[name]) > 0 {
			h.MakeUp = locale.T(ctx, "calendar.made_up", "Days", strings.Join(made[name], and))
		}
		list = append(list, h)
	}
	return list
}

// monthDay says a day without its year.
func monthDay(ctx context.Context, d calendar.Day) string {
	_, m, day := d.Date()
	return locale.T(ctx, "calendar.date", "Month", locale.T(ctx, "calendar.month."+strconv.Itoa(int(m))), "Day", day)
}
