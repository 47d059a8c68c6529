package boot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"lobby/app/config"
)

// Open opens the program for a subcommand: database, vault, services. Close closes it.
func Open(ctx context.Context, cfg *config.Config, opt Options) (*App, error) {
	app := &App{Config: cfg, Log: opt.Log, Now: opt.Now}
	if app.Log == nil {
		app.Log = slog.New(slog.DiscardHandler)
	}
	if app.Now == nil {
		app.Now = time.Now
	}
	return app, errors.Join(ctx.Err())
}

// Serve opens the program and serves until ctx ends.
func Serve(ctx context.Context, cfg *config.Config, opt Options) error {
	app, err := Open(ctx, cfg, opt)
	if err != nil {
		return err
	}
	return app.Close()
}
