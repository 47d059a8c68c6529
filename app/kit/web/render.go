package web

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/static"
	"lobby/views/layout"
	"lobby/views/locale"
)

// Render answers with a component: a whole page, or the fragment that the handler picked.
func Render(c *fiber.Ctx, status int, comp templ.Component) error {
	c.Status(status)
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	if err := comp.Render(Context(c), c.Response().BodyWriter()); err != nil {
		c.Response().ResetBody()
		return err
	}
	return nil
}

// Partial tells whether htmx asks for a fragment rather than the page.
func Partial(c *fiber.Ctx) bool { return c.Get("HX-Request-Type") == "partial" }

// HTMX tells whether htmx asks at all, for a fragment or the body of a page.
func HTMX(c *fiber.Ctx) bool { return c.Get("HX-Request") == "true" }

// Redirect leads to a path of ours after a form is done: 303, or for htmx a header that loads the whole page.
func Redirect(c *fiber.Ctx, path string) error {
	if HTMX(c) {
		c.Set("HX-Redirect", path)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(path, fiber.StatusSeeOther)
}

// PathID reads an id from the path; anything that isn't one does not exist.
func PathID(c *fiber.Ctx, name string) (int64, error) {
	return id(c.Params(name))
}

// FormID reads an id from the posted form; anything that isn't one does not exist.
func FormID(c *fiber.Ctx, name string) (int64, error) { return id(Form(c).Get(name)) }

func id(raw string) (int64, error) {
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.New(fault.NotFound, "fault.not_found")
	}
	return id, nil
}

// Insecure tells whether the caller sits at another machine and what they type crosses the network in the clear.
func Insecure(c *fiber.Ctx) bool { return !Secure(c) && !Address(c).IsLoopback() }

// Shell is the frame of a page: site, person, navigation, warning. It works on staff pages, screens and pages for
// nobody alike; what is not known stays empty.
func Shell(c *fiber.Ctx, title string) layout.Shell {
	s, ctx := of(c), Context(c)
	shell := layout.Shell{Title: title, Path: c.Path(), Accent: defaultAccent, Build: static.Build}
	if s == nil {
		return shell
	}
	if s.Build != "" {
		shell.Build = s.Build
	}
	if site, ok := c.Locals(siteLocal).(Site); ok {
		shell.SiteName, shell.Accent, shell.Look = site.Name, site.Accent, site.Look
	}
	a := actor.From(ctx)
	if a.Kind != actor.Person {
		return shell
	}
	shell.Person = a.Name
	shell.Insecure = Insecure(c)
	shell.May = func(permission string) bool { return a.Can(actor.Permission(permission)) }
	for _, item := range s.Nav {
		if item.Permission == "" || a.Can(item.Permission) || slices.ContainsFunc(item.Also, a.Can) {
			shell.Nav = append(shell.Nav, layout.NavItem{Label: locale.T(ctx, item.LabelKey), Href: item.Href, Key: item.Key, Group: item.Group})
		}
	}
	if s.Inbox != nil && a.Site != 0 {
		inbox, err := s.Inbox(ctx)
		if err != nil {
			s.Log.WarnContext(ctx, "inbox of a person", "request", RequestID(c), "error", err)
		}
		shell.Inbox = &inbox
	}
	shell.Sites = sitesOf(c, a, shell.SiteName)
	return shell
}

// sitesOf are the sites where somebody has a role. Most have one, and nothing needs to be looked up for them.
func sitesOf(c *fiber.Ctx, a actor.Actor, here string) []layout.SiteLink {
	s, ctx := of(c), Context(c)
	if !a.Roams && a.Site != 0 {
		return []layout.SiteLink{{ID: a.Site, Name: here, Current: true}}
	}
	if s.Sites == nil {
		return nil
	}
	sites, err := s.Sites(ctx, a.ID, a.Site)
	if err != nil {
		s.Log.WarnContext(ctx, "sites of a person", "request", RequestID(c), "error", err)
	}
	return sites
}
