package boot

import (
	"errors"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/staff"
	view "lobby/views/first"
	"lobby/views/locale"
)

// firstCookie carries the link's secret from the address, where it would stay in the browser's history, to the form.
const firstCookie = "lobby_first"

// firstPages are the pages of a program without a site, and in front of all others the word that there is none yet.
// Health checks are mounted before; what comes after is reached once a site stands.
func (i *Instance) firstPages(app *fiber.App) {
	app.Get("/first", i.first)
	app.Post("/first", i.found)
	app.Get("/first/next", web.Staff(site.Manage), i.next)
	app.Use(i.founded)
}

// founded lets requests through once there is a site. Sites never go, so a yes is remembered.
func (i *Instance) founded(c *fiber.Ctx) error {
	if i.hasSite.Load() {
		return c.Next()
	}
	empty, err := i.App.Empty(web.Context(c))
	if err != nil {
		return err
	}
	if !empty {
		i.hasSite.Store(true)
		return c.Next()
	}
	if web.HTMX(c) || c.Get(fiber.HeaderUpgrade) != "" || c.Path() == "/first/next" {
		return fiber.ErrServiceUnavailable
	}
	web.KeepLanguage(c, c.Query("lang"))
	shell := web.Shell(c, locale.T(web.Context(c), "first.none.title"))
	return web.Render(c, fiber.StatusServiceUnavailable, view.None(shell, languages(c)))
}

// languages are the ones to choose from on the pages of the first start.
func languages(c *fiber.Ctx) (list []view.Language) {
	for _, l := range locale.Languages {
		list = append(list, view.Language{Tag: l, Name: staff.LanguageNames[l], Current: l == locale.Lang(web.Context(c))})
	}
	return list
}

// first takes the secret out of the address and shows the form. The redirect says no-referrer; the page itself must not,
// or the form's Origin would be "null" over plain http. Its address holds no secret any more.
func (i *Instance) first(c *fiber.Ctx) error {
	web.KeepLanguage(c, c.Query("lang"))
	if web.LosesCookies(c) {
		return i.over(c, fiber.StatusUnprocessableEntity, "first.https")
	}
	if token := c.Query("token"); token != "" {
		state, until, err := i.App.firstLink(web.Context(c), token)
		if err != nil || state != linkOpen {
			return i.closed(c, state, err)
		}
		c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
		web.SetCookie(c, firstCookie, token, max(until.Sub(web.Now(c)), time.Second))
		return c.Redirect("/first", fiber.StatusSeeOther)
	}
	state, _, err := i.App.firstLink(web.Context(c), c.Cookies(firstCookie))
	if err != nil || state != linkOpen {
		return i.closed(c, state, err)
	}
	return i.form(c, fiber.StatusOK, view.Form{
		Zone: site.DefaultZone, Accent: site.DefaultAccent, Language: locale.Lang(web.Context(c)), Offered: locale.Languages, Login: "admin",
	})
}

// closed says why there is no form: the link is over, or it is none.
func (i *Instance) closed(c *fiber.Ctx, state linkState, err error) error {
	if err != nil {
		return err
	}
	empty, err := i.App.Empty(web.Context(c))
	switch {
	case err != nil:
		return err
	case !empty:
		return i.over(c, fiber.StatusGone, "first.done")
	case state == linkOver:
		return i.over(c, fiber.StatusGone, "first.expired")
	}
	return i.over(c, fiber.StatusNotFound, "first.unknown")
}

func (i *Instance) over(c *fiber.Ctx, status int, key string) error {
	ctx := web.Context(c)
	p := view.Closed{Text: locale.T(ctx, key), SignIn: key == "first.done", Languages: languages(c)}
	if key == "first.https" {
		p.Elsewhere = web.PublicURL(c)
	}
	return web.Render(c, status, view.ClosedPage(web.Shell(c, locale.T(ctx, "first.title")), p))
}

func (i *Instance) form(c *fiber.Ctx, status int, p view.Form) error {
	shell := web.Shell(c, locale.T(web.Context(c), "first.title"))
	shell.Insecure = web.Insecure(c)
	p.Languages, p.Min = languages(c), staff.PasswordMin
	return web.Render(c, status, view.FormPage(shell, p))
}

func (i *Instance) found(c *fiber.Ctx) error {
	ctx, form, token := web.Context(c), web.Form(c), c.Cookies(firstCookie)
	if state, _, err := i.App.firstLink(ctx, token); err != nil || state != linkOpen {
		return i.closed(c, state, err)
	}
	p := view.Form{
		Name: form.Get("name"), Code: form.Get("code"), Zone: form.Get("time-zone"), Accent: form.Get("accent"), Language: form.Get("language"),
		Offered: form["languages"], Login: form.Get("login"), Person: form.Get("person"),
	}
	if p.Code == "" {
		p.Code = site.ProposeCode(p.Name, nil)
	}
	in := First{
		Site:  site.Add{Code: p.Code, Name: p.Name, TimeZone: p.Zone, Languages: spoken(p.Language, p.Offered), Accent: p.Accent},
		Admin: staff.Add{Login: p.Login, Name: p.Person, Password: form.Get("password"), Language: locale.Lang(ctx)},
		Again: form.Get("password_again"),
	}
	err := i.App.Found(ctx, token, in)
	if errors.Is(err, errLinkOver) {
		return i.closed(c, linkOver, nil)
	}
	if wrong, ok := web.Invalid(err); ok {
		p.Summary, p.Errors = web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
		return i.form(c, web.Status(err), p)
	}
	if err != nil {
		return err
	}
	web.DropCookie(c, firstCookie)
	session, err := i.App.Staff.SignIn(ctx, staff.SignIn{Login: in.Admin.Login, Password: in.Admin.Password, From: web.Network(c), Old: c.Cookies(web.SessionCookie)})
	if _, ok := fault.As(err); ok { // too many wrong tries from here before: everything stands, and they sign in later
		return web.Redirect(c, "/login")
	}
	if err != nil {
		return err
	}
	web.SetCookie(c, web.SessionCookie, session, 0)
	return web.Redirect(c, "/first/next")
}

// spoken puts the main language first.
func spoken(first string, offered []string) []string {
	return append([]string{first}, slices.DeleteFunc(slices.Clone(offered), func(l string) bool { return l == first })...)
}

func (i *Instance) next(c *fiber.Ctx) error {
	a := i.App
	p := view.Next{KeyFile: a.Config.Embedded() && a.Config.Key == ""}
	for _, r := range i.web.GetRoutes(true) { // rooms that this build may not have
		if r.Method == fiber.MethodGet && (r.Path == "/places/import" || r.Path == "/settings") {
			p.Pages = append(p.Pages, r.Path)
		}
	}
	shell := web.Shell(c, locale.T(web.Context(c), "first.next.title"))
	shell.Styles = append(shell.Styles, "team.css")
	return web.Render(c, fiber.StatusOK, view.NextPage(shell, p))
}
