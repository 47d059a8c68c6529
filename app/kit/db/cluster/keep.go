package cluster

import (
	"context"
	"log/slog"
	"time"
)

const (
	// lookEvery is how often Keep looks after the server; a server of its own child it hears of at once.
	lookEvery = time.Second
	// slowest is the longest time between two starts of a server that doesn't stay.
	slowest = 30 * time.Second
	// steady is how long a server has to live for its next death to be an accident of its own.
	steady = time.Minute
)

// Keep starts the server again whenever it has died, until ctx ends: killed for want of memory, by a full disk, by
// mistake. A server that doesn't stay is tried more and more slowly, at last every half minute. Where another process
// was quicker, its server is used.
func (c *Cluster) Keep(ctx context.Context, log *slog.Logger) {
	var tries int
	var since time.Time
	for {
		c.watch(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(since) > steady {
			tries = 0
		}
		log.Error("the embedded database has ended; starting it again", "folder", c.place.home)
		for began := time.Now(); ; tries++ {
			if wait := backoff(tries); !rest(ctx, wait) {
				return
			}
			err := c.revive(ctx)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				log.Info("the embedded database runs again", "after", time.Since(began).Round(time.Millisecond))
				break
			}
			log.Error("the embedded database can't be started", "error", err, "next try in", backoff(tries+1))
		}
		tries++
		since = time.Now()
	}
}

// backoff is how long to wait before a try: the first at once, then from a second on twice as long each time.
func backoff(tries int) time.Duration {
	if tries == 0 {
		return 0
	}
	return min(time.Second<<min(tries-1, 10), slowest)
}

// watch waits until the server is gone, or ctx ends.
func (c *Cluster) watch(ctx context.Context) {
	c.mu.Lock()
	exited := c.exited
	c.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-exited:
			exited = nil // another process's may run by now
		case <-time.After(lookEvery):
		}
		if _, ok := c.place.running(); !ok {
			return
		}
	}
}

// revive is enter for a process that is in already.
func (c *Cluster) revive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		return nil
	}
	if err := c.start.exclusive(ctx); err != nil {
		return err
	}
	defer c.start.release()
	return c.run(ctx)
}

// rest waits; it gives false where ctx ends before.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
