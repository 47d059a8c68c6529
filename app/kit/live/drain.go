package live

import "time"

// drain closes every socket with 'come again', spread over a moment so that they don't all come again at once, and
// waits until the last one is gone.
func (h *Hub) drain() {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	var all []*client
	h.each(func(c *client) { all = append(all, c) })
	step := h.cfg.Jitter / time.Duration(max(len(all), 1))
	began := time.Now()
	for i, c := range all {
		if ahead := time.Duration(i)*step - time.Since(began); ahead > time.Millisecond {
			time.Sleep(ahead)
		}
		c.close(CloseRestart)
	}
	gone := make(chan struct{})
	go func() {
		h.sockets.Wait()
		close(gone)
	}()
	limit := time.NewTimer(h.cfg.WriteWait + 2*closeWait)
	defer limit.Stop()
	select {
	case <-gone:
		return
	case <-limit.C:
	}
	h.each(func(c *client) { _ = c.conn.NetConn().SetDeadline(time.Now()) })
	<-gone
}
