// Package team holds the pages on which an administrator looks after people and screens. The verbs are those of
// app/staff, which checks permission and how far it reaches.
package team

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/layout"
	"lobby/views/locale"
	view "lobby/views/team"
)

// Pages are /staff and /devices. URL is the public address, where it is known.
type Pages struct {
	Staff *staff.Service
	Now   func() time.Time
	URL   string
}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	people, screens := web.Staff(staff.ManageStaff), web.Staff(staff.ManageDevices)
	app.Get("/staff", people, p.list)
	app.Get("/staff/new", people, p.new)
	app.Post("/staff/new", people, p.add)
	app.Post("/staff/join", people, p.join)
	app.Get("/staff/:id", people, p.show)
	app.Post("/staff/:id/roles", people, p.roles)
	app.Post("/staff/:id/:verb", people, p.do)
	app.Get("/devices", screens, p.devices)
	app.Post("/devices", screens, p.pair)
	app.Post("/devices/:id/revoke", screens, p.revoke)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "team.css")
	return s
}

func (p *Pages) list(c *fiber.Ctx) error {
	done := ""
	if c.Query("done") == "left" {
		done = locale.T(web.Context(c), "team.done.left")
	}
	return p.listPage(c, fiber.StatusOK, view.StaffPage{Done: done, Join: view.JoinForm{Roles: boxes(nil)}})
}

func (p *Pages) listPage(c *fiber.Ctx, status int, page view.StaffPage) error {
	ctx := web.Context(c)
	list, err := p.Staff.List(ctx)
	if err != nil {
		return err
	}
	s := shell(c, "")
	page.Site = s.SiteName
	s.Title = locale.T(ctx, "team.staff.title", "Site", s.SiteName)
	for _, one := range list {
		page.People = append(page.People, line(one, actor.From(ctx)))
	}
	return web.Render(c, status, view.Staff(s, page))
}

func (p *Pages) new(c *fiber.Ctx) error {
	return p.newPage(c, fiber.StatusOK, view.NewPage{Language: locale.Lang(web.Context(c)), Roles: boxes(nil)})
}

func (p *Pages) newPage(c *fiber.Ctx, status int, page view.NewPage) error {
	page.Languages = languages()
	return web.Render(c, status, view.New(shell(c, locale.T(web.Context(c), "team.staff.add")), page))
}

func (p *Pages) add(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	in := staff.Add{Login: form.Get("login"), Name: form.Get("name"), Language: form.Get("language"), Roles: roles(form["role"])}
	password, who, err := p.Staff.AddTemporary(ctx, in)
	if wrong, ok := web.Invalid(err); ok {
		return p.newPage(c, web.Status(err), view.NewPage{
			Login: in.Login, Name: in.Name, Language: in.Language, Roles: boxes(form["role"]), Summary: web.Message(ctx, wrong), Errors: web.FieldErrors(ctx, wrong),
		})
	}
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, view.Password(shell(c, who.Name), view.PasswordPage{Person: line(*who, actor.From(ctx)), Password: password, New: true}))
}

