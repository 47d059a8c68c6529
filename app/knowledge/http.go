package knowledge

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	view "lobby/views/knowledge"
	"lobby/views/layout"
	"lobby/views/locale"
	"lobby/views/part"
)

// Pages are the pages under /knowledge.
type Pages struct{ Service *Service }

// Routes mounts the pages. A search is a POST: what is searched for doesn't stay in addresses.
func (p *Pages) Routes(app fiber.Router) {
	look, write := web.Staff(staff.ViewTickets), web.Staff(staff.ViewTickets, staff.WriteKnowledge)
	app.Get("/knowledge", look, p.list)
	app.Post("/knowledge", look, p.list)
	app.Get("/knowledge/new/:id", write, p.form)
	app.Post("/knowledge/new/:id", write, p.save)
	app.Get("/knowledge/:id", look, p.show)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "review.css")
	return s
}

func (p *Pages) list(c *fiber.Ctx) error {
	ctx := web.Context(c)
	page := view.List{Typed: web.Form(c).Get("q")}
	list, err := p.Service.List(ctx, page.Typed)
	status := fiber.StatusOK
	if wrong, ok := web.Invalid(err); ok {
		status, page.Error = web.Status(err), web.FieldErrors(ctx, wrong)["q"]
	} else if err != nil {
		return err
	}
	for i := range list {
		page.Cases = append(page.Cases, shown(ctx, &list[i]))
	}
	return web.Render(c, status, view.ListPage(shell(c, locale.T(ctx, "knowledge.title")), page))
}

func shown(ctx context.Context, k *Case) view.Case {
	out := view.Case{Href: address(k.ID), Sort: k.Sort, Kind: k.Kind, Title: k.Title, Situation: k.Situation, Handling: k.Handling, Lesson: k.Lesson,
		By: k.ByName, At: k.At, Number: k.Number}
	if k.TicketID == 0 {
		return out
	}
	out.Ticket = ticketAddress(k.TicketID)
	if actor.From(ctx).Can(staff.WriteKnowledge) {
		out.Edit = formAddress(k.TicketID)
	}
	return out
}

func address(id int64) string       { return "/knowledge/" + strconv.FormatInt(id, 10) }
func formAddress(id int64) string   { return "/knowledge/new/" + strconv.FormatInt(id, 10) }
func ticketAddress(id int64) string { return "/desk/tickets/" + strconv.FormatInt(id, 10) }

func (p *Pages) show(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	k, err := p.Service.Get(web.Context(c), id)
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, view.ShowPage(shell(c, k.Title), shown(web.Context(c), k)))
}

func (p *Pages) form(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	draft, err := p.Service.Draft(web.Context(c), id)
	if err != nil {
		return err
	}
	return p.formPage(c, *draft, nil)
}

// save keeps the case. What was typed stays in the form when something is wrong with it; when somebody was faster, the
// form is then about their version, and saving once more is on purpose.
func (p *Pages) save(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	ctx, form := web.Context(c), web.Form(c)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		version = -1 // nobody's: refused as changed meanwhile
	}
	in := Case{TicketID: id, Sort: form.Get("sort"), Title: form.Get("title"), Situation: form.Get("situation"), Handling: form.Get("handling"),
		Lesson: form.Get("lesson"), Version: version}
	made, err := p.Service.Save(ctx, in)
	wrong, ok := web.Invalid(err)
	if err != nil && !ok {
		return err
	}
	if err == nil {
		return web.Redirect(c, address(made.ID))
	}
	now, err := p.Service.Draft(ctx, id)
	if err != nil {
		return err
	}
	in.Number = now.Number
	if wrong.Kind == fault.Conflict {
		in.Version = now.Version
	}
	return p.formPage(c, in, wrong)
}

func (p *Pages) formPage(c *fiber.Ctx, k Case, wrong *fault.Fault) error {
	ctx, status := web.Context(c), fiber.StatusOK
	f := view.Form{Path: formAddress(k.TicketID), Number: k.Number, Ticket: ticketAddress(k.TicketID), Version: k.Version}
	var said map[string]string
	if wrong != nil {
		status, f.Message, said = web.Status(wrong), web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
	}
	text := func(name, value string, most int, required bool) part.Input {
		return part.Input{Name: name, Label: locale.T(ctx, "knowledge.field."+name), Type: "textarea", Rows: 4, Value: value, Max: most, Required: required, Error: said[name]}
	}
	f.Sort = part.Input{Name: "sort", Label: locale.T(ctx, "knowledge.field.sort"), Type: "radio", Value: k.Sort, Required: true, Error: said["sort"]}
	for _, s := range Sorts {
		f.Sort.Options = append(f.Sort.Options, part.Option{Value: s, Label: locale.T(ctx, "knowledge.sort."+s)})
	}
	f.Title = text("title", k.Title, MaxTitle, true)
	f.Title.Type = ""
	f.Situation, f.Handling = text("situation", k.Situation, MaxText, true), text("handling", k.Handling, MaxText, true)
	f.Lesson = text("lesson", k.Lesson, MaxLesson, false)
	return web.Render(c, status, view.FormPage(shell(c, locale.T(ctx, "knowledge.form")), f))
}
