package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/views/locale"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker")) // fasthttp keeps these for good
}

// logged is a log that a test can read.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func setup(t *testing.T, change func(*web.Config), routes func(*fiber.App)) (*webtest.Client, *webtest.People) {
	t.Helper()
	people := webtest.NewPeople()
	cfg := people.Config()
	if change != nil {
		change(&cfg)
	}
	app := web.New(cfg)
	app.Get("/ok", func(c *fiber.Ctx) error { return c.SendString("ok") })
	app.Post("/ok", func(c *fiber.Ctx) error { return c.SendString("ok") })
	if routes != nil {
		routes(app)
	}
	return webtest.New(t, app), people
}

func TestErrorsInWords(t *testing.T) {
	t.Parallel()
	kinds := map[int]error{
		400: fault.New(fault.BadRequest, "web.bad_request"),
		403: fault.New(fault.Forbidden, "fault.forbidden"),
		404: fault.New(fault.NotFound, "fault.not_found"),
		409: fault.New(fault.Conflict, "fault.invalid"),
		413: fault.New(fault.TooLarge, "web.too_large"),
		422: fault.New(fault.Invalid, "fault.invalid"),
		429: fault.Wait("web.too_many", 1500*time.Millisecond),
		500: errors.New("secret inner workings"),
		503: fault.Wrap(errors.New("secret connection"), fault.Unavailable, "fault.unavailable"),
	}
	log := &logged{}
	c, _ := setup(t, func(cfg *web.Config) { cfg.Log = slog.New(slog.NewTextHandler(log, nil)) }, func(app *fiber.App) {
		for status, err := range kinds {
			app.Get(fmt.Sprintf("/e%d", status), func(*fiber.Ctx) error { return err })
		}
		app.Get("/panic", func(*fiber.Ctx) error { panic("secret panic") })
		app.Get("/slow", func(c *fiber.Ctx) error {
			ctx, cancel := context.WithTimeout(web.Context(c), time.Nanosecond)
			defer cancel()
			<-ctx.Done()
			return ctx.Err()
		})
	})
	for status := range kinds {
		for _, lang := range locale.Languages {
			path := fmt.Sprintf("/e%d?lang=%s", status, lang)
			page := c.Get(path).Want(status).WantNo("secret")
			ctx := locale.With(context.Background(), lang)
			page.WantText(locale.T(ctx, fmt.Sprintf("web.title.%d", status)))
			if got := webtest.Attr(page.One("html"), "lang"); got != lang {
				t.Errorf("%s: lang %q", path, got)
			}
			part := c.HTMX(path, nil).Want(status).WantNo("secret", "<html")
			if part.Header.Get("HX-Retarget") != "#alerts" {
				t.Errorf("%s: a fragment's error goes to %q", path, part.Header.Get("HX-Retarget"))
			}
		}
	}
	if got := c.Get("/e429").Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2: rounded up", got)
	}
	page := c.Get("/panic").Want(500).WantNo("secret", "goroutine")
	id := page.Header.Get("X-Request-Id")
	page.WantText(id)
	if !strings.Contains(log.String(), "secret panic") || !strings.Contains(log.String(), id) {
		t.Error("the log should have the panic and its request id")
	}
	c.Get("/slow").Want(503)
	c.Get("/nothing/here").Want(404)
	c.Do(c.Request(http.MethodDelete, "/ok", nil)).Want(404)
}

