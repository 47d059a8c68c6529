package static_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/fasthttp/websocket"

	"lobby/static"
	views "lobby/views/kiosk"
	"lobby/views/layout"
	"lobby/views/locale"
	"lobby/views/part"
)

// browser is one Chromium for the package; each test has a tab of its own.
var browser context.Context

func TestMain(m *testing.M) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("mute-audio", true), chromedp.WindowSize(1920, 1080))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	var closeBrowser context.CancelFunc
	browser, closeBrowser = chromedp.NewContext(alloc)
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need Chromium (apt-get install chromium):", err)
		os.Exit(1)
	}
	code := m.Run()
	closeBrowser()
	stop()
	os.Exit(code)
}

// start is the moment that the pages of these tests were rendered.
var start = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// stage is a page in a tab and the server behind it, whose socket says what the test wants.
type stage struct {
	*testing.T
	tab    context.Context
	http   *httptest.Server
	dials  chan *socket
	loads  atomic.Int64
	refuse atomic.Bool // answer no request at all, as a server that is gone
}

type socket struct {
	*stage
	conn  *websocket.Conn
	query url.Values
}

// wall is a page with these tickets, at epoch 1 and number 10.
func wall(cards ...views.Card) views.Wall {
	lanes := []views.Lane{{Key: "registered"}, {Key: "in_hand"}, {Key: "waiting"}, {Key: "resolved"}}
	for i := range lanes {
		lanes[i].Cap = 100
		for _, c := range cards {
			if c.Lane == lanes[i].Key {
				lanes[i].Cards = append(lanes[i].Cards, c)
				lanes[i].Count++
			}
		}
	}
	return views.Wall{
		Shell: layout.Shell{
			Title: "wall", SiteName: "site", Accent: "#0b6e5f", Build: "b1", Styles: []string{"wall.css"},
			Scripts: []string{"vendor/htmx.min.js", "vendor/htmx.min.js", "vendor/hx-ws.min.js", "time.js", "live.js", "wall.js"},
		},
		Live:  part.LivePage{View: "wall", Epoch: 1, Seq: 10, Now: start, Zone: "Asia/Shanghai"},
		Lanes: lanes,
	}
}

// card is a ticket in a lane; its place tells the version, so that a test can see which one is shown.
func card(id int64, lane, sort string, version int64) views.Card {
	return views.Card{
		ID: id, Lane: lane, Sort: sort, Version: version, Number: fmt.Sprintf("T261122-%04d", id), Place: fmt.Sprintf("v%d", version),
		Matter: "lamp", Urgency: "B", Type: "A1", Running: true, From: start, Due: start.Add(48 * time.Hour),
	}
}

func said(t *testing.T, c templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(locale.WithZone(locale.With(t.Context(), locale.English), time.UTC), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// probe runs before the page's scripts: a clock that a test can move on, counts of what the page announces.
const probe = `(() => {
	const real = performance.now.bind(performance);
	window.skip = 0;
	performance.now = () => real() + window.skip;
	window.heardKinds = [];
	window.alarms = 0;
	addEventListener("lobby:live", (e) => heardKinds.push(e.detail.kind));
	addEventListener("lobby:alarm", () => alarms++, true);
})();`

// open serves the page and opens it in a tab; change may alter the page's text.
func open(t *testing.T, w views.Wall, change ...func(string) string) *stage {
	t.Helper()
	s := &stage{T: t, dials: make(chan *socket, 32)}
	text := said(t, views.WallPage(w))
	for _, f := range change {
		text = f(text)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/wall", func(rw http.ResponseWriter, _ *http.Request) {
		s.loads.Add(1)
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'")
		_, _ = rw.Write([]byte(text))
	})
	for _, path := range []string{"/login", "/pair"} {
		mux.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("here")) })
	}
	mux.HandleFunc(static.Prefix, func(rw http.ResponseWriter, r *http.Request) {
		a := static.Serve(strings.TrimPrefix(r.URL.Path, static.Prefix), r.URL.Query().Get("v"), "", "")
		rw.Header().Set("Content-Type", a.Type)
		rw.WriteHeader(a.Status)
		_, _ = rw.Write(a.Body)
	})
	mux.HandleFunc("/live", s.accept)
	s.http = httptest.NewServer(mux)
	tab, closeTab := chromedp.NewContext(browser)
	s.tab = tab
	t.Cleanup(func() {
		closeTab()
		s.http.CloseClientConnections()
		s.http.Close()
	})
	err := chromedp.Do(tab,
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: probe})
			return err
		}),
		chromedp.Navigate(s.http.URL+"/wall"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accept takes a socket and hands it to the test. Dropped sockets end the reader.
func (s *stage) accept(rw http.ResponseWriter, r *http.Request) {
	if s.refuse.Load() {
		http.Error(rw, "gone", http.StatusServiceUnavailable)
		return
	}
	conn, err := new(websocket.Upgrader).Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	s.dials <- &socket{stage: s, conn: conn, query: r.URL.Query()}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			_ = conn.Close()
			return
		}
	}
}

