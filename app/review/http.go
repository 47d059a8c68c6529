package review

import (
	"context"
	"slices"
	"strconv"
	"strings"
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
	"lobby/views/part"
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

// here is a day of the database, which has no zone, in the zone of the page.
func here(ctx context.Context, d time.Time) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, locale.Zone(ctx))
}

func dayPath(d time.Time) string   { return "/reviews/day/" + d.Format(time.DateOnly) }
func weekPath(d time.Time) string  { return "/reviews/week/" + d.Format(time.DateOnly) }
func monthPath(d time.Time) string { return "/reviews/month/" + d.Format("2006-01") }

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
	page.Days = spans(ctx, days, 1, dayPath)
	if page.MayWeeks {
		weeks, err := p.Service.OpenWeeks(ctx)
		if err != nil {
			return err
		}
		page.Weeks = spans(ctx, weeks, 7, weekPath)
	}
	return web.Render(c, fiber.StatusOK, view.HomePage(shell(c, locale.T(ctx, "review.title")), page))
}

func spans(ctx context.Context, list []OpenDay, length int, path func(time.Time) string) []view.Span {
	out := make([]view.Span, len(list))
	for i, one := range list {
		from := here(ctx, one.Day)
		out[i] = view.Span{Href: path(from), From: from, To: from.AddDate(0, 0, length-1), Open: one.Open, All: one.All, Late: one.Late}
	}
	return out
}

// attempt is a form that could not be done as it was sent: what was typed and ticked, and what is wrong with it.
type attempt struct {
	wrong *fault.Fault
	form  web.Values
}

func (a attempt) said(ctx context.Context) (string, map[string]string) {
	if a.wrong == nil {
		return "", nil
	}
	return web.Message(ctx, a.wrong), web.FieldErrors(ctx, a.wrong)
}

func (a attempt) status() int {
	if a.wrong == nil {
		return fiber.StatusOK
	}
	return web.Status(a.wrong)
}

// text is a field of several lines with what was typed into it.
func (a attempt) text(ctx context.Context, said map[string]string, name string, most int, required bool) part.Input {
	return part.Input{Name: name, Label: locale.T(ctx, "review.field."+name), Type: "textarea", Rows: 3, Max: most, Required: required,
		Value: a.form.Get(name), Error: said[name]}
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

// refs are the records that were ticked, or all that the page showed of a section. One that is none names nothing, so
// that the day doesn't have it.
func refs(form web.Values) (out []Ref) {
	ticked, all := form["record"], Section(form.Get("all"))
	if all != "" {
		ticked = form["shown"]
	}
	for _, text := range ticked {
		section, number, _ := strings.Cut(text, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			id = 0
		}
		if all == "" || all == Section(section) {
			out = append(out, Ref{Section: known(section), ID: id})
		}
	}
	return out
}

// known is a section of that name, or none.
func known(name string) Section {
	for _, s := range Sections {
		if string(s) == name {
			return s
		}
	}
	return ""
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
	ticked := map[Ref]bool{}
	for _, r := range refs(a.form) {
		ticked[r] = true
	}
	for _, name := range Sections {
		section := view.Section{Name: string(name)}
		for _, r := range records {
			if r.Section != name {
				continue
			}
			line := record(r)
			line.Ticked = ticked[Ref{r.Section, r.ID}]
			section.Records = append(section.Records, line)
			if r.ReviewedAt.IsZero() {
				section.Open++
			}
		}
		page.Open += section.Open
		page.Sections = append(page.Sections, section)
	}
	page.Late = page.Open > 0 && !d.AddDate(0, 0, 1).After(web.Now(c))
	return web.Render(c, a.status(), view.DayPage(shell(c, locale.T(ctx, "review.day", "Date", locale.Date(ctx, d))), page))
}

func record(r Record) view.Record {
	href := "/desk/tickets/" + strconv.FormatInt(r.Ticket, 10)
	if r.Section == Dispatch {
		href = "/orders/" + strconv.FormatInt(r.ID, 10)
	}
	return view.Record{Section: string(r.Section), ID: r.ID, Number: r.Number, Kind: r.Kind, State: r.State, Href: href, Place: r.Place, Matter: r.Matter,
		Owner: r.Owner, At: r.At, Late: r.Late, ReviewedBy: r.ReviewedBy, ReviewedAt: r.ReviewedAt, Remark: pii.Redact(r.Remark)}
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

// groups puts what was not solved together by kind and zone, in which order it comes.
func groups(list []Unsolved, ticked []string) (out []view.Group) {
	for _, u := range list {
		if n := len(out); n == 0 || out[n-1].Kind != u.Kind || out[n-1].Zone != u.Zone {
			out = append(out, view.Group{Kind: u.Kind, Zone: u.Zone})
		}
		id := strconv.FormatInt(u.ID, 10)
		g := &out[len(out)-1]
		g.Matters = append(g.Matters, view.Unsolved{ID: u.ID, Href: "/desk/tickets/" + id, Number: u.Number, State: u.State, Place: u.Place, Matter: u.Matter,
			At: u.At, Reopened: u.Reopened, Findings: u.Findings, Ticked: slices.Contains(ticked, id)})
	}
	return out
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
	_, err = p.Service.Write(web.Context(c), Month{Month: d, Measures: form.Get("measures"), Problems: form.Get("problems"), Plan: form.Get("plan"), Version: version})
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
	message, said := a.said(ctx)
	page := view.Month{Date: d, Path: monthPath(d), Previous: monthPath(d.AddDate(0, -1, 0)), Next: come(c, d.AddDate(0, 1, 0), monthPath), Version: m.Version,
		By: m.ByName, At: m.At, MayWrite: actor.From(ctx).Can(staff.ReviewWeek), Message: message, Figures: figures(tables), Words: words(ctx, m, a, said)}
	if c.Query("done") == "1" {
		page.Done = locale.T(ctx, "review.saved")
	}
	return web.Render(c, a.status(), view.MonthPage(shell(c, locale.T(ctx, "review.month_of", "Year", d.Year(), "Month", d.Format("01"))), page))
}

// words are the parts of the report. Numbers in them are masked, in the form too: the report goes upward, and has no use
// for anybody's phone.
func words(ctx context.Context, m *Month, a attempt, said map[string]string) (out []view.Words) {
	for _, w := range []struct{ name, text string }{{"measures", m.Measures}, {"problems", m.Problems}, {"plan", m.Plan}} {
		in, text := a.text(ctx, said, w.name, MaxMonth, false), pii.Redact(w.text)
		in.Rows = 5
		if a.form == nil {
			in.Value = text
		}
		out = append(out, view.Words{Label: in.Label, Text: text, Input: in})
	}
	return out
}

func figures(tables []*table.Table) (out []view.Figures) {
	for _, t := range tables {
		f := view.Figures{Title: t.Title, Rows: t.Texts(), Notes: t.Notes}
		for _, c := range t.Columns {
			f.Heads, f.Right = append(f.Heads, c.Title), append(f.Right, c.Right())
		}
		out = append(out, f)
	}
	return out
}
