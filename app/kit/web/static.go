package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/static"
)

// defaultAccent is the colour of pages that belong to no site.
const defaultAccent = "#0b6e5f"

// staticFile serves an embedded file, compressed already, for as long as its address says.
func staticFile(c *fiber.Ctx) error {
	a := static.Serve(c.Params("*"), c.Query("v"), c.Get(fiber.HeaderAcceptEncoding), c.Get(fiber.HeaderIfNoneMatch))
	c.Set(fiber.HeaderCacheControl, a.Cache)
	if a.Status == fiber.StatusNotFound {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderETag, a.ETag)
	if a.Encoding != "" {
		c.Set(fiber.HeaderContentEncoding, a.Encoding)
	}
	c.Status(a.Status)
	c.Set(fiber.HeaderContentType, a.Type)
	c.Response().SetBodyRaw(a.Body)
	return nil
}

// accentSheet serves a site's accent colour as a sheet, since the policy forbids inline style.
func accentSheet(c *fiber.Ctx) error {
	accent, ok := parseHex(c.Query("c"))
	if !ok {
		c.Set(fiber.HeaderCacheControl, "no-cache")
		return fault.New(fault.NotFound, "fault.not_found")
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderContentType, "text/css; charset=utf-8")
	return c.SendString(accent.sheet())
}

func parseHex(s string) (rgb, bool) {
	if len(s) != 6 || strings.ToLower(s) != s {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n >> 16), float64(n >> 8 & 255), float64(n & 255)}, true
}
