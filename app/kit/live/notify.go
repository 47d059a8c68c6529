package live

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// channel is the one channel of PostgreSQL on which instances wake each other.
const channel = "lobby_live"

// notifyEvery is the shortest time between two notifications of one instance: what is committed in between shares one.
const notifyEvery = 5 * time.Millisecond

// notifyTimeout is how long a notification may take. A lost one is made good by the fallback tick.
const notifyTimeout = 2 * time.Second

// notifier tells the other instances that something was committed. NOTIFY inside the business transaction would hold
// one lock of the whole database through the flush; here it is a statement of its own, after the commit.
type notifier struct {
	pool  *bun.DB
	name  string // of this instance, the payload: a listener need not be woken by itself
	local func() // wakes the own reader without the way through PostgreSQL
	dirty chan struct{}
	sent  func(error) // for the counters
}

func newNotifier(pool *bun.DB, local func(), sent func(error)) *notifier {
	return &notifier{pool: pool, name: nonce(), local: local, dirty: make(chan struct{}, 1), sent: sent}
}

// poke is called after a commit. It never waits.
func (n *notifier) poke() {
	n.local()
	select {
	case n.dirty <- struct{}{}:
	default: // one is on its way and covers this commit too
	}
}

// run sends the notifications until ctx ends.
func (n *notifier) run(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.dirty:
		}
		err := notify(ctx, n.pool, n.name)
		n.sent(err)
		if err != nil && ctx.Err() == nil {
			slog.DebugContext(ctx, "live: notification not sent", "error", err)
		}
		pause.Reset(notifyEvery)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// notify wakes every listening instance. It needn't wait for the disk: a notification that a crash loses is worth
// nothing to anybody.
func notify(ctx context.Context, pool bun.IDB, payload string) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	_, err := pool.ExecContext(ctx, `select set_config('synchronous_commit', 'off', true), pg_notify(?, ?)`, channel, payload)
	return err
}

// registry finds the notifier of the hub that runs on a pool. Publish knows only its transaction; a process without a
// hub (a subcommand) has none and notifies on the spot.
var registry struct {
	mu        sync.Mutex
	notifiers map[*bun.DB][]*notifier
}

func register(n *notifier) (forget func()) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.notifiers == nil {
		registry.notifiers = map[*bun.DB][]*notifier{}
	}
	registry.notifiers[n.pool] = append(slices.Clone(registry.notifiers[n.pool]), n) // committed reads without the lock
	return func() {
		registry.mu.Lock()
		defer registry.mu.Unlock()
		left := slices.DeleteFunc(slices.Clone(registry.notifiers[n.pool]), func(m *notifier) bool { return m == n })
		if registry.notifiers[n.pool] = left; len(left) == 0 {
			delete(registry.notifiers, n.pool)
		}
	}
}

// committed runs after each commit that wrote events.
func committed(pool *bun.DB) {
	registry.mu.Lock()
	notifiers := registry.notifiers[pool]
	registry.mu.Unlock()
	for _, n := range notifiers {
		n.poke()
	}
	if len(notifiers) > 0 {
		return
	}
	if err := notify(context.Background(), pool, nonce()); err != nil {
		slog.Warn("live: notification not sent, screens follow a little later", "error", err)
	}
}

func nonce() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
