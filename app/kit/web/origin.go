package web

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
)

func unsafeMethod(c *fiber.Ctx) bool {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return false
	}
	return true
}

// sameOrigin refuses writes that another site's page makes, the way http.CrossOriginProtection of the standard
// library does: Sec-Fetch-Site where the browser sends it, else Origin against Host, which also works on plain http.
func (s *server) sameOrigin(c *fiber.Ctx) error {
	if unsafeMethod(c) && !SameOrigin(c) {
		return fault.New(fault.Forbidden, "web.cross_site")
	}
	return c.Next()
}

// SameOrigin tells whether our own page makes this request, or no browser does. Sockets ask it too, since a browser
// opens those across sites without asking.
func SameOrigin(c *fiber.Ctx) bool {
	origin := c.Get(fiber.HeaderOrigin)
	if s := of(c); s != nil && s.origin != "" && strings.EqualFold(origin, s.origin) {
		return true // behind a proxy that changes Host
	}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	if origin == "" {
		return true // not a browser
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, string(c.Request().Host()))
}
