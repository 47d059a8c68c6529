package kiosk_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
	"lobby/kiosk"
)

// lobby is a kiosk before a database of its own.
type lobby struct {
	*webtest.Client
	t      *testing.T
	db     *bun.DB
	url    string
	vault  *pii.Vault
	people *webtest.People
	site   int64
	device actor.Actor
	now    time.Time
}

func openLobby(t *testing.T) *lobby {
	t.Helper()
	l := &lobby{t: t, url: dbtest.URL(t), vault: piitest.Vault(t), people: webtest.NewPeople(), now: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}
	zone8, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	l.people.Site.Zone = zone8
	l.db = dbtest.Open(t, l.url)
	l.site = l.id(`insert into sites (code, name) values ('here', '滨河花园') returning id`)
	zone := l.id(`insert into zones (site_id, code, name) values (?, '1', '一区') returning id`, l.site)
	building := l.id(`insert into buildings (site_id, zone_id, name) values (?, ?, '18#') returning id`, l.site, zone)
	l.id(`insert into households (site_id, building_id, entrance, room) values (?, ?, '2单元', '201') returning id`, l.site, building)
	device := l.id(`insert into devices (site_id, kind, name) values (?, 'kiosk', '大堂一号') returning id`, l.site)
	l.device = actor.Actor{Kind: actor.Device, ID: device, Site: l.site, Screen: "kiosk", Lang: "zh-CN",
		May: webtest.May(staff.RegisterVisit, staff.RegisterTicket)}
	l.Client = webtest.New(t, l.app(l.people.Config())).As(l.people, l.device)
	return l
}

// app is a server on the lobby's database.
func (l *lobby) app(cfg web.Config) *fiber.App {
	pool := dbtest.Open(l.t, l.url)
	sites, now := site.NewDirectory(pool), func() time.Time { return l.now }
	visits := &visitor.Service{DB: pool, Vault: l.vault, Sites: sites, Now: now}
	tickets := &ticket.Service{DB: pool, Vault: l.vault, Sites: sites, Now: now}
	app := web.New(cfg)
	(&kiosk.Flow{Visits: visits, Tickets: tickets, Sites: sites, Now: now, URL: "https://lobby.example.com"}).Routes(app)
	(&visitor.Pages{Service: visits, URL: "https://lobby.example.com"}).Routes(app)
	return app
}

func (l *lobby) id(query string, args ...any) int64 {
	l.t.Helper()
	var id int64
	if err := l.db.NewRaw(query, args...).Scan(l.t.Context(), &id); err != nil {
		l.t.Fatal(err)
	}
	return id
}

// send fills the form of a page and sends it.
func (l *lobby) send(p *webtest.Page, fill url.Values) *webtest.Page {
	l.t.Helper()
	action, form := p.Form("main form")
	maps.Copy(form, fill)
	if form.Get("go") == "" {
		form.Set("go", "next")
	}
	return l.Post(action, form)
}

func set(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// toCheck walks a visitor to the last question.
func (l *lobby) toCheck() *webtest.Page {
	l.t.Helper()
	p := l.Post("/kiosk/visit", set("lang", "zh-CN")).Want(200)
	p = l.send(p, set("place", "18栋2单元201", "host", "李雷")).Want(200)
	p = l.send(p, set("name", "王小明", "phone", "138 1234 5678")).Want(200)
	return l.send(p, set("purpose", "visit", "people", "2", "plate", "粤B12345")).Want(200)
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

func code(p *webtest.Page) string { return strings.TrimSpace(webtest.Text(p.One("p.code"))) }

// sent posts from a goroutine, where a test can't be failed; the code of the pass, or nothing.
func sent(c *webtest.Client, path string, form url.Values) string {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.Base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return code(c.Do(r))
}

// same is a screen without what was typed and what must differ: key, code, number, link.
func same(p *webtest.Page, typed ...string) string {
	text := p.Body
	for _, s := range typed {
		text = strings.ReplaceAll(text, s, "…")
	}
	for _, pattern := range []string{`value="[0-9a-f-]{36}"`, `d="M[^"]*"`, `\b[0-9]{6}\b`, `(\d ){5}\d`, `V261122-\d{4}`} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, "…")
	}
	return text
}

func value(p *webtest.Page, name string) string {
	return webtest.Attr(p.One("main form [name="+name+"]"), "value")
}

// wantError fails the test unless the field has an error of its own that says text, and the control points to it.
func wantError(t *testing.T, p *webtest.Page, field, text string) {
	t.Helper()
	if said := webtest.Text(p.One("#f-" + field + "-error")); !strings.Contains(said, text) {
		t.Errorf("%s: the error says %q, want %q", field, said, text)
	}
	if !strings.Contains(webtest.Attr(p.One("main form [name="+field+"]"), "aria-describedby"), "f-"+field+"-error") {
		t.Errorf("%s: the control does not point to its error", field)
	}
}
