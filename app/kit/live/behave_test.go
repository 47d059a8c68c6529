package live

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

func TestGarbageFromAClient(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	bystander := s.open(1)
	for name, c := range map[string]struct {
		say  func(*websocket.Conn) error
		code int // 0: the socket stays
	}{
		"text is ignored": {func(c *websocket.Conn) error {
			return c.WriteMessage(websocket.TextMessage, []byte(`{"drop":"table"}`))
		}, 0},
		"binary is ignored":       {func(c *websocket.Conn) error { return c.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 2, 255}) }, 0},
		"broken UTF-8 is ignored": {func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, []byte{0xff, 0xfe}) }, 0},
		"1 MiB is refused":        {func(c *websocket.Conn) error { return c.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<20)) }, websocket.CloseMessageTooBig},
		"an unknown opcode is refused": {func(c *websocket.Conn) error {
			_, err := c.NetConn().Write([]byte{0x8f, 0x80, 0, 0, 0, 0})
			return err
		}, websocket.CloseProtocolError},
		"a frame without mask is refused": {func(c *websocket.Conn) error {
			_, err := c.NetConn().Write([]byte{0x81, 0x02, 'h', 'i'})
			return err
		}, websocket.CloseProtocolError},
		"noise is refused": {func(c *websocket.Conn) error {
			_, err := c.NetConn().Write(bytes.Repeat([]byte("GET / HTTP/1.1\r\n\r\n"), 50))
			return err
		}, websocket.CloseProtocolError},
		"talk without end is refused": {func(c *websocket.Conn) error {
			for range readMost + 10 {
				if err := c.WriteMessage(websocket.TextMessage, []byte("hi")); err != nil {
					return err
				}
			}
			return nil
		}, codePolicy},
	} {
		t.Run(name, func(t *testing.T) {
			sc := s.open(1)
			sc.t = t
			err := c.say(sc.conn)
			if c.code != 0 { // perhaps in the middle of saying it
				sc.closedWith(c.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s.set(1, 1)
			sc.equalsDatabase(1, 5*time.Second)
		})
	}
	s.set(1, 2)
	bystander.equalsDatabase(1, 5*time.Second)
}

// A thousand sockets that never read hold nobody back, and are dropped in the end.
func TestAThousandSocketsThatNeverRead(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.PongWait = 5 * time.Second })
	deaf := make([]net.Conn, 1000)
	var wg sync.WaitGroup
	address := strings.TrimSuffix(strings.TrimPrefix(s.socket, "ws://"), "/live")
	for part := range 20 {
		wg.Go(func() {
			for i := part; i < len(deaf); i += 20 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				deaf[i] = conn
				_ = conn.(*net.TCPConn).SetReadBuffer(4096)
				_, _ = fmt.Fprintf(conn, "GET /live?site=1&view=wall&lang=en&epoch=1&seq=0 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n")
			}
		})
	}
	wg.Wait()
	t.Cleanup(func() {
		for _, c := range deaf {
			if c != nil {
				_ = c.Close()
			}
		}
	})
	eventually(t, 20*time.Second, "all of them to be served", func() bool { return s.hub.Stats().Watching == int64(len(deaf)) })
	sc := s.open(1)
	for n := range int64(30) {
		s.set(1, n%5)
		eventually(t, 2*time.Second, "the screen to follow beside them", func() bool { return sc.position().Seq == n+1 })
	}
	sc.equalsDatabase(1, 5*time.Second)
	eventually(t, 40*time.Second, "the deaf ones to be dropped", func() bool { return s.hub.Stats().Watching == 1 })
}

// One that takes its messages too slowly is dropped by the deadline of its own writer.
func TestASlowClientIsDropped(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.WriteWait, c.PongWait = time.Second, time.Minute })
	s.screens.padding = strings.Repeat("x", 200<<10)
	sc := s.open(1)
	narrow := websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		conn, err := net.Dial(network, address)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = errors.Join(err, tcp.SetReadBuffer(4096))
		}
		return conn, err
	}}
	slow, _, err := narrow.Dial(s.socket+"?site=1&view=wall&lang=en&epoch=1&seq=0", nil) //nolint:bodyclose // an upgraded response has none
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slow.Close() })
	eventually(t, 5*time.Second, "both to be served", func() bool { return s.hub.Stats().Watching == 2 })
	sent := int64(0)
	eventually(t, 60*time.Second, "the slow one to be dropped", func() bool {
		if sc.position().Seq == sent { // no faster than who reads
			s.set(1, 1)
			sent++
		}
		return s.hub.Stats().Dropped > 0
	})
	eventually(t, 5*time.Second, "it to be gone", func() bool { return s.hub.Stats().Watching == 1 })
	sc.equalsDatabase(1, 10*time.Second)
}
