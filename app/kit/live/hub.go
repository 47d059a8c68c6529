package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/uptrace/bun"
)

// Config is what a hub stands on. DB and Screens are required.
type Config struct {
	DB      *bun.DB          // pool: reads, notifications, rendering
	Direct  *bun.DB          // for the one listening connection, which must not pass a pooler; nil: the same as DB
	Screens Screens          // what frames and snapshots look like
	Now     func() time.Time // clock that heartbeats show; nil: time.Now
	Build   string           // announced in heartbeats, so that pages reload after an update
	// Look names what screens of a site are made from, announced in heartbeats, so that a page that was made from
	// something else reloads; empty where it isn't known just now. It must not wait. May be nil.
	Look func(site int64) string
	Log  *slog.Logger // nil: slog.Default

	Heartbeat time.Duration // 0: 15 s
	Fallback  time.Duration // 0: 250 ms; how often is read without a wake-up while someone watches
	Jitter    time.Duration // 0: 1 s; over which time sockets are closed when the server stops
	WriteWait time.Duration // 0: 5 s; a client that takes longer for one message is dropped
	PongWait  time.Duration // 0: 45 s; a client that is silent for longer is dropped
}

func (c Config) withDefaults() Config {
	if c.Direct == nil {
		c.Direct = c.DB
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Heartbeat, 15 * time.Second}, {&c.Fallback, 250 * time.Millisecond}, {&c.Jitter, time.Second},
		{&c.WriteWait, 5 * time.Second}, {&c.PongWait, 45 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return c
}

// Conn is a socket after its handshake.
type Conn = websocket.Conn

// Hub is the live part of one instance.
type Hub struct {
	cfg      Config
	notifier *notifier
	listener *listener
	wakeup   chan struct{}
	ready    chan struct{}
	lastRead atomic.Int64 // time of the last successful reading, as time since began
	began    time.Time
	watching atomic.Int64
	stats    counters

	mu       sync.Mutex
	ctx      context.Context // of Run; nil: not running
	control  *topic
	topics   map[Topic]*topic
	views    map[View]*view
	handlers map[string][]func(Event)
	kicks    []kick
	closing  bool

	work    sync.WaitGroup // goroutines of Run
	sockets sync.WaitGroup // calls of Serve
}

// NewHub makes a hub; it does nothing before Run.
func NewHub(cfg Config) *Hub {
	h := &Hub{
		cfg: cfg.withDefaults(), wakeup: make(chan struct{}, 1), ready: make(chan struct{}), began: time.Now(),
		control: newTopic(Control), topics: map[Topic]*topic{}, views: map[View]*view{}, handlers: map[string][]func(Event){},
	}
	h.notifier = newNotifier(h.cfg.DB, h.wake, h.notified)
	h.listener = &listener{direct: h.cfg.Direct, pool: h.cfg.DB, own: h.notifier.name, wake: h.wake, lost: h.listenerLost}
	return h
}

// Run reads events and serves sockets until ctx ends, closes all sockets and returns when the last one is gone. Stop
// it before the web server, which doesn't see open sockets. A hub runs once.
func (h *Hub) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	h.mu.Lock()
	if h.ctx != nil {
		h.mu.Unlock()
		return errors.New("live: the hub has been run already")
	}
	h.ctx = inner
	h.mu.Unlock()
	defer register(h.notifier)()
	h.work.Go(func() { h.notifier.run(inner) })
	h.work.Go(func() { h.listener.run(inner) })
	h.work.Go(func() { h.pruning(inner) })
	h.work.Go(func() { h.reading(inner) })
	<-ctx.Done()
	h.drain()
	stop()
	h.work.Wait()
	return nil
}

// Ready is closed once the listener is in force and control has been read for the first time.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

// wake lets the reader look for new events.
func (h *Hub) wake() {
	select {
	case h.wakeup <- struct{}{}:
	default:
	}
}

// fresh tells whether the database was read a moment ago, so that a heartbeat says the truth.
func (h *Hub) fresh() bool {
	return time.Since(h.began)-time.Duration(h.lastRead.Load()) < 5*time.Second
}

// Serve serves one socket of a view from a position until it ends. It returns only after its writer has ended, as
// contrib/websocket requires. Whether the owner may have the view is the caller's to check, before; what is revoked
// meanwhile is noticed here.
func (h *Hub) Serve(_ context.Context, conn *Conn, v View, at Start, o Owner) {
	if o.Checked.IsZero() {
		o.Checked = time.Now()
	}
	c := &client{hub: h, conn: conn, owner: o, ranges: at.Ranges, epoch: at.Epoch, seq: at.Seq}
	code := h.enter(c, v)
	if code != 0 {
		Refuse(conn, code)
		return
	}
	defer h.leave(c)
	c.wake()
	c.read()
}

// enter puts a client into its view, or tells with which code it has to go.
func (h *Hub) enter(c *client, key View) (code int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || h.ctx == nil {
		return CloseRestart
	}
	if code := h.kicked(c.owner); code != 0 {
		return code
	}
	v := h.views[key]
	if v == nil {
		t := h.topics[key.Topic()]
		if t == nil {
			t = newTopic(key.Topic())
			h.topics[t.name] = t
		}
		v = newView(h, key, t)
		h.views[key] = v
		ctx := h.ctx
		h.work.Go(func() { v.run(ctx) })
	}
	c.view = v
	v.add(c)
	h.sockets.Add(1)
	h.stats.served.Add(1)
	if h.watching.Add(1) == 1 || !v.topic.since(0, 0).open {
		h.wake()
	}
	return 0
}

func (h *Hub) leave(c *client) {
	c.view.remove(c)
	h.watching.Add(-1)
	h.sockets.Done()
}

// forget drops a view that nobody has watched for a while, and its topic with the last one.
func (h *Hub) forget(v *view) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.clients) > 0 || time.Since(v.idle) < linger {
		return false
	}
	delete(h.views, v.key)
	for _, other := range h.views {
		if other.topic == v.topic {
			return true
		}
	}
	delete(h.topics, v.topic.name)
	return true
}

// each calls fn for every client.
func (h *Hub) each(fn func(*client)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.views {
		v.mu.Lock()
		for _, c := range v.clients {
			fn(c)
		}
		v.mu.Unlock()
	}
}
