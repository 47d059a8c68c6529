package cluster

import (
	"context"
	"time"
)

// Linger gives the share back only when no other process has used the server for the whole time idle, looking again and
// again. leaving runs once that is so; last runs just before the server is stopped, if nobody came in between. Tests
// use it: their server outlives each test process, so that the next one finds it warm, and yet does not stay for ever.
func (c *Cluster) Linger(ctx context.Context, idle time.Duration, last, leaving func()) error {
	step := max(idle/20, poll)
	for quiet := time.Duration(0); quiet < idle; quiet += step {
		alone, err := c.users.tryExclusive()
		if err != nil {
			return err
		}
		if !alone {
			quiet = 0
		}
		if err := c.users.shared(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(step):
		}
	}
	leaving()
	return c.leave(last)
}
