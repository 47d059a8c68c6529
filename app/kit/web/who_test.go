package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
)

func TestStaffAndScreens(t *testing.T) {
	t.Parallel()
	revoked := actor.Actor{Kind: actor.Device, ID: 66, Screen: "wall"}
	c, people := setup(t, func(cfg *web.Config) {
		find := cfg.Device
		cfg.Device = func(ctx context.Context, token string) (actor.Actor, error) {
			who, err := find(ctx, token)
			if who.ID == revoked.ID {
				return actor.Actor{}, fault.Wrap(web.ErrRevoked, fault.SignIn, "staff.device.revoked")
			}
			return who, err
		}
	}, func(app *fiber.App) {
		who := func(c *fiber.Ctx) error {
			a := actor.From(web.Context(c))
			if _, ok := web.Context(c).Deadline(); !ok {
				return fault.New(fault.Internal, "no deadline")
			}
			return c.SendString(string(a.Kind) + " " + a.Name)
		}
		app.Get("/staff", web.Staff("visit.view"), who)
		app.Get("/wall", web.Screen("wall"), who)
		app.Get("/kiosk", web.Screen("kiosk"), who)
		app.Post("/kiosk", web.Screen("kiosk"), who)
	})
	person := actor.Actor{Kind: actor.Person, ID: 1, Name: "A", Site: 7, May: webtest.May("visit.view")}
	watcher := actor.Actor{Kind: actor.Person, ID: 2, Name: "B", Site: 7, May: webtest.May("wall.view")}
	wall := actor.Actor{Kind: actor.Device, ID: 3, Name: "W", Screen: "wall"}
	for _, tc := range []struct {
		name   string
		who    actor.Actor
		path   string
		status int
		body   string
	}{
		{"nobody at a staff page", actor.Actor{}, "/staff", 401, "sign in"},
		{"a person with the permission", person, "/staff", 200, "person A"},
		{"a person without it", watcher, "/staff", 403, ""},
		{"a device is no member of staff", wall, "/staff", 401, "sign in"},
		{"nobody at a wall", actor.Actor{}, "/wall", 303, ""},
		{"a paired wall", wall, "/wall", 200, "device W"},
		{"a person who may see walls", watcher, "/wall", 200, "person B"},
		{"a person who may not", person, "/wall", 403, ""},
		{"a wall at a kiosk's page", wall, "/kiosk", 403, ""},
		{"a person at a kiosk that isn't paired", watcher, "/kiosk", 303, ""},
		{"a revoked wall", revoked, "/wall", 303, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			browser := c.Another()
			if tc.who.Kind != actor.Nobody {
				browser.As(people, tc.who)
			}
			page := browser.Get(tc.path).Want(tc.status)
			if tc.body != "" && page.Body != tc.body {
				t.Errorf("answered %q, want %q", page.Body, tc.body)
			}
			if tc.status == 303 {
				page.WantLocation("/pair")
				browser.HTMX(tc.path, nil).WantLocation("/pair")
			}
		})
	}
	both := c.Another().As(people, wall).As(people, person)
	if got := both.Get("/wall").Want(200).Body; got != "device W" {
		t.Errorf("the paired device comes first, got %q", got)
	}
	unknown := c.Another()
	unknown.SetCookie(web.SessionCookie, "made-up")
	unknown.Get("/staff").Want(401)
	if part := unknown.HTMX("/staff", nil).Want(401); part.Header.Get("HX-Retarget") != "#alerts" || part.Header.Get("HX-Redirect") != "" {
		t.Error("what a page asks for by itself must not take the page away")
	}
	link := unknown.Request("GET", "/staff", nil)
	link.Header.Set("HX-Request", "true")
	link.Header.Set("HX-Source", "a")
	unknown.Do(link).Want(401).WantLocation("/login")
	if got := unknown.HTMX("/kiosk", url.Values{"a": {"b"}}).Want(401); got.Header.Get("HX-Redirect") != "/pair" {
		t.Errorf("a kiosk's form without pairing leads to %q", got.Header.Get("HX-Redirect"))
	}
}

func TestOpenKioskOnlyOnThisMachine(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, func(cfg *web.Config) {
		cfg.OpenKiosk = func(context.Context) (actor.Actor, error) {
			return actor.Actor{Kind: actor.Device, Site: 1, Screen: "kiosk"}, nil
		}
	}, func(app *fiber.App) {
		app.Get("/kiosk", web.Screen("kiosk"), func(c *fiber.Ctx) error { return c.SendString("open") })
		app.Get("/wall", web.Screen("wall"), func(c *fiber.Ctx) error { return c.SendString("open") })
	})
	c.Get("/kiosk").Want(200)
	c.Get("/wall").Want(303)
	r := c.Request("GET", "/kiosk", nil)
	r.Header.Set("X-Forwarded-For", "203.0.113.9") // somebody came through a proxy
	c.Do(r).Want(303)
}

func TestPathID(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, func(app *fiber.App) {
		app.Get("/n/:id", func(c *fiber.Ctx) error {
			if _, err := web.PathID(c, "id"); err != nil {
				return err
			}
			return c.SendString("ok")
		})
	})
	c.Get("/n/7").Want(200)
	for _, junk := range []string{"0", "-1", "x", "1.5", "9223372036854775808", "7%20or%201=1", "٣"} {
		c.Get("/n/" + junk).Want(404)
	}
	c.Get("/n/%00").Want(400)
	c.Get("/n/7?state=a%00b").Want(400)
	c.Get("/n/7?state=%ff%fe").Want(400)
	c.Get("/n/%ff").Want(400)
	c.Get("/n/7?state=%E4%BA%8C").Want(200)
}

func TestFormTakesOnlyWhatWasPosted(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, func(app *fiber.App) {
		app.Post("/form", func(c *fiber.Ctx) error { return c.SendString("[" + web.Form(c).Get("name") + "]") })
	})
	if got := c.Post("/form?name=address", url.Values{"name": {"body"}}).Body; got != "[body]" {
		t.Errorf("got %s", got)
	}
	if got := c.Post("/form?name=address", url.Values{}).Body; got != "[]" {
		t.Errorf("the address counted as typed: %s", got)
	}
}

func TestWhatATextKeepsOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	var kept []string
	c, _ := setup(t, nil, func(app *fiber.App) {
		app.Post("/keep", func(c *fiber.Ctx) error { kept = append(kept, c.Query("name"), web.Form(c).Get("name")); return nil })
	})
	for _, name := range []string{"first", "other", "third"} {
		c.Post("/keep?name="+name, url.Values{"name": {name}}).Want(200)
	}
	if got := strings.Join(kept, " "); got != "first first other other third third" {
		t.Errorf("memory of a request was used again: %v", kept)
	}
}

func TestOwnPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/desk": "/desk", "/desk/visits?state=open": "/desk/visits?state=open", "": "", "desk": "", "//evil.example": "", "/\\evil.example": "",
		"https://evil.example/": "", "javascript:alert(1)": "", "/login": "", "/logout": "", "/a\r\nSet-Cookie: x": "", "/%2f/evil": "/%2f/evil", "/\tx": "",
	} {
		if got := web.OwnPath(path); got != want {
			t.Errorf("OwnPath(%q) = %q, want %q", path, got, want)
		}
	}
}
