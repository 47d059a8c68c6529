package grade

import (
	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/views/locale"
	page "lobby/views/place"
)

// Pages is the page of the tables.
type Pages struct{ Service *site.Service }

// Routes mounts the page.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/settings/grades", web.Staff(site.ManageGrades), p.form)
	app.Post("/settings/grades", web.Staff(site.ManageGrades), p.save)
}

func (p *Pages) form(c *fiber.Ctx) error { return p.show(c, fiber.StatusOK, nil, nil) }

func (p *Pages) show(c *fiber.Ctx, status int, typed map[string]string, wrong *fault.Fault) error {
	ctx := web.Context(c)
	g, err := p.Service.Grades(ctx)
	if err != nil {
		return err
	}
	v := gradesPage(ctx, g, typed, wrong)
	if c.Query("done") == "saved" && wrong == nil {
		v.Notice = locale.T(ctx, "place.saved")
	}
	s := web.Shell(c, locale.T(ctx, "layout.settings.grades"))
	s.Styles = append(s.Styles, "desk.css", "settings.css", "place.css")
	return web.Render(c, status, page.GradesPage(s, v))
}

func (p *Pages) save(c *fiber.Ctx) error {
	form, typed := web.Form(c), map[string]string{}
	for name := range form {
		typed[name] = form.Get(name)
	}
	err := p.Service.SaveGrades(web.Context(c), site.SaveGrades{Fields: typed, Seen: form.Get("seen")})
	if f, ok := web.Invalid(err); ok {
		return p.show(c, web.Status(err), typed, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/settings/grades?done=saved")
}
