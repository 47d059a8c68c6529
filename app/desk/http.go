package desk

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/staff"
	page "lobby/views/desk"
	"lobby/views/layout"
	"lobby/views/locale"
)

// Routes mounts the pages.
func (d *Desk) Routes(app fiber.Router) {
	app.Get("/desk", web.Staff(), d.show)
	app.Post("/desk/search", web.Staff(), d.search)
	app.Get("/desk/search", web.Staff(), func(c *fiber.Ctx) error { return web.Redirect(c, "/desk") })
	app.Get("/desk/inside-list", web.Staff(staff.ViewVisits), d.insideList)
	app.Get("/desk/asked", web.Staff(staff.ViewTickets), d.asked)
	app.Post("/desk/leave/:id", web.Staff(staff.EndVisit), d.signOut)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css")
	return s
}

func (d *Desk) show(c *fiber.Ctx) error {
	ctx := web.Context(c)
	p, err := d.day(ctx)
	if err != nil {
		return err
	}
	if left := c.Query("left"); numbered.MatchString(left) {
		p.Notice = locale.T(ctx, "desk.signed_out", "Number", left)
	}
	return web.Render(c, fiber.StatusOK, page.DeskPage(shell(c, locale.T(ctx, "desk.title")), p))
}

// search answers a query. It comes by POST, so that no phone ever stands in an address (PRIVACY-3). One number found
// leads straight to it.
func (d *Desk) search(c *fiber.Ctx) error {
	ctx := web.Context(c)
	a := actor.From(ctx)
	r := page.Results{Query: web.Form(c).Get("q")}
	status := fiber.StatusOK
	f, err := search(ctx, r.Query, d.Tickets, d.Visits)
	if wrong, ok := web.Invalid(err); ok {
		status, r.Error = web.Status(err), web.FieldErrors(ctx, wrong)["q"]
	} else if err != nil {
		return err
	}
	if len(f.tickets)+len(f.visits) == 1 && numbered.MatchString(strings.TrimSpace(r.Query)) {
		return web.Redirect(c, f.address())
	}
	for i := range f.tickets {
		r.Tickets = append(r.Tickets, d.found(&f.tickets[i]))
	}
	r.Visits = d.visits(f.visits, a)
	p := page.Page{MayVisit: a.Can(staff.RegisterVisit), MayTicket: a.Can(staff.RegisterTicket)}
	return web.Render(c, status, page.ResultsPage(shell(c, locale.T(ctx, "desk.results")), p, r))
}

// address is the page of the one thing found.
func (f finding) address() string {
	if len(f.tickets) == 1 {
		return "/desk/tickets/" + strconv.FormatInt(f.tickets[0].ID, 10)
	}
	return "/desk/visits/" + strconv.FormatInt(f.visits[0].ID, 10)
}

// insideList is the list of visitors anew, for a desk that was told of a change.
func (d *Desk) insideList(c *fiber.Ctx) error {
	ctx := web.Context(c)
	in, err := d.inside(ctx, d.DB, actor.From(ctx))
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, page.InsideList(in))
}

// asked is how many open tickets somebody was asked of first, anew, for a desk on which a ticket changed.
func (d *Desk) asked(c *fiber.Ctx) error {
	ctx := web.Context(c)
	n, err := d.Tickets.AskedOpen(ctx, d.DB)
	if err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, page.Asked(n))
}

// signOut signs a visitor out. The desk's own list is answered with the list as it is now; without script it is back to
// the desk, which says whose number it was.
func (d *Desk) signOut(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	v, err := d.leave(web.Context(c), id)
	if err != nil {
		return err
	}
	if web.Partial(c) {
		return d.insideList(c)
	}
	return web.Redirect(c, "/desk?left="+url.QueryEscape(v.Number))
}
