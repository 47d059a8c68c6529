// Package web is the front door: limits, headers, languages, who is calling, pages and fragments, errors in words.
// It knows no feature of the front desk; what it needs of them is handed to it in Config.
package web

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/views/layout"
)

// Cookies of ours.
const (
	SessionCookie  = "lobby_session" // a member of staff
	DeviceCookie   = "lobby_device"  // a paired screen
	LanguageCookie = "lobby_lang"    // chosen by hand, before anybody is known
)

// Limits of a request.
const (
	BodyLimit    = 64 << 10      // bytes that a form may have; more is 413
	hardLimit    = 4 * BodyLimit // bytes that are read at all, so that who sent too much still gets to read the answer
	readTimeout  = 15 * time.Second
	writeTimeout = 30 * time.Second // for an answer: who asks and never reads would hold the connection for good
	idleTimeout  = 75 * time.Second
	deadline     = 10 * time.Second // for the work of one request
)

// Site is what pages show of a site.
type Site struct {
	ID        int64
	Name      string
	Accent    string // "#0b6e5f"
	Zone      *time.Location
	Languages []string // that its screens offer; empty: all
	Look      string   // names the state from which its pages are made; live screens announce another one
}

// NavItem is one entry of the staff navigation, shown to who has the permission.
type NavItem struct {
	LabelKey   string // message key
	Href       string
	Key        string // keyboard shortcut; may be empty
	Group      string // under which entries of one kind stand together; layout.nav.<Group> names it
	Permission actor.Permission
	Also       []actor.Permission // each of these is enough as well
}

// Config is what web needs from the rest of the program. Log may be nil (slog.Default), Now too (time.Now).
type Config struct {
	Log            *slog.Logger
	Now            func() time.Time
	URL            string         // LOBBY_URL, the public address; https there makes cookies Secure
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed
	Rates          Rates          // zero: the defaults
	Build          string         // announced to pages; empty: hash of the static files
	Nav            []NavItem

	// Uploads are the forms that may be larger than BodyLimit.
	Uploads []Upload

	// Turns is how many pages are made at once, in the order in which they are asked for; 0: as many as are asked for.
	Turns int

	// Observe is told of each request that is done, for the metrics; may be nil. pattern is the route as declared.
	Observe func(method, pattern string, status int, took time.Duration)
	// Active is how many requests are being answered now, kept here; may be nil.
	Active *atomic.Int64

	// Session finds who holds a session token; a SignIn fault where nobody does. It reads the database each time, so
	// that a revoked session or a disabled person is out at once.
	Session func(ctx context.Context, token string) (actor.Actor, error)
	// Device finds the paired device of a token: a SignIn fault where there is none, ErrRevoked where it was revoked.
	Device func(ctx context.Context, token string) (actor.Actor, error)
	// OpenKiosk gives the kiosk that demo mode opens without pairing; nil outside demo mode.
	OpenKiosk func(ctx context.Context) (actor.Actor, error)
	// Site gives the frame of a site.
	Site func(ctx context.Context, id int64) (Site, error)
	// Sites lists the sites between which a person can switch; may be nil.
	Sites func(ctx context.Context, staff, current int64) ([]layout.SiteLink, error)
	// Inbox gives what the head of a staff page shows of the inbox of the actor of ctx; may be nil.
	Inbox func(ctx context.Context) (layout.Inbox, error)
	// SignIn renders the sign-in page, with what was typed into the form that was interrupted; see Kept.
	SignIn func(c *fiber.Ctx, status int, kept Kept) error
	// ScreenPermission is what a member of staff needs to look at a kind of screen without a paired device.
	ScreenPermission map[string]actor.Permission
}

// server is Config made ready.
type server struct {
	Config
	secure  bool   // the public address is https
	origin  string // of the public address, "https://lobby.example.com"; empty where none is set
	host    string
	byAddr  *limiter
	writes  *limiter
	devices *limiter
	uploads chan struct{} // the large forms that are being handled
	turns   chan struct{} // the pages that are being made; nil: as many as are asked for
	hold    time.Duration // for how long one keeps its turn at most
}

// local keys what one request carries.
type local int

const (
	serverLocal local = iota
	requestLocal
	personLocal
	deviceLocal
	siteLocal
	quietLocal
)

// New makes the app with everything in front of the routes: features mount theirs on it.
func New(cfg Config) *fiber.App {
	s := ready(cfg)
	app := fiber.New(fiber.Config{
		AppName:                 "lobby",
		Immutable:               true, // Fiber reuses request memory; strings taken from it must outlive the handler
		DisableStartupMessage:   true,
		BodyLimit:               hardLimit,
		ReadTimeout:             readTimeout,
		WriteTimeout:            writeTimeout,
		IdleTimeout:             idleTimeout,
		ErrorHandler:            s.fail,
		EnableTrustedProxyCheck: true, // or Fiber believes X-Forwarded-Host of anybody
		StreamRequestBody:       false,
		// Or fasthttp takes every posted file apart before anybody has asked who sends it.
		DisablePreParseMultipartForm: true,
	})
	app.Server().HeaderReceived = s.room
	app.Use(s.observe, recovered, s.headers)
	app.Get("/static/accent.css", accentSheet)
	app.Get("/static/*", staticFile)
	app.Use(s.limit, s.sameOrigin, s.few, s.turn, compressed())
	return app
}

func ready(cfg Config) *server {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &server{Config: cfg, uploads: make(chan struct{}, uploadsMost)}
	if cfg.Turns > 0 {
		s.turns, s.hold = make(chan struct{}, cfg.Turns), turnHold
	}
	s.Rates = cfg.Rates.orDefaults()
	s.byAddr = newLimiter(s.Rates.Address, s.Rates.AddressBurst)
	s.writes = newLimiter(s.Rates.Write, s.Rates.WriteBurst)
	s.devices = newLimiter(s.Rates.Device, s.Rates.DeviceBurst)
	if u, err := url.Parse(cfg.URL); err == nil && u.Host != "" {
		s.secure, s.host, s.origin = u.Scheme == "https", u.Host, u.Scheme+"://"+u.Host
	}
	return s
}

// of gives the server of a request. An error before the first middleware (a body over the hard limit) has none yet.
func of(c *fiber.Ctx) *server {
	s, _ := c.Locals(serverLocal).(*server)
	return s
}

// Context carries actor, deadline, language and time zone of the request; services and templates take it.
func Context(c *fiber.Ctx) context.Context { return c.UserContext() }
