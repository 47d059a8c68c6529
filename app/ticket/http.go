package ticket

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/layout"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

// Pages are the pages of tickets at the desk.
type Pages struct {
	Service *Service
	// Beside is what other features show on the page of a ticket, and the lines that they add to its timeline, each
	// feature's in their order; with opened, texts as they were written. Nil: nothing.
	Beside func(ctx context.Context, t *Ticket, kept Kept, opened bool) (templ.Component, []part.Line, error)
}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/desk/tickets", web.Staff(staff.ViewTickets), p.list)
	app.Get("/desk/tickets/new", web.Staff(staff.RegisterTicket), p.form)
	app.Post("/desk/tickets", web.Staff(staff.RegisterTicket), p.register)
	app.Post("/desk/tickets/limits", web.Staff(staff.RegisterTicket), p.limits)
	app.Post("/desk/tickets/similar", web.Staff(staff.ViewTickets), p.similar)
	app.Get("/desk/tickets/:id", web.Staff(staff.ViewTickets), p.show)
	app.Post("/desk/tickets/:id/reveal", web.Staff(staff.ViewTickets), p.reveal)
	app.Post("/desk/tickets/:id/:verb", web.Staff(staff.ViewTickets), p.do)
}

// shell is the frame of these pages.
func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "photos.css")
	return s
}

func (p *Pages) list(c *fiber.Ctx) error {
	ctx := web.Context(c)
	state, f := chosen(c.Query("state"), c.Query("kind"), c.Query("page"))
	f.Mine, f.Overdue, f.Asked = c.Query("mine") == "1", c.Query("overdue") == "1", c.Query("asked") == "1"
	f.Owner = int64(max(0, c.QueryInt("owner")))
	f.Told, f.Rejected = c.Query("told") == "1", c.Query("rejected") == "1"
	found, err := p.Service.List(ctx, f)
	if err != nil {
		return err
	}
	people, err := p.Service.Colleagues(ctx)
	if err != nil {
		return err
	}
	l := p.Service.listPage(ctx, state, f, found, people)
	return web.Render(c, fiber.StatusOK, page.ListPage(shell(c, locale.T(ctx, "ticket.title")), l))
}

func (p *Pages) form(c *fiber.Ctx) error {
	f := page.Form{}
	ctx := web.Context(c)
	if number := c.Query("done"); number != "" {
		f.Notice = locale.T(ctx, "ticket.saved", "Number", number)
	}
	in := Register{Urgency: "B", Channel: "phone", Kind: "repair", Classify: true}
	if actor.From(ctx).Can(staff.WorkTickets) {
		in.Then = Handle
	}
	return p.showForm(c, fiber.StatusOK, f, in, nil)
}

// register enters a ticket. What is still open for the same household or phone is shown first (TICKET-8).
func (p *Pages) register(c *fiber.Ctx) error {
	ctx, v := web.Context(c), web.Form(c)
	in, typos := entry(ctx, v)
	if f, ok := web.Invalid(typos.Err()); ok {
		return p.showForm(c, web.Status(f), page.Form{}, in, f)
	}
	if v.Get("foresee") == "1" {
		return p.showForm(c, fiber.StatusOK, page.Form{Confirm: v.Get("seen") == "1"}, in, nil)
	}
	mayView := actor.From(ctx).Can(staff.ViewTickets)
	if v.Get("seen") != "1" && mayView {
		open, err := p.Service.unseen(ctx, in)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return p.showForm(c, fiber.StatusOK, page.Form{Similar: p.Service.rows(open), Confirm: true}, in, nil)
		}
	}
	t, err := p.Service.Register(ctx, in)
	if f, ok := web.Invalid(err); ok {
		return p.showForm(c, web.Status(err), page.Form{}, in, f)
	}
	if err != nil {
		return err
	}
	if mayView {
		return p.withPhotos(c, t.ID)
	}
	return web.Redirect(c, "/desk/tickets/new?done="+url.QueryEscape(t.Number))
}

// withPhotos hangs the photos of the entry on the ticket, which stands whatever is wrong with them (ORG-3): that is said on
// the page of its photos.
func (p *Pages) withPhotos(c *fiber.Ctx, id int64) error {
	raws, err := web.Files(c, "photos")
	if err != nil {
		return err
	}
	if len(raws) > 0 {
		ctx, cancel := web.Patient(c, PhotosTake)
		defer cancel()
		err = p.Service.AddPhotos(ctx, PhotosOf{Ticket: id}, raws)
	}
	if _, wrong := web.Invalid(err); wrong {
		return ShowPhotos(c, p.Service, id, err)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, address(id))
}

// again asks for the photos once more where the form comes back: a browser doesn't keep which were chosen.
func again(ctx context.Context, c *fiber.Ctx) string {
	if raws, err := web.Files(c, "photos"); err != nil || len(raws) == 0 {
		return ""
	}
	return locale.T(ctx, "ticket.photo.choose_again")
}

