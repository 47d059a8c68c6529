package live

import (
	"context"
	"log/slog"
	"sync"
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
	Log     *slog.Logger     // nil: slog.Default

	Heartbeat time.Duration // 0: 15 s
	Fallback  time.Duration // 0: 250 ms; how often is read without a wake-up while someone watches
	Jitter    time.Duration // 0: 1 s; over which time sockets are closed when the server stops
	WriteWait time.Duration // 0: 5 s; a client that takes longer for one message is dropped
	PongWait  time.Duration // 0: 45 s; a client that is silent for longer is dropped
}

// Conn is a socket after its handshake.
type Conn = websocket.Conn

// Hub is the live part of one instance.
type Hub struct {
	cfg Config

	mu       sync.Mutex
	handlers map[string][]func(Event)
}

// NewHub makes a hub; it does nothing before Run.
func NewHub(cfg Config) *Hub { return &Hub{cfg: cfg, handlers: map[string][]func(Event){}} }

// Run reads events and serves sockets until ctx ends, closes all sockets and returns when the last one is gone.
func (h *Hub) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Ready is closed once the listener is in force and control has been read for the first time.
func (h *Hub) Ready() <-chan struct{} { return nil }

// OnControl registers what this instance does for a control event. fn must be quick. Call it before Run.
func (h *Hub) OnControl(kind string, fn func(Event)) { h.handlers[kind] = append(h.handlers[kind], fn) }

// Kick closes the sockets whose owner matches.
func (h *Hub) Kick(match func(Owner) bool, code int) {}

// Serve serves one socket until it ends.
func (h *Hub) Serve(ctx context.Context, conn *Conn, v View, at Position, o Owner) {}
