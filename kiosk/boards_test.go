package kiosk_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/live"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
	"lobby/app/visitor"
	"lobby/kiosk"
	"lobby/views/locale"
)

// house is a site with its services, and the screens over them.
type house struct {
	*testing.T
	*boottest.House
	app    *boot.App
	here   site.Site
	boards *kiosk.Boards
	agent  actor.Actor
}

func setup(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, House: boottest.New(t)}
	h.app = h.Open(t)
	h.here = h.Site(t, h.app, "here")
	p := h.Person(t, h.app, h.here.ID, "agent", staff.Agent, staff.Supervisor)
	h.agent = actor.Actor{Kind: actor.Person, ID: p.ID, Name: p.Name, Site: h.here.ID, May: staff.May(staff.Agent, staff.Supervisor)}
	h.boards = &kiosk.Boards{DB: h.app.DB, Sites: h.app.Sites, Visits: h.app.Visits, Now: h.app.Now}
	return h
}

func (h *house) as() context.Context { return actor.With(h.Context(), h.agent) }

// report registers a ticket; change may alter the entry.
func (h *house) report(change func(*ticket.Register)) *ticket.Ticket {
	h.Helper()
	in := ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "18#地下车库", Matter: "灯不亮", Channel: "phone"}
	if change != nil {
		change(&in)
	}
	t, err := h.app.Tickets.Register(h.as(), in)
	if err != nil {
		h.Fatalf("report: %v", err)
	}
	return t
}

func (h *house) bring(t *ticket.Ticket, to ticket.State) {
	h.Helper()
	tickettest.Bring(h.as(), h.T, h.app.Tickets, t.ID, to)
}

// arrive registers a visitor with personal data that no screen may show.
func (h *house) arrive() *visitor.Visit {
	h.Helper()
	p, err := h.app.Visits.Register(h.as(), visitor.Register{
		EntryKey: uuid.Must(uuid.NewV7()), Name: piitest.Canary.Name, Phone: piitest.Canary.Phone, Host: "张主人",
		Place: "18#2单元201", Purpose: h.here.Settings.Purposes[0], Company: "快递公司", People: 3, Channel: visitor.Counter,
	})
	if err != nil {
		h.Fatalf("arrive: %v", err)
	}
	return &p.Visit
}

func (h *house) view(a live.Audience, lang string) live.View {
	return live.View{Site: h.here.ID, Audience: a, Lang: lang}
}

func event(kind string, id int64) live.Event { return live.Event{Kind: kind, ID: id} }

// frames asks what events mean for a view; those without a number are the newest of their site.
func (h *house) frames(v live.View, events ...live.Event) []live.Frame {
	h.Helper()
	head, err := live.Head(h.Context(), h.app.DB, v.Topic())
	if err != nil {
		h.Fatalf("head: %v", err)
	}
	for i := range events {
		if events[i].Seq == 0 {
			events[i].Seq = head.Seq - int64(len(events)-1-i)
		}
	}
	frames, err := h.boards.Frames(h.Context(), v, events)
	if err != nil {
		h.Fatalf("frames: %v", err)
	}
	if len(frames) != len(events) {
		h.Fatalf("%d frames for %d events", len(frames), len(events))
	}
	return frames
}

func (h *house) wants(what, text string, parts ...string) {
	h.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			h.Errorf("%s lacks %q:\n%s", what, p, text)
		}
	}
}

func (h *house) lacks(what, text string, parts ...string) {
	h.Helper()
	for _, p := range parts {
		if strings.Contains(text, p) {
			h.Errorf("%s has %q:\n%s", what, p, text)
		}
	}
}

// private are values of a visit that stand on no screen.
var private = append([]string{"张主人", "快递公司", "2单元201"}, piitest.Canary.Values()...)

