package review

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/layout"
	"lobby/views/locale"
	view "lobby/views/review"
)

// Pages are the pages under /reviews.
type Pages struct {
	Service *Service
	// Figures are those of the days from one to another, counted in, both as 2026-11-01; they stand in a month's report.
	Figures func(ctx context.Context, from, to string) ([]*table.Table, error)
}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	day, week := web.Staff(staff.ReviewDay), web.Staff(staff.ReviewWeek)
	app.Get("/reviews", day, p.home)
	app.Get("/reviews/day/:date", day, p.day)
	app.Post("/reviews/day/:date", day, p.tick)
	app.Get("/reviews/week/:monday", week, p.week)
	app.Post("/reviews/week/:monday", week, p.sign)
	app.Get("/reviews/unsolved", day, p.unsolved)
	app.Post("/reviews/unsolved", day, p.find)
	app.Get("/reviews/month/:month", web.Staff(staff.ViewReports), p.month)
	app.Post("/reviews/month/:month", week, p.write)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "review.css")
	return s
}

// dated reads a day or a month from the path; one that is none, or hasn't come, does not exist.
func dated(c *fiber.Ctx, name, form string) (time.Time, error) {
	d, err := time.ParseInLocation(form, c.Params(name), locale.Zone(web.Context(c)))
	if err != nil || d.Year() < 2000 || d.After(web.Now(c)) {
		return d, fault.New(fault.NotFound, "fault.not_found")
	}
	return d, nil
}

// come gives an address, or nothing where its day hasn't come.
func come(c *fiber.Ctx, d time.Time, path func(time.Time) string) string {
	if d.After(web.Now(c)) {
		return ""
	}
	return path(d)
}

func (p *Pages) home(c *fiber.Ctx) error {
	ctx := web.Context(c)
	who, today := actor.From(ctx), here(ctx, web.Now(c).In(locale.Zone(ctx)))
	page := view.Home{MayWeeks: who.Can(staff.ReviewWeek), Today: dayPath(today)}
	if who.Can(staff.ViewReports) {
		page.Month = monthPath(today)
	}
	days, err := p.Service.OpenDays(ctx)
	if err != nil {
		return err
	}
	if n := len(days) - Look; n > 0 {
		page.Older, page.OlderHref, page.OlderFrom = n, dayPath(days[0].Day), here(ctx, days[0].Day)
		days = days[n:]
	}
	page.Days = spans(ctx, days, 1, dayPath)
	r, err := p.Service.Regularly(ctx)
	if err != nil {
		return err
	}
	page.Left, page.LookedAt, page.LookDue, page.LookLate = r.Left, r.Last, r.Due, r.Late
	if page.MayWeeks {
		weeks, err := p.Service.OpenWeeks(ctx)
		if err != nil {
			return err
		}
		page.Weeks = spans(ctx, weeks, 7, weekPath)
	}
	return web.Render(c, fiber.StatusOK, view.HomePage(shell(c, locale.T(ctx, "review.title")), page))
}

func (p *Pages) day(c *fiber.Ctx) error {
	d, err := dated(c, "date", time.DateOnly)
	if err != nil {
		return err
	}
	return p.dayPage(c, d, attempt{})
}

func (p *Pages) tick(c *fiber.Ctx) error {
	d, err := dated(c, "date", time.DateOnly)
	if err != nil {
		return err
	}
	form := web.Form(c)
	err = p.Service.Tick(web.Context(c), d, refs(form), form.Get("remark"))
	if f, ok := web.Invalid(err); ok {
		return p.dayPage(c, d, attempt{f, form})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, dayPath(d))
}

func (p *Pages) dayPage(c *fiber.Ctx, d time.Time, a attempt) error {
	ctx := web.Context(c)
	records, err := p.Service.Day(ctx, d)
	if err != nil {
		return err
	}
	message, said := a.said(ctx)
	page := view.Day{Date: d, Path: dayPath(d), Previous: dayPath(d.AddDate(0, 0, -1)), Next: come(c, d.AddDate(0, 0, 1), dayPath), All: len(records),
		Message: message, Error: said["records"], Remark: a.text(ctx, said, "remark", MaxRemark, false)}
	page.Sections, page.Open = sections(records, a.form)
	page.Late = page.Open > 0 && !d.AddDate(0, 0, 1).After(web.Now(c))
	return web.Render(c, a.status(), view.DayPage(shell(c, locale.T(ctx, "review.day", "Date", locale.Date(ctx, d))), page))
}