// dial waits for the page's next socket.
func (s *stage) dial() *socket {
	s.Helper()
	select {
	case c := <-s.dials:
		return c
	case <-time.After(15 * time.Second):
		s.Fatal("the page opens no socket")
		return nil
	}
}

// eval runs a script in the page.
func eval[T any](s *stage, script string) T {
	s.Helper()
	out, err := chromedp.Run(s.tab, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		s.Fatalf("%s: %v", script, err)
	}
	return out
}

// until waits for a condition in the page to become true.
func (s *stage) until(what, condition string) {
	s.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		if yes, err := chromedp.Run(s.tab, chromedp.Evaluate[bool]("Boolean("+condition+")")); err == nil && yes {
			return
		}
		select {
		case <-s.tab.Done():
			s.Fatal("the tab is gone")
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.Fatalf("never: %s (%s)", what, condition)
}

// lanes gives what each lane shows, from top to bottom: "t-1 v1, t-2 v1".
func (s *stage) lane(key string) string {
	s.Helper()
	return eval[string](s, `[...document.querySelectorAll('#lane-`+key+` > *')].map((c) => c.id + " " + c.querySelector(".place").textContent).join(", ")`)
}

func (c *socket) send(message map[string]any) {
	c.Helper()
	message["topic"] = "site:1"
	if _, given := message["epoch"]; !given {
		message["epoch"] = 1
	}
	text, err := json.Marshal(message)
	if err == nil {
		err = c.conn.WriteMessage(websocket.TextMessage, text)
	}
	if err != nil {
		c.Fatal(err)
	}
}

// frame sends an event with its cards.
func (c *socket) frame(seq int, kind string, cards ...views.Card) {
	c.Helper()
	content := ""
	for _, card := range cards {
		content += said(c.T, views.TicketCard(card))
	}
	c.send(map[string]any{"seq": seq, "kind": kind, "content": content, "swap": "card", "target": "[data-live]"})
}

// beat sends a heartbeat so long after the page was rendered.
func (c *socket) beat(head int, after time.Duration) {
	c.Helper()
	c.send(map[string]any{"head": head, "now": start.Add(after).Format(time.RFC3339Nano), "build": "b1"})
}

// end closes the socket with a code.
func (c *socket) end(code int) {
	c.Helper()
	if err := c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second)); err != nil {
		c.Fatal(err)
	}
}

// asks is the position that the page asked for.
func (c *socket) asks() string { return c.query.Get("epoch") + ":" + c.query.Get("seq") }

// counters are the nodes and listeners that the page holds after its garbage is collected.
func (s *stage) counters() memory.GetDOMCountersResult {
	s.Helper()
	out, err := chromedp.Run(s.tab, func(ctx context.Context, t *chromedp.Target) (memory.GetDOMCountersResult, error) {
		if _, err := cdp.Call(ctx, t, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return memory.GetDOMCountersResult{}, err
		}
		return cdp.Call(ctx, t, memory.GetDOMCounters, cdp.Empty{})
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}
