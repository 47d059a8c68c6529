package live

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/fasthttp/websocket"
)

const (
	readLimit   = 4 << 10     // bytes of one message; our own pages send none at all
	readMost    = 256         // data messages in the life of a socket
	closeWait   = time.Second // how long the other side may take to answer a close
	discardMost = 4 << 20     // bytes of a refused message that are read, so that the close arrives before a reset
	codePolicy  = 1008        // closed since it talks without end
)

// client is one socket: a cursor into its view's ring, and no queue. Its reader is the goroutine that serves it; its
// writer is a goroutine that runs only while there is something to write, never two at once, so that an open but
// quiet screen costs one goroutine.
type client struct {
	hub    *Hub
	view   *view
	conn   *Conn
	owner  Owner
	ranges bool // its page understands messages that stand for several numbers

	// Where it stands; guarded by the view's lock.
	index int   // in view.clients
	slot  int   // in which part of the heartbeat it gets its own
	age   int   // of the ring that place belongs to; 0: not placed yet
	epoch int64 // where it says it stands, then the number of what was sent last
	seq   int64
	place int64
	beat  bool // a heartbeat is due
	ping  bool // a ping is due

	mu      sync.Mutex
	running bool          // the writer runs
	again   bool          // and has to look once more
	ended   bool          // no new writer starts
	code    int           // with which it is to be closed; 0: not
	parked  chan struct{} // closed by the last writer, for join
}

// wake lets the writer look whether there is something to write. It never waits.
func (c *client) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.running:
		c.again = true
	case !c.ended:
		c.running = true
		go c.write()
	}
}

// close ends the socket with a code, before anything else that waits to be written.
func (c *client) close(code int) {
	c.mu.Lock()
	if c.code == 0 {
		c.code = code
	}
	c.mu.Unlock()
	c.wake()
}

// write sends what there is and ends. A slow client keeps its own writer waiting, and nobody else.
func (c *client) write() {
	for {
		code, over := c.closing()
		if over {
			break
		}
		if code != 0 {
			sayClose(c.conn, code, c.hub.cfg.WriteWait)
			c.end()
			continue
		}
		m, ok := c.view.next(c)
		if !ok {
			if c.rest() {
				return
			}
			continue
		}
		if err := c.conn.SetWriteDeadline(time.Now().Add(c.hub.cfg.WriteWait)); err != nil {
			c.end()
			continue
		}
		if err := c.conn.WritePreparedMessage(m.PreparedMessage); err != nil {
			c.hub.dropped(err)
			c.end()
			_ = c.conn.SetReadDeadline(time.Now()) // Close would do nothing; this ends the reader
			continue
		}
		c.hub.stats.sent.Add(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	if c.parked != nil {
		close(c.parked)
	}
}

func (c *client) closing() (code int, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.again = false
	return c.code, c.ended
}

// rest ends the writer unless somebody woke it meanwhile.
func (c *client) rest() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.again || c.ended || c.code != 0 {
		return false
	}
	c.running = false
	return true
}

func (c *client) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
}

// join ends the socket for good and waits for its writer: contrib/websocket gives the connection to another client
// once the handler is back, and a writer left behind would write into that.
func (c *client) join() {
	c.mu.Lock()
	c.ended = true
	if !c.running {
		c.mu.Unlock()
		return
	}
	c.parked = make(chan struct{})
	c.mu.Unlock()
	<-c.parked
}

// sayClose sends a close frame and gives the other side a moment to answer it.
func sayClose(conn *Conn, code int, wait time.Duration) {
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(wait))
	_ = conn.SetReadDeadline(time.Now().Add(closeWait))
}

// read takes what comes until the socket ends. Nothing that a client says is of use to us, but its pongs and its close
// are; garbage ends the socket with a code, and so does whoever doesn't stop talking.
func (c *client) read() {
	wait := c.hub.cfg.PongWait
	c.conn.SetReadLimit(readLimit)
	c.conn.SetPongHandler(func(string) error {
		if c.leaving() {
			return nil // the deadline that ends it stands
		}
		err := c.conn.SetReadDeadline(time.Now().Add(wait))
		if c.leaving() { // just now: the nearer deadline must win
			err = c.conn.SetReadDeadline(time.Now().Add(closeWait))
		}
		return err
	})
	_ = c.conn.SetReadDeadline(time.Now().Add(wait))
	for n := 0; ; n++ {
		if n == readMost {
			c.close(codePolicy)
		}
		if _, _, err := c.conn.NextReader(); err != nil {
			c.join()
			discard(c.conn, err)
			return
		}
	}
}

func (c *client) leaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended || c.code != 0
}

// discard reads on for a moment after a refused message: closing a connection with unread bytes resets it, and the
// client would not see the code that tells it why.
func discard(conn *Conn, err error) {
	var network net.Error
	var closed *websocket.CloseError
	if errors.As(err, &network) || errors.As(err, &closed) || errors.Is(err, io.EOF) {
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(closeWait))
	_, _ = io.CopyN(io.Discard, conn.NetConn(), discardMost)
}

// Refuse ends a socket that was accepted only to be told why it can't stay: a refused handshake has no code, and the
// browser would try again for ever.
func Refuse(conn *Conn, code int) {
	conn.SetReadLimit(readLimit)
	sayClose(conn, code, closeWait)
	for range readMost {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}
