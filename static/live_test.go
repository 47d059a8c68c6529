package static_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	views "lobby/views/kiosk"
)

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestFramesInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1), card(2, "registered", "d", 1)))
	c := s.dial()
	same(t, "view", c.query.Get("view"), "wall")
	same(t, "position", c.asks(), "1:10")

	c.frame(11, "ticket.registered", card(3, "registered", "c", 1))
	c.frame(12, "ticket.registered", card(4, "registered", "a", 1))
	c.frame(13, "ticket.taken", card(1, "in_hand", "b", 2))
	c.send(map[string]any{"seq": 14}) // not for this audience
	c.frame(15, "ticket.changed", card(2, "registered", "0", 2))
	s.until("the last frame", "document.querySelector('#lane-registered').firstElementChild.id === 't-2'")
	same(t, "registered", s.lane("registered"), "t-2 v2, t-4 v1, t-3 v1")
	same(t, "in hand", s.lane("in_hand"), "t-1 v2")
	same(t, "announced", eval[string](s, "heardKinds.join()"), "ticket.registered,ticket.registered,ticket.taken,ticket.changed")
	if !eval[bool](s, "document.getElementById('t-2').classList.contains('is-changed')") {
		t.Error("what has just changed isn't marked")
	}
	s.until("the mark goes after two seconds", "!document.querySelector('.is-changed')")

	// The same number again, and an older one: nothing happens.
	c.frame(15, "ticket.taken", card(2, "in_hand", "0", 9))
	c.frame(3, "ticket.taken", card(2, "in_hand", "0", 9))
	c.frame(16, "ticket.changed", card(3, "registered", "c", 2))
	s.until("the next frame", "document.querySelector('#t-3 .place').textContent === 'v2'")
	same(t, "registered", s.lane("registered"), "t-2 v2, t-4 v1, t-3 v2")
}

func TestGap(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1)))
	c := s.dial()
	c.frame(11, "ticket.changed", card(1, "registered", "b", 2))
	c.frame(13, "ticket.changed", card(1, "registered", "b", 4))
	again := s.dial()
	same(t, "asked again from", again.asks(), "1:11")
	same(t, "nothing beyond the gap", s.lane("registered"), "t-1 v2")
	again.frame(12, "ticket.changed", card(1, "registered", "b", 3))
	again.frame(13, "ticket.changed", card(1, "registered", "b", 4))
	s.until("what was missing", "document.querySelector('#t-1 .place').textContent === 'v4'")

	// A heartbeat that is ahead is no gap by itself, the frames may be on their way; ahead once more, it is one.
	again.beat(14, time.Second)
	again.beat(14, 2*time.Second)
	same(t, "asked again from", s.dial().asks(), "1:13")
}

// A message may stand for several numbers, of which the page may have had some.
func TestRanges(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1)))
	c := s.dial()
	same(t, "says that it understands them", c.query.Get("ranges"), "1")
	c.send(map[string]any{"from": 11, "seq": 210}) // nothing to show
	c.frame(211, "ticket.changed", card(1, "registered", "b", 2))
	ranged(c, 212, 300, "ticket.changed", card(1, "registered", "b", 3))
	ranged(c, 290, 310, "ticket.changed", card(1, "registered", "b", 4)) // it stands inside
	ranged(c, 250, 310, "ticket.changed", card(1, "registered", "b", 9)) // had it already
	c.send(map[string]any{"from": 305, "seq": 320, "kind": "visit.arrived"})
	s.until("what was told of a run", "heardKinds.includes('visit.arrived')")
	same(t, "registered", s.lane("registered"), "t-1 v4")
	same(t, "announced", eval[string](s, "heardKinds.join()"), "ticket.changed,ticket.changed,ticket.changed,visit.arrived")
	c.beat(320, time.Second)

	ranged(c, 322, 400, "ticket.changed", card(1, "registered", "b", 5)) // 321 is missing
	again := s.dial()
	same(t, "asked again from", again.asks(), "1:320")
	same(t, "nothing beyond the gap", s.lane("registered"), "t-1 v4")
	ranged(again, 321, 400, "ticket.changed", card(1, "registered", "b", 5))
	s.until("what was missing", "document.querySelector('#t-1 .place').textContent === 'v5'")

	snapshot(again, 1, 350+100, wall(card(1, "registered", "b", 6)))
	ranged(again, 401, 460, "ticket.changed", card(1, "registered", "b", 7)) // after a snapshot too it may stand inside
	s.until("what follows the snapshot", "document.querySelector('#t-1 .place').textContent === 'v7'")
	if n := len(s.dials); n != 0 {
		t.Errorf("%d more sockets", n)
	}
}

