package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/views/layout"
	"lobby/views/locale"
	page "lobby/views/web"
)

// openedElsewhere tells whether the form that was sent had been opened at another site than the session's current one:
// somebody switched in another tab. (A form that doesn't say is about a record, which exists at one site only.)
func openedElsewhere(c *fiber.Ctx, who actor.Actor) bool {
	here := Form(c).Get(layout.HereField)
	return here != "" && here != strconv.FormatInt(who.Site, 10)
}

// otherSite refuses such a form with 409, in words, and offers to go back to its site and send it there. Nothing that was
// typed is lost: it travels along, as through the sign-in page.
func (s *server) otherSite(c *fiber.Ctx, who actor.Actor) error {
	ctx, kept := Context(c), interrupted(c)
	shell := Shell(c, locale.T(ctx, "web.other_site.title"))
	p := page.OtherSite{Now: shell.SiteName, TooMuch: kept.TooMuch || kept.Path == ""}
	here := Form(c).Get(layout.HereField)
	for _, site := range shell.Sites { // a site where one has no role has no name
		if id := strconv.FormatInt(site.ID, 10); id == here && site.ID != who.Site {
			p.ID, p.Then = id, site.Name
		}
	}
	for _, h := range kept.Hidden() {
		p.Kept = append(p.Kept, page.Hidden(h))
	}
	if HTMX(c) {
		c.Set("HX-Retarget", "body")
		c.Set("HX-Reswap", "outerHTML")
		c.Set("HX-Reselect", "body")
	}
	return Render(c, fiber.StatusConflict, page.OtherSitePage(shell, p))
}

// noSite tells somebody who has no role at any site what to do about it.
func (s *server) noSite(c *fiber.Ctx) error {
	shell := Shell(c, locale.T(Context(c), "web.no_site.title"))
	if Partial(c) {
		c.Set("HX-Redirect", "/desk")
		return c.SendStatus(fiber.StatusForbidden)
	}
	return Render(c, fiber.StatusForbidden, page.NoSite(shell))
}
