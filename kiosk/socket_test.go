package kiosk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// hotel is two instances on one database, with a site, its wall, and people.
type hotel struct {
	house  *boottest.House
	one    *boot.Instance
	two    *boot.Instance
	site   int64
	wall   string // cookies
	wallID int64
}

func newHotel(t *testing.T) *hotel {
	t.Helper()
	h := &hotel{house: boottest.New(t)}
	h.one, h.two = h.house.Start(t), h.house.Start(t)
	h.site = h.house.Site(t, h.one.App, "riverside").ID
	token, id := h.house.Device(t, h.one.App, h.site, "wall")
	h.wall, h.wallID = web.DeviceCookie+"="+token, id
	return h
}

// signIn takes somebody in and gives the cookie of a session.
func (h *hotel) signIn(t *testing.T, login string, roles ...staff.Role) string {
	t.Helper()
	h.house.Person(t, h.one.App, h.site, login, roles...)
	c := boottest.Browser(t, h.one.URL())
	c.SignIn(login, boottest.Password)
	return web.SessionCookie + "=" + c.Cookie(web.SessionCookie)
}

func (h *hotel) as(t *testing.T) context.Context { return h.at(t, h.site) }

// at is the command line at a site.
func (h *hotel) at(t *testing.T, site int64) context.Context {
	return actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:test", Site: site, All: true})
}

// report registers a ticket, which every wall of the site shows.
func (h *hotel) report(t *testing.T) {
	t.Helper()
	_, err := h.one.App.Tickets.Register(h.as(t), ticket.Register{
		EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "18#2单元201", Matter: "水管漏水", Phone: "13800138000", Channel: "phone",
	})
	if err != nil {
		t.Fatal(err)
	}
}

func dial(t *testing.T, base, query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(strings.Replace(base, "http", "ws", 1)+"/live?"+query, header)
	if conn != nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, res, err
}

func socket(t *testing.T, base, query, cookie string) *websocket.Conn {
	t.Helper()
	header := http.Header{"Origin": {base}}
	if cookie != "" {
		header.Set("Cookie", cookie)
	}
	conn, _, err := dial(t, base, query, header) //nolint:bodyclose // an upgraded response has none
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

type heard struct {
	Topic    string
	From     *int64
	Seq      *int64
	Head     *int64
	Now      string
	Build    string
	Look     string
	Snapshot bool
	Kind     string
	Content  string
}

// next reads messages until one is wanted.
func next(t *testing.T, conn *websocket.Conn, want func(heard) bool) heard {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		var m heard
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if want(m) {
			return m
		}
	}
}

func heartbeat(m heard) bool { return m.Head != nil }

// closed reads until the end and gives the code.
func closed(t *testing.T, conn *websocket.Conn, within time.Duration) int {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	for {
		_, _, err := conn.ReadMessage()
		var ce *websocket.CloseError
		if errors.As(err, &ce) {
			return ce.Code
		}
		if err != nil {
			t.Fatalf("not closed properly: %v", err)
		}
	}
}

func TestWhoMayOpenASocket(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	supervisor := h.signIn(t, "anna", "supervisor")
	admin := h.signIn(t, "root", "admin")
	kioskToken, _ := h.house.Device(t, h.one.App, h.site, "kiosk")
	kiosk := web.DeviceCookie + "=" + kioskToken
	for _, c := range []struct {
		name, view, cookie string
		code               int // 0: stays open
	}{
		{"a wall without login", "wall", "", live.CloseSignIn},
		{"a desk without login", "desk", "", live.CloseSignIn},
		{"a display without login", "display", "", live.CloseSignIn},
		{"a kiosk that is not paired", "kiosk", "", live.CloseSignIn},
		{"a session that never was", "desk", web.SessionCookie + "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", live.CloseSignIn},
		{"a view that doesn't exist", "vault", supervisor, live.CloseForbidden},
		{"no view", "", supervisor, live.CloseForbidden},
		{"an administrator at the wall", "wall", admin, live.CloseForbidden},
		{"an administrator at the desk", "desk", admin, live.CloseForbidden},
		{"a wall that asks for the desk", "desk", h.wall, live.CloseSignIn},
		{"a wall that asks for the display", "display", h.wall, live.CloseForbidden},
		{"a kiosk that asks for the wall", "wall", kiosk, live.CloseForbidden},
		{"a paired wall", "wall", h.wall, 0},
		{"a paired kiosk", "kiosk", kiosk, 0},
		{"a supervisor at the wall", "wall", supervisor, 0},
		{"a supervisor at the desk", "desk", supervisor, 0},
		{"an inbox without login", "inbox", "", live.CloseSignIn},
		{"a wall that asks for an inbox", "inbox", h.wall, live.CloseSignIn},
		{"an administrator's inbox", "inbox", admin, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := socket(t, h.one.URL(), "epoch=1&seq=0&view="+c.view, c.cookie)
			if c.code != 0 {
				if got := closed(t, conn, 5*time.Second); got != c.code {
					t.Errorf("closed with %d, want %d", got, c.code)
				}
				return
			}
			if m := next(t, conn, heartbeat); m.Now == "" || m.Build == "" || m.Topic != string(live.Site(h.site)) {
				t.Errorf("heartbeat %+v", m)
			}
		})
	}
}

