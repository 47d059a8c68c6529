// Package orders holds the pages of service orders and of the departments that receive them.
package orders

import (
	"context"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/layout"
	"lobby/views/locale"
	page "lobby/views/ticket"
)

// Pages are the pages of orders and departments.
type Pages struct{ Service *ticket.Service }

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/orders", web.Staff(staff.ViewTickets), p.list)
	app.Get("/orders/:id", web.Staff(staff.ViewTickets), p.show)
	app.Get("/orders/:id/print", web.Staff(staff.ViewTickets), p.print)
	app.Post("/orders/:id/photos", web.Staff(staff.WorkOrders), p.photos)
	app.Post("/orders/:id/ring", web.Staff(staff.WorkOrders), p.ring)
	app.Post("/orders/:id/:verb", web.Staff(staff.ViewTickets), p.do)
	app.Get("/departments", web.Staff(staff.ManageDepartments), p.departments)
	app.Get("/departments/new", web.Staff(staff.ManageDepartments), p.newDepartment)
	app.Post("/departments", web.Staff(staff.ManageDepartments), p.saveDepartment)
	app.Get("/departments/:id", web.Staff(staff.ManageDepartments), p.department)
	app.Post("/departments/:id", web.Staff(staff.ManageDepartments), p.saveDepartment)
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "orders.css", "photos.css")
	return s
}

// scopes are the lists that there are; what the desk has to read is for who reads it.
func scopes(a actor.Actor) []string {
	if a.Can(staff.DispatchTickets) {
		return []string{"department", "done", "mine", "over"}
	}
	return []string{"department", "mine", "over"}
}

func (p *Pages) list(c *fiber.Ctx) error {
	ctx := web.Context(c)
	l := page.OrderList{Scopes: scopes(actor.From(ctx)), Scope: c.Query("scope"), Department: "0"}
	if !slices.Contains(l.Scopes, l.Scope) {
		l.Scope = l.Scopes[0]
	}
	f := ticket.OrderFilter{Mine: l.Scope == "mine", Over: l.Scope == "over", Done: l.Scope == "done"}
	departments, err := p.Service.Departments(ctx)
	if err != nil {
		return err
	}
	if actor.From(ctx).Can(staff.DispatchTickets) {
		l.Departments = choices(ctx, departments)
		if id := c.Query("department"); slices.ContainsFunc(departments, func(d ticket.Department) bool { return strconv.FormatInt(d.ID, 10) == id }) {
			l.Department = id
			if f.Department, err = strconv.ParseInt(id, 10, 64); err != nil {
				return err
			}
		}
	}
	list, err := p.Service.MyOrders(ctx, f)
	if err != nil {
		return err
	}
	for i := range list {
		l.Cards = append(l.Cards, p.card(&list[i], ""))
	}
	return web.Render(c, fiber.StatusOK, page.OrdersPage(shell(c, locale.T(ctx, "order.mine")), l))
}

func (p *Pages) show(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	return p.showOrder(c, fiber.StatusOK, id, attempt{})
}

func (p *Pages) print(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	v, err := p.page(web.Context(c), id, attempt{})
	if err != nil {
		return err
	}
	v.Printed, v.Attach = web.Now(c), c.Query("photos") == "1"
	return web.Render(c, fiber.StatusOK, page.OrderPrintPage(shell(c, v.Number), v))
}

