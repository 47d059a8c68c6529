package callback

import (
	"context"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/staff"
	page "lobby/views/callback"
	"lobby/views/layout"
	"lobby/views/locale"
	"lobby/views/part"
)

// Beside is what the page of a ticket shows of its callbacks and marks; with opened, texts as they were written.
func (p *Pages) Beside(ctx context.Context, ticket int64, opened bool) (templ.Component, error) {
	past, err := p.Service.Past(ctx, ticket)
	if err != nil {
		return nil, err
	}
	i := Item{Ticket: ticket}
	if actor.From(ctx).Can(staff.CallBack) {
		found, err := p.Service.Get(ctx, ticket)
		if err != nil {
			return nil, err
		}
		i = *found
	}
	return page.PastPanel(p.past(ctx, i, past, opened)), nil
}

// past is what was said so far, as staff see it: numbers in it are hidden until the texts are opened (PRIVACY-2).
func (p *Pages) past(ctx context.Context, i Item, said Past, opened bool) page.Past {
	text := pii.Redact
	if opened {
		text = func(s string) string { return s }
	}
	v := page.Past{Ticket: i.Ticket}
	if actor.From(ctx).Can(staff.CallBack) {
		v.Call, v.Rateable = i.Waits(), i.Rateable()
	}
	for _, c := range said.Calls {
		result := Again
		switch {
		case c.Satisfied != nil && *c.Satisfied:
			result = Satisfied
		case c.Satisfied != nil:
			result = Reopened
		}
		v.Calls = append(v.Calls, page.Call{At: c.At, By: c.By, Result: string(result), Asked: text(c.Asked), Answer: text(c.Answer)})
	}
	for _, r := range said.Ratings {
		v.Ratings = append(v.Ratings, page.Rating{At: r.At, Via: r.Via, Speed: r.Speed, Attitude: r.Attitude, Upkeep: r.Upkeep, Remark: text(r.Remark)})
	}
	return v
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
	err = p.Service.Rate(web.Context(c), c.Params("token"), MarksOf(v.Get), v.Get("remark"))
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
	r.Marks = marks(ctx, typed, said)
	r.Remark = part.Input{Name: "remark", Type: "textarea", Rows: 3, Max: MaxAnswer, Label: locale.T(ctx, "callback.label.remark"),
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