func TestASocketOfAForeignPageIsRefused(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	for _, origin := range []string{"https://evil.example", "null", "http://127.0.0.1:1", "file://"} {
		_, res, err := dial(t, h.one.URL(), "view=wall&epoch=1&seq=0", http.Header{"Origin": {origin}, "Cookie": {h.wall}}) //nolint:bodyclose // the dialer has read it
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q: %v, %+v", origin, err, res)
		}
	}
	_, res, err := dial(t, h.one.URL(), "view=wall&epoch=1&seq=0", http.Header{"Origin": {h.one.URL()}, "Sec-Fetch-Site": {"cross-site"}, "Cookie": {h.wall}}) //nolint:bodyclose // the dialer has read it
	if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("cross-site: %v", err)
	}
	page := boottest.Browser(t, h.one.URL())
	page.Get("/live?view=wall").Want(http.StatusBadRequest)
}

func TestASocketFollowsItsSiteOnly(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	other := h.house.Site(t, h.one.App, "hillside").ID
	token, _ := h.house.Device(t, h.one.App, other, "wall")
	theirs := socket(t, h.two.URL(), fmt.Sprintf("view=wall&epoch=1&seq=0&site=%d", h.site), web.DeviceCookie+"="+token)
	next(t, theirs, heartbeat)
	ours := socket(t, h.two.URL(), "view=wall&epoch=1&seq=0", h.wall)
	next(t, ours, heartbeat)
	h.report(t)
	m := next(t, ours, func(m heard) bool { return m.Seq != nil })
	if *m.Seq != 1 || m.Kind != "ticket.registered" || !strings.Contains(m.Content, "水管漏水") {
		t.Errorf("the wall was sent %+v", m)
	}
	if strings.Contains(m.Content, "13800138000") {
		t.Error("the wall was sent a phone number")
	}
	if err := theirs.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for { // until the deadline: heartbeats may come, and nothing else
		_, raw, err := theirs.ReadMessage()
		if err != nil {
			return
		}
		var m heard
		if err := json.Unmarshal(raw, &m); err != nil || !heartbeat(m) {
			t.Fatalf("the other site's wall was sent %s, %v", raw, err)
		}
	}
}

// Whoever has lost a right is out within a second, on every instance.
func TestSocketsEndWithTheRightToThem(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	for _, c := range []struct {
		name   string
		view   string
		cookie string
		end    func() error
		code   int
		after  int // how a new socket with the same cookie ends
	}{
		{"revoked device", "wall", h.wall, func() error { _, err := h.one.App.Staff.Revoke(h.as(t), h.wallID); return err }, live.CloseRevoked, live.CloseRevoked},
		{"disabled person", "desk", h.signIn(t, "berta", "supervisor"), func() error { _, err := h.one.App.Staff.Disable(h.as(t), "berta"); return err }, live.CloseSignIn, live.CloseSignIn},
	} {
		t.Run(c.name, func(t *testing.T) {
			var open []*websocket.Conn
			for _, i := range []*boot.Instance{h.one, h.two} {
				conn := socket(t, i.URL(), "view="+c.view+"&epoch=1&seq=0", c.cookie)
				next(t, conn, heartbeat)
				open = append(open, conn)
			}
			if err := c.end(); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for _, conn := range open {
				if got := closed(t, conn, time.Second-time.Since(began)); got != c.code {
					t.Errorf("closed with %d, want %d", got, c.code)
				}
			}
			again := socket(t, h.two.URL(), "view="+c.view+"&epoch=1&seq=0", c.cookie)
			if got := closed(t, again, 5*time.Second); got != c.after {
				t.Errorf("a new socket is closed with %d, want %d", got, c.after)
			}
		})
	}
	t.Run("signed out", func(t *testing.T) {
		h.house.Person(t, h.one.App, h.site, "clara", "supervisor")
		browser := boottest.Browser(t, h.one.URL())
		browser.SignIn("clara", boottest.Password)
		conn := socket(t, h.two.URL(), "view=desk&epoch=1&seq=0", web.SessionCookie+"="+browser.Cookie(web.SessionCookie))
		next(t, conn, heartbeat)
		browser.Post("/logout", nil).Want(http.StatusSeeOther)
		if got := closed(t, conn, time.Second); got != live.CloseSignIn {
			t.Errorf("closed with %d", got)
		}
	})
}

