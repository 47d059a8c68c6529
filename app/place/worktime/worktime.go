// Package worktime holds the pages of a site's working time, which limits in working days go by: its week, its seasons
// with their shifts (SHIFT-1), and its calendar (SHIFT-4).
package worktime

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site/calendar"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/place"
)

// week are the days as people here count them: the week begins on Monday.
var week = [7]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// wrongTime is a time that can't be read: hours with one don't pass their check.
const wrongTime = -1

// readHours reads the hours that a form has. What can't be read is noted by field, and is such that the hours don't
// pass their check. A shift without times is none; at says which fields of the form those of the hours are.
func readHours(form web.Values) (h calendar.Hours, at map[string]string, wrong fault.Fields) {
	at = map[string]string{}
	for _, day := range form["weekend"] {
		var w calendar.Weekday
		if err := w.UnmarshalText([]byte(day)); err == nil {
			h.Weekend = append(h.Weekend, w)
		}
	}
	slices.Sort(h.Weekend)
	h.Weekend = slices.Compact(h.Weekend)
	for n := 1; len(form[fmt.Sprintf("season.%d.month", n)]) > 0 && n <= mostSeasons; n++ {
		season := fmt.Sprintf("season.%d", n)
		month, _ := strconv.Atoi(form.Get(season + ".month")) // 0 is no month
		day, _ := strconv.Atoi(form.Get(season + ".day"))     // nor a day
		s := calendar.Season{Code: form.Get(season + ".code"), From: calendar.MonthDay{Month: time.Month(month), Day: day}}
		if month < 1 || month > 12 || day < 1 || day > 31 {
			s.From = calendar.MonthDay{}
			wrong.Add(season+".month", "calendar.shifts.date_form")
		}
		for m := 1; len(form[fmt.Sprintf("%s.shift.%d.from", season, m)]) > 0 && m <= mostShifts; m++ {
			name := fmt.Sprintf("%s.shift.%d", season, m)
			if shift, is := readShift(form, name, &wrong); is {
				s.Shifts = append(s.Shifts, shift)
				at[fmt.Sprintf("%s.shift.%d", season, len(s.Shifts))] = name
			}
		}
		h.Seasons = append(h.Seasons, s)
	}
	return h, at, wrong
}

// Bounds of what a form can have.
const (
	mostSeasons = 4
	mostShifts  = 12
	maxCode     = 20 // characters
)

func readShift(form web.Values, at string, wrong *fault.Fields) (s calendar.Shift, is bool) {
	time := func(field string) calendar.TimeOfDay {
		text := form.Get(at + "." + field)
		t, err := calendar.ParseTimeOfDay(text)
		if err != nil {
			wrong.Add(at+"."+field, "calendar.shifts.time_form")
			return wrongTime
		}
		return t
	}
	if form.Get(at+".from") == "" && form.Get(at+".to") == "" {
		return s, false
	}
	s.Code = wrong.Line(at+".code", form.Get(at+".code"), maxCode, true)
	s.From, s.To, s.NoonDuty = time("from"), time("to"), form.Get(at+".noon") == "1"
	if form.Get(at+".break_from") != "" || form.Get(at+".break_to") != "" {
		s.Break = calendar.Period{From: time("break_from"), To: time("break_to")}
	}
	return s, true
}

// values are the hours as the fields of a form, with a place for one more shift in each season.
func values(h calendar.Hours) web.Values {
	v := web.Values{}
	for _, w := range h.Weekend {
		text, _ := w.MarshalText() // never fails
		v["weekend"] = append(v["weekend"], string(text))
	}
	for n, s := range h.Seasons {
		at := fmt.Sprintf("season.%d", n+1)
		v[at+".code"], v[at+".month"], v[at+".day"] = []string{s.Code}, []string{strconv.Itoa(int(s.From.Month))}, []string{strconv.Itoa(s.From.Day)}
		for m, shift := range append(slices.Clone(s.Shifts), calendar.Shift{}) {
			at := fmt.Sprintf("%s.shift.%d", at, m+1)
			for _, name := range []string{"code", "from", "to", "break_from", "break_to", "noon"} {
				v[at+"."+name] = []string{""}
			}
			if m == len(s.Shifts) {
				break
			}
			v[at+".code"], v[at+".from"], v[at+".to"] = []string{shift.Code}, []string{shift.From.String()}, []string{shift.To.String()}
			if shift.Break != (calendar.Period{}) {
				v[at+".break_from"], v[at+".break_to"] = []string{shift.Break.From.String()}, []string{shift.Break.To.String()}
			}
			if shift.NoonDuty {
				v[at+".noon"] = []string{"1"}
			}
		}
	}
	return v
}