// ranged sends a frame that stands for several numbers.
func ranged(c *socket, from, seq int, kind string, k views.Card) {
	c.Helper()
	c.send(map[string]any{"from": from, "seq": seq, "kind": kind, "content": said(c.T, views.TicketCard(k)), "swap": "card", "target": "[data-live]"})
}

// A card that only moved up is put in its place without being marked as changed, and leaves alone one that stands there.
func TestStill(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 2)))
	c := s.dial()
	eval[chromedp.Void](s, "void (document.getElementById('t-1').mine = true)")
	risen, known := card(2, "registered", "c", 4), card(1, "registered", "b", 2)
	risen.Still, known.Still = true, true
	c.frame(11, "ticket.closed", card(9, "", "", 2), known, risen)
	s.until("what moved up", "document.getElementById('t-2')")
	if eval[bool](s, "document.getElementById('t-2').classList.contains('is-changed') || !document.getElementById('t-1').mine") {
		t.Error("it is marked as changed, or what stood there was drawn anew")
	}
	known.Version = 3
	c.frame(12, "ticket.closed", card(9, "", "", 2), known)
	s.until("a newer one", "document.querySelector('#t-1 .place').textContent === 'v2' && !document.getElementById('t-1').mine")
}

func TestAnotherEpoch(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1)))
	s.dial().send(map[string]any{"epoch": 2, "seq": 11, "content": ""})
	c := s.dial()
	same(t, "asked again from", c.asks(), "1:10")
	snapshot(c, 2, 3, wall(card(7, "registered", "b", 1)))
	s.until("the snapshot", "document.getElementById('t-7')")
	c.end(1012)
	same(t, "position after the snapshot", s.dial().asks(), "2:3")
}

func snapshot(c *socket, epoch, seq int, w views.Wall) {
	c.Helper()
	content := said(c.T, views.WallLists(w.Lanes, w.Guests))
	c.send(map[string]any{"epoch": epoch, "seq": seq, "snapshot": true, "swap": "snapshot", "target": "[data-live]", "content": content})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 5), card(2, "registered", "c", 1)))
	c := s.dial()
	over := card(2, "", "", 3)
	c.frame(11, "ticket.changed", card(1, "registered", "b", 4)) // older than on screen
	c.frame(12, "ticket.closed", over)
	c.frame(13, "ticket.changed", card(2, "registered", "c", 2)) // older than the removal
	c.frame(14, "ticket.registered", card(9, "registered", "z", 1))
	s.until("the last frame", "document.getElementById('t-9')")
	same(t, "registered", s.lane("registered"), "t-1 v5, t-9 v1")

	c.frame(15, "ticket.reopened", card(2, "in_hand", "c", 4)) // newer than the removal
	s.until("reopened", "document.getElementById('t-2')")

	// A whole lane is merged: what is newer on screen stays, what was removed stays away.
	c.frame(16, "ticket.closed", card(9, "", "", 2))
	lane := wall(card(1, "registered", "b", 4), card(9, "registered", "z", 1), card(5, "registered", "y", 1)).Lanes[0]
	lane.Count = 131
	c.send(map[string]any{
		"refresh": "lanes", "swap": "card", "target": "[data-live]",
		"content": said(t, views.Count("registered", 131)) + said(t, views.LaneList(lane)),
	})
	s.until("the lane", "document.getElementById('t-5')")
	same(t, "registered", s.lane("registered"), "t-1 v5, t-5 v1")
	s.until("the rest is counted", "document.querySelector('[data-more=registered]').textContent === 'and 129 more'")

	// A snapshot forgets removals.
	snapshot(c, 1, 16, wall(card(9, "registered", "z", 1)))
	s.until("the snapshot", "document.querySelectorAll('.card').length === 1 && document.getElementById('t-9')")
}

func TestSnapshotSparesAFormInUse(t *testing.T) {
	t.Parallel()
	form := `<div id="note"><form><input id="typed" name="typed" value=""></form></div><div id="list">old</div></main>`
	s := open(t, wall(), func(page string) string { return strings.Replace(page, "</main>", form, 1) })
	c := s.dial()
	if err := chromedp.Do(s.tab, chromedp.SendKeys(chromedp.CSS("#typed"), "half a wo")); err != nil {
		t.Fatal(err)
	}
	c.send(map[string]any{
		"seq": 11, "snapshot": true, "swap": "snapshot", "target": "[data-live]",
		"content": `<div id="note">new</div><div id="list">new</div>`,
	})
	s.until("the list", "document.getElementById('list').textContent === 'new'")
	same(t, "typed", eval[string](s, "document.getElementById('typed').value"), "half a wo")
	eval[chromedp.Void](s, "document.getElementById('typed').form.reset(), document.getElementById('typed').blur()")
	s.until("replaced once nobody uses it", "document.getElementById('note').textContent === 'new'")
}

