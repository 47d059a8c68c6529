package dispute

import (
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	page "lobby/views/dispute"
	"lobby/views/locale"
)

// Pages are the pages under /disputes: those that run, and that of each ticket.
type Pages struct{ Service *Service }

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	look := web.Staff(staff.ViewTickets)
	app.Get("/disputes", web.Staff(staff.ViewTickets, staff.ClassifyTickets), p.list)
	app.Get("/disputes/:id", look, p.show)
	app.Post("/disputes/:id", web.Staff(staff.ViewTickets, staff.ClassifyTickets), p.open)
	app.Post("/disputes/:id/talk", look, p.talk)
	app.Post("/disputes/:id/end", look, p.end)
}

// list shows the disputes that have no outcome yet.
func (p *Pages) list(c *fiber.Ctx) error {
	ctx := web.Context(c)
	n := 1
	if asked, err := strconv.Atoi(c.Query("page")); err == nil && asked > 1 && asked <= maxPage {
		n = asked
	}
	running, more, err := p.Service.Running(ctx, n)
	if err != nil {
		return err
	}
	v := page.List{Page: n, More: more}
	for _, r := range running {
		v.Add(r.row(ctx), r.Mine)
	}
	s := web.Shell(c, locale.T(ctx, "dispute.list.title"))
	s.Styles = append(s.Styles, "desk.css", "review.css")
	return web.Render(c, fiber.StatusOK, page.ListPage(s, v))
}

// attempt is a form that could not be done as it was sent.
type attempt struct {
	form  web.Values
	wrong *fault.Fault
	said  map[string]string
}

func (p *Pages) show(c *fiber.Ctx) error { return p.render(c, fiber.StatusOK, attempt{}) }

func (p *Pages) render(c *fiber.Ctx, status int, a attempt) error {
	ctx := web.Context(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	d, may, err := p.Service.Of(ctx, id)
	if err != nil {
		return err
	}
	number, err := p.Service.number(ctx, id)
	if err != nil {
		return err
	}
	v := page.Page{}
	message := ""
	if a.wrong != nil {
		message, a.said = web.Message(ctx, a.wrong), web.FieldErrors(ctx, a.wrong)
	}
	switch {
	case d != nil:
		v, err = d.page(ctx, a)
	case may:
		v.Begin, err = begin(ctx, a)
	}
	if err != nil {
		return err
	}
	v.Ticket, v.Number, v.Message, v.Listed = id, number, message, actor.From(ctx).Can(staff.ClassifyTickets)
	v.Typed = a.written(v.Begin == nil, v.Talk == nil) // the form is gone, what was written into it isn't
	s := web.Shell(c, locale.T(ctx, "dispute.title"))
	s.Styles = append(s.Styles, "desk.css", "review.css")
	return web.Render(c, status, page.DisputePage(s, v))
}

// answer leads back to the page, or shows what could not be done with what was typed.
func (p *Pages) answer(c *fiber.Ctx, id int64, form web.Values, err error) error {
	if f, ok := web.Invalid(err); ok {
		return p.render(c, web.Status(err), attempt{form: form, wrong: f})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/disputes/"+strconv.FormatInt(id, 10))
}

func (p *Pages) open(c *fiber.Ctx) error {
	form := web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	in := Open{Ticket: id}
	in.EntryKey, _ = uuid.Parse(form.Get("entry_key")) // none is refused
	for n := range Most {
		in.Parties = append(in.Parties, Party{Name: form.Get(field("name", n)), Place: form.Get(field("place", n))})
	}
	_, err = p.Service.Open(web.Context(c), in)
	return p.answer(c, id, form, err)
}

func (p *Pages) talk(c *fiber.Ctx) error {
	form := web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	party, err := strconv.ParseInt(form.Get("party"), 10, 64)
	if err != nil {
		party = -1 // nobody's
	}
	key, _ := uuid.Parse(form.Get("entry_key")) // none is refused
	return p.answer(c, id, form, p.Service.Say(web.Context(c), id, party, form.Get("said"), key))
}

func (p *Pages) end(c *fiber.Ctx) error {
	form := web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	return p.answer(c, id, form, p.Service.End(web.Context(c), id, Outcome(form.Get("outcome")), form.Get("ending")))
}
