package visitor

import (
	"strconv"

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
	page "lobby/views/visitor"
)

// listed is how many of today's visits the register shows.
const listed = 300

// Pages are the desk's pages about visitors, and the pass on the visitor's phone.
type Pages struct {
	Service *Service
	URL     string // LOBBY_URL, without a slash at the end
}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/desk/visits", web.Staff(staff.ViewVisits), p.list)
	app.Get("/desk/visits/new", web.Staff(staff.RegisterVisit), p.blank)
	app.Post("/desk/visits", web.Staff(staff.RegisterVisit), p.register)
	app.Post("/desk/visits/leave", web.Staff(staff.RegisterVisit, staff.ViewVisits), p.leaveByCode)
	app.Get("/desk/visits/:id", web.Staff(staff.ViewVisits), p.show)
	app.Post("/desk/visits/:id/leave", web.Staff(staff.EndVisit, staff.ViewVisits), p.end)
	app.Post("/desk/visits/:id/reveal", web.Staff(staff.ViewVisits, actor.Reveal), p.reveal)
	app.Get("/desk/inside", web.Staff(staff.ViewVisits), p.inside)
	app.Get("/p/:token", p.pass)
	app.Post("/p/:token", p.leaveByPass)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "visitor.css")
	return s
}

func (p *Pages) list(c *fiber.Ctx) error { return p.showList(c, fiber.StatusOK, page.List{}) }

func (p *Pages) showList(c *fiber.Ctx, status int, l page.List) error {
	ctx := web.Context(c)
	today, err := p.Service.Today(ctx, listed)
	if err != nil {
		return err
	}
	a := actor.From(ctx)
	if l.Visits, l.PeopleIn, err = p.Service.CountInside(ctx, p.Service.DB, a.Site); err != nil {
		return err
	}
	l.MayAdd = a.Can(staff.RegisterVisit)
	for i := range today {
		l.Rows = append(l.Rows, p.row(&today[i]))
	}
	return web.Render(c, status, page.ListPage(shell(c, locale.T(ctx, "visitor.title")), l))
}

func (p *Pages) blank(c *fiber.Ctx) error {
	key, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return p.showForm(c, fiber.StatusOK, web.Values{"entry": {key.String()}, "people": {"1"}, "purpose": {"visit"}}, nil)
}

func (p *Pages) showForm(c *fiber.Ctx, status int, v web.Values, wrong *fault.Fault) error {
	ctx := web.Context(c)
	here, err := p.Service.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return err
	}
	form := formPage(ctx, here.Settings.Purposes, v, wrong)
	return web.Render(c, status, page.FormPage(shell(c, locale.T(ctx, "visitor.new")), form))
}

func (p *Pages) register(c *fiber.Ctx) error {
	v := web.Form(c)
	pass, err := p.Service.Register(web.Context(c), entryOf(v))
	if wrong, ok := web.Invalid(err); ok {
		if wrong.Kind == fault.Invalid && v.Get("entry") == "" {
			return p.blank(c)
		}
		return p.showForm(c, web.Status(err), v, wrong)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, address(pass.Visit.ID)+"?done=registered")
}

func address(id int64) string { return "/desk/visits/" + strconv.FormatInt(id, 10) }

func (p *Pages) leaveByCode(c *fiber.Ctx) error {
	ctx := web.Context(c)
	visit, err := p.Service.Leave(ctx, web.Form(c).Get("code"))
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooMany) {
		text := web.Message(ctx, f)
		if said := web.FieldErrors(ctx, f); said["code"] != "" {
			text = said["code"]
		}
		return p.showList(c, web.Status(err), page.List{Code: web.Form(c).Get("code"), Error: text})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, address(visit.ID)+"?done=left")
}

func (p *Pages) show(c *fiber.Ctx) error {
	return p.showVisit(c, fiber.StatusOK, page.Show{}, nil)
}

