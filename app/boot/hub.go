package boot

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/uptrace/bun"

	"lobby/app/desk"
	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/kiosk"
)

// makeHub makes the live screens: what they show, who may follow them, and what this instance does when another one
// says that something changed.
func (i *Instance) makeHub(ctx context.Context) (err error) {
	a := i.App
	if i.direct, err = db.OpenDirect(ctx, a.direct); err != nil {
		return err
	}
	a.atClose(i.direct.Close)
	i.boards = &kiosk.Boards{DB: a.DB, Sites: a.Sites, Visits: a.Visits, Now: a.Now}
	i.desk = &desk.Desk{DB: a.DB, Sites: a.Sites, Tickets: a.Tickets, Visits: a.Visits, Now: a.Now}
	i.Hub = live.NewHub(live.Config{DB: a.DB, Direct: i.direct, Screens: screens{i.boards, i.desk}, Now: a.Now, Build: build(), Look: a.Sites.Look, Log: a.Log})
	i.sockets = &kiosk.Sockets{Hub: i.Hub, Log: a.Log}
	i.sockets.Control()
	i.Hub.OnControl("site.changed", func(e live.Event) {
		a.Sites.Forget(e.ID)
		i.hub.Go(func() { i.relook(e.ID) })
	})
	i.Hub.OnControl(pii.Changed, func(live.Event) { a.keyChanged() })
	i.Hub.OnControl(live.ControlLost, func(live.Event) {
		a.Sites.Forget(0)
		a.keyChanged()
	})
	return nil
}

// relook tells the open screens of a site that it looks different now. Where the database doesn't answer, the next
// heartbeat tells them.
func (i *Instance) relook(site int64) {
	ctx, cancel := context.WithTimeout(context.Background(), relookWait)
	defer cancel()
	if _, err := i.App.Sites.Get(ctx, site); err != nil {
		i.App.Log.Warn("a site changed, and can't be read", "site", site, "error", err)
		return
	}
	i.Hub.Beat(site)
}

// relookWait is how long reading a changed site may take.
const relookWait = 5 * time.Second

// screens asks the room that a view belongs to: the desk for its own page, the kiosk for all unattended screens.
type screens struct {
	boards *kiosk.Boards
	desk   *desk.Desk
}

type audience interface {
	live.Screens
	live.Lanes
}

func (s screens) of(v live.View) audience {
	if v.Audience == live.Desk {
		return s.desk
	}
	return s.boards
}

// Frames implements live.Screens.
func (s screens) Frames(ctx context.Context, v live.View, events []live.Event) ([]live.Frame, error) {
	return s.of(v).Frames(ctx, v, events)
}

// Snapshot implements live.Screens.
func (s screens) Snapshot(ctx context.Context, tx bun.IDB, v live.View) (string, error) {
	return s.of(v).Snapshot(ctx, tx, v)
}

// Lane implements live.Lanes.
func (s screens) Lane(ctx context.Context, v live.View, lane string) (live.Frame, error) {
	return s.of(v).Lane(ctx, v, lane)
}

// runHub has a context of its own: the signal that ends the program must not end the hub before Stop says so.
func (i *Instance) runHub(ctx context.Context) error {
	ctx, i.stopHub = context.WithCancel(context.WithoutCancel(ctx))
	i.hub.Go(func() {
		if err := i.Hub.Run(ctx); err != nil && ctx.Err() == nil {
			i.failed <- fmt.Errorf("live screens: %w", err)
		}
	})
	return nil
}

// hubCollector shows the hub's counters as metrics, one for each field of live.Stats.
type hubCollector struct {
	hub   *live.Hub
	descs []*prometheus.Desc
}

func newHubCollector(hub *live.Hub) *hubCollector {
	c := &hubCollector{hub: hub}
	for f := range reflect.TypeFor[live.Stats]().Fields() {
		c.descs = append(c.descs, prometheus.NewDesc("lobby_live_"+snake(f.Name), "Live screens of this instance: "+f.Name+".", nil, nil))
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *hubCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *hubCollector) Collect(out chan<- prometheus.Metric) {
	stats := reflect.ValueOf(c.hub.Stats())
	for n, d := range c.descs {
		value := 0.0
		switch f := stats.Field(n); f.Kind() {
		case reflect.Bool:
			if f.Bool() {
				value = 1
			}
		default:
			value = float64(f.Int())
		}
		out <- prometheus.MustNewConstMetric(d, prometheus.UntypedValue, value)
	}
}

// snake writes "ReadErrors" as "read_errors".
func snake(name string) string {
	var b strings.Builder
	for n, r := range name {
		if r >= 'A' && r <= 'Z' {
			if n > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
