// Package kiosk holds the unattended screens: the kiosk where visitors help themselves, the lobby display, the ticket
// wall, and their sockets. A kiosk keeps nothing between two screens: what was typed travels in the form (PRIVACY-6).
package kiosk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lobby/app/callback"
	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/ticket"
	"lobby/app/visitor"
	view "lobby/views/kiosk"
	"lobby/views/locale"
)

// Flow is the kiosk: its screens, one question each.
type Flow struct {
	Visits  *visitor.Service
	Tickets *ticket.Service
	Ratings *callback.Service
	Sites   *site.Directory
	Now     func() time.Time
	URL     string // LOBBY_URL, without a slash at the end: where the visitor's own phone finds the pass
}

// Routes mounts the kiosk. A device that isn't paired, or no longer, is led to the pairing page.
func (f *Flow) Routes(app fiber.Router) {
	screen := web.Screen("kiosk")
	app.Get("/kiosk", screen, f.inLanguage, f.welcome)
	app.Post("/kiosk/visit", screen, f.inLanguage, f.visit)
	app.Post("/kiosk/report", screen, f.inLanguage, f.report)
	app.Post("/kiosk/leave", screen, f.inLanguage, f.leave)
	app.Post("/kiosk/rate", screen, f.inLanguage, f.rate)
	// Who reloads in the middle of the way begins anew.
	for _, path := range []string{"/kiosk/visit", "/kiosk/report", "/kiosk/leave", "/kiosk/rate"} {
		app.Get(path, screen, func(c *fiber.Ctx) error { return c.Redirect("/kiosk", fiber.StatusSeeOther) })
	}
}

// inLanguage answers in the language that the visitor picked: it travels with the form, in no cookie, so that the next
// visitor finds the kiosk in its own language.
func (f *Flow) inLanguage(c *fiber.Ctx) error {
	ctx := web.Context(c)
	here, err := f.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return err
	}
	asked := web.Form(c).Get("lang")
	switch {
	case asked != "" && locale.Known(asked) == asked:
		c.SetUserContext(locale.With(ctx, asked))
	case !slices.Contains(here.Languages, locale.Lang(ctx)): // the kiosk's own is no longer offered
		c.SetUserContext(siteLanguage(ctx, here))
	}
	return c.Next()
}

func (f *Flow) welcome(c *fiber.Ctx) error {
	frame, _, err := f.frame(c, "kiosk.welcome")
	if err != nil {
		return err
	}
	frame.Start = true
	return web.Render(c, fiber.StatusOK, view.Welcome(frame))
}

// frame is what stands around every screen, with the site that the kiosk belongs to.
func (f *Flow) frame(c *fiber.Ctx, titleKey string) (view.Frame, site.Site, error) {
	ctx := web.Context(c)
	here, err := f.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return view.Frame{}, here, err
	}
	hours, err := deskHours(ctx, f.Sites, here, f.Now())
	if err != nil {
		return view.Frame{}, here, err
	}
	shell := web.Shell(c, locale.T(ctx, titleKey))
	shell.Styles, shell.Scripts = []string{"kiosk.css"}, []string{"kiosk.js"}
	return view.Frame{
		Shell: shell, Languages: here.Languages, Zone: here.TimeZone, Now: f.Now(),
		Idle:      int(here.Settings.KioskIdle / time.Second),
		DeskPhone: here.Settings.DeskPhone, DutyPhone: here.Settings.DutyPhone, AutoPrint: here.Settings.AutoPrint,
		Desk: hours,
	}, here, nil
}

// values takes the known fields out of the form; whatever else was sent is left behind.
func values(c *fiber.Ctx, names ...string) map[string]string {
	form := web.Form(c)
	v := map[string]string{"lang": locale.Lang(web.Context(c))}
	for _, name := range names {
		v[name] = form.Get(name)
	}
	v["entry"] = entryKey(form.Get("entry"))
	return v
}

// entryKey is the key that the browser made, or a new one where it made none. It stays with the entry from the first
// screen to the last, so that sending twice is entering once.
func entryKey(raw string) string {
	if key, err := uuid.Parse(strings.TrimSpace(raw)); err == nil && key != uuid.Nil {
		return key.String()
	}
	key, err := uuid.NewV7()
	if err != nil {
		panic("kiosk: no randomness: " + err.Error())
	}
	return key.String()
}

// move says where the way goes from a step: 'back', a step that is to be changed, or on.
func move(c *fiber.Ctx, steps int) (step int, target string) {
	form := web.Form(c)
	step, err := strconv.Atoi(form.Get("step"))
	if err != nil || step < 0 || step > steps {
		step = 0
	}
	return step, form.Get("go")
}

// firstWrong is the first step, up to the last that was seen, that has a wrong field; 0 when all is well.
func firstWrong(fields [][]string, errors map[string]string, last int) int {
	for n, names := range fields {
		if n+1 > last {
			break
		}
		for _, name := range names {
			if errors[name] != "" {
				return n + 1
			}
		}
	}
	return 0
}

// only keeps the errors of the named fields: a screen speaks about its own.
func only(errors map[string]string, names []string) map[string]string {
	kept := map[string]string{}
	for _, name := range names {
		if errors[name] != "" {
			kept[name] = errors[name]
		}
	}
	return kept
}

// cleaned puts texts without invisible marks in place of what was typed, wherever nothing is wrong with it.
func cleaned(v, errors, clean map[string]string) {
	for name, text := range clean {
		if errors[name] == "" {
			v[name] = text
		}
	}
}

// siteLanguage is the context in which texts for the staff of a site are written.
func siteLanguage(ctx context.Context, here site.Site) context.Context {
	if len(here.Languages) == 0 {
		return locale.With(ctx, locale.Simplified)
	}
	return locale.With(ctx, here.Languages[0])
}
