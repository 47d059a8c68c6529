package journeys

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
)

// report registers a ticket as the desk of this program instance would.
func report(t *testing.T, app *boot.App, at int64, place string) *ticket.Ticket {
	t.Helper()
	made, err := app.Tickets.Register(actor.AsJob(t.Context(), "test", at), ticket.Register{
		EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: place, Matter: "灯不亮", Channel: "phone",
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func take(t *testing.T, app *boot.App, at int64, id int64) {
	t.Helper()
	tickettest.Bring(actor.AsJob(t.Context(), "test", at), t, app.Tickets, id, ticket.InHand)
}

// sameAsDatabase waits until the wall shows exactly the open tickets, each once, each in its lane.
func sameAsDatabase(t *testing.T, app *boot.App, at int64, wall *tab) {
	t.Helper()
	columns, err := ticket.Cards(t.Context(), app.DB, at, ticket.LaneCap)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range columns {
		for _, card := range c.Cards {
			want = append(want, fmt.Sprintf("%s %d v%d", c.Lane, card.ID, card.Version))
		}
	}
	wall.until("the wall equals the database: "+strings.Join(want, ", "), fmt.Sprintf(
		`JSON.stringify([...document.querySelectorAll(".card")].map(c => c.dataset.lane + " " + c.id.replace(/\D/g, "") + " v" + c.dataset.version)) === JSON.stringify(%s)`,
		quoteAll(want)))
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// TestWallSurvivesTheServersDeath kills the real program under an open wall, changes things meanwhile through another
// instance, and starts it again: nothing is missing, nothing double, and in between the screen said since when.
func TestWallSurvivesTheServersDeath(t *testing.T) {
	t.Parallel()
	h := &house{House: boottest.New(t)}
	h.app = h.Open(t)
	h.furnish(t)
	addr := boottest.FreeAddr(t)
	server := h.Process(t, addr)
	first := report(t, h.app, h.at.ID, "18#一层")
	second := report(t, h.app, h.at.ID, "19#一层")

	wall := screen(t, server.URL, wallSize, h.wall)
	wall.visit("/wall")
	sameAsDatabase(t, h.app, h.at.ID, wall)
	wall.until("the screen is true", `document.querySelector("[data-stale]").hidden`)

	server.Kill()
	wall.until("since when the screen is stale", `!document.querySelector("[data-stale]").hidden && /\d\d:\d\d/.test(document.querySelector("[data-stale]").innerText)`)
	take(t, h.app, h.at.ID, first.ID)
	report(t, h.app, h.at.ID, "20#一层")

	h.Process(t, addr)
	wall.until("the banner is gone", `document.querySelector("[data-stale]").hidden`)
	sameAsDatabase(t, h.app, h.at.ID, wall)
	take(t, h.app, h.at.ID, second.ID)
	sameAsDatabase(t, h.app, h.at.ID, wall)
}

// balancer passes connections on to whichever of its servers is alive, as a load balancer does.
type balancer struct {
	net.Listener
	mu      sync.Mutex
	servers []string
}

func balance(t *testing.T, servers ...string) *balancer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{Listener: ln, servers: servers}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			go b.pass(in)
		}
	}()
	return b
}

func (b *balancer) pass(in net.Conn) {
	defer in.Close()
	out := b.dial()
	if out == nil {
		return
	}
	defer out.Close()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}

func (b *balancer) dial() net.Conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, server := range b.servers {
		if out, err := net.Dial("tcp", server); err == nil {
			return out
		}
	}
	return nil
}

// TestWallMovesToTheOtherInstance has two programs on one database behind one address and kills the one that the wall
// is connected to.
func TestWallMovesToTheOtherInstance(t *testing.T) {
	t.Parallel()
	h := &house{House: boottest.New(t)}
	h.app = h.Open(t)
	h.furnish(t)
	one, two := boottest.FreeAddr(t), boottest.FreeAddr(t)
	doomed := h.Process(t, one)
	h.Process(t, two)
	front := balance(t, one, two)
	wall := screen(t, "http://"+front.Addr().String(), wallSize, h.wall)
	wall.visit("/wall")
	first := report(t, h.app, h.at.ID, "18#一层")
	sameAsDatabase(t, h.app, h.at.ID, wall)

	doomed.Kill()
	take(t, h.app, h.at.ID, first.ID)
	report(t, h.app, h.at.ID, "19#一层")
	sameAsDatabase(t, h.app, h.at.ID, wall)
	wall.until("the screen is true", `document.querySelector("[data-stale]").hidden`)
}
