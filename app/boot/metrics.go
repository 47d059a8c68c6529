package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/uptrace/bun"
)

// metrics is nil where LOBBY_METRICS_ADDR is unset: nothing is counted then.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// serveMetrics serves Prometheus, and profiles where asked, on an address of its own.
func (i *Instance) serveMetrics(ctx context.Context) error {
	addr := i.App.Config.MetricsAddr
	if addr == "" {
		return nil
	}
	i.metrics = newMetrics(i)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(i.metrics.registry, promhttp.HandlerOpts{Timeout: 5 * time.Second}))
	if i.App.Config.Pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if !loopback(addr) {
		i.App.Log.Warn("metrics can be read from other machines; 127.0.0.1 keeps them to this one", "addr", addr)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	i.App.atClose(srv.Close)
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			i.failed <- fmt.Errorf("metrics: %w", err)
		}
	}()
	i.App.Log.Info("metrics", "addr", ln.Addr().String())
	return nil
}

func newMetrics(i *Instance) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lobby_http_request_duration_seconds", Help: "Time to answer, by route as declared.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "lobby_build_info", Help: "Always 1; the labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": Version(), "go": runtime.Version()}})
	info.Set(1)
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lobby_due_lag_seconds",
		Help: "For how long the oldest passed limit has gone unnoticed."}, i.App.dueLag)
	age := func(what, help string, verified bool) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lobby_" + what + "_age_seconds", Help: help + " -1: there is none."},
			func() float64 { return i.App.backupAge(verified) })
	}
	m.registry.MustRegister(age("backup", "How old the newest backup is.", false),
		age("backup_verified", "How old the newest backup is that was verified by restoring it.", true))
	m.registry.MustRegister(m.requests, info, lag, newHubCollector(i.Hub),
		collectors.NewDBStatsCollector(i.App.DB.DB, "lobby"), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts one answered request. Route is the pattern, never the path.
func (i *Instance) observe(method, route string, status int, took time.Duration) {
	if i.App.observe != nil {
		i.App.observe(route, took)
	}
	if i.metrics != nil {
		i.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

func (a *App) dueLag() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), readyWait)
	defer cancel()
	var since bun.NullTime
	err := a.DB.NewRaw(`select min(due_at) from tickets
		where overdue_at is null and state in ('registered', 'classified', 'in_hand', 'waiting')`).Scan(ctx, &since)
	if err != nil {
		a.Log.Warn("metrics: due lag", "error", err)
		return -1
	}
	if since.IsZero() {
		return 0
	}
	return max(0, a.Now().Sub(since.Time).Seconds())
}
