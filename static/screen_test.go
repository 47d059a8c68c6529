package static_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	views "lobby/views/kiosk"
)

// The words and the look of the time left follow the server's clock (TICKET-3, Look).
func TestCountdown(t *testing.T) {
	t.Parallel()
	waits := card(2, "waiting", "c", 1)
	waits.Running = false
	s := open(t, wall(card(1, "registered", "b", 1), waits))
	c := s.dial()
	for _, step := range []struct {
		after      time.Duration
		text, look string
	}{
		{0, "1d 23h left", "ok"},
		{35*time.Hour + 39*time.Minute, "12h 20m left", "ok"},
		{46*time.Hour + 39*time.Minute, "only 1h 20m", "soon"},
		{47*time.Hour + 59*time.Minute + 30*time.Second, "only ", "soon"},
		{48*time.Hour + 5*time.Minute, "5m late", "late"},
		{75 * time.Hour, "1d 3h late", "late"},
	} {
		c.beat(10, step.after+time.Second)
		s.until(step.text, "document.querySelector('#t-1 .countdown."+step.look+"')?.textContent.includes('"+step.text+"') && document.getElementById('t-1').dataset.left === '"+step.look+"'")
	}
	if eval[bool](s, "Boolean(document.querySelector('#t-2 .countdown'))") {
		t.Error("a ticket whose clock doesn't run has a countdown")
	}
}

func TestAlarm(t *testing.T) {
	t.Parallel()
	t.Run("HELP-3 urgency A sounds until somebody accepts it", func(t *testing.T) {
		t.Parallel()
		s := open(t, wall(card(1, "registered", "b", 1)), func(page string) string {
			return strings.Replace(page, `data-alarm-every="4"`, `data-alarm-every="0.2"`, 1)
		})
		c := s.dial()
		urgent := card(2, "registered", "a", 1)
		urgent.Urgency, urgent.Alarm, urgent.Life = "A", true, true
		if eval[int](s, "alarms") != 0 {
			t.Fatal("sounds without a reason")
		}
		c.frame(11, "ticket.registered", urgent)
		s.until("repeated", "alarms >= 3 && document.documentElement.classList.contains('is-alarm')")
		taken := card(2, "in_hand", "a", 2)
		taken.Urgency, taken.Life = "A", true
		c.frame(12, "ticket.taken", taken)
		s.until("accepted", "!document.documentElement.classList.contains('is-alarm')")
		before := eval[int](s, "alarms")
		c.frame(13, "ticket.changed", taken) // drawn anew
		eval[chromedp.Void](s, "new Promise((go) => setTimeout(go, 700))")
		if after := eval[int](s, "alarms"); after != before {
			t.Errorf("sounded %d times after it was accepted", after-before)
		}
	})
}

// As many cards as fit without being cut off, the rest counted; no scroll bars.
func TestFit(t *testing.T) {
	t.Parallel()
	var cards []views.Card
	for n := range int64(60) {
		cards = append(cards, card(n+1, "registered", fmt.Sprintf("%03d", n), 1))
	}
	s := open(t, wall(cards...))
	c := s.dial()
	s.until("counted", "/^and [0-9]+ more$/.test(document.querySelector('[data-more=registered]').textContent)")
	got := eval[[]int](s, `(() => {
		const list = document.getElementById("lane-registered");
		const shown = [...list.children].filter((c) => !c.classList.contains("is-over"));
		const cut = shown.filter((c) => c.getBoundingClientRect().bottom > list.getBoundingClientRect().bottom + 1);
		const more = Number(document.querySelector("[data-more=registered]").textContent.replace(/[^0-9]/g, ""));
		return [shown.length + more, cut.length, document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth];
	})()`)
	same(t, "shown and counted, cut off, scrolled", fmt.Sprint(got), "[60 0 0 0]")

	c.beat(10, 48*time.Hour+time.Minute)
	s.until("how much of the rest is late", "/^and ([0-9]+) more\\1 of them late$/.test(document.querySelector('[data-more=registered]').textContent)")
}

// The figures of a day that is over are fetched anew.
func TestNewDay(t *testing.T) {
	t.Parallel()
	s := open(t, wall(), func(page string) string {
		return strings.Replace(page, "</main>", `<dl id="figures" data-day="2026-11-22"></dl></main>`, 1)
	})
	c := s.dial()
	eval[chromedp.Void](s, "void (Math.random = () => 0)")
	c.beat(10, 9*time.Hour+59*time.Minute) // 23:59 in Shanghai
	s.until("just before midnight", "document.querySelector('[data-clock]').textContent === '23:59'")
	if n := s.loads.Load(); n != 1 {
		t.Fatalf("loaded %d times before midnight", n)
	}
	c.beat(10, 10*time.Hour+time.Second)
	s.dial()
	if n := s.loads.Load(); n != 2 {
		t.Errorf("loaded %d times", n)
	}
}

// A card in which somebody types moves to its lane when they are done.
func TestCardInUse(t *testing.T) {
	t.Parallel()
	s := open(t, wall(card(1, "registered", "b", 1)), func(page string) string {
		return strings.Replace(page, `</p></article>`, `</p><form><input id="typed" value=""></form></article>`, 1)
	})
	c := s.dial()
	if err := chromedp.Do(s.tab, chromedp.SendKeys(chromedp.CSS("#typed"), "half a wo")); err != nil {
		t.Fatal(err)
	}
	c.frame(11, "ticket.taken", card(1, "in_hand", "b", 2))
	c.frame(12, "ticket.registered", card(2, "registered", "c", 1))
	s.until("the next frame", "document.getElementById('t-2')")
	same(t, "typed", eval[string](s, "document.getElementById('typed').value"), "half a wo")
	eval[chromedp.Void](s, "document.getElementById('typed').form.reset(), document.getElementById('typed').blur()")
	s.until("moved once nobody uses it", "document.querySelector('#lane-in_hand #t-1')")
}

// A wall stays open for weeks: thousands of changes leave no nodes and no listeners behind.
func TestNothingPilesUp(t *testing.T) { // alone: the counts are of the whole browser process
	s := open(t, wall(card(1, "registered", "b", 1)))
	c := s.dial()
	seq := 10
	lanes := []string{"registered", "in_hand", "waiting", "resolved"}
	run := func(n int) {
		for range n {
			seq++
			c.frame(seq, "ticket.changed", card(1+int64(seq%20), lanes[seq/20%4], fmt.Sprintf("%03d", seq%20), int64(seq)))
		}
		s.until("all changes", fmt.Sprintf("document.getElementById('t-%d').dataset.version === '%d'", 1+seq%20, seq))
		s.until("no marks", "!document.querySelector('.is-changed')")
	}
	run(200)
	before := s.counters()
	run(2000)
	after := s.counters()
	if after.Nodes > before.Nodes+before.Nodes/4 || after.JsEventListeners > before.JsEventListeners+5 {
		t.Errorf("nodes %d → %d, listeners %d → %d", before.Nodes, after.Nodes, before.JsEventListeners, after.JsEventListeners)
	}
}
