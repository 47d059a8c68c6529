package site

import (
	"context"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/views/layout"
	"lobby/views/locale"
	page "lobby/views/site"
)

// Pages are the pages of the site's settings.
type Pages struct{ Service *Service }

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	manage := web.Staff(Manage)
	app.Get(layout.SettingsPath, web.Staff(), first)
	app.Get("/settings/accent", manage, p.accent)
	for _, t := range themes {
		app.Get(t.path, manage, func(c *fiber.Ctx) error { return p.show(c, t) })
		app.Post(t.path, manage, func(c *fiber.Ctx) error { return p.save(c, t) })
	}
}

// first leads to the first page of settings that one may open.
func first(c *fiber.Ctx) error {
	a := actor.From(web.Context(c))
	path := layout.FirstSettings(func(permission string) bool { return a.Can(actor.Permission(permission)) })
	if path == "" {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return web.Redirect(c, path)
}

// theme is one page of settings.
type theme struct {
	path   string
	keys   []string                            // the values that it is about (Site.Values)
	read   func(Site) map[string]string        // what its form shows of a site, by field
	change func(Site, form) Change             // what its form asks for
	view   func(context.Context, shown) viewed // the page
}

// viewed makes the page in a frame.
type viewed func(layout.Shell) templ.Component

var themes = []theme{
	{"/settings/site", []string{"name", "time_zone", "languages", "accent", "matters_title"}, readSite, changeSite, viewSite},
	{"/settings/kiosk", []string{"kiosk_fields", "purposes", "own_purposes", "kiosk_idle", "auto_print"}, readKiosk, changeKiosk, viewKiosk},
	{"/settings/hours", []string{"hours", "desk_phone", "duty_phone"}, readHours, changeHours, viewHours},
	{"/settings/privacy", []string{"visit_term_days", "ticket_term_days"}, readPrivacy, changePrivacy, viewPrivacy},
}

func (p *Pages) show(c *fiber.Ctx, t theme) error {
	now, err := p.Service.Current(web.Context(c))
	if err != nil {
		return err
	}
	s := shown{theme: t, now: now, values: t.read(now)}
	if c.Query("done") == "saved" {
		s.notice = locale.T(web.Context(c), "site.saved")
	}
	return p.render(c, fiber.StatusOK, s)
}

func (p *Pages) render(c *fiber.Ctx, status int, s shown) error {
	ctx := web.Context(c)
	shell := web.Shell(c, locale.T(ctx, "site.settings"))
	shell.Styles = append(shell.Styles, "settings.css")
	return web.Render(c, status, s.theme.view(ctx, s)(shell))
}

// save changes the site. What was typed stays where it was wrong or somebody else was faster; then what they changed
// is said, and saving again means it.
func (p *Pages) save(c *fiber.Ctx, t theme) error {
	ctx, typed := web.Context(c), form(web.Form(c))
	before, err := p.Service.Current(ctx)
	if err != nil {
		return err
	}
	s := shown{theme: t, now: before, values: typed.over(t.read(before))}
	if typed.get("go") == "preview" {
		s.seen = typed.get("seen")
		return p.render(c, fiber.StatusOK, s)
	}
	in := t.change(before, typed)
	in.Seen = seenOf(t, typed.get("seen"))
	now, err := p.Service.Change(ctx, in)
	if wrong, ok := web.Invalid(err); ok {
		s.message, s.said = web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
		s.seen = typed.get("seen")
		if wrong.Kind == fault.Conflict {
			s.overtaken(ctx, now, typed, in.Seen)
		}
		return p.render(c, web.Status(err), s)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, t.path+"?done=saved")
}

// accent shows what becomes of a colour.
func (p *Pages) accent(c *fiber.Ctx) error {
	return web.Render(c, fiber.StatusOK, page.AccentPreview(accent(web.Context(c), c.Query("accent"))))
}
