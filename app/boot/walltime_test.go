package boot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// shows reads a wall's socket until it gets the card of a ticket with everything that it is to say.
func shows(t *testing.T, screen *websocket.Conn, id int64, marks ...string) {
	t.Helper()
	if err := screen.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	last := ""
	for {
		var frame struct{ Content string }
		if err := screen.ReadJSON(&frame); err != nil {
			t.Fatalf("no card with %v: %v; the last was\n%s", marks, err, last)
		}
		_, card, found := strings.Cut(frame.Content, fmt.Sprintf(`id="t-%d"`, id))
		if !found {
			continue
		}
		card, _, _ = strings.Cut(card, "</article>")
		last = card
		all := true
		for _, m := range marks {
			all = all && strings.Contains(card, m)
		}
		if all {
			return
		}
	}
}

// What time alone does stands on the walls of every instance, without a write by anybody: near, passed, escalated; also
// where the machine slept through all of it. The instances' own jobs do it; nobody calls them.
func TestWallsShowWhatTimeDoes(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	h.Clock.Set(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)) // Monday, ten in Shanghai
	one, two := h.Start(t), h.Start(t)
	app := one.App
	at := h.Site(t, app, "walls").ID
	token, _ := h.Device(t, app, at, "wall")
	h.Person(t, app, at, "chief", staff.Supervisor)
	job := actor.AsJob(t.Context(), "test", at)
	register := func() *ticket.Ticket {
		made, err := app.Tickets.Register(job, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "inquiry", Place: "大堂", Matter: "停车怎么收费",
			Channel: "counter", Classify: true})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	both := func(id int64, marks ...string) {
		t.Helper()
		for _, i := range []*boot.Instance{one, two} {
			screen := wall(t, i.URL(), token)
			shows(t, screen, id, marks...)
			if err := screen.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Run("SLA-4 near, passed and escalated come by themselves, on every instance; urged when the customer asks", func(t *testing.T) {
		made := register()
		walls := []*websocket.Conn{wall(t, one.URL(), token), wall(t, two.URL(), token)}
		each := func(marks ...string) {
			t.Helper()
			for _, screen := range walls {
				shows(t, screen, made.ID, marks...)
			}
		}
		h.Clock.Set(made.DueAt.Add(-time.Hour))
		each(`data-limit="near"`)
		h.Clock.Set(made.DueAt)
		each(`data-limit="passed"`)
		h.Clock.Set(made.RegisteredAt.Add(48 * time.Hour))
		each(`data-limit="passed"`, `class="escalated"`)
		if _, err := two.App.Tickets.Do(job, made.ID, ticket.Urge, ticket.Act{}); err != nil {
			t.Fatal(err)
		}
		each(`data-limit="passed"`, `class="escalated"`, `class="urged"`)
	})
	t.Run("SLA-4 a machine that slept over all of it shows it as soon as it wakes", func(t *testing.T) {
		made := register()
		screen := wall(t, two.URL(), token)
		shows(t, screen, made.ID)
		h.Clock.Add(72 * time.Hour)
		shows(t, screen, made.ID, `data-limit="passed"`, `class="escalated"`)
		both(made.ID, `data-limit="passed"`, `class="escalated"`)
	})
}
