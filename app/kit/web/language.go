package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/views/locale"
)

// choose picks the language of an answer: what the address asks for (?lang=), then for staff their own, for a screen
// and for nobody the choice made by hand (a cookie), then the device's, then the browser's.
func choose(c *fiber.Ctx, who actor.Actor) string {
	if asked := c.Query("lang"); slices.Contains(locale.Languages, asked) {
		return asked
	}
	if who.Kind == actor.Person && who.Lang != "" {
		return locale.Known(who.Lang)
	}
	if chosen := c.Cookies(LanguageCookie); slices.Contains(locale.Languages, chosen) && who.Screen != "wall" && who.Screen != "display" {
		return chosen
	}
	if who.Lang != "" {
		return locale.Known(who.Lang)
	}
	return locale.Match(c.Get(fiber.HeaderAcceptLanguage))
}

// KeepLanguage remembers a language chosen by hand until the browser is closed or ForgetLanguage is called, and uses it
// for this answer. An unknown one is ignored.
func KeepLanguage(c *fiber.Ctx, lang string) {
	if !slices.Contains(locale.Languages, lang) {
		return
	}
	SetCookie(c, LanguageCookie, lang, 0)
	c.SetUserContext(locale.With(Context(c), lang))
}

// ForgetLanguage drops the choice: the kiosk forgets (PRIVACY-6).
func ForgetLanguage(c *fiber.Ctx) { DropCookie(c, LanguageCookie) }
