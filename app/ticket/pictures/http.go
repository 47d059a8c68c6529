// Package pictures shows the pictures of tickets and orders, and takes photos for tickets.
package pictures

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// Pages are the pages of pictures.
type Pages struct{ Service *ticket.Service }

// Routes mounts the pages. They come before those of tickets, whose verbs have addresses of the same form.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/pictures/:id", web.Staff(staff.ViewTickets), p.serve(false))
	app.Get("/pictures/:id/small", web.Staff(staff.ViewTickets), p.serve(true))
	app.Post("/pictures/:id/remove", web.Staff(staff.ViewTickets), p.remove)
	app.Get("/desk/tickets/:id/photos", web.Staff(staff.ViewTickets), p.photos)
	app.Post("/desk/tickets/:id/photos", web.Staff(staff.RegisterTicket), p.add)
}

// policy of a picture that is looked at by itself: it can do nothing at all.
const policy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// keep is how long a browser may show a picture again without asking: long enough for a page and its paper.
const keep = "private, max-age=600"

func (p *Pages) serve(small bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.PathID(c, "id")
		if err != nil {
			return err
		}
		f, err := p.Service.Picture(web.Context(c), id, small)
		if err != nil {
			return err
		}
		body, ending := f.Bytes, ".jpg"
		if small {
			body = f.Small
		}
		if f.Mime == "image/png" {
			ending = ".png"
		}
		c.Set(fiber.HeaderContentType, f.Mime)
		c.Set(fiber.HeaderContentDisposition, `inline; filename="`+strconv.FormatInt(id, 10)+ending+`"`)
		c.Set(fiber.HeaderContentSecurityPolicy, policy)
		c.Set(fiber.HeaderCacheControl, keep)
		return c.Send(body)
	}
}

func (p *Pages) remove(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	of, err := p.Service.RemovePhoto(web.Context(c), id)
	if err != nil {
		return err
	}
	if of.Order != 0 {
		return web.Redirect(c, "/orders/"+strconv.FormatInt(of.Order, 10))
	}
	return web.Redirect(c, "/desk/tickets/"+strconv.FormatInt(of.Ticket, 10)+"/photos")
}

func (p *Pages) photos(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	return ticket.ShowPhotos(c, p.Service, id, nil)
}

// add keeps the photos of a form. The script that sends them one by one gets the gallery back.
func (p *Pages) add(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	raws, err := web.Files(c, "photos")
	if err != nil {
		return err
	}
	ctx, cancel := web.Patient(c, ticket.PhotosTake)
	defer cancel()
	err = p.Service.AddPhotos(ctx, ticket.PhotosOf{Ticket: id}, raws)
	if _, wrong := web.Invalid(err); err != nil && !wrong {
		return err
	}
	if err == nil && !web.Partial(c) {
		return web.Redirect(c, "/desk/tickets/"+strconv.FormatInt(id, 10))
	}
	return ticket.ShowPhotos(c, p.Service, id, err)
}
