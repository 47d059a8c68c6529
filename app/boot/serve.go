package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/desk"
	"lobby/app/kit/live"
	"lobby/kiosk"
)

// stopWait is how long a stopping server waits for each part: sockets, requests, jobs.
const stopWait = 10 * time.Second

// spareWait is how long a stopping server waits, twice, on connections over which nobody asks for anything.
const spareWait = 250 * time.Millisecond

// Instance is one running web server on an opened program.
type Instance struct {
	App *App
	Hub *live.Hub

	web      *fiber.App
	boards   *kiosk.Boards
	desk     *desk.Desk
	sockets  *kiosk.Sockets
	metrics  *metrics
	listener net.Listener
	direct   *bun.DB // for the listening connection
	draining atomic.Bool
	active   atomic.Int64 // requests that are being answered
	hasSite  atomic.Bool  // there is a site: seen once

	failed  chan error // what ended the server by itself
	stopHub func()
	stopJob func()
	hub     sync.WaitGroup
	serving sync.WaitGroup
	jobs    sync.WaitGroup
	once    sync.Once
	stopErr error
}

// Serve opens the program and serves until ctx ends.
func Serve(ctx context.Context, cfg *config.Config, opt Options) error {
	app, err := Open(ctx, cfg, opt)
	if err != nil {
		return err
	}
	if err := SetHeap(); err != nil {
		app.Log.Warn("memory as Go has it by default", "error", err)
	}
	if err := app.refuseDemo(ctx, opt.NoDemo); err != nil {
		return errors.Join(err, app.Close())
	}
	i, err := app.Start(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // told to stop before it was up: nothing has failed
		app.Log.Info("stopped while starting", "at", err)
		return app.Close()
	}
	if err != nil {
		return errors.Join(err, app.Close())
	}
	select {
	case <-ctx.Done():
		app.Log.Info("stopping")
	case err = <-i.failed:
	}
	return errors.Join(err, i.Stop())
}

// Start serves the opened program: hub, jobs, pages. Stop ends it and closes the program.
func (a *App) Start(ctx context.Context) (*Instance, error) {
	if a.Config.Demo {
		if err := a.LoadDemo(ctx, a.Out); err != nil {
			return nil, err
		}
	}
	i := &Instance{App: a, failed: make(chan error, 4)}
	for _, step := range []func(context.Context) error{
		i.makeHub,
		i.makeWeb,
		i.listen,
		i.serveMetrics,
		i.runHub,
		i.runJobs,
		i.runWeb,
		i.greet,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, i.Stop())
		}
	}
	return i, nil
}

func (i *Instance) listen(ctx context.Context) (err error) {
	i.listener, err = open(ctx, i.App.Config)
	return err
}

func (i *Instance) runWeb(context.Context) error {
	i.serving.Go(func() {
		if err := i.web.Listener(i.listener); err != nil && !i.draining.Load() {
			i.failed <- fmt.Errorf("serving: %w", err)
		}
	})
	return nil
}

// URL is where this instance answers.
func (i *Instance) URL() string {
	scheme := "http"
	if i.App.Config.TLSCert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(i.listener.Addr().String())
	if err != nil {
		return scheme + "://" + i.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Stop ends the server in the order in which nothing is lost: no longer ready, sockets sent away to reconnect
// elsewhere (1012), requests finished, jobs done, then database and cluster closed.
func (i *Instance) Stop() error {
	i.once.Do(func() { i.stopErr = i.stop() })
	return i.stopErr
}

func (i *Instance) stop() error {
	i.draining.Store(true)
	var all error
	if i.stopHub != nil {
		i.stopHub()
		all = errors.Join(all, within(&i.hub, "live screens"))
	}
	if i.listener != nil {
		all = errors.Join(all, i.endRequests())
		_ = i.listener.Close() // closed already, unless it never served
		all = errors.Join(all, within(&i.serving, "requests"))
	}
	if i.stopJob != nil {
		i.stopJob()
		all = errors.Join(all, within(&i.jobs, "jobs"))
	}
	return errors.Join(all, i.App.Close())
}

// endRequests takes no more requests and waits for those that are being answered. A connection that a browser keeps ready
// and on which it has asked for nothing is no reason to complain.
func (i *Instance) endRequests() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- i.web.ShutdownWithContext(ctx) }()
	look := time.NewTicker(spareWait)
	defer look.Stop()
	for quiet := false; ; {
		select {
		case err := <-ended:
			if err == nil || i.active.Load() == 0 {
				return nil
			}
			return fmt.Errorf("requests were cut off: %w", err)
		case <-look.C:
			if still := i.active.Load() == 0; still && quiet {
				cancel()
			} else {
				quiet = still
			}
		}
	}
}

// within waits for a part to end.
func within(wg *sync.WaitGroup, what string) error {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(stopWait):
		return fmt.Errorf("%s did not end within %s", what, stopWait)
	}
}
