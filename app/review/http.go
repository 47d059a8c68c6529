package review

import (
	"context"
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
