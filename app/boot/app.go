// Package boot puts the program together: config → database → vault → services → routes → hub → jobs.
package boot

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/callback"
	"lobby/app/config"
	"lobby/app/dispute"
	"lobby/app/kit/db"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/knowledge"
	"lobby/app/notice"
	"lobby/app/review"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
)

// Options are what is not configuration: where to log and to tell addresses, and in tests the clock.
type Options struct {
	Log *slog.Logger     // nil: nowhere
	Out io.Writer        // where a server tells its addresses and logins; nil: nowhere
	Now func() time.Time // nil: the real clock

	NoDemo bool // refuse to serve a database that holds the demo site

	Rates web.Rates // zero: the usual limits; benches and tests turn them off
	// Observe is told of each request that is done: route as declared, and how long the server took. Nil: nobody is; benches listen.
	Observe func(route string, took time.Duration)
	Schema  db.Schema // zero: this program's own; tests stand in for a later release
}

// App is the opened program: what a subcommand, a server or a test works with.
type App struct {
	Config *config.Config
	Log    *slog.Logger
	Out    io.Writer
	Now    func() time.Time

	Cluster *cluster.Cluster // nil with DATABASE_URL
	DB      *bun.DB          // the pool
	Vault   *pii.Vault

	Sites   *site.Directory
	Staff   *staff.Service
	Visits  *visitor.Service
	Tickets *ticket.Service
	Notices *notice.Service

	Callbacks *callback.Service
	Disputes  *dispute.Service
	Reviews   *review.Service
	Cases     *knowledge.Service

	keys    chan struct{} // the key ring was changed
	address string        // of the pool's database
	rates   web.Rates
	observe func(route string, took time.Duration)
	schema  db.Schema
	direct  string         // for migrations and listening
	closers []func() error // run last first
}

// Open opens the program: database, schema, vault, services. Close undoes it.
func Open(ctx context.Context, cfg *config.Config, opt Options) (*App, error) {
	app := prepare(cfg, opt)
	for _, step := range []func(context.Context) error{
		app.openDatabase,
		app.checkSchema,
		app.openVault,
		app.makeServices,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, app.Close())
		}
	}
	return app, nil
}

func prepare(cfg *config.Config, opt Options) *App {
	app := &App{Config: cfg, Log: opt.Log, Out: opt.Out, Now: opt.Now, rates: opt.Rates, observe: opt.Observe, schema: opt.Schema, keys: make(chan struct{}, 1)}
	if app.Log == nil {
		app.Log = slog.New(slog.DiscardHandler)
	}
	if app.Out == nil {
		app.Out = io.Discard
	}
	if app.Now == nil {
		app.Now = time.Now
	}
	return app
}

// Close undoes Open, the last step first.
func (a *App) Close() error {
	var all error
	for i := len(a.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, a.closers[i]())
	}
	a.closers = nil
	return all
}

func (a *App) atClose(fn func() error) { a.closers = append(a.closers, fn) }

func (a *App) makeServices(context.Context) error {
	a.Sites = site.NewDirectory(a.DB)
	a.Staff = &staff.Service{DB: a.DB, Now: a.Now, Log: a.Log}
	a.Visits = &visitor.Service{DB: a.DB, Vault: a.Vault, Sites: a.Sites, Now: a.Now}
	a.Tickets = &ticket.Service{DB: a.DB, Vault: a.Vault, Sites: a.Sites, Now: a.Now}
	a.Notices = &notice.Service{DB: a.DB, Now: a.Now, Taken: func(ctx context.Context, tx bun.Tx, k *notice.Task) error { return a.Tickets.TaskTaken(ctx, tx, k) }}
	a.makeCallbacks()
	a.Cases = &knowledge.Service{DB: a.DB, Now: a.Now}
	a.Reviews = &review.Service{DB: a.DB, Sites: a.Sites, Now: a.Now}
	return nil
}

// SiteService adds and changes sites.
func (a *App) SiteService() *site.Service { return &site.Service{DB: a.DB, Now: a.Now} }

// version is set by the linker where a build has no version control at hand: -ldflags "-X lobby/app/boot.version=…".
var version string

// Version names this build: what the linker was told, else the revision of version control, else "dev".
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "dev"
}
