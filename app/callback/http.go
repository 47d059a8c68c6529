package callback

import (
	"context"
	"strconv"

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

// Pages are the caller's pages.
type Pages struct {
	Service *Service
	URL     string // LOBBY_URL, without a slash at the end; empty where it isn't known
	// Reveal opens the whole phone of a ticket for a reason, and puts that on record.
	Reveal func(ctx context.Context, ticket int64, field, reason string) (string, error)
}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	call := web.Staff(staff.CallBack)
	app.Get("/callbacks", call, p.list)
	app.Get("/callbacks/:id", call, p.show)
	app.Post("/callbacks/:id", call, p.record)
	app.Post("/callbacks/:id/link", call, p.link)
	app.Post("/callbacks/:id/reveal", web.Staff(staff.CallBack, actor.Reveal), p.reveal)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "callback.css")
	return s
}

func (p *Pages) list(c *fiber.Ctx) error {
	ctx := web.Context(c)
	items, err := p.Service.List(ctx)
	if err != nil {
		return err
	}
	l := page.List{Tries: Tries, Register: actor.From(ctx).Can(staff.ViewRegisters)}
	for _, o := range []Outcome{Satisfied, Reopened, Again, GivenUp} {
		if c.Query("done") == string(o) {
			l.Notice = locale.T(ctx, "callback.done."+string(o))
		}
	}
	if id, err := strconv.ParseInt(c.Query("ticket"), 10, 64); err == nil && l.Notice != "" {
		done, err := p.Service.Get(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil {
			row := p.row(*done)
			l.Done = &row
		}
	}
	for _, i := range items {
		if i.Today {
			l.Later = append(l.Later, p.row(i))
		} else if Must(i.Kind, i.Urgency) {
			l.Must = append(l.Must, p.row(i))
		} else {
			l.May = append(l.May, p.row(i))
		}
	}
	return web.Render(c, fiber.StatusOK, page.ListPage(shell(c, locale.T(ctx, "callback.title")), l))
}

// attempt is what somebody just tried on the page of a call, and what came of it.
type attempt struct {
	typed    web.Values
	wrong    *fault.Fault
	revealed string
	link     *page.Link
}

func (p *Pages) show(c *fiber.Ctx) error { return p.showCall(c, fiber.StatusOK, attempt{}) }

// showCall shows the call of the path, with what came of a form on its page. What was typed stays, whatever happened.
func (p *Pages) showCall(c *fiber.Ctx, status int, a attempt) error {
	ctx := web.Context(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	i, err := p.Service.Get(ctx, id)
	if err != nil {
		return err
	}
	past, err := p.Service.Past(ctx, id)
	if err != nil {
		return err
	}
	who, masked := actor.From(ctx), ""
	if len(i.Phone) > 0 {
		if masked, err = p.Service.Vault.Open(pii.Phone, i.Phone); err != nil {
			return err
		}
		masked = pii.Mask(pii.Phone, masked)
	}
	s := shell(c, i.Number)
	v := page.Page{Row: p.row(*i), State: i.State, Waits: i.Waits(), Rateable: i.Rateable(), Expired: i.Expired, Site: s.SiteName, Caller: who.Name,
		Done: pii.Redact(i.Done), Reporter: pii.Redact(i.Reporter), Phone: masked, Revealed: a.revealed, Link: a.link, Tries: Tries,
		Apologise: i.Kind == "complaint", Past: p.past(ctx, *i, past, false), Kept: a.typed.Get("entry_key") != ""}
	said := map[string]string{}
	if a.wrong != nil {
		v.Message, said = web.Message(ctx, a.wrong), web.FieldErrors(ctx, a.wrong)
	}
	if masked != "" && a.revealed == "" && who.Can(actor.Reveal) {
		v.Reason = &part.Input{Name: "reason", Label: locale.T(ctx, "ticket.label.reason"), Hint: locale.T(ctx, "ticket.reveal_hint"),
			Value: a.typed.Get("reason"), Error: said["reason"], Max: pii.MaxReason, Required: true}
	}
	if v.Form, err = form(ctx, *i, a.wrong != nil && a.wrong.Kind == fault.Conflict, a.typed, said); err != nil {
		return err
	}
	return web.Render(c, status, page.CallPage(s, v))
}

// record writes the call down. A ticket that has moved meanwhile is told of, and what was typed stays on the page.
func (p *Pages) record(c *fiber.Ctx) error {
	ctx, v := web.Context(c), web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	in, err := callOf(id, v)
	var out Outcome
	if err == nil {
		out, err = p.Service.Record(ctx, in)
	}
	if f, ok := web.Invalid(err); ok {
		return p.showCall(c, web.Status(err), attempt{typed: v, wrong: f})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/callbacks?done="+string(out)+"&ticket="+strconv.FormatInt(id, 10))
}

// reveal shows the whole phone in the answer to the form and nowhere else (PRIVACY-2).
func (p *Pages) reveal(c *fiber.Ctx) error {
	ctx, v := web.Context(c), web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	text, err := p.Reveal(ctx, id, "phone", v.Get("reason"))
	if f, ok := web.Invalid(err); ok {
		return p.showCall(c, web.Status(err), attempt{typed: v, wrong: f})
	}
	if err != nil {
		return err
	}
	return p.showCall(c, fiber.StatusOK, attempt{revealed: pii.ShowPhone(text)})
}

// link makes a link for the customer and shows it once: only a hash of it is kept.
func (p *Pages) link(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	made := &page.Link{Until: p.Service.now().Add(LinkTerm)}
	if p.URL == "" { // a link that no phone can open would only end those that were made before
		if _, err := p.Service.Get(web.Context(c), id); err != nil {
			return err
		}
		return p.showCall(c, fiber.StatusOK, attempt{link: made})
	}
	token, err := p.Service.Link(web.Context(c), id)
	if f, ok := web.Invalid(err); ok {
		return p.showCall(c, web.Status(err), attempt{wrong: f})
	}
	if err != nil {
		return err
	}
	made.Address = p.URL + "/r/" + token
	return p.showCall(c, fiber.StatusOK, attempt{link: made})
}
