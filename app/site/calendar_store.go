package site

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/site/calendar"
)

// CalendarYear is a year of a site's calendar: what the site imported or corrected, else what ships (SHIFT-4).
type CalendarYear struct {
	calendar.Year
	Version int64 // 0 where the site has not changed what ships
	Shipped bool
}

// CalendarPage are the years that are known, the earliest first.
type CalendarPage struct {
	Years []CalendarYear

	Calendar *calendar.Calendar
	Missing  []int // this year and the next, as far as nobody has imported them: limits there are a guess
}

// calendarFile is how a year is kept.
type calendarFile struct {
	Source string                         `json:"source,omitempty"`
	Days   map[calendar.Day]calendarEntry `json:"days"`
}

type calendarEntry struct {
	Kind calendar.Kind `json:"kind"`
	Name string        `json:"name,omitempty"`
}

func (f calendarFile) year(number int) calendar.Year {
	y := calendar.Year{Number: number, Source: f.Source, Days: map[calendar.Day]calendar.Entry{}}
	for day, e := range f.Days {
		y.Days[day] = calendar.Entry(e)
	}
	return y
}

func calendarFileOf(y calendar.Year) calendarFile {
	f := calendarFile{Source: y.Source, Days: map[calendar.Day]calendarEntry{}}
	for day, e := range y.Days {
		f.Days[day] = calendarEntry(e)
	}
	return f
}

// rules reads the rules of the actor's site.
func (s *Service) rules(ctx context.Context, tx bun.IDB) (*Rules, error) {
	a, err := actor.Require(ctx, ManageRules)
	if err != nil {
		return nil, err
	}
	here, err := s.current(ctx, tx, a.Site, false)
	if err != nil {
		return nil, err
	}
	return readRules(ctx, tx, here)
}

// CalendarOf gives the calendar of the actor's site.
func (s *Service) CalendarOf(ctx context.Context) (CalendarPage, error) {
	r, err := s.rules(ctx, s.DB)
	if err != nil {
		return CalendarPage{}, db.Translate(err)
	}
	p := CalendarPage{Calendar: r.Calendar, Years: slices.SortedFunc(maps.Values(r.years), func(a, b CalendarYear) int { return cmp.Compare(a.Number, b.Number) })}
	this := r.Calendar.Day(s.Now()).Year()
	for _, year := range []int{this, this + 1} {
		if !r.Calendar.Known(year) {
			p.Missing = append(p.Missing, year)
		}
	}
	return p, nil
}

// The years that a calendar can be of.
const (
	FirstYear = 2000
	LastYear  = 2100
)

// ImportCalendar takes the calendar of a year from a file (calendar.Parse), in place of the one that stood. Nothing is
// kept of a file with problems, which come back all at once. The version is that of the year as the person saw it.
func (s *Service) ImportCalendar(ctx context.Context, year int, file io.Reader, version int64) ([]calendar.Problem, error) {
	a, err := actor.Require(ctx, ManageRules)
	if err != nil {
		return nil, err
	}
	if year < FirstYear || year > LastYear {
		return nil, fault.Fields{{Name: "year", Key: "site.bounds", Args: fault.Args{"Min": FirstYear, "Max": LastYear}}}.Err()
	}
	text, err := legible(file)
	if err != nil {
		return nil, err
	}
	read, problems := calendar.Parse(text, year)
	if len(problems) > 0 {
		return problems, nil
	}
	return nil, s.addRule(ctx, a, calendarRule(year), clean(calendarFileOf(read)), version)
}

// maxSource is how much of what a file says of where it is from is kept, in characters.
const maxSource = 400

// clean takes marks out of the texts of a file that nobody sees and that make a text read as another one.
func clean(f calendarFile) calendarFile {
	var unseen fault.Fields // what else could be wrong Parse has refused
	if long := []rune(f.Source); len(long) > maxSource {
		f.Source = string(long[:maxSource])
	}
	f.Source = unseen.Text("source", f.Source, maxSource, false)
	for day, e := range f.Days {
		e.Name = unseen.Line("name", e.Name, calendar.MaxName, false)
		f.Days[day] = e
	}
	return f
}

// legible is the file as UTF-8, where it is what a spreadsheet program writes; else as it is, for Parse to refuse.
func legible(file io.Reader) (io.Reader, error) {
	raw, err := io.ReadAll(io.LimitReader(file, calendar.MaxFile+1))
	if err != nil || len(raw) > calendar.MaxFile {
		return bytes.NewReader(raw), err
	}
	decoded, err := decode(raw)
	if err != nil {
		return bytes.NewReader(raw), nil //nolint:nilerr // Parse says in words what is wrong with it
	}
	if text, err := io.ReadAll(decoded); err == nil {
		return bytes.NewReader(text), nil
	}
	return bytes.NewReader(raw), nil
}

