package web_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
)

// form is a posted form with a file of so many bytes.
func form(t *testing.T, c *webtest.Client, path string, size int) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "places.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(bytes.Repeat([]byte("x"), size)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := c.Request(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestUploadIsReadOnlyFromWhoMaySendOne(t *testing.T) {
	t.Parallel()
	people := webtest.NewPeople()
	cfg := people.Config()
	cfg.Uploads = []web.Upload{{Path: "/load", Permission: "site.manage", Max: 2 << 20}}
	app := web.New(cfg)
	answer := func(c *fiber.Ctx) error {
		data, err := web.File(c, "file")
		if err != nil {
			return err
		}
		return c.JSON(len(data))
	}
	app.Post("/load", web.Staff("site.manage"), answer)
	app.Post("/other", web.Staff(), answer)
	guest := webtest.New(t, app)
	admin := guest.Another().As(people, actor.Actor{Kind: actor.Person, ID: 1, Site: 1, May: webtest.May("site.manage")})
	clerk := guest.Another().As(people, actor.Actor{Kind: actor.Person, ID: 2, Site: 1, May: webtest.May("ticket.view")})
	const large = 1 << 20 // over the limit of all other forms, and over what is read of them at all
	admin.Do(form(t, admin, "/load", large)).Want(http.StatusOK).WantText("1048576")
	admin.Do(form(t, admin, "/load", 2<<20)).Want(http.StatusOK).WantText("2097152")
	if admin.Do(form(t, admin, "/load", 0)).Want(http.StatusOK).Body != "0" {
		t.Error("an empty file is not empty")
	}
	clerk.Do(form(t, clerk, "/load", 100)).Want(http.StatusForbidden)
	guest.Do(form(t, guest, "/load", 100)).Want(http.StatusUnauthorized)
	// Between BodyLimit and what is read of any form: the limit of the page itself answers.
	admin.Do(form(t, admin, "/other", 100<<10)).Want(http.StatusRequestEntityTooLarge)
	for who, c := range map[string]struct {
		browser *webtest.Client
		path    string
		size    int
		status  int
	}{
		"more than the form takes":         {admin, "/load", 2<<20 + 100<<10, http.StatusRequestEntityTooLarge},
		"another form":                     {admin, "/other", large, http.StatusRequestEntityTooLarge},
		"the path with something after it": {admin, "/load/", large, http.StatusRequestEntityTooLarge},
		"who may not":                      {clerk, "/load", large, http.StatusForbidden},
		"nobody":                           {guest, "/load", large, http.StatusUnauthorized},
		"a made-up session":                {forged(guest), "/load", large, http.StatusUnauthorized},
	} {
		r := form(t, c.browser, c.path, c.size)
		answer, err := c.browser.HTTP.Do(r)
		if err != nil { // the connection was closed while the rest was on its way: nothing of it was read
			if !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
				t.Errorf("%s: %v", who, err)
			}
			continue
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d (%v)", who, answer.StatusCode, c.status, err)
		}
	}
}

// Large forms are held in memory while they are handled: only a few are at once, the others wait for their turn. Small ones
// don't wait.
func TestFewUploadsAtOnce(t *testing.T) {
	t.Parallel()
	const all, most = 7, 4
	people, active := webtest.NewPeople(), &atomic.Int64{}
	cfg := people.Config()
	cfg.Active, cfg.Uploads = active, []web.Upload{{Path: "/load", Permission: "site.manage", Max: 2 << 20}}
	app := web.New(cfg)
	inside, release := &atomic.Int64{}, make(chan struct{})
	app.Post("/load", web.Staff("site.manage"), func(c *fiber.Ctx) error {
		if c.Request().Header.ContentLength() < web.BodyLimit {
			return c.SendStatus(http.StatusOK)
		}
		inside.Add(1)
		defer inside.Add(-1)
		<-release
		return c.SendStatus(http.StatusOK)
	})
	guest := webtest.New(t, app)
	admin := actor.Actor{Kind: actor.Person, ID: 1, Site: 1, May: webtest.May("site.manage")}
	var sent sync.WaitGroup
	for range all {
		c := guest.Another().As(people, admin)
		r := form(t, c, "/load", 200<<10)
		sent.Go(func() {
			answer, err := c.HTTP.Do(r)
			if err != nil || answer.StatusCode != http.StatusOK || answer.Body.Close() != nil {
				t.Errorf("%v, %v", answer, err)
			}
		})
	}
	tick, end := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for active.Load() < all || inside.Load() < most {
		select {
		case <-tick.C:
		case <-end:
			t.Errorf("%d are answered, %d handled", active.Load(), inside.Load())
			close(release)
			return
		}
	}
	if n := inside.Load(); n != most {
		t.Errorf("%d are handled at once", n)
	}
	small := guest.Another().As(people, admin)
	small.Do(form(t, small, "/load", 100)).Want(http.StatusOK)
	close(release)
	sent.Wait()
}

// Of who may not send it the body of an upload is not read: the answer comes while not a byte of it is there yet.
func TestUploadIsRefusedUnread(t *testing.T) {
	t.Parallel()
	people := webtest.NewPeople()
	cfg := people.Config()
	cfg.Uploads = []web.Upload{{Path: "/load", Permission: "site.manage", Max: 2 << 20, TooLarge: "ticket.photo.together"}}
	app := web.New(cfg)
	app.Post("/load", web.Staff("site.manage"), func(c *fiber.Ctx) error { return c.SendStatus(http.StatusOK) })
	base := webtest.New(t, app).Base
	clerk := people.Add(actor.Actor{Kind: actor.Person, ID: 2, Site: 1, May: webtest.May("ticket.view")})
	admin := people.Add(actor.Actor{Kind: actor.Person, ID: 1, Site: 1, May: webtest.May("site.manage")})
	for token, want := range map[string]struct {
		length       int
		status, says string
	}{"no-such-token": {1000000, "401", ""}, clerk: {1000000, "403", ""}, admin: {5000000, "413", "照片加起来超过 2 MB"}} {
		var dial net.Dialer
		c, err := dial.DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(c, "POST /load HTTP/1.1\r\nHost: x\r\nCookie: %s=%s\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n", web.SessionCookie, token, want.length)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.Body.Close() != nil || !strings.HasPrefix(answer.Status, want.status) || !strings.Contains(string(text), want.says) {
			t.Errorf("%s, want %s %s (%v): %s", answer.Status, want.status, want.says, err, text)
		}
		_ = c.Close()
	}
}

func forged(c *webtest.Client) *webtest.Client {
	b := c.Another()
	b.SetCookie(web.SessionCookie, "no-such-token")
	return b
}