func (p *Pages) join(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	who, err := p.Staff.Grant(ctx, form.Get("login"), roles(form["role"]))
	if wrong, ok := web.Invalid(err); ok {
		return p.listPage(c, web.Status(err), view.StaffPage{Join: view.JoinForm{
			Login: form.Get("login"), Roles: boxes(form["role"]), Summary: web.Message(ctx, wrong), Errors: web.FieldErrors(ctx, wrong),
		}})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/staff/"+strconv.FormatInt(who.ID, 10)+"?done=roles")
}

// done are the words for what has just been done to somebody.
var done = []string{"roles", "sessions", "disable", "enable"}

func (p *Pages) show(c *fiber.Ctx) error {
	text := ""
	if what := c.Query("done"); slices.Contains(done, what) {
		text = locale.T(web.Context(c), "team.done."+what)
	}
	return p.showPage(c, fiber.StatusOK, text, "")
}

func (p *Pages) showPage(c *fiber.Ctx, status int, done, wrong string) error {
	ctx := web.Context(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	who, whole, err := p.Staff.Member(ctx, id)
	if err != nil {
		return err
	}
	seniority, err := p.Staff.Seniority(ctx, id)
	if err != nil {
		return err
	}
	s := shell(c, who.Name)
	page := view.PersonPage{Site: s.SiteName, Person: line(who, actor.From(ctx)), Sessions: who.Open, Roles: boxes(who.Roles), Whole: whole, Done: done, Error: wrong}
	for i, r := range page.Roles {
		page.Roles[i].Seniority = seniority[staff.Role(r.Code)]
	}
	return web.Render(c, status, view.Show(s, page))
}

// roles gives and takes what was ticked and unticked since the page was shown.
func (p *Pages) roles(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	who, err := p.member(c)
	if err != nil {
		return err
	}
	change := staff.RoleChange{Seniority: map[staff.Role]int{}}
	for _, code := range form["role"] {
		if !slices.Contains(form["had"], code) {
			change.Give = append(change.Give, staff.Role(code))
		}
	}
	for _, code := range form["had"] {
		if !slices.Contains(form["role"], code) {
			change.Take = append(change.Take, staff.Role(code))
		} else if rank, err := strconv.Atoi(form.Get("seniority." + code)); err == nil {
			change.Seniority[staff.Role(code)] = rank
		}
	}
	if _, err := p.Staff.ChangeRoles(ctx, who.Login, change); err != nil {
		return p.refused(c, err)
	}
	if _, _, err := p.Staff.Member(ctx, who.ID); fault.Is(err, fault.NotFound) { // the last role here is gone, or one's own right to look
		return web.Redirect(c, "/staff?done=left")
	}
	return web.Redirect(c, c.Path()[:strings.LastIndex(c.Path(), "/")]+"?done=roles")
}

func (p *Pages) member(c *fiber.Ctx) (staff.Person, error) {
	id, err := web.PathID(c, "id")
	if err != nil {
		return staff.Person{}, err
	}
	who, _, err := p.Staff.Member(web.Context(c), id)
	return who, err
}

// refused says on the person's page why nothing was changed: a rule of the house, such as the last administrator.
func (p *Pages) refused(c *fiber.Ctx, err error) error {
	f, ok := web.Invalid(err)
	if !ok {
		return err
	}
	return p.showPage(c, web.Status(err), "", web.Message(web.Context(c), f))
}

func (p *Pages) do(c *fiber.Ctx) error {
	ctx := web.Context(c)
	who, err := p.member(c)
	if err != nil {
		return err
	}
	verb := c.Params("verb")
	switch verb {
	case "password":
		password, reset, err := p.Staff.Reset(ctx, who.Login)
		if err != nil {
			return p.refused(c, err)
		}
		return web.Render(c, fiber.StatusOK, view.Password(shell(c, reset.Name), view.PasswordPage{Person: line(*reset, actor.From(ctx)), Password: password}))
	case "sessions":
		_, err = p.Staff.EndSessions(ctx, who.Login)
	case "disable":
		_, err = p.Staff.Disable(ctx, who.Login)
	case "enable":
		_, err = p.Staff.Enable(ctx, who.Login)
	default:
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return p.refused(c, err)
	}
	return web.Redirect(c, "/staff/"+strconv.FormatInt(who.ID, 10)+"?done="+verb)
}

func (p *Pages) devices(c *fiber.Ctx) error {
	page := view.DevicesPage{Language: locale.Lang(web.Context(c))}
	if c.Query("done") == "revoked" {
		page.Done = locale.T(web.Context(c), "team.device.revoked")
	}
	return p.devicesPage(c, fiber.StatusOK, page)
}

func (p *Pages) devicesPage(c *fiber.Ctx, status int, page view.DevicesPage) error {
	ctx := web.Context(c)
	list, err := p.Staff.Devices(ctx)
	if err != nil {
		return err
	}
	now := p.Now()
	for _, d := range list {
		page.Devices = append(page.Devices, screen(d, now))
	}
	s := shell(c, "")
	page.Site, page.Languages = s.SiteName, languages()
	s.Title = locale.T(ctx, "team.devices.title", "Site", s.SiteName)
	return web.Render(c, status, view.Devices(s, page))
}

func (p *Pages) pair(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	in := staff.Pair{Kind: form.Get("kind"), Name: form.Get("name"), Language: form.Get("language")}
	code, d, err := p.Staff.Pair(ctx, in)
	if wrong, ok := web.Invalid(err); ok {
		return p.devicesPage(c, web.Status(err), view.DevicesPage{
			Kind: in.Kind, Name: in.Name, Language: in.Language, Summary: web.Message(ctx, wrong), Errors: web.FieldErrors(ctx, wrong),
		})
	}
	if err != nil {
		return err
	}
	shown := &view.Code{Device: screen(*d, p.Now()), Text: code[:4] + " " + code[4:], Address: p.pairAddress(), From: p.Now(), Till: *d.CodeExpiresAt}
	return p.devicesPage(c, fiber.StatusOK, view.DevicesPage{Language: in.Language, Code: shown})
}

// pairAddress is what to open on the screen, where the public address is known.
func (p *Pages) pairAddress() string {
	if p.URL == "" {
		return ""
	}
	return p.URL + "/pair"
}

func (p *Pages) revoke(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	if _, err := p.Staff.Revoke(web.Context(c), id); err != nil {
		return err
	}
	return web.Redirect(c, "/devices?done=revoked")
}