// seenText keeps hours in a form, for telling later what changed meanwhile.
func seenText(h calendar.Hours) string {
	raw, err := json.Marshal(h)
	if err != nil {
		panic("worktime: " + err.Error()) // texts and numbers
	}
	return string(raw)
}

// merged is what was typed, with what somebody else changed where the person left a field as it was; and what that is,
// in words. What the form says it was made from may be anything.
func merged(ctx context.Context, typed web.Values, seen string, now calendar.Hours) (web.Values, []part.Change) {
	var was calendar.Hours // not a copy of now: what is read would be written into its slices
	if json.Unmarshal([]byte(seen), &was) != nil || len(was.Check()) > 0 {
		was = now
	}
	old, stands, out := values(was), values(now), web.Values{}
	for name, v := range stands {
		out[name] = v
	}
	for name, v := range typed {
		if !slices.Equal(v, old[name]) {
			out[name] = v
		}
	}
	if len(typed["weekend"]) == 0 && len(old["weekend"]) > 0 {
		delete(out, "weekend")
	}
	var changed []part.Change
	a, b := describe(ctx, was), describe(ctx, now)
	for i := range max(len(a), len(b)) {
		var c part.Change
		if i < len(a) {
			c.What, c.Was = a[i][0], a[i][1]
		}
		if i < len(b) {
			c.What, c.Now = b[i][0], b[i][1]
		}
		if c.Was != c.Now {
			changed = append(changed, c)
		}
	}
	return out, changed
}

// describe says hours in words, what and how.
func describe(ctx context.Context, h calendar.Hours) (lines [][2]string) {
	free := ""
	for _, day := range week {
		if slices.Contains(h.Weekend, calendar.Weekday(day)) {
			free += dayName(ctx, day) + " "
		}
	}
	lines = append(lines, [2]string{locale.T(ctx, "calendar.shifts.free"), free})
	for _, s := range h.Seasons {
		words := s.From.String()
		for _, shift := range s.Shifts {
			words += " · " + shiftName(ctx, shift.Code) + " " + shift.From.String() + "–" + shift.To.String()
			if shift.Break != (calendar.Period{}) {
				words += " (" + shift.Break.From.String() + "–" + shift.Break.To.String() + ")"
			}
			if shift.NoonDuty {
				words += " " + locale.T(ctx, "calendar.shifts.noon")
			}
		}
		lines = append(lines, [2]string{seasonName(ctx, s.Code), words})
	}
	return lines
}

func dayName(ctx context.Context, day time.Weekday) string {
	return locale.T(ctx, "site.day."+strconv.Itoa(int(day)))
}

// seasonName says a season; a site's own is called as it is.
func seasonName(ctx context.Context, code string) string {
	if slices.Contains([]string{"summer", "winter"}, code) {
		return locale.T(ctx, "calendar.season."+code)
	}
	return code
}

// shiftName says a shift; a site's own is called as it is.
func shiftName(ctx context.Context, code string) string {
	if slices.Contains([]string{"early", "office", "late"}, code) {
		return locale.T(ctx, "calendar.shift."+code)
	}
	return code
}

