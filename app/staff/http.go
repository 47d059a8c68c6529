package staff

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/views/locale"
	view "lobby/views/staff"
)

// Pages are sign-in, one's own account, and pairing.
type Pages struct{ Service *Service }

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/", p.home)
	app.Get("/login", p.login)
	app.Post("/login", p.signIn)
	app.Post("/logout", web.SignedIn(), p.signOut)
	app.Post("/logout/everywhere", web.SignedIn(), p.signOutEverywhere)
	app.Post("/site", web.SignedIn(), p.switchSite)
	app.Get("/account", web.SignedIn(), p.account)
	app.Post("/account/password", web.SignedIn(), p.changePassword)
	app.Post("/account/language", web.SignedIn(), p.changeLanguage)
	app.Get("/pair", p.pair)
	app.Post("/pair", p.claim)
}

// home leads everybody to where they work.
func (p *Pages) home(c *fiber.Ctx) error {
	who, err := web.Person(c)
	if err != nil {
		return err
	}
	if who.Kind == actor.Person {
		return web.Redirect(c, "/desk")
	}
	device, err := web.Device(c)
	switch {
	case errors.Is(err, web.ErrRevoked):
		return web.Redirect(c, "/pair")
	case err != nil:
		return err
	case device.Kind == actor.Device:
		return web.Redirect(c, "/"+device.Screen)
	}
	return web.Redirect(c, "/login")
}

func (p *Pages) login(c *fiber.Ctx) error {
	web.KeepLanguage(c, c.Query("lang"))
	who, err := web.Person(c)
	if err != nil {
		return err
	}
	if who.Kind == actor.Person {
		return web.Redirect(c, "/desk")
	}
	return p.Login(c, fiber.StatusOK, web.Kept{})
}

// Login shows the sign-in page with what was interrupted; web calls it in place of a 401.
func (p *Pages) Login(c *fiber.Ctx, status int, kept web.Kept) error {
	return p.loginPage(c, status, kept, "", "")
}

func (p *Pages) loginPage(c *fiber.Ctx, status int, kept web.Kept, login, message string) error {
	shell := web.Shell(c, locale.T(web.Context(c), "staff.login.title"))
	shell.Insecure = web.Insecure(c)
	page := view.LoginPage{Elsewhere: elsewhere(c), Login: login, Error: message, KeptForm: kept.Post && !kept.TooMuch, TooMuch: kept.TooMuch, Languages: languages(c)}
	for _, h := range kept.Hidden() {
		page.Kept = append(page.Kept, view.Hidden(h))
	}
	return web.Render(c, status, view.Login(shell, page))
}

// elsewhere is the public address where the browser would drop the cookie of this one, so that signing in or pairing
// would lead back here without a word; else it is empty.
func elsewhere(c *fiber.Ctx) string {
	if !web.LosesCookies(c) {
		return ""
	}
	return web.PublicURL(c) + c.Path()
}

// LanguageNames are the languages as they call themselves.
var LanguageNames = map[string]string{locale.Simplified: "简体中文", locale.Traditional: "繁體中文", locale.English: "English"}

func languages(c *fiber.Ctx) []view.Language {
	list := make([]view.Language, 0, len(locale.Languages))
	for _, l := range locale.Languages {
		list = append(list, view.Language{Tag: l, Name: LanguageNames[l], Current: l == locale.Lang(web.Context(c))})
	}
	return list
}

func (p *Pages) signIn(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	kept := web.KeptFrom(form)
	if web.LosesCookies(c) {
		return p.loginPage(c, fiber.StatusUnprocessableEntity, kept, form.Get("login"), "")
	}
	token, err := p.Service.SignIn(ctx, SignIn{Login: form.Get("login"), Password: form.Get("password"), From: web.Network(c), Old: c.Cookies(web.SessionCookie)})
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooMany) {
		web.RetryAfter(c, f)
		return p.loginPage(c, web.Status(err), kept, form.Get("login"), web.Message(ctx, f))
	}
	if err != nil {
		return err
	}
	web.SetCookie(c, web.SessionCookie, token, 0)
	if kept.Path == "" {
		return web.Redirect(c, "/desk")
	}
	if !kept.Post {
		return web.Redirect(c, kept.Path)
	}
	return p.carryOn(c, kept, locale.T(ctx, "staff.continue.text"))
}

// carryOn sends an interrupted form on its way.
func (p *Pages) carryOn(c *fiber.Ctx, kept web.Kept, text string) error {
	shell := web.Shell(c, locale.T(web.Context(c), "staff.continue.title"))
	shell.Scripts = []string{"continue.js"}
	fields := make([]view.Hidden, 0, len(kept.Fields))
	for _, f := range kept.Fields {
		fields = append(fields, view.Hidden(f))
	}
	return web.Render(c, fiber.StatusOK, view.Continue(shell, text, kept.Path, fields))
}