func (p *Pages) showForm(c *fiber.Ctx, status int, f page.Form, in Register, wrong *fault.Fault) error {
	ctx := web.Context(c)
	said := said(ctx, wrong, &f.Message)
	if said["entry_key"] != "" {
		f.Message = locale.T(ctx, "ticket.field.entry")
	}
	people, err := p.Service.Colleagues(ctx)
	if err != nil {
		return err
	}
	if in.EntryKey == uuid.Nil {
		if in.EntryKey, err = uuid.NewV7(); err != nil {
			return err
		}
	}
	f.EntryKey, f.MayView = in.EntryKey.String(), actor.From(ctx).Can(staff.ViewTickets)
	f.Photos = PhotoInput(ctx, "", Reported, again(ctx, c))
	f.Fields = fields(ctx, in, said, people)
	if err := p.classify(ctx, &f, in, said); err != nil {
		return err
	}
	told := time.Time{}
	if in.Past != nil {
		told = in.Past.Registered
	}
	if f.Foreseen, err = p.Service.Foresee(ctx, 0, in.class(), told); err != nil {
		return err
	}
	f.Fields.Phone.Autofocus = len(said) == 0 && !f.Confirm
	s := shell(c, locale.T(ctx, "ticket.new"))
	s.Scripts = append(s.Scripts, "size.js")
	return web.Render(c, status, page.FormPage(s, f))
}

// limits answers while a form is being filled in: which limits follow from what it says by now.
func (p *Pages) limits(c *fiber.Ctx) error {
	ctx, v := web.Context(c), web.Form(c)
	told, _ := MomentOf(ctx, v.Get("past_registered")) // what is no time is said when the form is sent
	list, err := p.Service.Foresee(ctx, max(number(v.Get("ticket")), 0), classOf(v), told)
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, page.Limits(list))
}

// similar answers while the form is being filled in.
func (p *Pages) similar(c *fiber.Ctx) error {
	v := web.Form(c)
	open, err := p.Service.Similar(web.Context(c), v.Get("place"), v.Get("phone"))
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, page.Similar(p.Service.rows(open), false))
}

func (p *Pages) show(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	return p.showTicket(c, fiber.StatusOK, id, attempt{})
}

// do takes one step. Whoever comes second sees the page as it stands now, and who was faster.
func (p *Pages) do(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	in, typos := actOf(ctx, web.Form(c))
	a := attempt{verb: Verb(c.Params("verb")), in: in}
	if f, ok := web.Invalid(typos.Err()); ok {
		a.wrong = f
		return p.showTicket(c, web.Status(f), id, a)
	}
	if a.foresee = web.Form(c).Get("foresee") == "1"; a.foresee {
		return p.showTicket(c, fiber.StatusOK, id, a)
	}
	_, err = p.Service.Do(web.Context(c), id, a.verb, a.in)
	if f, ok := web.Invalid(err); ok {
		a.wrong = f
		return p.showTicket(c, web.Status(err), id, a)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, address(id))
}

// reveal shows the whole phone, or the texts as they were written, once: in the answer to the form and nowhere else
// (PRIVACY-2).
func (p *Pages) reveal(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	v := web.Form(c)
	a := attempt{reason: v.Get("reason")}
	field := v.Get("field")
	text, err := p.Service.Reveal(web.Context(c), id, field, a.reason)
	if f, ok := web.Invalid(err); ok {
		a.wrong = f
		return p.showTicket(c, web.Status(err), id, a)
	}
	if err != nil {
		return err
	}
	if field == "matter" {
		a.opened = true
	} else {
		a.revealed = pii.ShowPhone(text)
	}
	return p.showTicket(c, fiber.StatusOK, id, a)
}

func (p *Pages) showTicket(c *fiber.Ctx, status int, id int64, a attempt) error {
	ctx := web.Context(c)
	if a.wrong != nil {
		a.said = said(ctx, a.wrong, &a.message)
	}
	v, r, err := p.Service.page(ctx, id, a)
	if err != nil {
		return err
	}
	if p.Beside != nil {
		var lines []part.Line
		if v.Beside, lines, err = p.Beside(ctx, r.ticket, r.kept, a.opened); err != nil {
			return err
		}
		v.Steps = Join(v.Steps, lines)
	}
	return web.Render(c, status, page.ShowPage(shell(c, v.Number), v))
}

// ShowPhotos is the page of a ticket's photos, or for the script that sends them the gallery alone.
func ShowPhotos(c *fiber.Ctx, s *Service, id int64, err error) error {
	ctx, status := web.Context(c), fiber.StatusOK
	wrong, is := web.Invalid(err)
	if is {
		status = web.Status(err)
	}
	v, err := s.PhotosPage(ctx, id, wrong)
	if err != nil {
		return err
	}
	if web.Partial(c) {
		return web.Render(c, status, page.Gallery(v.List, v.Said()))
	}
	shell := shell(c, v.Number)
	shell.Scripts = append(shell.Scripts, "photos.js")
	return web.Render(c, status, page.PhotosOfTicket(shell, v))
}
