package worktime

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/site/calendar"
	"lobby/views/layout"
	"lobby/views/locale"
	page "lobby/views/place"
)

// Pages are the pages of shifts and calendar.
type Pages struct {
	Service *site.Service
	Now     func() time.Time
}

// Upload is the form that takes the file of a year.
var Upload = web.Upload{Path: "/settings/calendar/import", Permission: site.ManageRules, Max: calendar.MaxFile}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	manage := web.Staff(site.ManageRules)
	app.Get("/settings/shifts", manage, p.shifts)
	app.Post("/settings/shifts", manage, p.saveShifts)
	app.Get("/settings/calendar", manage, p.calendar)
	app.Get("/settings/calendar.csv", manage, p.download)
	app.Post("/settings/calendar", manage, p.setDay)
	app.Get("/settings/calendar/import", manage, func(c *fiber.Ctx) error { return web.Redirect(c, "/settings/calendar") })
	app.Post("/settings/calendar/import", manage, p.load)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "settings.css", "rules.css")
	return s
}

func (p *Pages) shifts(c *fiber.Ctx) error {
	ctx := web.Context(c)
	h, version, err := p.Service.HoursOf(ctx)
	if err != nil {
		return err
	}
	v := shiftsPage(ctx, values(h), h, nil)
	if c.Query("done") == "saved" {
		v.Notice = locale.T(ctx, "calendar.shifts.saved")
	}
	return p.showShifts(c, fiber.StatusOK, v, h, version)
}

func (p *Pages) showShifts(c *fiber.Ctx, status int, v page.Shifts, stands calendar.Hours, version int64) error {
	v.Version = strconv.FormatInt(version, 10)
	if v.Seen == "" {
		v.Seen = seenText(stands)
	}
	return web.Render(c, status, page.ShiftsPage(shell(c, locale.T(web.Context(c), "layout.settings.shifts")), v))
}

// saveShifts takes the hours. What was typed stays where it was wrong or somebody else was faster.
func (p *Pages) saveShifts(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	h, at, unread := readHours(form)
	err := p.Service.SetHours(ctx, h, number(form.Get("version")))
	wrong, ok := web.Invalid(err)
	switch {
	case err == nil:
		return web.Redirect(c, "/settings/shifts?done=saved")
	case !ok:
		return err
	}
	stands, version, failed := p.Service.HoursOf(ctx)
	if failed != nil {
		return failed
	}
	if wrong.Kind == fault.Conflict {
		typed, changed := merged(ctx, form, form.Get("seen"), stands)
		v := shiftsPage(ctx, typed, stands, nil)
		v.Message, v.Changed = web.Message(ctx, wrong), changed
		return p.showShifts(c, web.Status(err), v, stands, version)
	}
	told := *wrong
	told.Fields = append(unread, inWords(ctx, h, at, wrong.Fields)...) // of a field the first counts
	v := shiftsPage(ctx, form, stands, web.FieldErrors(ctx, &told))
	v.Message, v.Seen = web.Message(ctx, wrong), form.Get("seen")
	return p.showShifts(c, web.Status(err), v, stands, number(form.Get("version")))
}

func (p *Pages) calendar(c *fiber.Ctx) error {
	ctx := web.Context(c)
	all, err := p.Service.CalendarOf(ctx)
	if err != nil {
		return err
	}
	v := calendarPage(ctx, all, p.shown(all, c.Query("year")), all.Calendar.Day(p.Now()))
	switch c.Query("done") {
	case "imported":
		v.Notice = locale.T(ctx, "calendar.imported", "Year", strconv.Itoa(v.Year))
	case "day":
		v.Notice = locale.T(ctx, "calendar.day_saved")
	}
	return showCalendar(c, fiber.StatusOK, v)
}

// shown is the year that was asked for, else this one.
func (p *Pages) shown(all site.CalendarPage, asked string) int {
	if n, err := strconv.Atoi(asked); err == nil && n >= site.FirstYear && n <= site.LastYear {
		return n
	}
	return all.Calendar.Day(p.Now()).Year()
}

