package live

import (
	"errors"
	"net"
	"sync/atomic"
)

// Stats are the hub's figures since it began, for metrics.
type Stats struct {
	Watching      int64 // open sockets
	Views         int64 // kinds of screens that are kept up to date
	Served        int64 // sockets in all
	Dropped       int64 // sockets that didn't take their messages in time
	Kicked        int64 // sockets closed since a right was withdrawn
	Reads         int64 // readings of the event log
	ReadErrors    int64
	Idle          int64 // ticks that read nothing, since nobody watches
	Events        int64 // events read
	Frames        int64 // frames rendered
	Snapshots     int64 // snapshots rendered
	SnapshotsSent int64
	Sent          int64 // messages written
	Notified      int64 // notifications sent
	NotifyErrors  int64
	ListenerLost  int64 // times that the listening connection broke
	Listening     bool  // the listening connection is in force
	Failures      int64 // errors of rendering, reading, control handlers
}

type counters struct {
	served, dropped, kicked, reads, readErrors, idle, events, frames, snapshots, snapshotsSent, sent atomic.Int64
	notified, notifyErrors, listenerLost, failures                                                   atomic.Int64
}

// Stats reads the figures.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	views := len(h.views)
	h.mu.Unlock()
	s := &h.stats
	return Stats{
		Watching: h.watching.Load(), Views: int64(views), Served: s.served.Load(), Dropped: s.dropped.Load(),
		Kicked: s.kicked.Load(), Reads: s.reads.Load(), ReadErrors: s.readErrors.Load(), Idle: s.idle.Load(), Events: s.events.Load(),
		Frames: s.frames.Load(), Snapshots: s.snapshots.Load(), SnapshotsSent: s.snapshotsSent.Load(), Sent: s.sent.Load(),
		Notified: s.notified.Load(), NotifyErrors: s.notifyErrors.Load(), ListenerLost: s.listenerLost.Load(),
		Listening: h.listener.up.Load(), Failures: s.failures.Load(),
	}
}

func (h *Hub) failed(what string, err error) {
	h.stats.failures.Add(1)
	h.cfg.Log.Error("live: "+what+" failed", "error", err)
}

func (h *Hub) notified(err error) {
	if err != nil {
		h.stats.notifyErrors.Add(1)
		return
	}
	h.stats.notified.Add(1)
}

// listenerLost is called at each failed try; only the end of a connection that worked is news.
func (h *Hub) listenerLost(err error, was bool) {
	h.stats.listenerLost.Add(1)
	if was {
		h.cfg.Log.Warn("live: the listening connection broke; reading by the clock until it is back", "error", err)
		return
	}
	h.cfg.Log.Debug("live: still not listening", "error", err)
}

// dropped notes a write that failed: only one that took too long tells of a slow client.
func (h *Hub) dropped(err error) {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		h.stats.dropped.Add(1)
	}
}
