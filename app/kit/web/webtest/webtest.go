// Package webtest calls an app the way a browser does: real HTTP on loopback, cookies, forms, and looks at the HTML
// that comes back.
package webtest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/html"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
)

// Client is one browser: it has its own cookies, and follows no redirect, so that a test sees it.
type Client struct {
	t      testing.TB
	Base   string // "http://127.0.0.1:12345"
	Header http.Header
	HTTP   *http.Client
}

// New serves the app on loopback until the test ends, and gives a browser at it.
func New(t testing.TB, app *fiber.App) *Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := app.ShutdownWithContext(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return At(t, "http://"+listener.Addr().String())
}

// At gives a browser at a server that runs already.
func At(t testing.TB, base string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{t: t, Base: base, Header: http.Header{}, HTTP: &http.Client{
		Transport: transport, Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Another is a second browser at the same server, with no cookies.
func (c *Client) Another() *Client { return At(c.t, c.Base) }

// Get asks for a page.
func (c *Client) Get(path string) *Page {
	c.t.Helper()
	return c.Do(c.Request(http.MethodGet, path, nil))
}

// Post sends a form the way our own page does.
func (c *Client) Post(path string, form url.Values) *Page {
	c.t.Helper()
	r := c.Request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.Do(r)
}

// HTMX sends a request as htmx does, asking for a fragment; a nil form is a GET.
func (c *Client) HTMX(path string, form url.Values) *Page {
	c.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := c.Request(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("HX-Source", "form#f")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Request-Type", "partial")
	return c.Do(r)
}

// Request makes a request to change before Do.
func (c *Client) Request(method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.Base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.Header {
		r.Header[name] = values
	}
	return r
}

// Do sends a request and reads the answer.
func (c *Client) Do(r *http.Request) *Page {
	c.t.Helper()
	answer, err := c.HTTP.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	p := &Page{t: c.t, Status: answer.StatusCode, Header: answer.Header, Body: string(body), Path: r.URL.Path}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") && answer.Header.Get("Content-Encoding") == "" {
		if p.Root, err = html.Parse(strings.NewReader(p.Body)); err != nil {
			c.t.Fatal(err)
		}
	}
	return p
}

// Cookie gives a cookie's value, or nothing.
func (c *Client) Cookie(name string) string {
	c.t.Helper()
	for _, cookie := range c.HTTP.Jar.Cookies(c.base()) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// SetCookie puts a cookie into the browser.
func (c *Client) SetCookie(name, value string) {
	c.t.Helper()
	c.HTTP.Jar.SetCookies(c.base(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (c *Client) base() *url.URL {
	u, err := url.Parse(c.Base)
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

// SignIn signs in at the real sign-in page.
func (c *Client) SignIn(login, password string) {
	c.t.Helper()
	c.Post("/login", url.Values{"login": {login}, "password": {password}}).Want(http.StatusSeeOther)
	if c.Cookie(web.SessionCookie) == "" {
		c.t.Fatalf("signing in as %s gave no session", login)
	}
}

// As makes the browser that of somebody in people: staff or device.
func (c *Client) As(people *People, who actor.Actor) *Client {
	c.t.Helper()
	cookie := web.SessionCookie
	if who.Kind == actor.Device {
		cookie = web.DeviceCookie
	}
	c.SetCookie(cookie, people.Add(who))
	return c
}