func TestCrossSiteWritesAreRefused(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, func(cfg *web.Config) { cfg.URL = "https://lobby.example.com" }, nil)
	host := strings.TrimPrefix(c.Base, "http://")
	for _, tc := range []struct {
		name, site, origin string
		status             int
	}{
		{"our own page", "same-origin", c.Base, 200},
		{"typed by hand", "none", "", 200},
		{"another site", "cross-site", "https://evil.example", 403},
		{"a sister host", "same-site", "https://www.example.com", 403},
		{"plain http, our own page", "", "http://" + host, 200},
		{"plain http, another site", "", "http://evil.example", 403},
		{"plain http, same host, another port", "", "http://127.0.0.1:1", 403},
		{"plain http, a frame without origin", "", "null", 403},
		{"plain http, nonsense", "", "::::", 403},
		{"no browser", "", "", 200},
		{"behind a proxy that changes Host", "", "https://lobby.example.com", 200},
		{"a name that only begins like ours", "", "https://lobby.example.com.evil.example", 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				r := c.Request(method, "/ok", strings.NewReader("a=b"))
				if tc.site != "" {
					r.Header.Set("Sec-Fetch-Site", tc.site)
				}
				if tc.origin != "" {
					r.Header.Set("Origin", tc.origin)
				}
				want := tc.status
				if method != "POST" && want == 200 {
					want = 404 // it came through, to no route
				}
				if got := c.Do(r).Status; got != want {
					t.Errorf("%s: %d, want %d", method, got, want)
				}
			}
			r := c.Request("GET", "/ok", nil)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			c.Do(r).Want(200) // a link from elsewhere
		})
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, nil)
	for _, size := range []int{web.BodyLimit + 1, 3 * web.BodyLimit} {
		page := c.Post("/ok", url.Values{"a": {strings.Repeat("x", size)}}).Want(413).WantText("内容太多")
		if page.Header.Get("Content-Security-Policy") == "" || page.Header.Get("X-Request-Id") == "" {
			t.Errorf("%d bytes: headers are missing: %v", size, page.Header)
		}
	}
	c.Post("/ok", url.Values{"a": {strings.Repeat("x", web.BodyLimit-100)}}).Want(200)
	r := c.Request("POST", "/ok", struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", 2*web.BodyLimit))}) // chunked
	r.ContentLength = -1
	c.Do(r).Want(413)
	// Far more is not even read: the connection closes, with the answer or without.
	r = c.Request("POST", "/ok", strings.NewReader(strings.Repeat("x", 100*web.BodyLimit)))
	if answer, err := c.HTTP.Do(r); err == nil {
		if answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d, want 413", answer.StatusCode)
		}
		_ = answer.Body.Close()
	}
	c.Get("/ok").Want(200)
}

// A form that grows a thousandfold when it is unpacked isn't.
func TestPackedFormIsRefused(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, func(app *fiber.App) {
		app.Post("/form", func(c *fiber.Ctx) error { return c.SendString(web.Form(c).Get("a")) })
	})
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	part := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + strings.Repeat("x", 4<<20) + "\r\n--b--\r\n"
	if _, err := io.WriteString(w, part); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := c.Request("POST", "/form", &packed)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Header.Set("Content-Encoding", "gzip")
	c.Do(r).Want(400).WantNo("xxxx")
}

func TestJunkOnTheWire(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, nil)
	for name, junk := range map[string]string{
		"no http":           "\x16\x03\x01\x00\x00garbage\r\n\r\n",
		"endless header":    "GET /ok HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("y", 100_000) + "\r\n\r\n",
		"NUL in the path":   "GET /ok%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"two lengths":       "POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nabcde",
		"a negative length": "POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(c.Base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := conn.Write([]byte(junk)); err != nil {
			t.Logf("%s: write: %v", name, err) // closed before everything was sent: fine
		}
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if line != "" && !strings.Contains(line, " 4") {
			t.Errorf("%s: answered %q, want a 4xx or a closed connection", name, line)
		}
		_ = conn.Close()
	}
	c.Get("/ok").Want(200)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, nil, nil)
	h := c.Get("/ok").Header
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy lacks %q: %s", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("policy allows what is unsafe: %s", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"} {
		if h.Get(name) != want {
			t.Errorf("%s is %q", name, h.Get(name))
		}
	}
	if h.Get("Strict-Transport-Security") != "" || h.Get("Server") != "" {
		t.Error("plain http must not promise https, and nobody needs to know the server")
	}
	secure, _ := setup(t, func(cfg *web.Config) { cfg.URL = "https://lobby.example.com" }, nil)
	if secure.Get("/ok").Header.Get("Strict-Transport-Security") == "" {
		t.Error("with an https address browsers should keep to it")
	}
}

func TestCookiesAreSecureWhereTheAddressIs(t *testing.T) {
	t.Parallel()
	for address, secure := range map[string]bool{"": false, "http://10.0.0.5": false, "https://lobby.example.com": true} {
		c, _ := setup(t, func(cfg *web.Config) { cfg.URL = address }, func(app *fiber.App) {
			app.Get("/cookie", func(c *fiber.Ctx) error { web.SetCookie(c, "a", "b", time.Hour); return nil })
		})
		cookie := c.Get("/cookie").Header.Get("Set-Cookie")
		if strings.Contains(cookie, "secure") != secure {
			t.Errorf("%q: %s", address, cookie)
		}
		if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			t.Errorf("%q: %s", address, cookie)
		}
	}
}
