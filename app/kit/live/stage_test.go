package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const listenerName = "lobby-listen"

// things is a domain of one table, small enough to compare a screen with: each thing has a value and a version.
const thingsTable = `create table things (
	site bigint not null, id bigint not null, value bigint not null, version bigint not null, primary key (site, id))`

// stage is one database with a hub and its sockets on real HTTP.
type stage struct {
	t       *testing.T
	address string
	pool    *bun.DB
	hub     *Hub
	screens *things
	socket  string // ws://…/live
	stop    func()
}

func newStage(t *testing.T, change ...func(*Config)) *stage {
	t.Helper()
	return stageAt(t, dbtest.URL(t), change...)
}

func stageAt(t *testing.T, address string, change ...func(*Config)) *stage {
	t.Helper()
	pool := dbtest.Open(t, address)
	if _, err := pool.ExecContext(t.Context(), thingsTable); err != nil {
		t.Fatal(err)
	}
	return onStage(t, address, pool, change...)
}

// onStage runs a further hub on a database, as another instance has it.
func onStage(t *testing.T, address string, pool *bun.DB, change ...func(*Config)) *stage {
	t.Helper()
	s := &stage{t: t, address: address, pool: pool, screens: &things{pool: pool}}
	cfg := Config{
		DB: pool, Direct: dbtest.Open(t, with(address, "application_name", listenerName)), Screens: s.screens, Build: "b1",
		Log: slog.New(slog.DiscardHandler), Jitter: 10 * time.Millisecond, Heartbeat: 300 * time.Millisecond,
	}
	for _, c := range change {
		c(&cfg)
	}
	s.hub = NewHub(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.hub.Run(ctx); err != nil {
			t.Errorf("hub: %v", err)
		}
	}()
	s.serve()
	s.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(s.stop)
	within(t, 10*time.Second, "the hub to be ready", s.hub.Ready())
	return s
}

// serve opens /live; query parameters stand in for what package kiosk finds out.
func (s *stage) serve() {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() {
			if wire, ok := conn.NetConn().(*watched); ok {
				wire.given.Store(true) // from here on the connection may be another client's
			}
			_ = conn.Close()
		}()
		q := func(name string) int64 { n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64); return n }
		v := View{Site: q("site"), Audience: Audience(r.URL.Query().Get("view")), Lang: r.URL.Query().Get("lang")}
		s.hub.Serve(r.Context(), conn, v, Start{Position{q("epoch"), q("seq")}, q("ranges") == 1}, Owner{Staff: q("staff"), Session: q("session"), Device: q("device"), Until: until(q("until"))})
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	late := &atomic.Int64{}
	go func() { defer close(ended); _ = server.Serve(watching{ln, late}) }()
	s.t.Cleanup(func() {
		_ = server.Close()
		<-ended
		if n := late.Load(); n != 0 {
			s.t.Errorf("%d writes into connections whose handler was back already", n)
		}
	})
	s.socket = "ws://" + ln.Addr().String() + "/live"
}

// until is a moment in seconds since 1970; 0 is none.
func until(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// watching is a listener whose connections notice who writes into them after the handler is back, when
// contrib/websocket would have given them to another client.
type watching struct {
	net.Listener
	late *atomic.Int64
}

func (w watching) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	return &watched{Conn: c, late: w.late}, err
}

type watched struct {
	net.Conn
	given atomic.Bool
	late  *atomic.Int64
}

func (w *watched) Write(p []byte) (int, error) {
	if w.given.Load() {
		w.late.Add(1)
	}
	return w.Conn.Write(p)
}

func with(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// set changes one thing and publishes it, as a service does.
func (s *stage) set(site, id int64) {
	s.t.Helper()
	if err := set(s.t.Context(), s.pool, site, id); err != nil {
		s.t.Fatal(err)
	}
}

func set(ctx context.Context, pool *bun.DB, site int64, ids ...int64) error {
	_, err := db.Tx(ctx, pool, func(ctx context.Context, tx bun.Tx) (int, error) {
		for _, id := range ids {
			if err := bump(ctx, tx, site, id); err != nil {
				return 0, err
			}
			Publish(ctx, Site(site), "thing.set", id)
		}
		return 0, nil
	})
	return err
}

func bump(ctx context.Context, tx bun.IDB, site, id int64) error {
	_, err := tx.NewRaw(`insert into things values (?, ?, 1, 1) on conflict (site, id)
		do update set value = (things.value * 31 + 7) % 1000003, version = things.version + 1`, site, id).Exec(ctx)
	return err
}

// setSilently commits like a server that is killed between commit and notification.
func (s *stage) setSilently(site, id int64) {
	s.t.Helper()
	err := s.pool.RunInTx(s.t.Context(), nil, func(ctx context.Context, tx bun.Tx) error { return silently(ctx, tx, site, id) })
	if err != nil {
		s.t.Fatal(err)
	}
}

func silently(ctx context.Context, tx bun.Tx, site, id int64) error {
	if err := bump(ctx, tx, site, id); err != nil {
		return err
	}
	return writeTopic(ctx, tx, Site(site), []draft{{Site(site), "thing.set", id, json.RawMessage("{}")}})
}

// page reads state and position of one moment, as a page does.
func (s *stage) page(site int64) (map[int64]thing, Position) {
	s.t.Helper()
	var at Position
	state, err := db.Read(s.t.Context(), s.pool, func(ctx context.Context, tx bun.Tx) (map[int64]thing, error) {
		var err error
		if at, err = Head(ctx, tx, Site(site)); err != nil {
			return nil, err
		}
		return load(ctx, tx, site, nil)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return state, at
}

func within(t *testing.T, d time.Duration, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(d):
		t.Fatalf("waited %s for %s", d, what)
	}
}

func eventually(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(d); ; <-tick.C {
		if ok() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", d, what)
		}
	}
}