func TestDisplayPage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	i := h.Start(t)
	token, _ := h.Device(t, h.app, h.here.ID, "display")
	h.arrive()
	solved := h.report(func(r *ticket.Register) { r.Reporter = piitest.Canary.Name })
	h.report(nil)
	h.bring(solved, ticket.Resolved)
	page := boottest.Screen(t, i.URL(), token).Get("/display").Want(200)
	t.Run("PRIVACY-2 the lobby display counts and says nothing about anybody", func(t *testing.T) {
		page.WantText(h.here.Name)
		page.WantNo(append([]string{"灯", "车库", "T26"}, private...)...)
		numbers := regexp.MustCompile(`<dd>(\d+)</dd>`).FindAllStringSubmatch(page.Body, -1)
		if got := fmt.Sprint(numbers); got != "[[<dd>3</dd> 3] [<dd>2</dd> 2] [<dd>1</dd> 1]]" {
			t.Errorf("in the building, received, solved: %s", got)
		}
	})
	t.Run("the figures are of the site's day", func(t *testing.T) {
		h.Clock.Add(48 * time.Hour)
		next := boottest.Screen(t, i.URL(), token).Get("/display").Want(200)
		numbers := regexp.MustCompile(`<dd>(\d+)</dd>`).FindAllStringSubmatch(next.Body, -1)
		if got := fmt.Sprint(numbers[1:]); got != "[[<dd>0</dd> 0] [<dd>0</dd> 0]]" {
			t.Errorf("received, solved two days later: %s", got)
		}
	})
}

func TestWallFrames(t *testing.T) {
	t.Parallel()
	h := setup(t)
	tk, visit := h.report(func(r *ticket.Register) { r.Urgency = "A" }), h.arrive()
	id := fmt.Sprintf(`id="t-%d"`, tk.ID)
	said := map[string]string{locale.Simplified: "设施维修", locale.Traditional: "設施修繕", locale.English: "repair"}
	for _, lang := range locale.Languages {
		v := h.view(live.Wall, lang)
		got := h.frames(v, event("ticket.registered", tk.ID), event("visit.arrived", visit.ID), event("site.changed", h.here.ID))
		h.wants("card in "+lang, got[0].Content, id, `data-lane="registered"`, "data-alarm", `data-version="1"`, said[lang], tk.Number)
		h.wants("counts", got[0].Content, `id="count-registered" value="1"`, `id="count-in_hand" value="0"`)
		h.wants("guest", got[1].Content, fmt.Sprintf(`id="v-%d"`, visit.ID), `data-lane="guests"`, `id="count-guests" value="1"`)
		if got[0].Swap != "card" || got[0].Kind != "ticket.registered" || got[1].Kind != "visit.arrived" {
			t.Errorf("frames: %+v", got)
		}
		if (got[2] != live.Frame{}) {
			t.Errorf("an event that is not for the wall: %+v", got[2])
		}
		t.Run("PRIVACY-2 frames in "+lang+" name nobody", func(*testing.T) {
			h.lacks("frames", got[0].Content+got[1].Content, private...)
		})
	}

	// The row may be newer than its event; a batch says it as it is, once, and so the counts.
	h.bring(tk, ticket.InHand)
	v := h.view(live.Wall, locale.English)
	other := h.report(nil)
	got := h.frames(v, event("ticket.registered", tk.ID), event("ticket.taken", tk.ID), event("ticket.registered", other.ID))
	if (got[0] != live.Frame{}) {
		t.Errorf("an event with a later one of the same ticket: %+v", got[0])
	}
	h.wants("an older event", got[1].Content, id, `data-lane="in_hand"`, `data-version="3"`)
	h.lacks("an older event", got[1].Content, "data-alarm", "count-")
	h.wants("the last one", got[2].Content, fmt.Sprintf(`id="t-%d"`, other.ID), `id="count-in_hand" value="1"`, `id="count-registered" value="1"`)

	for _, step := range []struct {
		verb ticket.Verb
		want string
	}{{ticket.Urge, "urged"}, {ticket.Resolve, `data-lane="resolved"`}, {ticket.Reopen, "again"}, {ticket.Resolve, `data-lane="resolved"`}} {
		if _, err := h.app.Tickets.Do(h.as(), tk.ID, step.verb, ticket.Act{Remark: "still dark"}); err != nil {
			t.Fatal(err)
		}
		h.wants(string(step.verb), h.frames(v, event("ticket.changed", tk.ID))[0].Content, step.want)
	}
	h.bring(tk, ticket.Closed)
	gone := h.frames(v, event("ticket.closed", tk.ID))[0].Content
	h.wants("what is over leaves", gone, id, "data-gone", `data-version="10"`, `id="count-resolved" value="0"`)
	h.lacks("what is over leaves", gone, tk.Number, tk.Matter)

	if _, err := h.app.Visits.End(h.as(), visit.ID); err != nil {
		t.Fatal(err)
	}
	left := h.frames(v, event("visit.left", visit.ID), event("visit.arrived", 999), event("ticket.changed", 999))
	h.wants("who left leaves", left[0].Content, "data-gone", `data-version="2"`)
	h.wants("the count", left[1].Content, `id="v-999"`, "data-gone", `id="count-guests" value="0"`)
	h.wants("a row that is deleted", left[2].Content, `id="t-999"`, "data-gone")
	h.lacks("a row that is deleted", left[2].Content, "data-version")
}

