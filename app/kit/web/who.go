package web

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/views/layout"
	"lobby/views/locale"
)

// ErrRevoked is the cause of a fault about a device that was paired once and is revoked now.
var ErrRevoked = errors.New("device revoked")

// DeviceAge is as long as browsers keep a cookie at most; each page of a screen begins it anew.
const DeviceAge = 400 * 24 * time.Hour

// found is the outcome of looking somebody up, kept for the rest of the request.
type found struct {
	who actor.Actor
	err error
}

// Person gives the member of staff whose session the request carries; nobody (and no error) where there is none.
func Person(c *fiber.Ctx) (actor.Actor, error) {
	return lookUp(c, personLocal, SessionCookie, of(c).Session)
}

// Device gives the paired device whose cookie the request carries; nobody where there is none. A revoked one is a
// fault caused by ErrRevoked.
func Device(c *fiber.Ctx) (actor.Actor, error) {
	return lookUp(c, deviceLocal, DeviceCookie, of(c).Device)
}

func lookUp(c *fiber.Ctx, at local, cookie string, by func(context.Context, string) (actor.Actor, error)) (actor.Actor, error) {
	if f, done := c.Locals(at).(found); done {
		return f.who, f.err
	}
	var f found
	if token := c.Cookies(cookie); token != "" && by != nil {
		f.who, f.err = by(Context(c), token)
		if fault.Is(f.err, fault.SignIn) && !errors.Is(f.err, ErrRevoked) {
			f = found{} // a cookie that means nothing (any more) is no error
		}
	}
	c.Locals(at, f)
	return f.who, f.err
}

// Staff lets signed-in staff through who have every one of the permissions at their current site, and puts them into the
// context. Who isn't signed in gets the sign-in page, and what they had typed comes back after it. Who works at no site
// is told so, who has a temporary password changes it first, and a form that was opened at another site is refused.
func Staff(perm ...actor.Permission) fiber.Handler {
	return func(c *fiber.Ctx) error {
		who, err := enterPerson(c)
		if err != nil {
			return err
		}
		switch {
		case who.Renew:
			return Redirect(c, "/account")
		case who.Site == 0:
			return of(c).noSite(c)
		case unsafeMethod(c) && openedElsewhere(c, who):
			return of(c).otherSite(c, who)
		}
		for _, p := range perm {
			if !who.Can(p) {
				return fault.New(fault.Forbidden, "fault.forbidden")
			}
		}
		return c.Next()
	}
}

// SignedIn lets all signed-in staff through, for what is theirs whichever site they work at: account, sign-out, switcher.
func SignedIn() fiber.Handler {
	return func(c *fiber.Ctx) error {
		if _, err := enterPerson(c); err != nil {
			return err
		}
		return c.Next()
	}
}

func enterPerson(c *fiber.Ctx) (actor.Actor, error) {
	who, err := Person(c)
	if err != nil {
		return who, err
	}
	if who.Kind == actor.Nobody {
		return who, fault.New(fault.SignIn, "fault.sign_in")
	}
	return who, Enter(c, who)
}

// Screen lets a paired device of one of the kinds through ("kiosk", "display", "wall"), or staff who may see such a
// screen; everybody else is led to the pairing page. In demo mode a kiosk on this machine needs no pairing.
func Screen(kinds ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		who, err := Viewer(c, kinds...)
		if err != nil {
			return err
		}
		if who.Kind == actor.Nobody {
			return unpaired(c)
		}
		if err := Enter(c, who); err != nil {
			return err
		}
		if token := c.Cookies(DeviceCookie); token != "" && who.Kind == actor.Device && who.ID != 0 && c.Method() == fiber.MethodGet && !HTMX(c) {
			SetCookie(c, DeviceCookie, token, DeviceAge) // a screen in use is never forgotten
		}
		return c.Next()
	}
}

// Viewer finds who may look at a screen of one of the kinds: its paired device, else staff with the permission, else
// in demo mode the open kiosk. Nobody where there is none; a Forbidden fault where somebody is known but may not.
// Sockets ask this too, and put what comes of it into their close code.
func Viewer(c *fiber.Ctx, kinds ...string) (actor.Actor, error) {
	device, revoked := Device(c)
	if revoked != nil && !errors.Is(revoked, ErrRevoked) {
		return actor.Actor{}, revoked
	}
	if device.Kind == actor.Device && has(kinds, device.Screen) {
		return device, nil
	}
	s := of(c)
	person, err := Person(c)
	if err != nil {
		return actor.Actor{}, err
	}
	if person.Kind == actor.Person {
		for _, k := range kinds {
			if p := s.ScreenPermission[k]; p != "" && person.Can(p) {
				return person, nil
			}
		}
	}
	if s.OpenKiosk != nil && has(kinds, "kiosk") && local127(c) {
		return s.OpenKiosk(Context(c))
	}
	if revoked != nil {
		return actor.Actor{}, revoked
	}
	if device.Kind != actor.Nobody || (person.Kind != actor.Nobody && !has(kinds, "kiosk")) {
		return actor.Actor{}, fault.New(fault.Forbidden, "fault.forbidden")
	}
	return actor.Actor{}, nil
}

func has(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// unpaired leads a screen to its pairing page.
func unpaired(c *fiber.Ctx) error {
	if HTMX(c) {
		c.Set("HX-Redirect", "/pair")
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return c.Redirect("/pair", fiber.StatusSeeOther)
}

// Enter makes somebody the actor of the request, with their site's time zone and their language.
func Enter(c *fiber.Ctx, who actor.Actor) error {
	s, ctx := of(c), Context(c)
	if who.Site != 0 && s.Site != nil {
		site, err := s.Site(ctx, who.Site)
		if err != nil {
			return err
		}
		c.Locals(siteLocal, site)
		if site.Zone != nil {
			ctx = locale.WithZone(ctx, site.Zone)
		}
	}
	if who.Kind == actor.Person {
		ctx = layout.WithHere(ctx, who.Site)
	}
	lang := choose(c, who)
	if site, ok := c.Locals(siteLocal).(Site); ok && who.Kind == actor.Device && len(site.Languages) > 0 && !has(site.Languages, lang) {
		lang = site.Languages[0] // a screen speaks what its site offers
	}
	who.Lang = lang
	c.SetUserContext(locale.With(actor.With(ctx, who), lang))
	return nil
}

// Now is the moment, by the clock that was handed in.
func Now(c *fiber.Ctx) time.Time { return of(c).Now() }
