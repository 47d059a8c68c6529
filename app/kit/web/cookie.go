package web

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// SetCookie sets a cookie that scripts can't read and that other sites' forms don't bring along; Secure where the
// public address or this connection is https. age 0: until the browser is closed.
func SetCookie(c *fiber.Ctx, name, value string, age time.Duration) {
	cookie := &fiber.Cookie{
		Name: name, Value: value, Path: "/",
		HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: of(c).secure || Secure(c),
		SessionOnly: age == 0,
	}
	if age > 0 {
		cookie.MaxAge = int(age / time.Second)
	}
	c.Cookie(cookie)
}

// LosesCookies tells whether the caller's browser drops the cookies of this answer: the public address is https, so
// they are Secure, and the page was opened over plain http. The browser tells: over https, and on its own machine, it
// sends Sec-Fetch-Site; an older one says https in the Origin of a form.
func LosesCookies(c *fiber.Ctx) bool {
	if !of(c).secure || Secure(c) || c.Get("Sec-Fetch-Site") != "" {
		return false
	}
	origin := c.Get(fiber.HeaderOrigin)
	return strings.HasPrefix(origin, "http:") || (origin == "" && c.Method() == fiber.MethodGet)
}

// PublicURL is LOBBY_URL: where people should be.
func PublicURL(c *fiber.Ctx) string { return of(c).URL }

// DropCookie removes a cookie.
func DropCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: name, Path: "/", MaxAge: -1, Expires: time.Unix(1, 0),
		HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: of(c).secure || Secure(c),
	})
}
