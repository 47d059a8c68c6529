package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/live"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// view is the desk's live view in the default language.
func (h *house) view() live.View { return live.View{Site: h.site, Audience: live.Desk, Lang: "zh-CN"} }

func (h *house) frames(events ...live.Event) []live.Frame {
	h.t.Helper()
	frames, err := h.desk.Frames(h.t.Context(), h.view(), events)
	if err != nil {
		h.t.Fatal(err)
	}
	return frames
}

func TestFrames(t *testing.T) {
	t.Parallel()
	t.Run("an event becomes the row as it is now, and the figures", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		made := h.ticket(nil)
		h.bring(made.ID, ticket.InHand)
		f := h.frames(live.Event{Kind: "ticket.registered", ID: made.ID}, live.Event{Kind: "ticket.taken", ID: made.ID})
		for i, frame := range f {
			if !strings.Contains(frame.Content, `data-lane="in_hand"`) || !strings.Contains(frame.Content, `data-version="3"`) || frame.Swap != "card" {
				t.Errorf("frame %d: %+v", i, frame)
			}
		}
		if !strings.Contains(f[1].Content, `id="count-in_hand"`) || strings.Contains(f[0].Content, "count-") {
			t.Error("the figures belong to the last frame")
		}
	})
	t.Run("a ticket that is over, or unknown here, is taken off", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		made := h.ticket(nil)
		h.bring(made.ID, ticket.Closed)
		f := h.frames(live.Event{Kind: "ticket.closed", ID: made.ID}, live.Event{Kind: "ticket.closed", ID: 99999})
		for i, frame := range f {
			if !strings.Contains(frame.Content, "data-gone") || strings.Contains(frame.Content, "漏水") {
				t.Errorf("frame %d: %+v", i, frame)
			}
		}
	})
	t.Run("PRIVACY-2 visitors never travel over the desk's stream, only that something changed", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		guest := h.visit("赵明", "21-701")
		f := h.frames(live.Event{Kind: "visit.arrived", ID: guest.ID})
		if f[0].Content != "" || f[0].Kind != "visit.arrived" {
			t.Errorf("%+v", f[0])
		}
		html, err := h.desk.Snapshot(t.Context(), h.db, h.view())
		if err != nil || strings.Contains(html, "赵明") {
			t.Errorf("%s, %v", html, err)
		}
	})
	t.Run("PRIVACY-2 a phone typed into the matter is masked in frames and snapshot", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		made := h.ticket(func(r *ticket.Register) { r.Matter = "回电 13900706785" })
		html, err := h.desk.Snapshot(t.Context(), h.db, h.view())
		if err != nil {
			t.Fatal(err)
		}
		if all := html + h.frames(live.Event{Kind: "ticket.registered", ID: made.ID})[0].Content; strings.Contains(all, "0706785") {
			t.Error("the phone is in the clear")
		}
	})
	t.Run("a lane above its cap is sent whole, and once more when it falls below", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at, due_at)
			select ?, gen_random_uuid(), '', 'T' || n, 'phone', 'repair', '大堂', '漏水', ?, ? from generate_series(1, ?) n`,
			h.site, monday, monday.Add(48*time.Hour), ticket.LaneCap).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f := h.frames(live.Event{Kind: "ticket.changed", ID: 1}); f[0].Refresh != "" {
			t.Error("a full lane is not over its cap")
		}
		made := h.ticket(nil)
		f := h.frames(live.Event{Kind: "ticket.registered", ID: made.ID})
		if f[0].Refresh == "" {
			t.Fatal("the lane is above its cap")
		}
		whole, err := h.desk.Lane(t.Context(), h.view(), f[0].Refresh)
		if err != nil || strings.Count(whole.Content, "<li") != ticket.LaneCap || !strings.Contains(whole.Content, "还有 1 条") {
			t.Fatalf("%d rows, %v", strings.Count(whole.Content, "<li"), err)
		}
		h.frames(live.Event{Kind: "ticket.changed", ID: made.ID}) // still above
		var first int64
		h.scan(&first, `select min(id) from tickets`)
		h.bring(first, ticket.InHand)
		if f = h.frames(live.Event{Kind: "ticket.taken", ID: first}); f[0].Refresh == "" {
			t.Fatal("the ticket that moves up was never on the screen")
		}
		whole, err = h.desk.Lane(t.Context(), h.view(), f[0].Refresh)
		if err != nil || strings.Count(whole.Content, "<li") != ticket.LaneCap || strings.Contains(whole.Content, "还有") {
			t.Errorf("%d rows, %v", strings.Count(whole.Content, "<li"), err)
		}
		if f = h.frames(live.Event{Kind: "ticket.taken", ID: first}); f[0].Refresh != "" {
			t.Error("nothing is above its cap any more")
		}
	})
	t.Run("page and position are of one moment", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		browser := h.at(staff.Agent)
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 20 {
				h.ticket(nil)
			}
		})
		for range 10 {
			page := browser.Get("/desk").Want(http.StatusOK)
			seq := webtest.Attr(page.One("[data-live]"), "data-seq")
			if n := len(page.All("#lane-registered li")); seq != fmt.Sprint(n) {
				t.Errorf("%d rows at position %s", n, seq)
			}
		}
		wg.Wait()
	})
}