func (s *Service) addRule(ctx context.Context, a actor.Actor, name string, value any, version int64) error {
	_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, AddRule(ctx, tx, a.Site, name, value, version, s.Now())
	})
	return err
}

// SetDay corrects one day: a holiday or make-up working day by name, or with an empty kind a day like others of its day
// of the week. A year that nobody has imported begins with it. The version is that of the year as the person saw it.
func (s *Service) SetDay(ctx context.Context, day calendar.Day, kind calendar.Kind, name string, version int64) error {
	r, err := s.rules(ctx, s.DB)
	if err != nil {
		return db.Translate(err)
	}
	var wrong fault.Fields
	name = wrong.Line("name", name, calendar.MaxName, kind == calendar.Holiday)
	if !slices.Contains([]calendar.Kind{"", calendar.Holiday, calendar.Workday}, kind) {
		wrong.Add("kind", "site.choice")
	}
	if day.Year() < FirstYear || day.Year() > LastYear {
		wrong.Add("day", "site.bounds", fault.Args{"Min": FirstYear, "Max": LastYear})
	}
	if kind == calendar.Workday && !slices.Contains(r.Hours.Weekend, calendar.Weekday(day.Weekday())) {
		wrong.Add("day", "calendar.problem."+calendar.NoWeekend, fault.Args{"Value": day.String()})
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	stands := r.years[day.Year()].Year
	file := calendarFileOf(stands)
	delete(file.Days, day)
	if kind != "" {
		file.Days[day] = calendarEntry{kind, name}
	}
	return s.addRule(ctx, actor.From(ctx), calendarRule(day.Year()), file, version)
}

// HoursOf gives the hours of the actor's site: its weekend, and its seasons with their shifts (SHIFT-1).
func (s *Service) HoursOf(ctx context.Context) (calendar.Hours, int64, error) {
	r, err := s.rules(ctx, s.DB)
	if err != nil {
		return calendar.Hours{}, 0, db.Translate(err)
	}
	return r.Hours, r.version(hoursRule), nil
}

// SetHours changes them. The version is that of HoursOf.
func (s *Service) SetHours(ctx context.Context, h calendar.Hours, version int64) error {
	a, err := actor.Require(ctx, ManageRules)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	for _, p := range append(h.Check(), wrongCodes(h)...) {
		wrong.Add(hoursField(p), "calendar.problem."+p.Code, fault.Args{"Value": p.Value, "Line": p.Line, "Other": p.Other})
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.addRule(ctx, a, hoursRule, h, version)
}

// wrongCodes names seasons and shifts whose codes are more than a short word.
func wrongCodes(h calendar.Hours) (found []calendar.Problem) {
	for i, season := range h.Seasons {
		if !plainCode(season.Code) {
			found = append(found, calendar.Problem{Season: i + 1, Code: calendar.WrongCode, Value: strconv.Quote(season.Code)})
		}
		for j, shift := range season.Shifts {
			if !plainCode(shift.Code) {
				found = append(found, calendar.Problem{Season: i + 1, Shift: j + 1, Code: calendar.WrongCode, Value: strconv.Quote(shift.Code)})
			}
		}
	}
	return found
}

// hoursField is where a problem of hours is shown: weekend, season.1.month, season.1.shift.2.from, …
func hoursField(p calendar.Problem) string {
	season := fmt.Sprintf("season.%d", p.Season)
	switch {
	case p.Code == calendar.NeverWorks:
		return "weekend"
	case p.Season == 0:
		return "hours"
	case p.Code == calendar.NoShift:
		return season + ".shift.1.from"
	case p.Shift == 0:
		return season + ".month"
	}
	field := map[string]string{calendar.WrongBreak: "break_from", calendar.SameCode: "code", calendar.WrongCode: "code"}[p.Code]
	return fmt.Sprintf("%s.shift.%d.%s", season, p.Shift, cmp.Or(field, "from"))
}

// plainCode tells what can name a season or a shift: a few letters, digits, and no more than that.
func plainCode(code string) bool {
	return utf8.ValidString(code) && utf8.RuneCountInString(code) <= 20 && !strings.ContainsFunc(code, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
	})
}
