package staff_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/html"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/views/locale"
)

// deskRoutes stand in for a feature: a page, a form, a screen, a record of one site.
func deskRoutes(app *fiber.App) {
	who := func(c *fiber.Ctx) error {
		return c.SendString(fmt.Sprintf("%s of %d", actor.From(web.Context(c)).Name, actor.From(web.Context(c)).Site))
	}
	app.Get("/desk", web.Staff(), who)
	app.Get("/wall", web.Screen("wall"), who)
	app.Post("/desk/visits/new", web.Staff(staff.RegisterVisit), func(c *fiber.Ctx) error {
		form := web.Form(c)
		return c.SendString(strings.Join([]string{form.Get("name"), form.Get("note"), form.Get("old_password"), strings.Join(form["tag"], "+")}, "|"))
	})
}

func TestSignInPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	c.Get("/").Want(303).WantLocation("/login")
	for _, lang := range locale.Languages {
		page := c.Another().Get("/login?lang=" + lang).Want(200)
		ctx := locale.With(t.Context(), lang)
		page.WantText(locale.T(ctx, "staff.login.title"), locale.T(ctx, "staff.login.password"))
		page.One("form[method=post] input[name=password][type=password][autocomplete=current-password]")
	}
	wrong := c.Post("/login", url.Values{"login": {`"><script>x`}, "password": {"geheim-geheim"}}).Want(422)
	wrong.WantText("用户名或密码不对").WantNo("geheim", "<script>x")
	if got := webtest.Attr(wrong.One("input[name=login]"), "value"); got != `"><script>x` {
		t.Errorf("what was typed should stand there, escaped; got %q", got)
	}
	c.SignIn("li", password)
	c.Get("/").Want(303).WantLocation("/desk")
	c.Get("/login").Want(303).WantLocation("/desk")
	c.Get("/desk").Want(200).WantText("员工 li")
	c.Get("/account").Want(200).WantText("My account", "this one")
	if token := c.Cookie(web.SessionCookie); strings.Contains(b.log.String(), token) || strings.Contains(b.log.String(), "geheim") || strings.Contains(b.log.String(), "员工") {
		t.Error("the log holds a token, a password or a name")
	}
	c.Post("/logout", nil).Want(303).WantLocation("/login")
	if c.Cookie(web.SessionCookie) != "" {
		t.Error("the cookie is still there")
	}
	c.Get("/desk").Want(401)
}

func TestSessionFixation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	c.SetCookie(web.SessionCookie, "planted-by-somebody-else")
	c.SignIn("li", password)
	first := c.Cookie(web.SessionCookie)
	if first == "planted-by-somebody-else" {
		t.Fatal("a planted token became a session")
	}
	c.SignIn("li", password)
	thief := c.Another()
	thief.SetCookie(web.SessionCookie, first)
	thief.Get("/desk").Want(401)
	c.Get("/desk").Want(200)
}

func TestLockoutAtThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	form := url.Values{"login": {"li"}, "password": {"wrong wrong wrong"}}
	for range 5 {
		c.Post("/login", form).Want(422)
	}
	page := c.Post("/login", url.Values{"login": {"li"}, "password": {password}}).Want(429).WantText("30 秒")
	if page.Header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After %q", page.Header.Get("Retry-After"))
	}
	b.pass(31 * time.Second)
	c.SignIn("li", password)
}

func TestRefusedAtOnceAtThePages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	c.SignIn("li", password)
	c.Get("/desk").Want(200)
	if _, err := b.svc.Disable(b.command, "li"); err != nil {
		t.Fatal(err)
	}
	c.Get("/desk").Want(401)
}

func TestSignOutEverywhereAndAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	c.SignIn("li", password)
	phone := c.Another()
	phone.SignIn("li", password)
	if rows := len(c.Get("/account").Want(200).All("section tbody tr")); rows != 2 {
		t.Errorf("%d sessions are listed, want 2", rows)
	}
	page := c.Post("/account/password", url.Values{"old_password": {"wrong wrong"}, "new_password": {"short"}}).Want(422)
	page.WantText("The current password is not right.", "at least 10 characters").WantNo("wrong wrong")
	for _, id := range []string{"f-old_password", "f-new_password"} {
		field := page.One("input#" + id)
		if webtest.Attr(field, "aria-invalid") != "true" || !strings.Contains(webtest.Attr(field, "aria-describedby"), id+"-error") {
			t.Errorf("%s is not tied to its error", id)
		}
	}
	c.Post("/account/password", url.Values{"old_password": {password}, "new_password": {"a brand new sentence"}}).Want(303).WantLocation("/account?done=password")
	c.Get("/account?done=password").Want(200).WantText("The password is changed")
	phone.Get("/desk").Want(401)
	c.Post("/account/language", url.Values{"language": {"zh-TW"}}).Want(303)
	c.Get("/account").Want(200).WantText("我的帳號")
	c.Post("/account/language", url.Values{"language": {"xx"}}).Want(422)
	phone.SignIn("li", "a brand new sentence")
	c.Post("/logout/everywhere", nil).Want(303)
	phone.Get("/desk").Want(401)
}

func TestSwitchSiteAtThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	if _, err := b.svc.Grant(b.at(b.other), "li", []staff.Role{staff.Agent}); err != nil {
		t.Fatal(err)
	}
	c, _ := b.web()
	c.SignIn("li", password)
	c.Get("/account").Want(200).WantText("一号院", "二号院")
	c.Post("/site", url.Values{"site": {fmt.Sprint(b.other)}}).Want(303)
	c.Get("/desk").WantText(fmt.Sprintf("of %d", b.other))
	c.Post("/site", url.Values{"site": {fmt.Sprint(b.site)}}).Want(303)
	c.Get("/desk").WantText(fmt.Sprintf("of %d", b.site))
	for _, foreign := range []string{"999999", "x", "", "-1"} {
		c.Post("/site", url.Values{"site": {foreign}}).Want(404)
	}
}

func TestPairPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code, d, err := b.svc.Pair(b.command, staff.Pair{Kind: "wall", Name: "大厅电视", Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := b.web()
	c.Get("/wall").Want(303).WantLocation("/pair")
	for _, lang := range locale.Languages {
		page := c.Another().Get("/pair?lang=" + lang).Want(200).WantText(locale.T(locale.With(t.Context(), lang), "staff.pair.title"))
		page.One("form[action=/pair] input[name=code][inputmode=numeric]")
		if n := len(page.All("button[data-digit]")); n != 10 {
			t.Errorf("%d figures on the pad", n)
		}
	}
	wrong := c.Post("/pair", url.Values{"code": {"12 34<script>"}}).Want(422).WantText("配对码不对").WantNo("<script>1")
	if field := wrong.One("input[name=code]"); webtest.Attr(field, "aria-invalid") != "true" {
		t.Error("the field is not marked")
	}
	c.Post("/pair", url.Values{"code": {code}}).Want(303).WantLocation("/wall")
	c.Get("/wall").Want(200).WantText("大厅电视")
	c.Get("/").Want(303).WantLocation("/wall")
	c.Get("/pair").Want(303).WantLocation("/wall")
	if _, err := b.svc.Revoke(b.command, d.ID); err != nil {
		t.Fatal(err)
	}
	c.Get("/wall").Want(303).WantLocation("/pair")
	c.Get("/").Want(303).WantLocation("/pair")
	c.Get("/pair").Want(200).WantText("取消")
	other := c.Another()
	other.Post("/pair", url.Values{"code": {code}}).Want(422)
	if strings.Contains(b.log.String(), code) {
		t.Error("the log holds the code")
	}
}

func TestPlainHTTPFromAnotherMachineIsWarnedOf(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	here, cfg := b.web()
	here.SignIn("li", password)
	warning := locale.T(locale.With(t.Context(), "en"), "layout.insecure")
	here.Get("/login?lang=en").WantNo(warning)
	here.Get("/account").Want(200).WantNo(warning)

	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	away := b.serve(cfg)
	away.Header.Set("X-Forwarded-For", "10.1.2.3")
	away.Get("/login?lang=en").Want(200).WantText(warning)
	away.SignIn("li", password)
	away.Get("/account").Want(200).WantText(warning)
	away.Header.Set("X-Forwarded-Proto", "https")
	away.Get("/account").Want(200).WantNo(warning)
}

// LOBBY_URL is https and somebody comes over plain http: the browser would drop the Secure cookie, and signing in or
// pairing would lead back to the same page for ever. It is said in words instead, and nothing is used up.
func TestPlainHTTPWhereTheAddressIsHTTPS(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	_, cfg := b.web()
	cfg.URL = "https://lobby.example.com"
	c := b.serve(cfg)
	plain := func(path string, form url.Values) *webtest.Page {
		r := c.Request("POST", path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", c.Base)
		return c.Do(r)
	}
	for _, lang := range locale.Languages {
		said := locale.T(locale.With(t.Context(), lang), "staff.https")
		for _, path := range []string{"/login", "/pair"} {
			page := c.Get(path + "?lang=" + lang).Want(200).WantText(said)
			if to := webtest.Attr(page.One(".alert.bad a"), "href"); to != "https://lobby.example.com"+path {
				t.Errorf("%s leads to %q", path, to)
			}
		}
		typed := url.Values{"login": {"li"}, "password": {password}, "kept.path": {"/desk"}, "kept.post": {"1"}, "kept.field.name": {"王"}}
		page := plain("/login?lang="+lang, typed).Want(422).WantText(said).WantNo(password)
		if webtest.Attr(page.One("input[name=kept.field.name]"), "value") != "王" || page.Header.Get("Set-Cookie") != "" {
			t.Error("the interrupted form is lost, or a session was given")
		}
	}
	if n := b.count(`select count(*) from sessions`); n != 0 {
		t.Errorf("%d sessions that nobody holds", n)
	}
	code, _, err := b.svc.Pair(b.command, staff.Pair{Kind: "wall", Name: "大屏"})
	if err != nil {
		t.Fatal(err)
	}
	plain("/pair", url.Values{"code": {code}}).Want(422)

	said := locale.T(locale.With(t.Context(), "en"), "staff.https")
	for name, over := range map[string]map[string]string{
		"https in front of us":    {"Sec-Fetch-Site": "same-origin"},
		"an old browser, https":   {"Origin": cfg.URL},
		"this machine, plain":     {"Sec-Fetch-Site": "none"},
		"no browser, no question": {},
	} {
		r := c.Request("POST", "/login?lang=en", strings.NewReader(url.Values{"login": {"li"}, "password": {password}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for key, value := range over {
			r.Header.Set(key, value)
		}
		if page := c.Another().Do(r); page.Status != 303 || strings.Contains(page.Body, said) {
			t.Errorf("%s: %d", name, page.Status)
		}
	}
	c.Another().Post("/pair", url.Values{"code": {code}}).Want(303) // the code was still good
}

// Whatever the pages show, nothing in them needs what the policy forbids.
func TestPagesKeepToThePolicy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	c, _ := b.web()
	pages := []*webtest.Page{c.Get("/login"), c.Get("/pair"), c.Get("/nothing")}
	c.SignIn("li", password)
	for _, page := range append(pages, c.Get("/account")) {
		for n := range page.Root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data == "style" || (n.Data == "script" && !webtest.Has(n, "src")) {
				t.Errorf("%s: inline %s", page.Path, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: attribute %s", page.Path, a.Key)
				}
			}
		}
	}
}