func (p *Pages) signOut(c *fiber.Ctx) error {
	if err := p.Service.SignOut(web.Context(c)); err != nil {
		return err
	}
	return p.gone(c)
}

func (p *Pages) signOutEverywhere(c *fiber.Ctx) error {
	if err := p.Service.SignOutEverywhere(web.Context(c)); err != nil {
		return err
	}
	return p.gone(c)
}

// gone leaves nothing of the person in the browser; pages are never stored there.
func (p *Pages) gone(c *fiber.Ctx) error {
	web.DropCookie(c, web.SessionCookie)
	return web.Redirect(c, "/login")
}

func (p *Pages) switchSite(c *fiber.Ctx) error {
	id, err := web.FormID(c, "site")
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	if err := p.Service.SwitchSite(ctx, id); err != nil {
		return err
	}
	if kept := web.KeptFrom(web.Form(c)); kept.Post { // a form of that site, which had been sent from the other one
		return p.carryOn(c, kept, locale.T(ctx, "staff.continue.switched"))
	}
	return web.Redirect(c, "/desk") // every site has it, whatever one may do there
}

func (p *Pages) account(c *fiber.Ctx) error {
	done := ""
	switch ctx := web.Context(c); c.Query("done") {
	case "password":
		done = locale.T(ctx, "staff.password.changed")
	case "language":
		done = locale.T(ctx, "staff.language.changed")
	}
	return p.accountPage(c, fiber.StatusOK, view.AccountPage{Done: done})
}

func (p *Pages) accountPage(c *fiber.Ctx, status int, page view.AccountPage) error {
	ctx := web.Context(c)
	sessions, err := p.Service.Sessions(ctx)
	if err != nil {
		return err
	}
	a := actor.From(ctx)
	if page.Login, err = p.Service.Login(ctx); err != nil {
		return err
	}
	page.Min, page.Languages, page.Renew = PasswordMin, languages(c), a.Renew
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, view.OpenSession{Since: s.CreatedAt, Seen: s.SeenAt, Current: s.ID == a.Session})
	}
	return web.Render(c, status, view.Account(web.Shell(c, locale.T(ctx, "staff.account.title")), page))
}

func (p *Pages) changePassword(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	err := p.Service.ChangePassword(ctx, form.Get("old_password"), form.Get("new_password"))
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooMany) {
		web.RetryAfter(c, f)
		said := web.FieldErrors(ctx, f)
		return p.accountPage(c, web.Status(err), view.AccountPage{Summary: web.Message(ctx, f), Old: said["old_password"], New: said["new_password"]})
	}
	if err != nil {
		return err
	}
	if actor.From(ctx).Renew { // what they had come for
		return web.Redirect(c, "/desk")
	}
	return web.Redirect(c, "/account?done=password")
}

func (p *Pages) changeLanguage(c *fiber.Ctx) error {
	if err := p.Service.SetLanguage(web.Context(c), web.Form(c).Get("language")); err != nil {
		return err
	}
	return web.Redirect(c, "/account?done=language")
}

func (p *Pages) pair(c *fiber.Ctx) error {
	web.KeepLanguage(c, c.Query("lang"))
	device, err := web.Device(c)
	revoked := errors.Is(err, web.ErrRevoked)
	if err != nil && !revoked {
		return err
	}
	if device.Kind == actor.Device {
		return web.Redirect(c, "/"+device.Screen)
	}
	return p.pairPage(c, fiber.StatusOK, view.PairPage{Revoked: revoked})
}

func (p *Pages) pairPage(c *fiber.Ctx, status int, page view.PairPage) error {
	page.Languages, page.Elsewhere = languages(c), elsewhere(c)
	shell := web.Shell(c, locale.T(web.Context(c), "staff.pair.title"))
	shell.Scripts, shell.Styles = []string{"pair.js"}, []string{"pair.css"}
	return web.Render(c, status, view.Pair(shell, page))
}

func (p *Pages) claim(c *fiber.Ctx) error {
	ctx := web.Context(c)
	if web.LosesCookies(c) { // the code stays good
		return p.pairPage(c, fiber.StatusUnprocessableEntity, view.PairPage{})
	}
	code := web.Form(c).Get("code")
	token, d, err := p.Service.Claim(ctx, code, web.Network(c))
	if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooMany) {
		web.RetryAfter(c, f)
		message := web.FieldErrors(ctx, f)["code"]
		if message == "" {
			message = web.Message(ctx, f)
		}
		return p.pairPage(c, web.Status(err), view.PairPage{Error: message})
	}
	if err != nil {
		return err
	}
	web.SetCookie(c, web.DeviceCookie, token, web.DeviceAge)
	web.ForgetLanguage(c)
	return web.Redirect(c, "/"+d.Kind)
}