const staleBanner = "!document.querySelector('[data-stale]').hidden"

func TestReconnect(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1)))
	c := s.dial()
	c.frame(11, "ticket.changed", card(1, "registered", "b", 2))
	c.beat(11, time.Minute)
	s.until("the clock of the heartbeat", "document.querySelector('[data-clock]').textContent === '14:01'")
	s.refuse.Store(true)
	c.end(1012)
	s.until("the stale banner", staleBanner)
	if text := eval[string](s, "document.querySelector('[data-stale]').textContent"); !strings.Contains(text, "14:01:0") {
		t.Errorf("the banner says %q", text)
	}
	s.refuse.Store(false)
	again := s.dial()
	same(t, "asked again from", again.asks(), "1:11")
	again.beat(12, 2*time.Minute)
	if !eval[bool](s, staleBanner) {
		t.Error("the banner went before the screen was true")
	}
	again.frame(12, "ticket.changed", card(1, "registered", "b", 3))
	again.beat(12, 2*time.Minute)
	s.until("the banner goes", "document.querySelector('[data-stale]').hidden")
	same(t, "registered", s.lane("registered"), "t-1 v3")
}

// A server that is gone is tried for ever, at most five seconds apart.
func TestPace(t *testing.T) {
	t.Parallel()
	s := open(t, wall())
	s.dial()
	got := eval[[]float64](s, `(() => {
		const c = document.querySelector("[data-live]")._htmx.ws.connection.config;
		return [c.reconnectMaxDelay * (1 + c.reconnectJitter), c.reconnectMaxAttempts === Infinity ? 1 : 0, c.pauseOnBackground ? 1 : 0]
			.concat([1000, 1001, 1006, 1012, 1013, 4000].map((n) => (c.reconnectCodes.includes(n) ? 1 : 0)));
	})()`)
	same(t, "longest wait, for ever, in the background, codes", fmt.Sprint(got), "[4940 1 0 1 1 1 1 1 1]")
}

func TestWatchdog(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1)))
	c := s.dial()
	c.beat(10, time.Minute)
	s.until("the heartbeat", "document.querySelector('[data-clock]').textContent === '14:01'")
	eval[chromedp.Void](s, "void (skip += 21000)")
	s.until("twenty silent seconds: the screen says so", staleBanner)
	c.beat(10, 21*time.Second)
	s.until("a word: it is true again", "document.querySelector('[data-stale]').hidden")
	eval[chromedp.Void](s, "void (skip += 36000)")
	same(t, "35 silent seconds: asked again from", s.dial().asks(), "1:10")
}

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	for code, path := range map[int]string{4401: "/login", 4410: "/pair"} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := open(t, wall())
			s.dial().end(code)
			s.until("its page", "location.pathname === '"+path+"'")
		})
	}
	t.Run("4403", func(t *testing.T) {
		t.Parallel()
		s := open(t, wall())
		c := s.dial()
		eval[chromedp.Void](s, "void (skip += 11000)")
		c.end(4403)
		s.until("loaded anew", "skip === 0")
	})
	t.Run("4401 while somebody types", func(t *testing.T) {
		t.Parallel()
		s := open(t, wall(), func(page string) string {
			return strings.Replace(page, "</main>", `<form><input id="typed" value=""></form></main>`, 1)
		})
		c := s.dial()
		if err := chromedp.Do(s.tab, chromedp.SendKeys(chromedp.CSS("#typed"), "half a wo")); err != nil {
			t.Fatal(err)
		}
		c.end(4401)
		s.until("the stale banner", staleBanner)
		same(t, "still here", eval[string](s, "location.pathname + document.getElementById('typed').value"), "/wallhalf a wo")
	})
}

func TestNewBuild(t *testing.T) {
	t.Parallel()
	s := open(t, wall())
	c := s.dial()
	eval[chromedp.Void](s, "dispatchEvent(new Event('pointerdown'))") // somebody touches
	c.send(map[string]any{"head": 10, "now": start.Format(time.RFC3339Nano), "build": "b2"})
	s.until("a tick later", "lobby.now() > 0")
	if n := s.loads.Load(); n != 1 {
		t.Fatalf("loaded %d times while somebody touches", n)
	}
	eval[chromedp.Void](s, "void (skip += 100000)")
	next := s.dial() // the watchdog, or the page anew
	for end := time.Now().Add(15 * time.Second); s.loads.Load() < 2 && time.Now().Before(end); {
		next.send(map[string]any{"head": 10, "now": start.Format(time.RFC3339Nano), "build": "b2"})
		next = s.dial()
	}
	if n := s.loads.Load(); n < 2 {
		t.Error("the page didn't load the new build")
	}
}
