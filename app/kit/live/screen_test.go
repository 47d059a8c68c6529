package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// screen is a browser: it replays what it is sent, and knows what it was sent wrongly.
type screen struct {
	t     *testing.T
	stage *stage
	query url.Values

	mu    sync.Mutex
	conn  *websocket.Conn
	state map[int64]thing
	at    Position
	seen  map[int64]int // frames by number, since the last snapshot
	wrong []string
	heard []wire // everything
	code  int    // of the close
	ended chan struct{}
}

// open shows a page of a site and connects its socket.
func (s *stage) open(site int64, extra ...string) *screen {
	s.t.Helper()
	sc := s.blank(site, extra...)
	sc.state, sc.at = s.page(site)
	sc.connect()
	return sc
}

// blank is a screen that is not connected yet.
func (s *stage) blank(site int64, extra ...string) *screen {
	sc := &screen{t: s.t, stage: s, query: url.Values{"site": {strconv.FormatInt(site, 10)}, "view": {"wall"}, "lang": {"en"}, "ranges": {"1"}}, state: map[int64]thing{}}
	for i := 0; i+1 < len(extra); i += 2 {
		sc.query.Set(extra[i], extra[i+1])
	}
	s.t.Cleanup(sc.close)
	return sc
}

func (sc *screen) connect() {
	sc.t.Helper()
	if err := sc.dial(); err != nil {
		sc.t.Fatal(err)
	}
}

func (sc *screen) dial() error {
	sc.mu.Lock()
	q := maps.Clone(sc.query)
	q.Set("epoch", strconv.FormatInt(sc.at.Epoch, 10))
	q.Set("seq", strconv.FormatInt(sc.at.Seq, 10))
	sc.mu.Unlock()
	conn, _, err := websocket.DefaultDialer.Dial(sc.stage.socket+"?"+q.Encode(), nil) //nolint:bodyclose // an upgraded response has none
	if err != nil {
		return err
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.conn, sc.code, sc.ended, sc.seen = conn, 0, make(chan struct{}), map[int64]int{}
	go sc.listen(conn, sc.ended)
	return nil
}

func (sc *screen) listen(conn *websocket.Conn, ended chan struct{}) {
	defer close(ended)
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			sc.mu.Lock()
			var ce *websocket.CloseError
			if sc.code = -1; errors.As(err, &ce) {
				sc.code = ce.Code
			}
			sc.mu.Unlock()
			return
		}
		var w wire
		if err := json.Unmarshal(raw, &w); err != nil {
			w = wire{Content: "not json: " + string(raw)}
		}
		sc.take(w)
	}
}

// take does what live.js does, and notes what must not happen.
func (sc *screen) take(w wire) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.heard = append(sc.heard, w)
	switch {
	case w.Head != nil:
		if w.Epoch == sc.at.Epoch && *w.Head != sc.at.Seq {
			sc.wrong = append(sc.wrong, fmt.Sprintf("heartbeat at %d, screen at %d", *w.Head, sc.at.Seq))
		}
	case w.Snapshot:
		sc.state, sc.at, sc.seen = map[int64]thing{}, Position{w.Epoch, *w.Seq}, map[int64]int{}
		sc.put(w.Content)
	case w.Refresh != "":
		sc.put(w.Content)
	case w.Seq == nil:
		sc.wrong = append(sc.wrong, fmt.Sprintf("not understood: %+v", w))
	default:
		from := *w.Seq
		if w.From != nil && sc.query.Get("ranges") != "" {
			from = *w.From
		}
		for seq := max(from, sc.at.Seq+1); seq <= *w.Seq; seq++ {
			sc.seen[seq]++
		}
		if w.Epoch != sc.at.Epoch || from > sc.at.Seq+1 || *w.Seq <= sc.at.Seq {
			sc.wrong = append(sc.wrong, fmt.Sprintf("%d/%d after %d/%d", w.Epoch, *w.Seq, sc.at.Epoch, sc.at.Seq))
		}
		sc.at = Position{w.Epoch, *w.Seq}
		sc.put(w.Content)
	}
}

func (sc *screen) put(content string) {
	for _, th := range parse(content) {
		if th.Version >= sc.state[th.ID].Version {
			sc.state[th.ID] = th
		}
	}
}

func (sc *screen) close() {
	sc.mu.Lock()
	conn, ended := sc.conn, sc.ended
	sc.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
		<-ended
	}
}

func (sc *screen) position() Position {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.at
}

func (sc *screen) heardAll() []wire {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return append([]wire(nil), sc.heard...)
}

func (sc *screen) count(match func(wire) bool) (n int) {
	for _, w := range sc.heardAll() {
		if match(w) {
			n++
		}
	}
	return n
}

func isSnapshot(w wire) bool  { return w.Snapshot }
func isHeartbeat(w wire) bool { return w.Head != nil }
func isFrame(w wire) bool     { return w.Seq != nil && !w.Snapshot }

// equalsDatabase waits until the screen shows what the database holds, and tells what went wrong on the way.
func (sc *screen) equalsDatabase(site int64, patience time.Duration) {
	sc.t.Helper()
	eventually(sc.t, patience, "the screen to equal the database", func() bool {
		state, at := sc.stage.page(site)
		sc.mu.Lock()
		defer sc.mu.Unlock()
		return sc.at == at && maps.Equal(sc.state, state)
	})
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for _, w := range sc.wrong {
		sc.t.Error(w)
	}
	for seq, n := range sc.seen {
		if n != 1 {
			sc.t.Errorf("number %d came %d times", seq, n)
		}
	}
}

// closedWith waits for the close and compares its code.
func (sc *screen) closedWith(code int) {
	sc.t.Helper()
	sc.mu.Lock()
	ended := sc.ended
	sc.mu.Unlock()
	within(sc.t, 10*time.Second, "the socket to be closed", ended)
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.code != code {
		sc.t.Fatalf("closed with %d, want %d", sc.code, code)
	}
}
