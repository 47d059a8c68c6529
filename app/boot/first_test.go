package boot_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// said keeps what a server prints and logs.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

var oneTime = regexp.MustCompile(`http://\S+(/first\?token=(\S+))`)

// start starts an instance on the house and gives what its terminal shows.
func startSaid(t *testing.T, h *boottest.House) (i *boot.Instance, terminal *said) {
	t.Helper()
	terminal = &said{}
	app, err := boot.Open(t.Context(), h.Config(t), boot.Options{Log: h.Log, Out: terminal, Now: h.Clock.Now, Rates: h.Rates})
	if err != nil {
		t.Fatal(err)
	}
	if i, err = app.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Stop() })
	boottest.WaitReady(t, i.URL())
	return i, terminal
}

// link is the path of the one-time link that a terminal shows.
func link(t *testing.T, terminal *said) (path, token string) {
	t.Helper()
	got := oneTime.FindStringSubmatch(terminal.String())
	if got == nil {
		t.Fatalf("no link on the terminal:\n%s", terminal)
	}
	return got[1], got[2]
}

const firstPassword = "correct-horse-77"

func firstForm() url.Values {
	return url.Values{
		"name": {"翠园小区"}, "code": {""}, "time-zone": {"Asia/Shanghai"}, "language": {"zh-TW"}, "languages": {"en", "zh-TW"}, "accent": {"#0b6e5f"},
		"login": {"admin"}, "person": {"管理员"}, "password": {firstPassword}, "password_again": {firstPassword},
	}
}

// counted is how many sites, people and roles there are.
func counted(t *testing.T, app *boot.App) (sites, people, roles int) {
	t.Helper()
	err := app.DB.NewRaw(`select (select count(*) from sites), (select count(*) from staff), (select count(*) from staff_roles)`).Scan(t.Context(), &sites, &people, &roles)
	if err != nil {
		t.Fatal(err)
	}
	return sites, people, roles
}

// From an empty database to a site with its administrator, in the browser: over two instances, with every wrong field
// named at once, and nothing of the secret in the log, the address or the record.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	log := &said{}
	h.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	two, voided := startSaid(t, h)
	one, terminal := startSaid(t, h)
	path, token := link(t, terminal)

	guest := boottest.Browser(t, one.URL())
	for _, lang := range locale.Languages {
		for _, p := range []string{"/", "/login", "/kiosk", "/wall", "/desk", "/pair", "/no/such/page"} {
			guest.Get(p+"?lang="+lang).Want(http.StatusServiceUnavailable).WantText(locale.T(locale.With(t.Context(), lang), "first.none.title"), "lobby site add")
		}
	}
	boottest.WaitReady(t, one.URL()) // health checks go on
	guest.Get("/first").Want(http.StatusNotFound)
	guest.Post("/first", firstForm()).Want(http.StatusNotFound)
	guest.Get("/first?token=guess").Want(http.StatusNotFound)
	old, _ := link(t, voided)
	guest.Get(old).Want(http.StatusNotFound)
	if sites, people, _ := counted(t, one.App); sites+people != 0 {
		t.Fatalf("%d sites and %d people came from nothing", sites, people)
	}

	browser := boottest.Browser(t, one.URL())
	answer := browser.Get(path).Want(http.StatusSeeOther).WantLocation("/first").WantNo(token)
	if policy := answer.Header.Get("Referrer-Policy"); policy != "no-referrer" {
		t.Errorf("the address with the secret may be passed on: %q", policy)
	}
	cookie := answer.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "max-age=3"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: it is %s", want, strings.Replace(cookie, token, "…", 1))
		}
	}
	action, fields := browser.Get("/first").Want(http.StatusOK).WantNo(token).Form("form")
	if action != "/first" || fields.Get("time-zone") != site.DefaultZone || fields.Get("accent") != site.DefaultAccent || len(fields["languages"]) != 3 {
		t.Errorf("the form proposes %s %v", action, fields)
	}
	wrong := url.Values{"name": {" "}, "code": {"No Code"}, "time-zone": {"Mars/Olympus"}, "language": {"tlh"}, "accent": {"red"}, "login": {"<b>"}, "person": {""}, "password": {"short"}, "password_again": {"other"}}
	page := browser.Post("/first", wrong).Want(http.StatusUnprocessableEntity).WantNo("short", "<b>\"")
	for _, field := range []string{"name", "code", "time-zone", "accent", "login", "person", "password", "password_again", "language"} {
		page.One("#f-" + field + "-error")
	}
	if sites, people, _ := counted(t, one.App); sites+people != 0 {
		t.Fatalf("%d sites and %d people came from a wrong form", sites, people)
	}

	// The same link in another browser, at another instance; both press.
	second := boottest.Browser(t, two.URL())
	second.Get(path).Want(http.StatusSeeOther)
	both := []*webtest.Client{browser, second}
	got := make([]*webtest.Page, len(both))
	var wg sync.WaitGroup
	for n, b := range both {
		wg.Go(func() { got[n] = b.Post("/first", firstForm()) })
	}
	wg.Wait()
	winner, loser := 0, 1
	if got[0].Status == http.StatusGone {
		winner, loser = 1, 0
	}
	got[winner].Want(http.StatusSeeOther).WantLocation("/first/next")
	got[loser].Want(http.StatusGone)
	if sites, people, roles := counted(t, one.App); sites != 1 || people != 1 || roles != 1 {
		t.Fatalf("%d sites, %d people, %d roles", sites, people, roles)
	}
	here, err := one.App.Sites.ByCode(t.Context(), "site-1")
	if err != nil || strings.Join(here.Languages, " ") != "zh-TW en" || here.Name != "翠园小区" {
		t.Errorf("%+v, %v", here, err)
	}

	// Signed in, and shown what comes next; the link is over for everybody.
	both[winner].Get("/first/next").Want(http.StatusOK).One("a[href=/staff/new]")
	for _, b := range both {
		b.Get("/first").Want(http.StatusGone)
		b.Get(path).Want(http.StatusGone).WantNo(token)
		b.Post("/first", firstForm()).Want(http.StatusGone)
	}
	guest.Get("/login").Want(http.StatusOK)
	guest.Get("/").Want(http.StatusSeeOther)
	guest.Get("/first/next").Want(http.StatusUnauthorized)

	var record []string
	if err := one.App.DB.NewRaw(`select actor_kind || ' ' || actor_name || ' ' || verb from audit_log where verb not like 'session.%' order by id`).Scan(t.Context(), &record); err != nil {
		t.Fatal(err)
	}
	if want := "job first-start site.add|job first-start staff.add|job first-start first.start"; strings.Join(record, "|") != want {
		t.Errorf("on record stands %q", record)
	}
	var stored string
	if err := one.App.DB.NewRaw(`select encode(token_hash, 'escape') from first_links`).Scan(t.Context(), &stored); err != nil || strings.Contains(stored, token) || len(stored) == 0 {
		t.Errorf("the secret stands in the database, %v", err)
	}
	if strings.Contains(log.String(), token) || strings.Contains(log.String(), firstPassword) {
		t.Error("the log holds the secret or the password")
	}
}

