package web

import (
	"cmp"
	"context"
	"io"
	"mime/multipart"
	"strconv"
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
	Path       string // exactly; ":id" is a number
	Permission actor.Permission
	Max        int    // bytes of its files together
	TooLarge   string // key of what is said above that, with Max in MB; empty: web.upload_large
}

const (
	uploadSlack   = 64 << 10         // what a form needs around its file
	uploadTimeout = 5 * time.Minute  // for a slow line
	askTimeout    = 3 * time.Second  // for finding out who sends
	uploadsMost   = 4                // handled at once
	uploadWait    = 20 * time.Second // for one of them to be done
)

// upload finds the declared upload of a request.
func (s *server) upload(method, path string) (Upload, bool) {
	if method != fiber.MethodPost {
		return Upload{}, false
	}
	for _, u := range s.Uploads {
		if u.is(path) {
			return u, true
		}
	}
	return Upload{}, false
}

// is tells whether a path is the upload's: segment by segment, and a number where it says ":id".
func (u Upload) is(path string) bool {
	if !strings.Contains(u.Path, ":id") {
		return u.Path == path
	}
	want, got := strings.Split(u.Path, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		_, err := strconv.ParseUint(got[i], 10, 63)
		if want[i] != got[i] && (want[i] != ":id" || err != nil) {
			return false
		}
	}
	return true
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
		return fault.New(fault.TooLarge, cmp.Or(u.TooLarge, "web.upload_large"), fault.Args{"Max": u.Max >> 20})
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

// few lets only so many of the large forms be handled at once, each of which is held in memory with what is made of it:
// who has to wait longer than their turn takes is asked to send again.
func (s *server) few(c *fiber.Ctx) error {
	if _, is := s.upload(c.Method(), c.Path()); !is || len(c.Request().Body()) <= BodyLimit {
		return c.Next()
	}
	wait := time.NewTimer(uploadWait)
	defer wait.Stop()
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
		return c.Next()
	case <-wait.C:
		return fault.Wait("web.too_many", uploadWait)
	}
}

// Patient is the context of a request that may take longer than others; it keeps who acts and how they are spoken to.
func Patient(c *fiber.Ctx, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(Context(c)), most)
}

// File reads the file of a posted form; nothing where none was chosen.
func File(c *fiber.Ctx, name string) ([]byte, error) {
	header, err := c.FormFile(name)
	if err != nil {
		return nil, nil //nolint:nilerr // no file, or no such form
	}
	return read(header)
}

// Files reads the files of one field of a posted form, in their order; nothing where none was chosen.
func Files(c *fiber.Ctx, name string) ([][]byte, error) {
	form, err := c.MultipartForm()
	if err != nil {
		return nil, nil //nolint:nilerr // no file, or no such form
	}
	var out [][]byte
	for _, header := range form.File[name] {
		data, err := read(header)
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func read(header *multipart.FileHeader) ([]byte, error) {
	f, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}
