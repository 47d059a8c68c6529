package sheet

import (
	"bytes"
	"context"
	"io"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/views/locale"
	page "lobby/views/place"
)

// Pages are the pages of spreadsheets.
type Pages struct{ Service *site.Service }

// Upload is the form that takes a file.
var Upload = web.Upload{Path: "/places/import", Permission: site.Manage, Max: MaxUpload}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	manage := web.Staff(site.Manage)
	app.Get("/places/import", manage, p.form)
	app.Post("/places/import", manage, p.try)
	app.Get("/places/import/load", manage, func(c *fiber.Ctx) error { return web.Redirect(c, "/places/import") })
	app.Post("/places/import/load", manage, p.load)
	app.Get("/places/template.xlsx", manage, download("places.xlsx", site.TemplateXLSX))
	app.Get("/places/template.csv", manage, download("places.csv", site.TemplateCSV))
	app.Get("/places/export.xlsx", manage, p.export("places.xlsx", (*site.Exported).XLSX))
	app.Get("/places/export.csv", manage, p.export("places.csv", (*site.Exported).CSV))
}

func (p *Pages) form(c *fiber.Ctx) error { return show(c, fiber.StatusOK, page.Import{}) }

func show(c *fiber.Ctx, status int, v page.Import) error {
	s := web.Shell(c, locale.T(web.Context(c), "place.import.title"))
	s.Styles = append(s.Styles, "desk.css", "place.css")
	v.Max = MaxUpload >> 20
	return web.Render(c, status, page.ImportPage(s, v))
}

// patient is the context of a request that may take long; it keeps who acts and how they are spoken to.
func patient(c *fiber.Ctx) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(web.Context(c)), importTime)
}

// try says what a file would do.
func (p *Pages) try(c *fiber.Ctx) error {
	data, err := web.File(c, "file")
	if err != nil {
		return err
	}
	ctx, cancel := patient(c)
	defer cancel()
	if len(data) == 0 {
		return show(c, fiber.StatusUnprocessableEntity, page.Import{Wrong: locale.T(ctx, "place.import.no_file")})
	}
	found, draft, err := p.Service.Try(ctx, data)
	return answer(ctx, c, found, draft, err)
}

// answer shows what was found, and why it can't be loaded.
func answer(ctx context.Context, c *fiber.Ctx, found *site.Imported, draft int64, err error) error {
	v := page.Import{}
	if found != nil {
		v.Looked = looked(ctx, found, draft)
	}
	f, is := fault.As(err)
	switch {
	case err == nil:
		return show(c, fiber.StatusOK, v)
	case !is || f.Kind != fault.Invalid && f.Kind != fault.Conflict && f.Kind != fault.TooLarge:
		return err
	case found == nil && f.Kind != fault.Conflict:
		v.Wrong = web.Message(ctx, f) // of the file itself
	default:
		v.Refused = web.Message(ctx, f)
		if f.Key == "import.differs" { // the command line's words name its flag
			v.Refused = locale.T(ctx, "place.import.differs")
		}
	}
	return show(c, web.Status(err), v)
}

// load loads what was looked at.
func (p *Pages) load(c *fiber.Ctx) error {
	ctx, cancel := patient(c)
	defer cancel()
	form := web.Form(c)
	draft, err := strconv.ParseInt(form.Get("draft"), 10, 64)
	if err != nil {
		draft = 0 // nobody has this one
	}
	found, err := p.Service.LoadDraft(ctx, draft, form.Get("seen"), form.Get("accept") == "1")
	if err != nil {
		return answer(ctx, c, found, draft, err)
	}
	return web.Redirect(c, "/places?done=imported")
}

// download answers with a file that write makes.
func download(name string, write func(context.Context, io.Writer) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := patient(c)
		defer cancel()
		var b bytes.Buffer // whole before the first byte goes out: half a file would be taken for all of it
		if err := write(ctx, &b); err != nil {
			return err
		}
		c.Attachment(name)
		if name == "places.csv" {
			c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
		}
		return c.Send(b.Bytes())
	}
}

// export answers with the places as they stand.
func (p *Pages) export(name string, write func(*site.Exported, context.Context, io.Writer) error) fiber.Handler {
	return download(name, func(ctx context.Context, out io.Writer) error {
		e, err := p.Service.Export(ctx)
		if err != nil {
			return err
		}
		return write(e, ctx, out)
	})
}
