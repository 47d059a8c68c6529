package live

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	readEvery = 5 * time.Millisecond // shortest time between two readings
	readWait  = 5 * time.Second      // how long one may take
	clockSlip = time.Second          // by how much the clock may differ from the time that passed before it counts as set
)

// reading reads what is new whenever there may be something: after a wake-up, a reconnect, a jump of the clock, and
// every 250 ms while someone watches or the listener is down, so that a lost notification costs that much and no more.
func (h *Hub) reading(ctx context.Context) {
	tick := time.NewTicker(h.cfg.Fallback)
	defer tick.Stop()
	clock := newClock(h.cfg.Now)
	ok, reported := false, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wakeup:
		case <-tick.C:
			if jumped := clock.jumped(); !jumped && ok && h.watching.Load() == 0 && h.listener.up.Load() {
				h.stats.idle.Add(1)
				continue
			}
		}
		began := time.Now()
		err := h.readAll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !reported:
			reported = true
			h.failed("reading events", err)
		case err == nil && !ok:
			reported = false
			h.each((*client).wake) // heartbeats that were held back
		}
		ok = err == nil
		h.readOnce(ok)
		sleep(ctx, readEvery-time.Since(began))
	}
}

// readOnce notes a reading; the first good one with the listener in force makes the hub ready.
func (h *Hub) readOnce(ok bool) {
	h.stats.reads.Add(1)
	if !ok {
		h.stats.readErrors.Add(1)
		return
	}
	h.lastRead.Store(int64(time.Since(h.began)))
	select {
	case <-h.ready:
	default:
		if h.listener.up.Load() {
			close(h.ready)
		}
	}
}

// readAll reads all open topics in one statement and hands the events on.
func (h *Hub) readAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	topics := h.reads()
	names, positions := make([]string, 0, len(topics)), make([]int64, 0, len(topics))
	for name, t := range topics {
		s := t.since(0, 0)
		if !s.open {
			s.head = -1
		}
		names, positions = append(names, string(name)), append(positions, s.head)
	}
	rows, err := read(ctx, h.cfg.DB, names, positions)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Name == rows[0].Name {
			n++
		}
		t := topics[Topic(rows[0].Name)]
		if t == nil {
			return errors.New("live: read a topic that was not asked for")
		}
		events, cut := t.apply(rows[:n])
		h.stats.events.Add(int64(len(events)))
		if t == h.control {
			h.apply(events, cut)
		}
		rows = rows[n:]
	}
	return nil
}

// reads is what the reader follows now.
func (h *Hub) reads() map[Topic]*topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	topics := make(map[Topic]*topic, len(h.topics)+1)
	for name, t := range h.topics {
		topics[name] = t
	}
	topics[Control] = h.control
	return topics
}

// clock notices that somebody set the time, or that the machine slept.
type clock struct {
	now  func() time.Time
	wall time.Time
	mono time.Time
}

func newClock(now func() time.Time) *clock {
	return &clock{now: now, wall: now().Round(0), mono: time.Now()}
}

func (c *clock) jumped() bool {
	wall, mono := c.now().Round(0), time.Now()
	slip := wall.Sub(c.wall) - mono.Sub(c.mono)
	c.wall, c.mono = wall, mono
	return slip.Abs() > clockSlip
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// jitter is a random part of d, so that what happened to many at once doesn't happen to them at once again.
func jitter(d time.Duration) time.Duration {
	return rand.N(d) //nolint:gosec // nothing to guess
}