// do takes one step of an order. Whoever comes second sees the page as it stands now, and who was faster.
func (p *Pages) do(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	in, typos := actOf(ctx, web.Form(c))
	a := attempt{verb: ticket.OrderVerb(c.Params("verb")), in: in}
	err = p.keep(c, id)
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid {
		typos, err = append(typos, f.Fields...), nil
	}
	if err == nil {
		err = typos.Err()
	}
	if err == nil {
		_, err = p.Service.DoOrder(ctx, id, a.verb, in)
	}
	if f, ok := web.Invalid(err); ok {
		a.wrong = f
		return p.showOrder(c, web.Status(err), id, a)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/orders/"+strconv.FormatInt(id, 10))
}

// keep keeps the photos that a form brings. They stay whatever else is wrong with it: nobody takes them twice.
func (p *Pages) keep(c *fiber.Ctx, id int64) error {
	raws, err := web.Files(c, "photos")
	if err != nil || len(raws) == 0 {
		return err
	}
	ctx, cancel := web.Patient(c, ticket.PhotosTake)
	defer cancel()
	return p.Service.AddPhotos(ctx, ticket.PhotosOf{Order: id, Stage: ticket.Stage(web.Form(c).Get("stage"))}, raws)
}

// photos keeps photos at once; what else was typed in their form stays there. The script that sends them one by one gets
// the gallery back.
func (p *Pages) photos(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	in, _ := actOf(web.Context(c), web.Form(c))
	a, status := attempt{in: in, typed: true}, fiber.StatusOK
	if err = p.keep(c, id); err != nil {
		f, ok := web.Invalid(err)
		if !ok {
			return err
		}
		a.wrong, status = f, web.Status(err)
	}
	return p.showOrder(c, status, id, a)
}

// ring shows the whole phone, once: in the answer to the form and nowhere else (PRIVACY-2).
func (p *Pages) ring(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	a, status := attempt{}, fiber.StatusOK
	a.phone, err = p.Service.Ring(web.Context(c), id)
	if f, ok := web.Invalid(err); ok {
		a.wrong, status = f, web.Status(err)
	} else if err != nil {
		return err
	}
	return p.showOrder(c, status, id, a)
}

func (p *Pages) showOrder(c *fiber.Ctx, status int, id int64, a attempt) error {
	ctx := web.Context(c)
	if a.wrong != nil {
		a.message, a.said = web.Message(ctx, a.wrong), web.FieldErrors(ctx, a.wrong)
	}
	v, err := p.page(ctx, id, a)
	if err != nil {
		return err
	}
	if web.Partial(c) && c.Method() == fiber.MethodPost {
		return web.Render(c, status, page.Gallery(v.Pictures, v.Said()))
	}
	s := shell(c, v.Number)
	s.Scripts = append(s.Scripts, "photos.js", "sign.js")
	return web.Render(c, status, page.OrderShowPage(s, v))
}

func (p *Pages) departments(c *fiber.Ctx) error {
	ctx := web.Context(c)
	list, err := p.Service.Departments(ctx)
	if err != nil {
		return err
	}
	d := page.Departments{List: departmentRows(ctx, list)}
	if c.Query("saved") == "1" {
		d.Notice = locale.T(ctx, "order.department.saved")
	}
	return web.Render(c, fiber.StatusOK, page.DepartmentsPage(shell(c, locale.T(ctx, "order.department.title")), d))
}

func (p *Pages) newDepartment(c *fiber.Ctx) error {
	return p.departmentForm(c, fiber.StatusOK, ticket.SaveDepartment{}, nil)
}

func (p *Pages) department(c *fiber.Ctx) error {
	d, err := p.known(c)
	if err != nil {
		return err
	}
	in := ticket.SaveDepartment{ID: d.ID, Code: d.Code, Name: d.Name, Head: d.HeadID, Closed: d.Closed, Version: d.Version}
	for _, m := range d.Members {
		in.Members = append(in.Members, m.ID)
	}
	return p.departmentForm(c, fiber.StatusOK, in, nil)
}

// known finds the department of the address.
func (p *Pages) known(c *fiber.Ctx) (ticket.Department, error) {
	id, err := web.PathID(c, "id")
	if err != nil {
		return ticket.Department{}, err
	}
	list, err := p.Service.Departments(web.Context(c))
	if err != nil {
		return ticket.Department{}, err
	}
	at := slices.IndexFunc(list, func(d ticket.Department) bool { return d.ID == id })
	if at < 0 {
		return ticket.Department{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return list[at], nil
}

func (p *Pages) saveDepartment(c *fiber.Ctx) error {
	ctx, v := web.Context(c), web.Form(c)
	in := departmentOf(v)
	if c.Params("id") != "" {
		d, err := p.known(c)
		if err != nil {
			return err
		}
		in.ID = d.ID
	}
	_, err := p.Service.SaveDepartment(ctx, in)
	if f, ok := web.Invalid(err); ok {
		return p.departmentForm(c, web.Status(err), in, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/departments?saved=1")
}

func (p *Pages) departmentForm(c *fiber.Ctx, status int, in ticket.SaveDepartment, wrong *fault.Fault) error {
	ctx := web.Context(c)
	f, err := p.form(ctx, in, wrong)
	if err != nil {
		return err
	}
	title := locale.T(ctx, "order.department.new")
	if in.ID != 0 {
		title = locale.T(ctx, "order.department.one")
	}
	return web.Render(c, status, page.DepartmentFormPage(shell(c, title), f))
}

func choices(ctx context.Context, list []ticket.Department) []option {
	out := []option{{Value: "0", Label: locale.T(ctx, "order.all_departments")}}
	for _, d := range list {
		out = append(out, option{Value: strconv.FormatInt(d.ID, 10), Label: d.Name})
	}
	return out
}
