package web_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/views/locale"
)

func TestLanguages(t *testing.T) {
	t.Parallel()
	c, people := setup(t, nil, func(app *fiber.App) {
		say := func(c *fiber.Ctx) error { return c.SendString(locale.Lang(web.Context(c))) }
		app.Get("/say", say)
		app.Get("/staff", web.Staff(), say)
		app.Get("/kiosk", web.Screen("kiosk"), say)
		app.Get("/wall", web.Screen("wall"), say)
	})
	staff := actor.Actor{Kind: actor.Person, ID: 1, Lang: "zh-TW"}
	kiosk := actor.Actor{Kind: actor.Device, ID: 1, Screen: "kiosk", Lang: "zh-TW"}
	wall := actor.Actor{Kind: actor.Device, ID: 2, Screen: "wall", Lang: "zh-TW"}
	for _, tc := range []struct {
		name, path, accept, cookie string
		who                        actor.Actor
		want                       string
	}{
		{"nothing said", "/say", "", "", actor.Actor{}, "zh-CN"},
		{"the browser's", "/say", "en-GB,en;q=0.9", "", actor.Actor{}, "en"},
		{"Hong Kong", "/say", "zh-HK", "", actor.Actor{}, "zh-TW"},
		{"a strange one", "/say", "ja", "", actor.Actor{}, "zh-CN"},
		{"chosen by hand", "/say", "en", "zh-TW", actor.Actor{}, "zh-TW"},
		{"asked for", "/say?lang=en", "zh-TW", "zh-TW", actor.Actor{}, "en"},
		{"asked for nonsense", "/say?lang=../x", "en", "", actor.Actor{}, "en"},
		{"a person's own", "/staff", "en", "", staff, "zh-TW"},
		{"a person's own, though another was chosen before", "/staff", "en", "en", staff, "zh-TW"},
		{"a kiosk's own", "/kiosk", "en", "", kiosk, "zh-TW"},
		{"a visitor's choice at the kiosk", "/kiosk", "zh-CN", "en", kiosk, "en"},
		{"a wall keeps its own", "/wall", "zh-CN", "en", wall, "zh-TW"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			browser := c.Another()
			browser.Header.Set("Accept-Language", tc.accept)
			if tc.cookie != "" {
				browser.SetCookie(web.LanguageCookie, tc.cookie)
			}
			if tc.who.Kind != actor.Nobody {
				browser.As(people, tc.who)
			}
			if got := browser.Get(tc.path).Want(200).Body; got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	t.Run("an address that nobody serves speaks a person's own too", func(t *testing.T) {
		browser := c.Another().As(people, staff)
		browser.Header.Set("Accept-Language", "en")
		browser.Get("/nowhere").Want(404).WantText("找不到您要的內容。")
	})
}

func TestRates(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c, people := setup(t, func(cfg *web.Config) {
		cfg.Rates = web.Rates{Address: 1, AddressBurst: 30, Write: 1, WriteBurst: 5, Device: 0.5, DeviceBurst: 2}
		cfg.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	}, nil)
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	for range 5 {
		c.Post("/ok", nil).Want(200)
	}
	if got := c.Post("/ok", nil).Want(429).Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
	c.Get("/ok").Want(200) // reading goes on
	pass(time.Second)
	c.Post("/ok", nil).Want(200)
	c.Post("/ok", nil).Want(429)
	pass(-time.Hour) // the clock set back must not lock anybody out for an hour
	c.Post("/ok", nil).Want(200)
	pass(time.Minute)
	kiosk := c.Another().As(people, actor.Actor{Kind: actor.Device, ID: 1, Screen: "kiosk"})
	kiosk.Post("/ok", nil).Want(200)
	kiosk.Post("/ok", nil).Want(200)
	kiosk.Post("/ok", nil).Want(429) // one kiosk has its own limit
	c.Post("/ok", nil).Want(200)
	pass(time.Minute)
	for range 30 {
		c.Get("/ok").Want(200)
	}
	c.Get("/ok").Want(429)
	if got := c.Get("/static/accent.css?c=0b6e5f").Status; got != 200 {
		t.Errorf("static files are not limited, got %d", got)
	}
}

func TestProxiesAreBelievedOnlyFromConfiguredRanges(t *testing.T) {
	t.Parallel()
	routes := func(app *fiber.App) {
		app.Get("/from", func(c *fiber.Ctx) error {
			return c.SendString(fmt.Sprint(web.Address(c), " ", web.Network(c), " ", web.Secure(c)))
		})
	}
	trusting, _ := setup(t, func(cfg *web.Config) {
		cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	}, routes)
	wary, _ := setup(t, nil, routes)
	for _, tc := range []struct {
		c          *webtest.Client
		name, hops string
		want       string
	}{
		{wary, "nobody is trusted", "203.0.113.9", "127.0.0.1 127.0.0.1 false"},
		{trusting, "one proxy", "203.0.113.9", "203.0.113.9 203.0.113.9 true"},
		{trusting, "two proxies, and what the caller made up", "1.2.3.4, 203.0.113.9, 10.1.1.1", "203.0.113.9 203.0.113.9 true"},
		{trusting, "a proxy that adds a line of its own", "1.2.3.4\n203.0.113.9", "203.0.113.9 203.0.113.9 true"},
		{trusting, "an IPv6 household", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6 2001:db8:1:2:: true"},
		{trusting, "nonsense", "unknown", "127.0.0.1 127.0.0.1 true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := tc.c.Request("GET", "/from", nil)
			r.Header["X-Forwarded-For"] = strings.Split(tc.hops, "\n")
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("X-Forwarded-Host", "evil.example")
			if got := tc.c.Do(r).Body; got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestLogHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	log := &logged{}
	var seen []string
	c, people := setup(t, func(cfg *web.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.Observe = func(_, pattern string, status int, _ time.Duration) {
			seen = append(seen, fmt.Sprint(pattern, " ", status))
		}
	}, func(app *fiber.App) {
		app.Get("/p/:token", func(c *fiber.Ctx) error { return c.SendString("pass") })
		app.Post("/find", web.Staff("visit.view"), func(*fiber.Ctx) error { return errors.New("broken") })
	})
	t.Run("PRIVACY-4 the access log has the pattern of a path and ids, nothing of a person", func(t *testing.T) {
		c.As(people, actor.Actor{Kind: actor.Person, ID: 42, Name: "王小明", Site: 7, May: webtest.May("visit.view")})
		c.Get("/p/secrettoken?phone=13800138000").Want(200)
		c.Get("/secretpath/13800138001").Want(404)
		c.Post("/find", url.Values{"phone": {"13800138002"}, "password": {"geheim"}}).Want(500)
		text := log.String()
		for _, secret := range []string{"secrettoken", "13800138", "secretpath", "geheim", "王小明", "token-1", "127.0.0.1"} {
			if strings.Contains(text, secret) {
				t.Errorf("the log has %q:\n%s", secret, text)
			}
		}
		for _, want := range []string{"path=/p/:token", "actor_id=42", "site=7", "status=404"} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %q:\n%s", want, text)
			}
		}
		if got := fmt.Sprint(seen); got != "[/p/:token 200 (none) 404 /find 500]" {
			t.Errorf("observed %s", got)
		}
	})
}