// showVisit shows the visit of the path, with what came of a form on its page.
func (p *Pages) showVisit(c *fiber.Ctx, status int, v page.Show, said map[string]string) error {
	ctx := web.Context(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	visit, err := p.Service.Get(ctx, id)
	if err != nil {
		return err
	}
	acts, err := p.Service.History(ctx, id)
	if err != nil {
		return err
	}
	v.Row = p.row(visit)
	v.Host, v.Place, v.Company, v.Note, v.Channel, v.Code = visit.Host, visit.Place, visit.Company, visit.Note, visit.Channel, visit.PassCode
	if v.RevealedField != "note" {
		v.HasMasked = mask(&v.Host, &v.Place, &v.Company, &v.Note)
	}
	a := actor.From(ctx)
	v.MayEnd, v.MayReveal = a.Can(staff.EndVisit), a.Can(actor.Reveal) && !visit.Expired()
	v.Reason = part.Input{
		Name: "reason", Label: locale.T(ctx, "visitor.field.reason"), Hint: locale.T(ctx, "visitor.reveal.hint"),
		Value: v.Reason.Value, Max: pii.MaxReason, Required: true, Error: said["reason"],
	}
	for _, act := range acts {
		v.History = append(v.History, page.Act{At: act.At, Verb: act.Verb, Actor: act.Actor, Name: act.Name, Fields: act.Fields, Reason: act.Reason})
	}
	switch c.Query("done") {
	case "registered":
		v.Notice = locale.T(ctx, "visitor.registered", "Number", visit.Number, "Code", visit.PassCode)
	case "left":
		v.Notice = locale.T(ctx, "visitor.leave.done", "Number", visit.Number)
	}
	return web.Render(c, status, page.ShowPage(shell(c, locale.T(ctx, "visitor.visit", "Number", visit.Number)), v))
}

// mask takes numbers out of texts, and tells whether there were any (PRIVACY-2).
func mask(texts ...*string) (found bool) {
	for _, text := range texts {
		masked := pii.Redact(*text)
		found = found || masked != *text
		*text = masked
	}
	return found
}

// end signs out; who comes second sees that the visitor has left already.
func (p *Pages) end(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	_, err = p.Service.End(web.Context(c), id)
	if f, ok := web.Invalid(err); ok {
		return p.showVisit(c, web.Status(err), page.Show{Message: web.Message(web.Context(c), f)}, nil)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, address(id)+"?done=left")
}

// reveal shows the opened value in the answer to the form and nowhere else (PRIVACY-2).
func (p *Pages) reveal(c *fiber.Ctx) error {
	ctx, v := web.Context(c), web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	field := v.Get("field")
	text, err := p.Service.Reveal(ctx, id, field, v.Get("reason"))
	if f, ok := web.Invalid(err); ok {
		typed := part.Input{Value: v.Get("reason")}
		return p.showVisit(c, web.Status(err), page.Show{Message: web.Message(ctx, f), Reason: typed}, web.FieldErrors(ctx, f))
	}
	if err != nil {
		return err
	}
	switch field {
	case "phone":
		text = pii.ShowPhone(text)
	case "plate":
		text = pii.ShowPlate(text)
	case "note":
		text = "" // the page shows all its texts as they were written
	}
	return p.showVisit(c, fiber.StatusOK, page.Show{Revealed: text, RevealedField: field}, nil)
}

// inside is the list for a roll call; it prints on A4 (VISIT-6).
func (p *Pages) inside(c *fiber.Ctx) error {
	ctx := web.Context(c)
	groups, err := p.Service.Roll(ctx)
	if err != nil {
		return err
	}
	in := page.Inside{At: p.Service.Now()}
	for _, g := range groups {
		shown := page.Group{Building: g.Building, People: g.People}
		for i := range g.Visits {
			shown.Rows = append(shown.Rows, p.row(&g.Visits[i]))
		}
		in.Visits, in.People = in.Visits+len(g.Visits), in.People+g.People
		in.Groups = append(in.Groups, shown)
	}
	return web.Render(c, fiber.StatusOK, page.InsidePage(shell(c, locale.T(ctx, "visitor.inside.form")), in))
}

// pass is the visitor's pass on the own phone; the link is the permission, and the page says nothing of the person but
// the own name, masked.
func (p *Pages) pass(c *fiber.Ctx) error {
	visit, err := p.Service.ByPassToken(web.Context(c), c.Params("token"))
	return p.showPass(c, visit, err)
}

func (p *Pages) leaveByPass(c *fiber.Ctx) error {
	visit, err := p.Service.LeaveByPass(web.Context(c), c.Params("token"))
	return p.showPass(c, visit, err)
}

func (p *Pages) showPass(c *fiber.Ctx, visit *Visit, err error) error {
	ctx := web.Context(c)
	c.Set("X-Robots-Tag", "noindex")
	s := shell(c, locale.T(ctx, "visitor.pass.title"))
	s.Path = ""
	if fault.Is(err, fault.NotFound) {
		return web.Render(c, fiber.StatusNotFound, page.UnknownPage(s))
	}
	if err != nil {
		return err
	}
	if s, err = p.guestShell(c, s, visit); err != nil {
		return err
	}
	path, link := "/p/"+c.Params("token"), ""
	if p.URL != "" { // without a public address a QR code would lead nowhere
		link = p.URL + path
	}
	return web.Render(c, fiber.StatusOK, page.PassPage(s, page.Pass{
		Number: visit.Number, Code: visit.PassCode, Name: pii.MaskName(visit.Name), Ended: visit.EndedAt,
		Link: link, Action: path,
	}))
}

// guestShell dresses the page in the visit's site and zone; its language is the phone's.
func (p *Pages) guestShell(c *fiber.Ctx, s layout.Shell, visit *Visit) (layout.Shell, error) {
	here, err := p.Service.Sites.Get(web.Context(c), visit.SiteID)
	if err != nil {
		return s, err
	}
	ctx := actor.With(web.Context(c), actor.Actor{Kind: actor.Guest, Site: visit.SiteID})
	c.SetUserContext(locale.WithZone(ctx, here.Location()))
	s.SiteName, s.Accent = here.Name, here.Accent
	return s, nil
}
