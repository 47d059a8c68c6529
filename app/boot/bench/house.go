package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"lobby/app/boot"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/staff"
)

// house is one database with the demo site and one server on it, shared by the sections.
type house struct {
	binary  string
	dir     string
	cluster *cluster.Cluster
	key     string
	server  *boot.Instance
	site    site.Site
	filled  bool // a million tickets are there

	database string                                 // its own; empty: the cluster's first one
	observe  func(route string, took time.Duration) // of its servers
}

func openHouse(ctx context.Context, binary string) (h *house, err error) {
	h = &house{binary: binary}
	if h.dir, err = os.MkdirTemp("", "lobby-bench-"); err != nil {
		return nil, err
	}
	if err = os.Chmod(h.dir, 0o755); err != nil { // PostgreSQL runs as another user and must enter
		return nil, err
	}
	if h.cluster, err = cluster.Start(ctx, h.dir, cluster.Options{}); err != nil {
		return nil, err
	}
	h.key = pii.NewKey().Text()
	if h.server, err = h.serve(ctx); err != nil {
		return nil, errors.Join(err, h.close())
	}
	h.site, err = h.server.App.Sites.ByCode(ctx, site.DemoCode)
	return h, err
}

// serve starts a server on the house's database, as DATABASE_URL would.
func (h *house) serve(ctx context.Context) (*boot.Instance, error) {
	app, err := boot.Open(ctx, benchConfig(h.address(), h.key), boot.Options{Observe: h.observe,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Rates: web.Rates{Off: true},
	})
	if err != nil {
		return nil, err
	}
	return app.Start(ctx)
}

// address is where the house's database is.
func (h *house) address() string {
	if h.database != "" {
		return h.at(h.database)
	}
	return h.cluster.URL()
}

func benchConfig(database, key string) *config.Config {
	return &config.Config{DatabaseURL: database, DirectURL: database, Addr: "127.0.0.1:0", Key: key, Demo: true, Migrate: true}
}

func (h *house) close() error {
	var all error
	if h.server != nil {
		all = h.server.Stop()
	}
	if h.cluster != nil {
		all = errors.Join(all, h.cluster.Stop())
	}
	return errors.Join(all, os.RemoveAll(h.dir))
}

// screen pairs a screen and gives its cookie.
func (h *house) screen(ctx context.Context, kind string) (string, error) {
	admin := actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:bench", Site: h.site.ID, All: true})
	code, _, err := h.server.App.Staff.Pair(admin, staff.Pair{Kind: kind, Name: "bench " + kind, Language: "zh-CN"})
	if err != nil {
		return "", err
	}
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(h.server.URL() + "/pair")
	req.Header.SetMethod("POST")
	req.Header.Set("Origin", h.server.URL())
	req.Header.SetContentType("application/x-www-form-urlencoded")
	req.PostArgs().Set("code", code)
	if err := fasthttp.Do(req, res); err != nil {
		return "", err
	}
	for _, cookie := range res.Header.Cookies() {
		pair, _, _ := strings.Cut(string(cookie), ";")
		if strings.HasPrefix(pair, "lobby_device=") {
			return pair, nil
		}
	}
	return "", fmt.Errorf("pairing was answered with %d and no cookie", res.StatusCode())
}

// percentile gives the p-th percentile (0…100) of the measured times.
func percentile(times []time.Duration, p float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Clone(times)
	slices.Sort(sorted)
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*p/100))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }
