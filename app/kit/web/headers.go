package web

import (
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// policy allows what our own files do and nothing else: no inline script or style, no eval, no frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"media-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'"

func (s *server) headers(c *fiber.Ctx) error {
	s.setHeaders(c)
	return c.Next()
}

func (s *server) setHeaders(c *fiber.Ctx) {
	csp := policy
	if s.host != "" {
		csp += " ws://" + s.host + " wss://" + s.host // older Safari doesn't count sockets as 'self'
	}
	c.Set(fiber.HeaderContentSecurityPolicy, csp)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin") // no-referrer would turn the Origin of a form into "null"
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderCacheControl, "no-store") // pages hold people's data; static files say otherwise
	if s.secure || Secure(c) {
		c.Set("Cross-Origin-Opener-Policy", "same-origin")
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// compressed answers with gzip at its fastest: for our pages it takes half of brotli's time, and makes them no larger. Static
// files bring a compressed form of their own.
func compressed() fiber.Handler {
	compress := fasthttp.CompressHandlerLevel(func(*fasthttp.RequestCtx) {}, fasthttp.CompressBestSpeed)
	return func(c *fiber.Ctx) error {
		if err := c.Next(); err != nil {
			return err
		}
		if c.Get(fiber.HeaderUpgrade) == "" {
			compress(c.Context())
		}
		return nil
	}
}