func TestOtherAudiences(t *testing.T) {
	t.Parallel()
	h := setup(t)
	tk, visit := h.report(nil), h.arrive()
	events := []live.Event{event("ticket.registered", tk.ID), event("visit.arrived", visit.ID), event("site.changed", h.here.ID)}
	t.Run("PRIVACY-2 the display's frames are figures without a word of what happened", func(t *testing.T) {
		for _, lang := range locale.Languages {
			got := h.frames(h.view(live.Display, lang), events...)
			if (got[0] != live.Frame{}) || (got[2] != live.Frame{}) || got[1].Kind != "" {
				t.Errorf("%+v", got)
			}
			h.wants("figures", got[1].Content, `id="figures"`, "<dd>3</dd>", "<dd>1</dd>", "<dd>0</dd>")
			h.lacks("figures", got[1].Content, append([]string{tk.Number, tk.Matter}, private...)...)
		}
	})
	t.Run("PRIVACY-2 a kiosk is only woken", func(t *testing.T) {
		got := h.frames(h.view(live.Kiosk, locale.English), events...)
		want := []live.Frame{{}, {Kind: "visit.arrived"}, {}}
		if !slices.Equal(got, want) {
			t.Errorf("%+v", got)
		}
	})
	for audience, want := range map[live.Audience][]string{
		live.Wall: {`id="lane-registered"`, `id="lane-guests"`, `id="count-guests"`, tk.Number}, live.Display: {`id="figures"`}, live.Kiosk: {""},
	} {
		html, err := h.boards.Snapshot(t.Context(), h.app.DB, h.view(audience, locale.English))
		if err != nil {
			t.Fatal(err)
		}
		h.wants("snapshot of "+string(audience), html, want...)
		h.lacks("snapshot of "+string(audience), html, private...)
		if audience != live.Wall {
			h.lacks("snapshot of "+string(audience), html, tk.Number)
		}
	}
	if _, err := h.boards.Frames(t.Context(), live.View{Site: 999, Audience: live.Wall, Lang: "en"}, events); err == nil {
		t.Error("a site that doesn't exist has frames")
	}
}

// Where a card leaves a lane above its cap, the one that moves up comes with the frame; where many leave at once, the lanes
// come whole.
func TestLaneAboveItsCap(t *testing.T) {
	t.Parallel()
	h := setup(t)
	tickets := make([]*ticket.Ticket, kiosk.LaneCap+kiosk.RisenMost+2)
	for i := range tickets {
		tickets[i] = h.report(nil)
	}
	v := h.view(live.Wall, locale.English)
	below := tickets[kiosk.LaneCap]
	h.lacks("a wall", h.snapshot(v), below.Number)
	h.bring(tickets[0], ticket.InHand)
	got := h.frames(v, event("ticket.taken", tickets[0].ID))[0]
	h.wants("the frame", got.Content, `data-lane="in_hand"`, below.Number, "data-still")
	if got.Refresh != "" {
		t.Errorf("lanes are sent whole: %s", got.Refresh)
	}

	var many []live.Event
	for _, tk := range tickets[1 : kiosk.RisenMost+2] {
		h.bring(tk, ticket.InHand)
		many = append(many, event("ticket.taken", tk.ID))
	}
	all := h.frames(v, many...)
	last := all[len(all)-1]
	h.lacks("the frame", last.Content, "data-still")
	if last.Refresh != live.FullLanes {
		t.Fatalf("%d left, and the lanes aren't sent whole", len(many))
	}
	lane, err := h.boards.Lane(t.Context(), v, last.Refresh)
	if err != nil || lane.Swap != "card" {
		t.Fatal(lane.Swap, err)
	}
	h.wants("the lanes", lane.Content, tickets[len(tickets)-1].Number, `id="count-in_hand" value="10"`)
}

