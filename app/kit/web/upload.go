package web

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
)

// Upload is a form with a file: it may be larger than BodyLimit, for who has the permission. Of everybody else not a
// byte more is read than of any other form.
type Upload struct {
	Path       string // exactly
	Permission actor.Permission
	Max        int // bytes of the file
}

const (
	uploadSlack   = 64 << 10        // what a form needs around its file
	uploadTimeout = 5 * time.Minute // for a slow line
	askTimeout    = 3 * time.Second // for finding out who sends
)

// upload finds the declared upload of a request.
func (s *server) upload(method, path string) (Upload, bool) {
	if method != fiber.MethodPost {
		return Upload{}, false
	}
	for _, u := range s.Uploads {
		if u.Path == path {
			return u, true
		}
	}
	return Upload{}, false
}

// bodyLimit is how many bytes a request may have.
func (s *server) bodyLimit(method, path string) int {
	if u, is := s.upload(method, path); is {
		return u.Max + uploadSlack
	}
	return BodyLimit
}

// room gives a request as much room as it may have, before its body is read: of an upload all of it, where the session
// that comes with it may send one.
func (s *server) room(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := strings.Cut(string(h.RequestURI()), "?")
	u, is := s.upload(string(h.Method()), path)
	token := string(h.Cookie(SessionCookie))
	if !is || token == "" || s.Session == nil || h.ContentLength() > u.Max+uploadSlack {
		return fasthttp.RequestConfig{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	who, err := s.Session(ctx, token)
	if err != nil || !who.Can(u.Permission) {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: u.Max + uploadSlack, ReadTimeout: uploadTimeout}
}

// unread is the error for a request whose body was refused before it was read: an upload may have been refused because
// nobody is signed in any more.
func (s *server) unread(c *fiber.Ctx, f *fault.Fault) *fault.Fault {
	u, is := s.upload(c.Method(), c.Path())
	if f.Kind != fault.TooLarge || !is {
		return f
	}
	if size := c.Request().Header.ContentLength(); size > u.Max+uploadSlack {
		return fault.New(fault.TooLarge, "web.upload_large", fault.Args{"Max": u.Max >> 20})
	}
	who, err := Person(c)
	switch {
	case err != nil:
		return asFault(err)
	case who.Kind == actor.Nobody:
		return fault.New(fault.SignIn, "fault.sign_in")
	case !who.Can(u.Permission):
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return f
}

// File reads the file of a posted form; nothing where none was chosen.
func File(c *fiber.Ctx, name string) ([]byte, error) {
	header, err := c.FormFile(name)
	if err != nil { // no file, or no such form
		return nil, nil
	}
	f, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}
