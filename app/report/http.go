package report

import (
	"bytes"
	"context"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/table"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/layout"
	"lobby/views/locale"
	view "lobby/views/report"
)

// Pages are the pages of registers and reports.
type Pages struct{ Service *Service }

// figures are the reports that a page shows, in its order.
var figures = []struct {
	name string
	run  func(*Service, context.Context, Query) ([]*table.Table, error)
}{
	{"sla", (*Service).SLA}, {"complaints", (*Service).Complaints}, {"callbacks", (*Service).Callbacks}, {"reviews", (*Service).Reviews},
	{"tickets", (*Service).Tickets}, {"visitors", (*Service).Visitors},
}

// Routes mounts the pages. What is looked for in a register may be somebody's phone: it is posted, and stands in no address.
func (p *Pages) Routes(app fiber.Router) {
	registers, reports := web.Staff(staff.ViewRegisters), web.Staff(staff.ViewReports)
	app.Get("/registers", registers, p.home)
	for _, k := range RegisterKinds {
		app.Get(path(k), registers, func(c *fiber.Ctx) error { return p.register(c, k, get(c)) })
		app.Post(path(k), registers, func(c *fiber.Ctx) error { return p.narrow(c, k) })
		app.Get(path(k)+"/print", registers, func(c *fiber.Ctx) error { return p.paper(c, k, get(c)) })
		app.Post(path(k)+"/print", registers, func(c *fiber.Ctx) error { return p.paper(c, k, web.Form(c).Get) })
		app.Get(path(k)+"/file", registers, func(c *fiber.Ctx) error { return p.file(c, k, get(c)) })
		app.Post(path(k)+"/file", registers, func(c *fiber.Ctx) error { return p.file(c, k, web.Form(c).Get) })
	}
	for _, f := range figures {
		app.Get("/reports/"+f.name, reports, func(c *fiber.Ctx) error {
			return p.report(c, f.name, func(ctx context.Context, q Query) ([]*table.Table, error) { return f.run(p.Service, ctx, q) })
		})
	}
}

// get reads the address; text is never taken from there.
func get(c *fiber.Ctx) func(string) string {
	return func(name string) string {
		if name == "text" {
			return ""
		}
		return c.Query(name)
	}
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "orders.css", "report.css")
	return s
}

func (p *Pages) home(c *fiber.Ctx) error {
	ctx := web.Context(c)
	h := view.Home{}
	for _, k := range RegisterKinds {
		name, err := p.Service.FormName(ctx, k)
		if err != nil {
			return err
		}
		h.Registers = append(h.Registers, view.Entry{Name: name, About: locale.T(ctx, "report.about."+string(k)), Href: path(k)})
	}
	if actor.From(ctx).Can(staff.ViewReports) {
		for _, f := range figures {
			h.Reports = append(h.Reports, view.Entry{Name: locale.T(ctx, "report.name."+f.name), About: locale.T(ctx, "report.about_report."+f.name), Href: "/reports/" + f.name})
		}
	}
	return web.Render(c, fiber.StatusOK, view.HomePage(shell(c, locale.T(ctx, "report.page.title")), h))
}

// narrow shows what was asked for: without a text at an address that can be kept, with one in the answer only.
func (p *Pages) narrow(c *fiber.Ctx, k RegisterKind) error {
	v := web.Form(c)
	if v.Get("text") == "" {
		return web.Redirect(c, path(k)+"?"+filterOf(v.Get).values("").Encode())
	}
	return p.register(c, k, v.Get)
}

func (p *Pages) register(c *fiber.Ctx, k RegisterKind, value func(string) string) error {
	ctx := web.Context(c)
	f := filterOf(value)
	l, err := p.Service.Register(ctx, k, f)
	wrong, ok := web.Invalid(err)
	if err != nil && !ok {
		return err
	}
	return p.registerPage(c, k, f, l, problem{wrong})
}

func (p *Pages) registerPage(c *fiber.Ctx, k RegisterKind, f RegisterFilter, l *Listing, wrong problem) error {
	ctx := web.Context(c)
	v, err := p.Service.registerView(ctx, k, f, l, wrong)
	if err != nil {
		return err
	}
	return web.Render(c, wrong.code(), view.RegisterPage(shell(c, v.Name), v))
}

// paper is the register as a form; more than fits is told on the register's own page.
func (p *Pages) paper(c *fiber.Ctx, k RegisterKind, value func(string) string) error {
	ctx := web.Context(c)
	f := filterOf(value)
	l, err := p.Service.WholeRegister(ctx, k, f, "print")
	if wrong, ok := web.Invalid(err); ok {
		return p.registerPage(c, k, f, nil, problem{wrong})
	}
	if err != nil {
		return err
	}
	s := shell(c, l.Name)
	v := paperView(l)
	v.Site, v.Who, v.Printed, v.Back = s.SiteName, s.Person, web.Now(c), path(k)+"?"+f.values("").Encode()
	return web.Render(c, fiber.StatusOK, view.PaperPage(s, v))
}

// file gives the register to take away.
func (p *Pages) file(c *fiber.Ctx, k RegisterKind, value func(string) string) error {
	f := filterOf(value)
	as := fileOf(value("as"))
	l, err := p.Service.WholeRegister(web.Context(c), k, f, as)
	if wrong, ok := web.Invalid(err); ok {
		return p.registerPage(c, k, f, nil, problem{wrong})
	}
	if err != nil {
		return err
	}
	return send(c, as, string(k), l.Table)
}

// report is the page of a report, or its figures as a file.
func (p *Pages) report(c *fiber.Ctx, name string, run func(context.Context, Query) ([]*table.Table, error)) error {
	ctx := web.Context(c)
	q := Query{From: c.Query("from"), To: c.Query("to")}
	tables, err := run(ctx, q)
	wrong, ok := web.Invalid(err)
	if err != nil && !ok {
		return err
	}
	if as := c.Query("as"); as != "" && wrong == nil {
		return send(c, fileOf(as), name, tables...)
	}
	state := problem{wrong}
	v := reportView(ctx, name, q, tables, state)
	if q.From == "" || q.To == "" {
		at, err := p.Service.Sites.Get(ctx, actor.From(ctx).Site)
		if err != nil {
			return err
		}
		if period, err := q.period(at, p.Service.Now()); err == nil {
			v.Fields = days(ctx, period.from.Format(dayForm), period.last().Format(dayForm), nil)
		}
	}
	return web.Render(c, state.code(), view.ReportPage(shell(c, v.Name), v))
}

func send(c *fiber.Ctx, as, name string, tables ...*table.Table) error {
	var b bytes.Buffer
	if err := table.Write(&b, table.Format(as), tables...); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, mimes[as])
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+"."+as+`"`)
	return c.Send(b.Bytes())
}