// A link is good for an hour, a restart voids it, and a site that came by the command line closes it.
func TestFirstLinkEnds(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i, terminal := startSaid(t, h)
	path, _ := link(t, terminal)
	early, late := boottest.Browser(t, i.URL()), boottest.Browser(t, i.URL())
	early.Get(path).Want(http.StatusSeeOther)
	h.Clock.Add(time.Hour + time.Minute)
	late.Get(path).Want(http.StatusGone).WantText("lobby serve")
	early.Get("/first").Want(http.StatusGone)
	early.Post("/first", firstForm()).Want(http.StatusGone)

	again, fresh := startSaid(t, h)
	path, _ = link(t, fresh)
	late = boottest.Browser(t, again.URL())
	late.Get(path).Want(http.StatusSeeOther)
	late.Get("/first").Want(http.StatusOK)
	h.Site(t, i.App, "by-hand")
	late.Get("/first").Want(http.StatusGone)
	late.Post("/first", firstForm()).Want(http.StatusGone)
	if sites, people, _ := counted(t, i.App); sites != 1 || people != 0 {
		t.Errorf("%d sites, %d people", sites, people)
	}
	if _, third := startSaid(t, h); strings.Contains(third.String(), "/first") {
		t.Error("a link is printed though there is a site")
	}
}

// What a plain start says of the demo's database, and that --demo=false refuses it.
func TestDemoDataWithoutDemo(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	app := h.Open(t)
	if _, err := app.SiteService().Add(actor.AsJob(t.Context(), "test", 0), site.Add{Code: site.DemoCode, Name: "演示", TimeZone: site.DefaultZone, Accent: site.DefaultAccent, Demo: true}); err != nil {
		t.Fatal(err)
	}
	_, terminal := startSaid(t, h)
	if !strings.Contains(terminal.String(), "holds the demo site") || strings.Contains(terminal.String(), "/first") {
		t.Errorf("the terminal says\n%s", terminal)
	}
	err := boot.Serve(t.Context(), h.Config(t), boot.Options{NoDemo: true})
	if err == nil || !strings.Contains(err.Error(), "LOBBY_DATA") {
		t.Errorf("serving it as a real site: %v", err)
	}
}

// Who stops a server that is still starting is not told of a failure: here when the link of the first start is made.
func TestStoppedWhileStarting(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var terminal bytes.Buffer
	err := boot.Serve(ctx, h.Config(t), boot.Options{Log: h.Log, Out: &terminal, Now: func() time.Time {
		stop()
		return h.Clock.Now()
	}})
	if err != nil || ctx.Err() == nil || terminal.Len() > 0 {
		t.Errorf("stopped while starting: %v, asked to stop: %v, the terminal says\n%s", err, ctx.Err() != nil, terminal.String())
	}
}

// Found by people who are not the first: what a taken login would say, and that nothing is half made.
func TestFirstStartIsAllOrNothing(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i, terminal := startSaid(t, h)
	_, token := link(t, terminal)
	if _, err := i.App.DB.NewRaw(`insert into staff (login, name, password_hash) values ('admin', 'x', 'x')`).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := i.App.Found(t.Context(), token, boot.First{
		Site:  site.Add{Code: "one", Name: "一", TimeZone: site.DefaultZone, Accent: site.DefaultAccent},
		Admin: staff.Add{Login: "admin", Name: "甲", Password: firstPassword, Language: "en"}, Again: firstPassword,
	})
	if _, ok := web.Invalid(err); !ok {
		t.Errorf("a login that is taken: %v", err)
	}
	if sites, people, _ := counted(t, i.App); sites != 0 || people != 1 {
		t.Errorf("%d sites, %d people", sites, people)
	}
	b := boottest.Browser(t, i.URL())
	path, _ := link(t, terminal)
	b.Get(path).Want(http.StatusSeeOther) // it isn't used up by a failure
}
