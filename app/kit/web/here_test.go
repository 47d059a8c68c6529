package web_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/views/layout"
	"lobby/views/locale"
)

// hereRoutes are a form that makes something new, and a page of one's own.
func hereRoutes(app *fiber.App, written *[]int64) {
	app.Get("/things", web.Staff(), func(c *fiber.Ctx) error {
		return web.Render(c, fiber.StatusOK, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			if _, err := io.WriteString(w, `<form method="post" action="/things">`); err != nil {
				return err
			}
			if err := layout.Here().Render(ctx, w); err != nil {
				return err
			}
			_, err := io.WriteString(w, `<input name="note" value="x"></form>`)
			return err
		}))
	})
	app.Post("/things", web.Staff(), func(c *fiber.Ctx) error {
		*written = append(*written, actor.From(web.Context(c)).Site)
		return c.SendString("written")
	})
	app.Get("/mine", web.SignedIn(), func(c *fiber.Ctx) error { return c.SendString("mine") })
}

// A form that was opened at one site is not written at another one, whatever was switched in another tab.
func TestFormOfAnotherSite(t *testing.T) {
	t.Parallel()
	people := webtest.NewPeople()
	cfg := people.Config()
	cfg.Sites = func(_ context.Context, _, current int64) ([]layout.SiteLink, error) {
		return []layout.SiteLink{{ID: 7, Name: "七号院", Current: current == 7}, {ID: 8, Name: "八号院", Current: current == 8}}, nil
	}
	app := web.New(cfg)
	var written []int64
	hereRoutes(app, &written)
	guest := webtest.New(t, app)
	at := func(site int64, lang string) *webtest.Client {
		return guest.Another().As(people, actor.Actor{Kind: actor.Person, ID: 1, Name: "甲", Site: site, Roams: true, Lang: lang})
	}
	_, fields := at(7, "").Get("/things").Want(http.StatusOK).Form("form")
	if fields.Get(layout.HereField) != "7" {
		t.Fatalf("the form says %v", fields)
	}
	fields.Set("note", `王 "小" <明>`)
	for _, lang := range locale.Languages {
		page := at(8, lang).Post("/things", fields).Want(http.StatusConflict)
		page.WantText("七号院", locale.T(locale.With(t.Context(), lang), "web.other_site.title"))
		action, kept := page.Form("main form")
		if action != "/site" || kept.Get("site") != "7" || kept.Get("kept.path") != "/things" || kept.Get("kept.field.note") != `王 "小" <明>` {
			t.Errorf("the way back is %s %v", action, kept)
		}
	}
	part := at(8, "").HTMX("/things", fields).Want(http.StatusConflict)
	if part.Header.Get("HX-Retarget") != "body" {
		t.Error("htmx would put the page into a corner")
	}
	fields.Set(layout.HereField, "9") // a site where one has no role: not named, and no way there
	if page := at(8, "").Post("/things", fields).Want(http.StatusConflict); len(page.All("main form")) != 0 {
		t.Error("there is a way to a site where one has no role")
	}
	for _, junk := range []string{"x", "-1", "8 ", "１", strings.Repeat("7", 100)} {
		fields.Set(layout.HereField, junk)
		at(8, "").Post("/things", fields).Want(http.StatusConflict)
	}
	if len(written) != 0 {
		t.Fatalf("written at %v", written)
	}
	fields.Set(layout.HereField, "8")
	at(8, "").Post("/things", fields).Want(http.StatusOK)
	at(8, "").Post("/things", url.Values{"note": {"x"}}).Want(http.StatusOK) // about a record, which exists at one site only
}

func TestWithoutASiteAndWithATemporaryPassword(t *testing.T) {
	t.Parallel()
	people := webtest.NewPeople()
	app := web.New(people.Config())
	var written []int64
	hereRoutes(app, &written)
	guest := webtest.New(t, app)
	for _, lang := range locale.Languages {
		nowhere := guest.Another().As(people, actor.Actor{Kind: actor.Person, ID: 1, Name: "甲", Lang: lang})
		nowhere.Get("/things").Want(http.StatusForbidden).WantText(locale.T(locale.With(t.Context(), lang), "web.no_site.title"), "甲")
		nowhere.Post("/things", nil).Want(http.StatusForbidden)
		nowhere.HTMX("/things", nil).Want(http.StatusForbidden)
		nowhere.Get("/mine").Want(http.StatusOK)
	}
	fresh := guest.Another().As(people, actor.Actor{Kind: actor.Person, ID: 2, Name: "乙", Site: 7, Renew: true, May: webtest.May("visit.view")})
	fresh.Get("/things").Want(http.StatusSeeOther).WantLocation("/account")
	fresh.Post("/things", nil).Want(http.StatusSeeOther).WantLocation("/account")
	fresh.Get("/mine").Want(http.StatusOK)
	if len(written) != 0 {
		t.Errorf("written at %v", written)
	}
}
