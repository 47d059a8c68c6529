package live

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lobby/app/kit/db/dbtest"
)

// The app is killed between commit and notification: the fallback tick finds the change.
func TestACommitWithoutNotificationIsFound(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sc := s.open(1)
	s.set(1, 1)
	eventually(t, 5*time.Second, "the screen to follow", func() bool { return sc.position().Seq == 1 })
	// What opening the screen and the first change have set off is over: from here on only the tick has anything read.
	before := s.hub.Stats().Reads
	eventually(t, 5*time.Second, "the tick", func() bool { return s.hub.Stats().Reads >= before+3 })
	began := time.Now()
	s.setSilently(1, 2)
	eventually(t, 5*time.Second, "the change", func() bool { return sc.position().Seq == 2 })
	if took := time.Since(began); took > time.Second {
		t.Errorf("found after %s; the tick is every 250 ms", took)
	}
	sc.equalsDatabase(1, 5*time.Second)
}

// Nobody watches: no tick. What was committed silently meanwhile is there for whoever opens a screen.
func TestNoTickWithoutScreens(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Fallback = 10 * time.Millisecond })
	quiet := s.hub.Stats()
	eventually(t, 5*time.Second, "ten ticks without a reading", func() bool {
		now := s.hub.Stats()
		if now.Reads != quiet.Reads {
			quiet = now
		}
		return now.Idle >= quiet.Idle+10
	})
	s.setSilently(1, 1)
	s.setSilently(1, 2)
	sc := s.blank(1)
	sc.at = Position{1, 1}
	sc.state[1] = thing{1, 1, 1}
	sc.connect()
	sc.equalsDatabase(1, 5*time.Second)
}

// A subcommand has no hub: it notifies by itself, and no fallback is needed.
func TestAProcessWithoutAHubNotifies(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Fallback = time.Hour })
	sc := s.open(1)
	if err := set(t.Context(), dbtest.Open(t, s.address), 1, 1); err != nil {
		t.Fatal(err)
	}
	sc.equalsDatabase(1, 5*time.Second)
}

// One instance writes, the other hears of it through PostgreSQL alone, and of many commits in a few notifications.
func TestOtherInstancesAreWoken(t *testing.T) {
	t.Parallel()
	slow := func(c *Config) { c.Fallback = time.Hour }
	one := newStage(t, slow)
	two := onStage(t, one.address, dbtest.Open(t, one.address), slow)
	sc := two.open(1)
	sc.equalsDatabase(1, 5*time.Second)
	for id := range int64(100) {
		one.set(1, id)
	}
	sc.equalsDatabase(1, 5*time.Second)
	if n := one.hub.Stats().Notified; n < 1 || n > 100 {
		t.Errorf("%d notifications for 100 commits", n)
	}
	if n := two.hub.Stats().Notified; n != 0 {
		t.Errorf("the instance that wrote nothing sent %d notifications", n)
	}
}

// The listener's backend is killed again and again while another instance writes: nothing is missed.
func TestTheListenerIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	one := newStage(t)
	two := onStage(t, one.address, dbtest.Open(t, one.address))
	sc := two.open(1)
	enough, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := int64(0); ; n++ {
			select {
			case <-enough:
				return
			default:
			}
			if err := set(t.Context(), one.pool, 1, n%10); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	killed := 0
	eventually(t, 30*time.Second, "some killed backends and changes", func() bool {
		killed += dbtest.EndBackends(t, one.pool, listenerName)
		return killed >= 10 && two.hub.Stats().Events >= 100
	})
	close(enough)
	<-done
	sc.equalsDatabase(1, 10*time.Second)
	eventually(t, 10*time.Second, "both listeners to be back", func() bool {
		return one.hub.Stats().Listening && two.hub.Stats().Listening
	})
	if two.hub.Stats().ListenerLost == 0 {
		t.Error("the hub never noticed that its listener was killed")
	}
	if err := set(t.Context(), one.pool, 1, 77); err != nil {
		t.Fatal(err)
	}
	sc.equalsDatabase(1, 5*time.Second)
}