// shiftsPage fills the page; said is what is wrong, by field.
func shiftsPage(ctx context.Context, v web.Values, stands calendar.Hours, said map[string]string) page.Shifts {
	p := page.Shifts{WeekError: said["weekend"]}
	if said["weekend"] != "" {
		p.Fields = append(p.Fields, part.Input{Name: "weekend", Label: locale.T(ctx, "calendar.shifts.free"), Error: said["weekend"]})
	}
	for _, day := range week {
		text, _ := calendar.Weekday(day).MarshalText() // never fails
		p.Week = append(p.Week, page.WeekDay{Value: string(text), Label: dayName(ctx, day), Free: slices.Contains(v["weekend"], string(text))})
	}
	for n := 1; len(v[fmt.Sprintf("season.%d.month", n)]) > 0 && n <= mostSeasons; n++ {
		at := fmt.Sprintf("season.%d", n)
		code := v.Get(at + ".code")
		s := page.Season{Number: n, Code: code, Title: seasonName(ctx, code)}
		if n <= len(stands.Seasons) {
			s.Closing = stands.Seasons[n-1].Closing().String()
		}
		s.Month = part.Input{Name: at + ".month", Type: "select", Required: true, Label: locale.T(ctx, "calendar.shifts.month"), Value: v.Get(at + ".month"), Error: said[at+".month"]}
		for m := range 12 {
			s.Month.Options = append(s.Month.Options, part.Option{Value: strconv.Itoa(m + 1), Label: locale.T(ctx, "calendar.month."+strconv.Itoa(m+1))})
		}
		s.Day = part.Input{Name: at + ".day", Type: "number", Required: true, Max: 31, Label: locale.T(ctx, "calendar.shifts.day"), Value: v.Get(at + ".day")}
		p.Fields = append(p.Fields, called(s.Month, s.Title))
		for m := 1; len(v[fmt.Sprintf("%s.shift.%d.from", at, m)]) > 0 && m <= mostShifts; m++ {
			last := len(v[fmt.Sprintf("%s.shift.%d.from", at, m+1)]) == 0
			shift := shiftOf(ctx, v, fmt.Sprintf("%s.shift.%d", at, m), last, said)
			s.Shifts = append(s.Shifts, shift)
			for _, f := range []part.Input{shift.Called, shift.From, shift.To, shift.BreakFrom, shift.BreakTo} {
				p.Fields = append(p.Fields, called(f, s.Title+" "+shift.Name))
			}
		}
		p.Seasons = append(p.Seasons, s)
	}
	return p
}

// called is a field with its place before its label, for the summary of what is wrong.
func called(f part.Input, where string) part.Input {
	f.Label = where + " " + f.Label
	return f
}

// shiftOf is one line of a season; the last is the place for one more.
func shiftOf(ctx context.Context, v web.Values, at string, last bool, said map[string]string) page.Shift {
	code := v.Get(at + ".code")
	s := page.Shift{Prefix: at, Code: code, Name: shiftName(ctx, code), New: last, Noon: v.Get(at+".noon") == "1"}
	input := func(field, kind string) part.Input {
		return part.Input{Name: at + "." + field, Type: kind, Value: v.Get(at + "." + field), Error: said[at+"."+field], Label: locale.T(ctx, "calendar.shifts."+field)}
	}
	if last {
		s.Name = locale.T(ctx, "calendar.shifts.new")
		s.Called = input("code", "text")
	}
	s.From, s.To, s.BreakFrom, s.BreakTo = input("from", "time"), input("to", "time"), input("break_from", "time"), input("break_to", "time")
	if !last && s.From.Error == "" {
		s.From.Error = said[at+".code"]
	}
	return s
}

// inWords puts names of seasons and shifts into what is wrong, which has them by code, and gives the fields the names
// that they have in the form.
func inWords(ctx context.Context, h calendar.Hours, at map[string]string, wrong []fault.Field) []fault.Field {
	out := slices.Clone(wrong)
	for i, f := range out {
		var season, shift int
		n, _ := fmt.Sscanf(f.Name, "season.%d.shift.%d.", &season, &shift) // n says how far it came
		if n == 0 || season > len(h.Seasons) {
			continue
		}
		words := seasonName(ctx, h.Seasons[season-1].Code)
		if n == 2 && shift <= len(h.Seasons[season-1].Shifts) {
			words += " " + shiftName(ctx, h.Seasons[season-1].Shifts[shift-1].Code)
			name := fmt.Sprintf("season.%d.shift.%d", season, shift)
			out[i].Name = at[name] + strings.TrimPrefix(f.Name, name)
		}
		if _, takes := f.Args["Value"]; takes && f.Key != "calendar.problem."+calendar.SameSeason {
			out[i].Args = fault.Args{"Value": words, "Line": 0, "Other": 0}
		}
	}
	return out
}
