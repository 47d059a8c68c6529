package live

import (
	"context"
	"sync"
	"time"
)

const (
	slots         = 15                     // parts of the heartbeat, so that not all sockets beat at once
	linger        = time.Minute            // how long a view that nobody watches is kept: a page that reloads comes back
	laneEvery     = time.Second            // between two refreshes of one lane
	renderTries   = 3                      // then the events are given up, and a snapshot takes their place
	snapshotReach = 32                     // how many messages a snapshot may be behind and still be given out
	beatKeep      = 500 * time.Millisecond // how long one heartbeat message is shared
	quietMost     = time.Second            // how long screens needn't know of events that nothing is to be shown of
)

// view is what everybody with the same site, audience and language sees. Its goroutine makes frames of events, once
// for all, and puts them into the ring; the clients' writers take them from there.
type view struct {
	hub   *Hub
	key   View
	topic *topic
	look  chan struct{} // somebody joined, or wants a snapshot

	mu      sync.Mutex
	clients []*client
	ring    ring
	age     int // of the topic when the ring was begun; 0: not yet
	epoch   int64
	snap    *snapshot
	wanted  bool // a snapshot is
	failing bool // the last rendering failed: no heartbeat may claim that the screens are up to date
	idle    time.Time
	beat    message
	beatAt  time.Time
	beatEnd int64
	beatSay string // the look that it announces

	// Of the goroutine alone.
	tries    int
	lanes    map[string]*lane
	phase    int
	quiet    time.Time // since when writers haven't been woken for what there is; zero: they have
	counting bool      // the figures are being made
	figures  chan figures
}

// figures are what was made aside, while frames went on.
type figures struct {
	after int64 // the last event before
	frame Frame
	err   error
}

type snapshot struct {
	age int
	seq int64
	msg message
}

// lane is one that is sent whole, at most once a second.
type lane struct {
	last time.Time
	due  bool
}

func newView(h *Hub, key View, t *topic) *view {
	return &view{hub: h, key: key, topic: t, look: make(chan struct{}, 1), lanes: map[string]*lane{}, figures: make(chan figures, 1)}
}

// run makes frames until ctx ends or nobody has watched for a while.
func (v *view) run(ctx context.Context) {
	beat := time.NewTicker(v.hub.cfg.Heartbeat / slots)
	defer beat.Stop()
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	pause := 50 * time.Millisecond
	for {
		wait, err := v.step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			v.hub.failed("rendering", err)
			wait = pause/2 + jitter(pause)
			pause = min(2*pause, 2*time.Second)
		default:
			pause = 50 * time.Millisecond
		}
		again.Reset(wait)
		changed := v.topic.since(0, 0).changed
		if err == nil && v.behind() {
			continue
		}
		if !v.await(ctx, err != nil, changed, beat.C, again.C) {
			return
		}
	}
}

// await waits for work. A failed step is tried again after its pause, not at every event.
func (v *view) await(ctx context.Context, failed bool, changed <-chan struct{}, beat, again <-chan time.Time) (goOn bool) {
	look := v.look
	if failed {
		changed, look = nil, nil
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-changed:
			return true
		case <-look:
			return true
		case <-again:
			return true
		case <-beat:
			v.pulse()
			if v.hub.forget(v) {
				return false
			}
		}
	}
}

// behind tells whether the topic has moved since the last step.
func (v *view) behind() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.topic.since(v.age, v.ring.end)
	return s.open && (s.age != v.age || s.head != v.ring.end)
}

// pulse lets the clients of the next slot have their ping and heartbeat, or sends them away: a session that is over
// has no heartbeat any more.
func (v *view) pulse() {
	v.phase = (v.phase + 1) % slots
	now := v.hub.cfg.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.clients {
		switch {
		case c.slot != v.phase:
		case c.owner.over(now):
			c.close(CloseSignIn)
		default:
			c.beat, c.ping = true, true
			c.wake()
		}
	}
}

