// Package rate is the page on a customer's own phone, on which marks are given by a link (SURVEY-1).
package rate

import (
	"github.com/gofiber/fiber/v2"

	"lobby/app/callback"
	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	page "lobby/views/callback"
	"lobby/views/layout"
	"lobby/views/locale"
	"lobby/views/part"
)

// Pages are what a link for rating leads to.
type Pages struct{ Service *callback.Service }

// Routes mounts the page. Whoever holds a link may use it: nobody signs in.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/r/:token", p.blank)
	app.Post("/r/:token", p.rate)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "callback.css")
	return s
}

func (p *Pages) blank(c *fiber.Ctx) error { return p.ratePage(c, fiber.StatusOK, nil, nil) }

// rate takes the marks. The link is the permission, and counts once.
func (p *Pages) rate(c *fiber.Ctx) error {
	v := web.Form(c)
	at, err := p.Service.Good(web.Context(c), c.Params("token"))
	if fault.Is(err, fault.NotFound) {
		return p.over(c)
	}
	if err != nil {
		return err
	}
	s, err := p.guest(c, at, "callback.rate.thanks")
	if err != nil {
		return err
	}
	err = p.Service.Rate(web.Context(c), c.Params("token"), callback.MarksOf(v.Get), v.Get("remark"))
	if fault.Is(err, fault.NotFound) {
		return p.over(c)
	}
	if f, ok := web.Invalid(err); ok {
		return p.ratePage(c, web.Status(err), v, f)
	}
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, page.ThanksPage(s))
}

func (p *Pages) ratePage(c *fiber.Ctx, status int, typed web.Values, wrong *fault.Fault) error {
	at, err := p.Service.Good(web.Context(c), c.Params("token"))
	if fault.Is(err, fault.NotFound) {
		return p.over(c)
	}
	if err != nil {
		return err
	}
	s, err := p.guest(c, at, "callback.rate.title")
	if err != nil {
		return err
	}
	ctx, said := web.Context(c), map[string]string{}
	r := page.Rate{Action: "/r/" + c.Params("token")}
	if wrong != nil {
		r.Message, said = web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
	}
	r.Marks = callback.MarkRows(ctx, typed.Get, said)
	r.Remark = part.Input{Name: "remark", Type: "textarea", Rows: 3, Max: callback.MaxAnswer, Label: locale.T(ctx, "callback.rate.remark"),
		Value: typed.Get("remark"), Error: said["remark"]}
	return web.Render(c, status, page.RatePage(s, r))
}

// guest dresses the page in the site of the link; its language is the phone's. It tells no more of the ticket.
func (p *Pages) guest(c *fiber.Ctx, at int64, title string) (layout.Shell, error) {
	ctx := web.Context(c)
	here, err := p.Service.Sites.Get(ctx, at)
	if err != nil {
		return layout.Shell{}, err
	}
	c.Set("X-Robots-Tag", "noindex")
	c.SetUserContext(locale.WithZone(actor.With(ctx, actor.Actor{Kind: actor.Guest, Site: at}), here.Location()))
	s := shell(c, locale.T(ctx, title))
	s.Path, s.SiteName, s.Accent = "", here.Name, here.Accent
	return s, nil
}

// over is the one page for links that can't be used, whatever the reason.
func (p *Pages) over(c *fiber.Ctx) error {
	c.Set("X-Robots-Tag", "noindex")
	s := shell(c, locale.T(web.Context(c), "callback.rate.over"))
	s.Path = ""
	return web.Render(c, fiber.StatusNotFound, page.OverPage(s))
}
