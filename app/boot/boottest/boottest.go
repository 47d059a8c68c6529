// Package boottest starts whole programs for tests: real servers on loopback, one or several on one database, with a
// clock that the test sets.
package boottest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"lobby/app/boot"
	"lobby/app/boot/demo"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
)

// Password is everybody's whom House.Person takes in.
const Password = "correct-horse-99"

// readyWait is how long an instance may take until it answers /readyz.
const readyWait = 15 * time.Second

// Clock is a clock that runs, and that a test can move forth and back.
type Clock struct {
	mu    sync.Mutex
	shift time.Duration
}

// Now is the real time, moved by what the test said.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.shift)
}

// Add moves the clock; a negative step sets it back.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
}

// Set moves the clock to a moment, from which it runs on.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift = time.Until(t)
}

// House is one database with its key and clock, on which any number of instances run.
type House struct {
	URL   string // of the database
	Key   string // LOBBY_KEY
	Clock *Clock
	Log   *slog.Logger // of the instances; by default nothing is written
	Out   io.Writer    // their terminal; by default nobody looks
	Rates web.Rates    // of the instances; by default no limits
	Tweak func(*config.Config)

	Schema db.Schema // of the instances that are started from now on; by default the program's own
}

// New makes a house with a database of its own, which is gone at the end of the test.
func New(t testing.TB) *House {
	t.Helper()
	return &House{URL: dbtest.URL(t), Key: pii.NewKey().Text(), Clock: &Clock{}, Log: slog.New(slog.DiscardHandler), Rates: web.Rates{Off: true}}
}

// Config is what an instance is started with: a free port on loopback.
func (h *House) Config(t testing.TB) *config.Config {
	t.Helper()
	cfg := config.FromEnv(func(string) string { return "" })
	cfg.DatabaseURL, cfg.Key, cfg.Addr, cfg.URL = h.URL, h.Key, "127.0.0.1:0", ""
	if h.Tweak != nil {
		h.Tweak(cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatalf("boottest: %v", err)
	}
	return cfg
}

func (h *House) options() boot.Options {
	return boot.Options{Log: h.Log, Out: h.Out, Now: h.Clock.Now, Rates: h.Rates, Schema: h.Schema}
}

// Open opens the program without serving, as a subcommand has it.
func (h *House) Open(t testing.TB) *boot.App {
	t.Helper()
	app, err := boot.Open(t.Context(), h.Config(t), h.options())
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	t.Cleanup(func() { _ = app.Close() })
	return app
}

// Start starts an instance and waits until it is ready. It is stopped at the end of the test, or before by Stop.
func (h *House) Start(t testing.TB) *boot.Instance {
	t.Helper()
	app, err := boot.Open(t.Context(), h.Config(t), h.options())
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	i, err := app.Start(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	t.Cleanup(func() {
		if err := i.Stop(); err != nil {
			t.Errorf("boottest: stopping: %v", err)
		}
	})
	WaitReady(t, i.URL())
	return i
}

// WaitReady waits until a server answers 200 on /readyz.
func WaitReady(t testing.TB, base string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readyWait)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ready(ctx, base) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("boottest: %s is not ready after %s", base, readyWait)
		}
	}
}

func ready(ctx context.Context, base string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// Site makes a site with an empty register.
func (h *House) Site(t testing.TB, app *boot.App, code string) site.Site {
	t.Helper()
	ctx := actor.AsJob(t.Context(), "test", 0)
	s, err := app.SiteService().Add(ctx, site.Add{Code: code, Name: "滨河花园 " + code, TimeZone: "Asia/Shanghai", Accent: "#0b6e5f"})
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	return s
}

// Person takes somebody in at a site, with Password.
func (h *House) Person(t testing.TB, app *boot.App, at int64, login string, roles ...staff.Role) *staff.Person {
	t.Helper()
	p, err := app.Staff.Add(actor.AsJob(t.Context(), "test", at), staff.Add{Login: login, Name: "测试" + login, Password: Password, Roles: roles})
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	return p
}

// Demo loads the reference site.
func (h *House) Demo(t testing.TB, app *boot.App) demo.Result {
	t.Helper()
	l := demo.Loader{DB: app.DB, Vault: app.Vault, Sites: app.Sites, Now: app.Now}
	got, err := l.Load(t.Context())
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	return got
}

// Device pairs a device of a kind at a site and gives its token, the value of the cookie web.DeviceCookie.
func (h *House) Device(t testing.TB, app *boot.App, at int64, kind string) (token string, id int64) {
	t.Helper()
	code, d, err := app.Staff.Pair(actor.AsJob(t.Context(), "test", at), staff.Pair{Kind: kind, Name: kind})
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	token, _, err = app.Staff.Claim(t.Context(), code, loopback)
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	return token, d.ID
}

// Browser is a browser at a running server.
func Browser(t testing.TB, base string) *webtest.Client {
	t.Helper()
	return webtest.At(t, base)
}

// Screen is the browser of a paired device.
func Screen(t testing.TB, base, token string) *webtest.Client {
	t.Helper()
	c := webtest.At(t, base)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Jar.SetCookies(u, []*http.Cookie{{Name: web.DeviceCookie, Value: token, Path: "/"}})
	return c
}

// loopback is where test devices pair from.
var loopback = netip.MustParseAddr("127.0.0.1")
