package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
)

// Kept is what somebody was about to do when they had to sign in first: where to, and the form they had filled in. It
// travels through the sign-in page as hidden fields, never in an address.
type Kept struct {
	Path    string // of ours; empty: nothing to go back to
	Fields  []KeptField
	Post    bool // the form is sent again after signing in
	TooMuch bool // a form was interrupted that can't travel along: it is longer than a request may be
}

// KeptField is one field of the interrupted form.
type KeptField struct{ Name, Value string }

// keptRoom is what the sign-in page itself needs of a request's bytes.
const keptRoom = 4 << 10

// Names of the hidden fields of the sign-in page.
const (
	keptPath   = "kept.path"
	keptPost   = "kept.post"
	keptPrefix = "kept.field."
)

// Hidden lists the hidden fields for the sign-in page.
func (k Kept) Hidden() []KeptField {
	if k.Path == "" {
		return nil
	}
	hidden := []KeptField{{keptPath, k.Path}}
	if !k.Post {
		return hidden
	}
	hidden = append(hidden, KeptField{keptPost, "1"})
	for _, f := range k.Fields {
		hidden = append(hidden, KeptField{keptPrefix + f.Name, f.Value})
	}
	return hidden
}

// KeptFrom reads back what Hidden wrote. A path that isn't ours is dropped.
func KeptFrom(v Values) Kept {
	k := Kept{Path: OwnPath(v.Get(keptPath)), Post: v.Get(keptPost) == "1"}
	if k.Path == "" {
		return Kept{}
	}
	if !k.Post {
		return k
	}
	k.Fields = fields(v, func(name string) (string, bool) { return strings.CutPrefix(name, keptPrefix) })
	return k
}

// interrupted is what the request wanted to do.
func interrupted(c *fiber.Ctx) Kept {
	switch {
	case c.Method() == fiber.MethodGet && !HTMX(c):
		return Kept{Path: OwnPath(c.OriginalURL())}
	case c.Method() == fiber.MethodPost:
		typed := fields(Form(c), func(name string) (string, bool) {
			return name, !strings.Contains(strings.ToLower(name), "password")
		})
		if size := max(len(c.Request().Body()), c.Request().Header.ContentLength()) + len(typed)*2*len(keptPrefix); size > BodyLimit-keptRoom {
			return Kept{TooMuch: true}
		}
		return Kept{Path: OwnPath(c.Path()), Post: true, Fields: typed}
	}
	return Kept{}
}

func fields(v Values, keep func(string) (string, bool)) []KeptField {
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []KeptField
	for _, name := range names {
		as, ok := keep(name)
		if !ok {
			continue
		}
		for _, value := range v[name] {
			out = append(out, KeptField{as, value})
		}
	}
	return out
}

// OwnPath gives the path where it is one of ours, and nothing where it leads elsewhere: "//evil", "https:…", "/\evil".
func OwnPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return ""
	}
	switch u.Path {
	case "/login", "/logout", "/logout/everywhere":
		return ""
	}
	return u.RequestURI()
}

// askToSignIn answers 401 with the sign-in page. htmx puts it in place of the whole page where somebody sent a form; what
// a page asks for by itself must not take away what is being typed there, so that only shows a message.
func (s *server) askToSignIn(c *fiber.Ctx, f *fault.Fault) error {
	kept := interrupted(c)
	if !HTMX(c) {
		return s.SignIn(c, fiber.StatusUnauthorized, kept)
	}
	source, _, _ := strings.Cut(c.Get("HX-Source"), "#")
	switch {
	case source == "a":
		c.Set("HX-Redirect", "/login")
		return c.SendStatus(fiber.StatusUnauthorized)
	case kept.Post && (source == "form" || source == "button"):
		c.Set("HX-Retarget", "body")
		c.Set("HX-Reswap", "outerHTML")
		c.Set("HX-Reselect", "body")
		return s.SignIn(c, fiber.StatusUnauthorized, kept)
	}
	return s.errorPart(c, fiber.StatusUnauthorized, f)
}