func showCalendar(c *fiber.Ctx, status int, v page.Calendar) error {
	s := shell(c, locale.T(web.Context(c), "layout.settings.calendar"))
	s.Path = "/settings/calendar"
	return web.Render(c, status, page.CalendarPage(s, v))
}

// setDay corrects one day.
func (p *Pages) setDay(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	kind := form.Get("kind")
	if kind == "ordinary" {
		kind = ""
	}
	day, err := calendar.ParseDay(form.Get("day"))
	switch {
	case err != nil:
		err = fault.Fields{{Name: "day", Key: "calendar.day_form"}}.Err()
	case strconv.Itoa(day.Year()) != form.Get("year"):
		err = fault.Fields{{Name: "day", Key: "calendar.problem." + calendar.OtherYear, Args: fault.Args{"Value": day.String()}}}.Err()
	default:
		err = p.Service.SetDay(ctx, day, calendar.Kind(kind), form.Get("name"), number(form.Get("version")))
	}
	if err == nil {
		return web.Redirect(c, "/settings/calendar?done=day&year="+strconv.Itoa(day.Year()))
	}
	return p.refused(c, form, err, nil)
}

// refused shows the year again with what was typed. Who saves again has seen what somebody else changed.
func (p *Pages) refused(c *fiber.Ctx, form web.Values, err error, problems []string) error {
	ctx := web.Context(c)
	wrong, ok := web.Invalid(err)
	if !ok {
		return err
	}
	all, failed := p.Service.CalendarOf(ctx)
	if failed != nil {
		return failed
	}
	v := calendarPage(ctx, all, p.shown(all, form.Get("year")), all.Calendar.Day(p.Now()))
	said := web.FieldErrors(ctx, wrong)
	v.Message, v.Problems = web.Message(ctx, wrong), problems
	v.Day.Value, v.Kind.Value, v.Name.Value = form.Get("day"), form.Get("kind"), form.Get("name")
	v.Day.Error, v.Kind.Error, v.Name.Error = said["day"], said["kind"], said["name"]
	v.Fields = append(v.Fields, v.Day, v.Kind, v.Name)
	return showCalendar(c, web.Status(err), v)
}

// load takes the file of a year, or says line by line why not.
func (p *Pages) load(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	data, err := web.File(c, "file")
	if err != nil {
		return err
	}
	if len(data) == 0 {
		err := fault.Fields{{Name: "file", Key: "calendar.no_file"}}.Err()
		return p.refused(c, form, err, []string{locale.T(ctx, "calendar.no_file")})
	}
	problems, err := p.Service.ImportCalendar(ctx, int(number(form.Get("year"))), bytes.NewReader(data), number(form.Get("version")))
	if err != nil {
		return p.refused(c, form, err, nil)
	}
	if len(problems) == 0 {
		return web.Redirect(c, "/settings/calendar?done=imported&year="+form.Get("year"))
	}
	lines := make([]string, 0, len(problems))
	for i, problem := range problems {
		if i == mostLines {
			lines = append(lines, locale.T(ctx, "calendar.more", "Count", len(problems)-i))
			break
		}
		text := locale.Say(ctx, "calendar.problem."+problem.Code, fault.Args{"Value": problem.Value, "Line": problem.Line, "Other": problem.Other})
		if problem.Line > 0 {
			text = locale.T(ctx, "calendar.line", "Line", problem.Line) + text
		}
		lines = append(lines, text)
	}
	return p.refused(c, form, fault.New(fault.Invalid, "calendar.refused"), lines)
}

// mostLines are the lines with mistakes that a page names.
const mostLines = 100

// download gives the year as the file that could be imported.
func (p *Pages) download(c *fiber.Ctx) error {
	all, err := p.Service.CalendarOf(web.Context(c))
	if err != nil {
		return err
	}
	y, _ := yearOf(all, p.shown(all, c.Query("year")))
	c.Attachment(fmt.Sprintf("calendar-%d.csv", y.Number))
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	return c.Send(y.CSV())
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return wrongTime // of no version
	}
	return n
}
