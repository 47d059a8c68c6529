package web_test

import (
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"lobby/static"
)

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, nil)
	page := c.Get(static.URL("tokens.css")).Want(200)
	if got := page.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("an address with the content's hash is kept: %q", got)
	}
	if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/css") || !strings.Contains(page.Body, "--accent") {
		t.Errorf("%s: %.80s", page.Header.Get("Content-Type"), page.Body)
	}
	if got := c.Get("/static/tokens.css?v=old").Want(200).Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
		t.Errorf("another address is not: %q", got)
	}
	r := c.Request("GET", static.URL("tokens.css"), nil)
	r.Header.Set("If-None-Match", page.Header.Get("ETag"))
	if got := c.Do(r).Want(304).Body; got != "" {
		t.Errorf("304 with a body: %q", got)
	}
	r = c.Request("GET", static.URL("tokens.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	if h := c.Do(r).Want(200).Header; h.Get("Content-Encoding") != "br" || !strings.Contains(h.Get("Vary"), "Accept-Encoding") {
		t.Errorf("%v", h)
	}
	for _, missing := range []string{"/static/", "/static/nothing.js", "/static/../go.mod", "/static/%2e%2e/go.mod", "/static/accent.css", "/static/accent.css?c=red", "/static/static.go"} {
		c.Get(missing).Want(404)
	}
	c.Get("/static/accent.css?c=ffcc00").Want(200).WantText("--accent:#ffcc00", "--on-accent:#000000")
}

func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, func(app *fiber.App) {
		app.Get("/long", func(c *fiber.Ctx) error { return c.SendString(strings.Repeat("words and words ", 200)) })
	})
	for accept, want := range map[string]string{"gzip, deflate, br, zstd": "gzip", "gzip": "gzip", "": ""} {
		r := c.Request("GET", "/long", nil)
		r.Header.Set("Accept-Encoding", accept)
		page := c.Do(r).Want(200)
		if got := page.Header.Get("Content-Encoding"); got != want || (want != "" && len(page.Body) > 500) {
			t.Errorf("asked for %q: got %q, %d bytes", accept, got, len(page.Body))
		}
	}
}