// The desk's socket ends with its session, at its next heartbeat; a paired wall has no end.
func TestASocketEndsWithItsSession(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	cookie := h.signIn(t, "dora", "supervisor")
	who, err := h.one.App.Staff.Session(t.Context(), strings.TrimPrefix(cookie, web.SessionCookie+"="))
	if err != nil || !who.Until.After(h.house.Clock.Now()) {
		t.Fatalf("the session ends at %s, %v", who.Until, err)
	}
	desk, wall := socket(t, h.one.URL(), "view=desk&epoch=1&seq=0", cookie), socket(t, h.one.URL(), "view=wall&epoch=1&seq=0", h.wall)
	next(t, desk, heartbeat)
	next(t, wall, heartbeat)
	h.house.Clock.Set(who.Until)
	if got := closed(t, desk, 20*time.Second); got != live.CloseSignIn {
		t.Errorf("closed with %d, want %d", got, live.CloseSignIn)
	}
	h.report(t)
	next(t, wall, func(m heard) bool { return m.Seq != nil && *m.Seq == 1 })
	if got := closed(t, socket(t, h.two.URL(), "view=desk&epoch=1&seq=0", cookie), 5*time.Second); got != live.CloseSignIn {
		t.Errorf("a new socket is closed with %d, want %d", got, live.CloseSignIn)
	}
}

func TestNoiseOnARealSocket(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	big := socket(t, h.one.URL(), "view=wall&epoch=1&seq=0", h.wall)
	_ = big.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<20)) // may be cut off in the middle
	if got := closed(t, big, 5*time.Second); got != websocket.CloseMessageTooBig {
		t.Errorf("1 MiB is closed with %d", got)
	}
	noisy := socket(t, h.one.URL(), "view=wall&epoch=1&seq=0", h.wall)
	if err := noisy.WriteMessage(websocket.TextMessage, []byte("\x00<script>')--")); err != nil {
		t.Fatal(err)
	}
	h.report(t)
	if m := next(t, noisy, func(m heard) bool { return m.Seq != nil }); *m.Seq != 1 {
		t.Errorf("after noise came %+v", m)
	}
}

// A stopping instance sends its walls away; they go on at the other one where they were.
func TestAWallMovesToTheOtherInstance(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	conn := socket(t, h.one.URL(), "view=wall&epoch=1&seq=0", h.wall)
	next(t, conn, heartbeat)
	h.report(t)
	next(t, conn, func(m heard) bool { return m.Seq != nil && *m.Seq == 1 })
	_, err := h.two.App.Tickets.Register(h.as(t), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "大堂", Matter: "灯不亮", Channel: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	next(t, conn, func(m heard) bool { return m.Seq != nil && *m.Seq == 2 })
	stopped := make(chan error, 1)
	go func() { stopped <- h.one.Stop() }()
	if got := closed(t, conn, 10*time.Second); got != live.CloseRestart {
		t.Errorf("closed with %d", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	again := socket(t, h.two.URL(), "view=wall&epoch=1&seq=1", h.wall)
	if m := next(t, again, func(m heard) bool { return m.Seq != nil }); *m.Seq != 2 || m.Snapshot {
		t.Errorf("continued with %+v", m)
	}
}
