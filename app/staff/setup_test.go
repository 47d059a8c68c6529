package staff_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const password = "correct horse battery"

// cheap is a hash that costs nothing: these tests are about what comes after it.
var cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}

var home = netip.MustParseAddr("192.0.2.7")

type bundle struct {
	t       *testing.T
	db      *bun.DB
	svc     *staff.Service
	site    int64
	other   int64           // a second site
	command context.Context // an administrator at the command line
	log     *logged

	mu  sync.Mutex
	now time.Time
}

type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t), log: &logged{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	b.svc = &staff.Service{DB: b.db, Now: b.clock, Params: cheap, Terms: staff.Terms{Idle: 10 * time.Hour, Longest: 24 * time.Hour}}
	b.site, b.other = b.addSite("one", "一号院"), b.addSite("two", "二号院")
	b.command = b.at(b.site)
	return b
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bundle) at(site int64) context.Context {
	return actor.With(b.t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:test", Site: site, All: true})
}

func (b *bundle) addSite(code, name string) int64 {
	b.t.Helper()
	var id int64
	if err := b.db.NewRaw(`insert into sites (code, name) values (?, ?) returning id`, code, name).Scan(b.t.Context(), &id); err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bundle) add(login string, roles ...staff.Role) *staff.Person {
	b.t.Helper()
	p, err := b.svc.Add(b.command, staff.Add{Login: login, Name: "员工 " + login, Password: password, Language: "en", Roles: roles})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bundle) signIn(login, password string) (string, error) {
	return b.svc.SignIn(b.t.Context(), staff.SignIn{Login: login, Password: password, From: home})
}

// as is the context of somebody who has just signed in.
func (b *bundle) as(login string) (context.Context, string) {
	b.t.Helper()
	token, err := b.signIn(login, password)
	if err != nil {
		b.t.Fatal(err)
	}
	who, err := b.svc.Session(b.t.Context(), token)
	if err != nil {
		b.t.Fatal(err)
	}
	return actor.With(b.t.Context(), who), token
}

// web is the whole front door over the real service, and a browser at it.
func (b *bundle) web() (*webtest.Client, web.Config) {
	b.t.Helper()
	pages := &staff.Pages{Service: b.svc}
	cfg := web.Config{
		Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: b.clock, Rates: web.Rates{Off: true},
		Session: b.svc.Session, Device: b.svc.Device, Sites: b.svc.Sites, SignIn: pages.Login, ScreenPermission: staff.ScreenPermission,
		Site: func(_ context.Context, id int64) (web.Site, error) {
			return web.Site{ID: id, Name: "滨河花园", Accent: "#0b6e5f", Zone: time.UTC}, nil
		},
	}
	return b.serve(cfg), cfg
}

func (b *bundle) serve(cfg web.Config) *webtest.Client {
	b.t.Helper()
	app := web.New(cfg)
	(&staff.Pages{Service: b.svc}).Routes(app)
	deskRoutes(app)
	return webtest.New(b.t, app)
}

// count runs a counting query.
func (b *bundle) count(query string, args ...any) int {
	b.t.Helper()
	var n int
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), &n); err != nil {
		b.t.Fatal(err)
	}
	return n
}
