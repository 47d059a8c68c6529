package live

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

func TestAKickReachesTheRightSockets(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a, b, c := s.open(1, "session", "5"), s.open(1, "session", "6"), s.open(1, "device", "5")
	eventually(t, 10*time.Second, "all of them are in", func() bool { return s.hub.Stats().Watching == 3 })
	s.hub.Kick(func(o Owner) bool { return o.Session == 5 }, CloseSignIn)
	a.closedWith(CloseSignIn)
	s.hub.Kick(func(o Owner) bool { return o.Device == 5 }, CloseRevoked)
	c.closedWith(CloseRevoked)
	s.set(1, 2)
	b.equalsDatabase(1, 5*time.Second)
	if n := s.hub.Stats().Kicked; n != 2 {
		t.Errorf("%d kicked, want 2", n)
	}
}

// A session that runs out takes its sockets with it, by the injected clock; others, and those without an end, stay.
func TestASocketEndsWithItsSession(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64 // seconds since 1970
	clock.Store(1_000)
	s := newStage(t, func(c *Config) { c.Now = func() time.Time { return time.Unix(clock.Load(), 0) } })
	ending, later, endless := s.open(1, "until", "2000"), s.open(1, "until", "2001"), s.open(1)
	clock.Store(1_999)
	s.set(1, 1)
	ending.equalsDatabase(1, 5*time.Second)
	beats := ending.count(isHeartbeat)
	eventually(t, 5*time.Second, "a heartbeat in the last second", func() bool { return ending.count(isHeartbeat) > beats })
	clock.Store(2_000)
	ending.closedWith(CloseSignIn)
	s.set(1, 2)
	later.equalsDatabase(1, 5*time.Second)
	endless.equalsDatabase(1, 5*time.Second)
	clock.Store(2_001)
	later.closedWith(CloseSignIn)
	clock.Store(1 << 40)
	s.set(1, 3)
	endless.equalsDatabase(1, 5*time.Second)
}

// A session is revoked after a socket's rights were looked up and before it is served: it must not slip through.
func TestAKickReachesThoseWhoAreJustEntering(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	checked := time.Now()
	s.hub.Kick(func(o Owner) bool { return o.Session == 5 }, CloseSignIn)
	late, later := &client{hub: s.hub, owner: Owner{Session: 5, Checked: checked}}, Owner{Session: 5, Checked: time.Now()}
	if code := s.hub.enter(late, wallOf(1)); code != CloseSignIn {
		t.Errorf("who was looked up before the kick enters with %d", code)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if code := s.hub.kicked(later); code != 0 {
		t.Errorf("who was looked up after the kick is sent away with %d", code)
	}
}

// control runs a hub whose control events are heard.
func control(t *testing.T, pool *bun.DB, kinds ...string) (heard chan Event) {
	t.Helper()
	heard = make(chan Event, 100)
	hub := NewHub(Config{DB: pool, Screens: &things{pool: pool}, Jitter: time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	for _, kind := range kinds {
		hub.OnControl(kind, func(Event) { panic("a handler that fails ends nothing") })
		hub.OnControl(kind, func(e Event) { heard <- e })
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	within(t, 10*time.Second, "the hub", hub.Ready())
	return heard
}

// Every instance applies control events within a second, also where nobody watches, in their order and once.
func TestControlReachesEveryInstance(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t)
	one, two, writer := dbtest.Open(t, address), dbtest.Open(t, address), dbtest.Open(t, address)
	instances := []chan Event{control(t, one, "session.revoked"), control(t, two, "session.revoked")}
	for id := int64(1); id <= 5; id++ {
		_, err := db.Tx(t.Context(), writer, func(ctx context.Context, _ bun.Tx) (int, error) {
			Publish(ctx, Control, "session.revoked", id)
			Publish(ctx, Control, "something.else", id)
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, heard := range instances {
			select {
			case e := <-heard:
				if e.ID != id || e.Kind != "session.revoked" {
					t.Errorf("instance %d heard %s %d, want %d", i, e.Kind, e.ID, id)
				}
			case <-time.After(time.Second):
				t.Fatalf("instance %d did not hear within a second", i)
			}
		}
	}
}

// Control events that can't be read any more: everything cached is to be read anew, and sockets come again.
func TestLostControlStartsEverybodyAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sc := s.open(1)
	eventually(t, 5*time.Second, "the socket", func() bool { return s.hub.Stats().Watching == 1 })
	heard := control(t, dbtest.Open(t, s.address), ControlLost)
	if _, err := s.pool.ExecContext(t.Context(), `update topics set epoch = epoch + 1 where name = 'control'`); err != nil {
		t.Fatal(err)
	}
	if err := notify(t.Context(), s.pool, nonce()); err != nil {
		t.Fatal(err)
	}
	sc.closedWith(CloseRestart)
	select {
	case <-heard:
	case <-time.After(5 * time.Second):
		t.Fatal("nobody was told that control events were lost")
	}
}

func TestShutdownSendsEverybodyAway(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Jitter = 100 * time.Millisecond })
	var all []*screen
	for range 30 {
		all = append(all, s.open(1))
	}
	eventually(t, 5*time.Second, "all to be served", func() bool { return s.hub.Stats().Watching == 30 })
	s.stop()
	if n := s.hub.Stats().Watching; n != 0 {
		t.Errorf("%d sockets outlive the hub", n)
	}
	for _, sc := range all {
		sc.closedWith(CloseRestart)
	}
	late := s.blank(1)
	late.connect()
	late.closedWith(CloseRestart)
}

// The server is stopped and another one started while the wall is open: nothing is missing.
func TestAScreenOutlivesItsServer(t *testing.T) {
	t.Parallel()
	one := newStage(t)
	one.set(1, 1)
	sc := one.open(1)
	one.set(1, 2)
	sc.equalsDatabase(1, 5*time.Second)
	one.stop()
	sc.closedWith(CloseRestart)
	for id := range int64(7) {
		one.set(1, id)
	}
	two := onStage(t, one.address, dbtest.Open(t, one.address))
	sc.stage = two
	sc.connect()
	sc.equalsDatabase(1, 5*time.Second)
	if n := sc.count(isSnapshot); n != 0 {
		t.Errorf("%d snapshots, though all events are still in the log", n)
	}
}
