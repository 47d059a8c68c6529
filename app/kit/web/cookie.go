package web

import (
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

// DropCookie removes a cookie.
func DropCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: name, Path: "/", MaxAge: -1, Expires: time.Unix(1, 0),
		HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: of(c).secure || Secure(c),
	})
}
