package web_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/views/layout"
)

// TestInboxIsReadMeanwhile has pages and readings of the inbox wait for each other: where one came after the other, none would
// end before its deadline.
func TestInboxIsReadMeanwhile(t *testing.T) {
	t.Parallel()
	var read atomic.Int64
	reading, page := make(chan struct{}, 1), make(chan struct{}, 1)
	meet := func(ctx context.Context, here, there chan struct{}) error {
		here <- struct{}{}
		select {
		case <-there:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c, people := setup(t, func(cfg *web.Config) {
		cfg.Inbox = func(ctx context.Context) (layout.Inbox, error) {
			err := meet(ctx, reading, page)
			time.Sleep(10 * time.Millisecond) // a slow one
			return layout.Inbox{Count: int(read.Add(1))}, err
		}
	}, func(app *fiber.App) {
		app.Get("/page", web.Staff(), func(c *fiber.Ctx) error {
			if err := meet(web.Context(c), page, reading); err != nil {
				return err
			}
			first, again := web.Shell(c, "").Inbox, web.Shell(c, "").Inbox
			return c.SendString(fmt.Sprint(first.Count, again.Count))
		})
		app.Get("/file", web.Staff(), func(c *fiber.Ctx) error { return meet(web.Context(c), page, reading) })
	})
	c.As(people, actor.Actor{Kind: actor.Person, ID: 1, Site: 7, May: webtest.May()})
	get := func(path string) *webtest.Page {
		r := c.Request(http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		return c.Do(r)
	}
	for n := 1; n <= 3; n++ {
		if got, want := get("/page").Want(200).Body, fmt.Sprint(n, n); got != want {
			t.Errorf("the page shows %q, want %q: read once, for every shell", got, want)
		}
	}
	get("/file").Want(200)
	if n := read.Load(); n != 4 {
		t.Errorf("the answer came with %d readings over, want 4: nothing is left behind a request", n)
	}
}

// TestInboxIsReadForPages reads it for whole pages: not for fragments, files and forms, except where these show a page.
func TestInboxIsReadForPages(t *testing.T) {
	t.Parallel()
	var read atomic.Int64
	c, people := setup(t, func(cfg *web.Config) {
		cfg.Inbox = func(context.Context) (layout.Inbox, error) {
			read.Add(1)
			return layout.Inbox{Count: 3}, nil
		}
	}, func(app *fiber.App) {
		app.All("/plain", web.Staff(), func(c *fiber.Ctx) error { return c.SendString("plain") })
		app.All("/shell", web.Staff(), func(c *fiber.Ctx) error { return c.SendString(fmt.Sprint(web.Shell(c, "").Inbox.Count)) })
	})
	nowhere := c.Another().As(people, actor.Actor{Kind: actor.Person, ID: 2, May: webtest.May()})
	c.As(people, actor.Actor{Kind: actor.Person, ID: 1, Site: 7, May: webtest.May()})
	for _, tc := range []struct {
		by             *webtest.Client
		method, path   string
		accept, header string
		reads          int64
	}{
		{c, "GET", "/plain", "text/html", "", 1}, // it may yet show one
		{c, "GET", "/shell", "text/html", "", 1},
		{c, "GET", "/plain", "image/avif,*/*", "", 0},
		{c, "GET", "/shell", "*/*", "", 1},
		{c, "GET", "/plain", "text/html", "HX-Request", 0},
		{c, "POST", "/plain", "text/html", "", 0},
		{c, "POST", "/shell", "text/html", "", 1},
		{nowhere, "GET", "/plain", "text/html", "", 0},
	} {
		read.Store(0)
		r := tc.by.Request(tc.method, tc.path, nil)
		r.Header.Set("Accept", tc.accept)
		if tc.header != "" {
			r.Header.Set(tc.header, "true")
		}
		if page := tc.by.Do(r); tc.path == "/shell" && page.Want(200).Body != "3" {
			t.Errorf("%+v shows %q", tc, page.Body)
		}
		if n := read.Load(); n != tc.reads {
			t.Errorf("%s %s for %q, %s: read %d times, want %d", tc.method, tc.path, tc.accept, tc.header, n, tc.reads)
		}
	}
}