// monday reads a week from the path; a day that is no Monday names none.
func monday(c *fiber.Ctx) (time.Time, error) {
	d, err := dated(c, "monday", time.DateOnly)
	if err == nil && d.Weekday() != time.Monday {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	return d, err
}

func (p *Pages) week(c *fiber.Ctx) error {
	d, err := monday(c)
	if err != nil {
		return err
	}
	return p.weekPage(c, d, attempt{})
}

func (p *Pages) sign(c *fiber.Ctx) error {
	d, err := monday(c)
	if err != nil {
		return err
	}
	form := web.Form(c)
	var sections []Section
	for _, name := range form["section"] {
		sections = append(sections, known(name))
	}
	err = p.Service.Sign(web.Context(c), d, sections, form.Get("remark"))
	if f, ok := web.Invalid(err); ok {
		return p.weekPage(c, d, attempt{f, form})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, weekPath(d))
}

func (p *Pages) weekPage(c *fiber.Ctx, d time.Time, a attempt) error {
	ctx := web.Context(c)
	sections, err := p.Service.Week(ctx, d)
	if err != nil {
		return err
	}
	message, said := a.said(ctx)
	page := view.Week{From: d, To: d.AddDate(0, 0, 6), Path: weekPath(d), Previous: weekPath(d.AddDate(0, 0, -7)), Next: come(c, d.AddDate(0, 0, 7), weekPath),
		Runs: d.AddDate(0, 0, 7).After(web.Now(c)), Message: message, Error: said["sections"], Remark: a.text(ctx, said, "remark", MaxRemark, false)}
	for n := range 7 {
		if one := d.AddDate(0, 0, n); !one.After(web.Now(c)) {
			page.Days = append(page.Days, view.Span{Href: dayPath(one), From: one})
		}
	}
	for _, w := range sections {
		line := view.WeekSection{Name: string(w.Section), All: w.All, Reviewed: w.Reviewed, Late: w.Late, ReviewedBy: w.ReviewedBy, ReviewedAt: w.ReviewedAt,
			Remark: pii.Redact(w.Remark), Ticked: slices.Contains(a.form["section"], string(w.Section))}
		if w.All > 0 {
			line.Share = strconv.Itoa(w.Reviewed*100/w.All) + "%"
		}
		if w.ReviewedAt.IsZero() {
			page.Open++
		}
		page.Sections = append(page.Sections, line)
	}
	return web.Render(c, a.status(), view.WeekPage(shell(c, locale.T(ctx, "review.week")), page))
}

func (p *Pages) unsolved(c *fiber.Ctx) error { return p.unsolvedPage(c, attempt{}) }

func (p *Pages) find(c *fiber.Ctx) error {
	form := web.Form(c)
	var tickets []int64
	for _, text := range form["ticket"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		tickets = append(tickets, id)
	}
	_, err := p.Service.Find(web.Context(c), tickets, form.Get("shared"), form.Get("change"))
	if f, ok := web.Invalid(err); ok {
		return p.unsolvedPage(c, attempt{f, form})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/reviews/unsolved?done=1")
}

func (p *Pages) unsolvedPage(c *fiber.Ctx, a attempt) error {
	ctx := web.Context(c)
	list, err := p.Service.Unsolved(ctx)
	if err != nil {
		return err
	}
	found, err := p.Service.Findings(ctx)
	if err != nil {
		return err
	}
	message, said := a.said(ctx)
	page := view.Matters{Groups: groups(list, a.form["ticket"]), Message: message, Error: said["tickets"],
		Shared: a.text(ctx, said, "shared", MaxFinding, true), Change: a.text(ctx, said, "change", MaxFinding, true)}
	if c.Query("done") == "1" {
		page.Done = locale.T(ctx, "review.found")
	}
	for _, f := range found {
		page.Findings = append(page.Findings, view.Finding{Shared: pii.Redact(f.Shared), Change: pii.Redact(f.Change), By: f.ByName, At: f.At, Numbers: f.Numbers})
	}
	return web.Render(c, a.status(), view.MattersPage(shell(c, locale.T(ctx, "review.unsolved")), page))
}

func (p *Pages) month(c *fiber.Ctx) error {
	d, err := dated(c, "month", "2006-01")
	if err != nil {
		return err
	}
	return p.monthPage(c, d, attempt{})
}

func (p *Pages) write(c *fiber.Ctx) error {
	d, err := dated(c, "month", "2006-01")
	if err != nil {
		return err
	}
	form := web.Form(c)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		version = -1 // nobody's: refused as changed meanwhile
	}
	_, err = p.Service.Write(web.Context(c), Month{Month: d, Completion: form.Get("completion"), Analysis: form.Get("analysis"), Measures: form.Get("measures"), Problems: form.Get("problems"), Plan: form.Get("plan"), Version: version})
	if f, ok := web.Invalid(err); ok {
		return p.monthPage(c, d, attempt{f, form})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, monthPath(d)+"?done=1")
}

// monthPage shows the report. After somebody was faster it shows their words and keeps what was typed, so that the two
// can be brought together and saved.
func (p *Pages) monthPage(c *fiber.Ctx, d time.Time, a attempt) error {
	ctx := web.Context(c)
	m, err := p.Service.MonthOf(ctx, d)
	if err != nil {
		return err
	}
	tables, err := p.Figures(ctx, d.Format(time.DateOnly), d.AddDate(0, 1, -1).Format(time.DateOnly))
	if err != nil {
		return err
	}
	cases, err := p.Service.Cases(ctx, d)
	if err != nil {
		return err
	}
	message, said := a.said(ctx)
	page := view.Month{Date: d, Path: monthPath(d), Previous: monthPath(d.AddDate(0, -1, 0)), Next: come(c, d.AddDate(0, 1, 0), monthPath), Version: m.Version,
		By: m.ByName, At: m.At, MayWrite: actor.From(ctx).Can(staff.ReviewWeek), Message: message, Figures: figures(tables), Words: words(ctx, m, a, said)}
	for _, k := range cases {
		page.Cases = append(page.Cases, view.Case{Href: "/knowledge/" + strconv.FormatInt(k.ID, 10), Sort: k.Sort, Kind: k.Kind, Title: k.Title})
	}
	if c.Query("done") == "1" {
		page.Done = locale.T(ctx, "review.saved")
	}
	return web.Render(c, a.status(), view.MonthPage(shell(c, locale.T(ctx, "review.month_of", "Year", d.Year(), "Month", d.Format("01"))), page))
}