func (v *view) add(c *client) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c.index = len(v.clients)
	c.slot = len(v.clients) % slots
	c.beat = true // at once: the screen needs the clock, and to hear that it is up to date
	v.clients = append(v.clients, c)
	if v.age == 0 {
		v.prod()
	}
}

func (v *view) remove(c *client) {
	v.mu.Lock()
	defer v.mu.Unlock()
	last := len(v.clients) - 1
	v.clients[c.index] = v.clients[last]
	v.clients[c.index].index = c.index
	v.clients[last] = nil
	v.clients = v.clients[:last]
	if last == 0 {
		v.idle = time.Now()
	}
}

// prod has the goroutine look again.
func (v *view) prod() {
	select {
	case v.look <- struct{}{}:
	default:
	}
}

// wakeAll lets every writer look. Called with the lock.
func (v *view) wakeAll() {
	for _, c := range v.clients {
		c.wake()
	}
}

// next is what a client is to be sent now; ok is false when there is nothing, or not yet.
func (v *view) next(c *client) (m message, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if c.ping {
		c.ping = false
		return ping, true
	}
	if v.age == 0 {
		return message{}, false
	}
	if c.age == 0 && c.epoch == v.epoch && v.ring.holds(c.seq) {
		c.age, c.place = v.age, v.ring.after(c.seq)
	}
	if c.age != v.age || c.place < v.ring.base {
		return v.catchUp(c)
	}
	for it, more := v.ring.at(c.place); more; it, more = v.ring.at(c.place) {
		if v.ring.covered(c.place) {
			c.place++
			continue
		}
		if !it.old(c.seq) && !it.lane && !c.ranges && c.seq+1 < it.seq {
			return v.bare(c)
		}
		c.place++
		if !it.old(c.seq) {
			c.seq = it.seq
			return it.msg, true
		}
	}
	if c.beat {
		return v.heartbeat(c)
	}
	return message{}, false
}

// bare gives a client whose page knows no ranges, since it was made by an older build, the next number of one by itself.
func (v *view) bare(c *client) (message, bool) {
	m, err := frameMessage(c.seq+1, Event{Topic: v.topic.name, Epoch: v.epoch, Seq: c.seq + 1}, Frame{})
	if err != nil {
		return message{}, false
	}
	c.seq++
	return m, true
}

// catchUp gives a client that has missed too much the shared snapshot, or asks for one.
func (v *view) catchUp(c *client) (message, bool) {
	s := v.snap
	if s == nil || s.age != v.age || s.seq < v.ring.floor || v.ring.ahead(s.seq) > snapshotReach {
		v.wanted = true
		v.prod()
		return message{}, false
	}
	c.age, c.epoch, c.seq, c.place = v.age, v.epoch, s.seq, v.ring.after(s.seq)
	v.hub.stats.snapshotsSent.Add(1)
	return s.msg, true
}

// heartbeat tells a client that has everything where the stream stands. A hub that can't read its database, or can't
// render, says nothing: silence is how a screen learns that it may be stale.
func (v *view) heartbeat(c *client) (message, bool) {
	if v.failing || c.seq != v.ring.end || !v.hub.fresh() {
		return message{}, false
	}
	look := ""
	if v.hub.cfg.Look != nil {
		look = v.hub.cfg.Look(v.key.Site)
	}
	if v.beatEnd != v.ring.end || v.beatSay != look || v.beat.PreparedMessage == nil || time.Since(v.beatAt) > beatKeep {
		m, err := heartbeatMessage(v.topic.name, Position{v.epoch, v.ring.end}, v.hub.cfg.Now(), v.hub.cfg.Build, look)
		if err != nil {
			return message{}, false
		}
		v.beat, v.beatAt, v.beatEnd, v.beatSay = m, time.Now(), v.ring.end, look
	}
	c.beat = false
	return v.beat, true
}