// What time does to a card below those that a lane shows is nothing to a wall; to a card that it shows it is.
func TestTimeBelowTheCap(t *testing.T) {
	t.Parallel()
	h := setup(t)
	tickets := make([]*ticket.Ticket, kiosk.LaneCap+1)
	for i := range tickets {
		tickets[i] = h.report(nil)
	}
	v := h.view(live.Wall, locale.English)
	first, below := tickets[0].ID, tickets[kiosk.LaneCap].ID
	for _, kind := range []string{"ticket.near", "ticket.overdue", "ticket.due", "ticket.escalated"} {
		got := h.frames(v, event(kind, below), event(kind, first), event("ticket.changed", below))
		if (got[0] != live.Frame{}) || !strings.Contains(got[2].Content, fmt.Sprintf(`id="t-%d"`, below)) {
			t.Errorf("%s with a change by people: %+v", kind, got)
		}
		if got := h.frames(v, event(kind, below), event(kind, first)); (got[0] != live.Frame{}) || !strings.Contains(got[1].Content, fmt.Sprintf(`id="t-%d"`, first)) || strings.Contains(got[1].Content, "count-") {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	urgent := h.report(func(r *ticket.Register) { r.Urgency = "A" }).ID // the last one that came, and the first of its lane
	if got := h.frames(v, event("ticket.overdue", urgent)); got[0].Content == "" {
		t.Error("a card at the top is not shown")
	}
	if got := h.frames(h.view(live.Display, locale.English), event("ticket.overdue", first)); (got[0] != live.Frame{}) {
		t.Errorf("the display: %+v", got[0])
	}
}

// With thousands of open tickets the counts don't hold up every frame: they come by themselves.
func TestCountsOfALargeSite(t *testing.T) {
	t.Parallel()
	h := setup(t)
	tk := h.report(nil)
	_, err := h.app.DB.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
		select ?, gen_random_uuid(), '', 'M' || n, 'phone', 'inquiry', '大堂', '问路', now() from generate_series(1, ?) n`, h.here.ID, kiosk.CountAtOnce).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := h.view(live.Wall, locale.English)
	h.wants("the first frame", h.frames(v, event("ticket.changed", tk.ID))[0].Content, `value="2001"`)
	got := h.frames(v, event("ticket.changed", tk.ID))[0]
	h.lacks("a frame", got.Content, "count-")
	counts, err := h.boards.Lane(t.Context(), v, got.Refresh)
	if err != nil || got.Refresh == "" || strings.Contains(counts.Content, "<article") {
		t.Fatalf("%q, %v: %s", got.Refresh, err, counts.Content[:min(len(counts.Content), 200)])
	}
	h.wants("the counts", counts.Content, `id="count-registered" value="2001"`)
	if _, err := h.app.DB.NewRaw(`update tickets set state = 'closed', closed_at = now() where number = 'M1'`).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.boards.Lane(t.Context(), v, got.Refresh); err != nil {
		t.Fatal(err)
	}
	h.wants("a frame of a site that is smaller again", h.frames(v, event("ticket.changed", tk.ID))[0].Content, `value="2000"`)
}

func (h *house) snapshot(v live.View) string {
	h.Helper()
	html, err := h.boards.Snapshot(h.Context(), h.app.DB, v)
	if err != nil {
		h.Fatalf("snapshot: %v", err)
	}
	return html
}