// Every connection of the hub is cut, the pool's too, as when PostgreSQL is restarted.
func TestAllConnectionsAreCut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sc := s.open(1)
	for id := range int64(30) {
		if id%5 == 0 {
			dbtest.EndBackends(t, s.pool, "lobby")
			dbtest.EndBackends(t, s.pool, listenerName)
		}
		eventually(t, 5*time.Second, "a commit", func() bool { return set(t.Context(), s.pool, 1, id) == nil })
	}
	sc.equalsDatabase(1, 10*time.Second)
}

// PostgreSQL is restarted twice under load, once in order and once by a power cut. What was acknowledged is there
// afterwards, and the screens are equal to the database.
func TestPostgreSQLIsRestartedUnderLoad(t *testing.T) {
	t.Parallel()
	server := dbtest.Private(t)
	s := stageAt(t, server.URL())
	sc := s.open(1)
	over := make(chan struct{})
	var writers sync.WaitGroup
	var acknowledged, refused atomic.Int64
	for w := range int64(4) {
		writers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if set(context.Background(), s.pool, 1, w) == nil {
					acknowledged.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	for _, again := range []func(){server.Restart, func() { server.Kill(); server.Start() }} {
		had := acknowledged.Load()
		eventually(t, 20*time.Second, "some commits", func() bool { return acknowledged.Load() > had+20 })
		again()
	}
	had := acknowledged.Load()
	eventually(t, 20*time.Second, "commits after the restarts", func() bool { return acknowledged.Load() > had+20 })
	close(over)
	writers.Wait()
	sc.equalsDatabase(1, 20*time.Second)
	if at := sc.position().Seq; at < acknowledged.Load() {
		t.Errorf("%d changes were acknowledged, %d are there", acknowledged.Load(), at)
	}
	if refused.Load() == 0 {
		t.Error("no commit was refused; the server was never away")
	}
	eventually(t, 20*time.Second, "the listener to be back", func() bool { return s.hub.Stats().Listening })
}

// The clock is set back and forth: screens go on, and no number comes twice.
func TestTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s := newStage(t, func(c *Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		c.Heartbeat = 150 * time.Millisecond
	})
	sc := s.open(1)
	for i, by := range []time.Duration{-48 * time.Hour, 3 * time.Hour, -time.Minute, 0} {
		offset.Store(int64(by))
		s.set(1, int64(i))
		sc.equalsDatabase(1, 5*time.Second)
		beats := sc.count(isHeartbeat)
		eventually(t, 5*time.Second, "a heartbeat that shows the clock", func() bool {
			all := sc.heardAll()
			last := all[len(all)-1]
			at, err := time.Parse(time.RFC3339, last.Now)
			return err == nil && sc.count(isHeartbeat) > beats && time.Until(at).Round(10*time.Second) == by
		})
	}
}

func TestAJumpOfTheClockIsNoticed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := newClock(func() time.Time { return now })
	if c.jumped() {
		t.Error("a jump where there was none")
	}
	for _, by := range []time.Duration{-2 * time.Second, time.Hour, -time.Hour} {
		now = now.Add(by)
		if !c.jumped() {
			t.Errorf("a jump by %s was not noticed", by)
		}
	}
	if c.jumped() {
		t.Error("one jump was noticed twice")
	}
}

// A hub that is ended while PostgreSQL doesn't answer doesn't hang.
func TestAHubEndsWithoutADatabase(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	h := NewHub(Config{DB: pool, Screens: &things{pool: pool}, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	eventually(t, 5*time.Second, "the hub to notice", func() bool { return h.Stats().ReadErrors > 0 })
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the hub hangs")
	}
	if h.Run(t.Context()) == nil {
		t.Error("a hub ran twice")
	}
}
