package live

import (
	"fmt"
	"runtime/debug"
	"time"
)

// ControlLost is the kind of event that OnControl handlers get when control events were missed for good (another
// epoch, or pruned before they were read): whatever is cached must be read anew.
const ControlLost = "control.lost"

// kickKeep is how long a kick also hits those who enter late: their rights were looked up before it.
const kickKeep = 30 * time.Second

type kick struct {
	at    time.Time
	match func(Owner) bool
	code  int
}

// OnControl registers what this instance does for a control event ("session.revoked", …). fn runs in the reader and
// must be quick. Call it before Run.
func (h *Hub) OnControl(kind string, fn func(Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handlers[kind] = append(h.handlers[kind], fn)
}

// Kick closes the sockets whose owner matches, also those that are just being opened and whose rights were looked up
// before now (see Owner.Checked).
func (h *Hub) Kick(match func(Owner) bool, code int) {
	h.mu.Lock()
	now := time.Now()
	h.kicks = append(h.kicks, kick{now, match, code})
	for len(h.kicks) > 0 && now.Sub(h.kicks[0].at) > kickKeep {
		h.kicks = h.kicks[1:]
	}
	h.mu.Unlock()
	h.each(func(c *client) {
		if match(c.owner) {
			h.stats.kicked.Add(1)
			c.close(code)
		}
	})
}

// Beat sends everybody who follows a site a heartbeat now: it says another Look.
func (h *Hub) Beat(site int64) {
	h.each(func(c *client) {
		if c.view.key.Site == site {
			c.beat = true
			c.wake()
		}
	})
}

// kicked tells the code with which an owner has been sent away since its rights were looked up. Called with the lock.
func (h *Hub) kicked(o Owner) int {
	for _, k := range h.kicks {
		if !k.at.Before(o.Checked) && k.match(o) {
			return k.code
		}
	}
	return 0
}

// apply carries out control events in their order.
func (h *Hub) apply(events []Event, cut bool) {
	if cut {
		h.cfg.Log.Warn("live: control events were missed; everybody starts anew")
		h.dispatch(Event{Topic: Control, Kind: ControlLost})
		h.Kick(func(Owner) bool { return true }, CloseRestart)
	}
	for _, e := range events {
		h.dispatch(e)
	}
}

func (h *Hub) dispatch(e Event) {
	h.mu.Lock()
	handlers := h.handlers[e.Kind]
	h.mu.Unlock()
	for _, fn := range handlers {
		h.handle(fn, e)
	}
}

// handle runs a handler; a panic in it must not end the reader.
func (h *Hub) handle(fn func(Event), e Event) {
	defer func() {
		if r := recover(); r != nil {
			h.failed("control "+e.Kind, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	fn(e)
}
