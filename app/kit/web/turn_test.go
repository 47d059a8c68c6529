package web

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// turning is an app whose pages take turns: "/page" stays until it may leave.
type turning struct {
	*fiber.App
	asked, inside, most atomic.Int64
	entered, leave      chan struct{}
}

func newTurning(turns int, hold time.Duration) *turning {
	s := &server{turns: make(chan struct{}, turns), hold: hold}
	a := &turning{App: fiber.New(fiber.Config{DisableStartupMessage: true}), entered: make(chan struct{}, 100), leave: make(chan struct{})}
	a.Use(func(c *fiber.Ctx) error { a.asked.Add(1); return c.Next() }, s.turn)
	a.Get("/page", func(c *fiber.Ctx) error {
		if n := a.inside.Add(1); n > a.most.Load() {
			a.most.Store(n)
		}
		defer a.inside.Add(-1)
		a.entered <- struct{}{}
		<-a.leave
		return c.SendStatus(http.StatusOK)
	})
	a.All("/quick", func(c *fiber.Ctx) error { return c.SendStatus(http.StatusOK) })
	a.Get("/wrong", func(*fiber.Ctx) error { return fiber.ErrTeapot })
	return a
}

func (a *turning) ask(t *testing.T, method, path string, header ...string) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	answer, err := a.Test(r, -1)
	if err != nil {
		t.Error(err)
		return
	}
	_ = answer.Body.Close()
}

func TestPagesTakeTurns(t *testing.T) {
	t.Parallel()
	a := newTurning(1, time.Hour)
	var sent sync.WaitGroup
	for range 6 {
		sent.Go(func() { a.ask(t, http.MethodGet, "/page") })
	}
	<-a.entered
	tick, end := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for a.asked.Load() < 6 {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the others haven't asked")
		}
	}
	a.ask(t, http.MethodPost, "/quick") // what somebody does isn't held up, nor what stays open
	a.ask(t, http.MethodGet, "/quick", fiber.HeaderUpgrade, "websocket")
	close(a.leave)
	sent.Wait()
	if n := a.most.Load(); n != 1 {
		t.Errorf("%d were made at once, want 1", n)
	}
	for range 3 {
		a.ask(t, http.MethodGet, "/wrong") // gives its turn back
	}
}

// A page that takes its time lets the next one go on meanwhile.
func TestPageGivesUpItsTurn(t *testing.T) {
	t.Parallel()
	a := newTurning(1, time.Millisecond)
	var slow sync.WaitGroup
	slow.Go(func() { a.ask(t, http.MethodGet, "/page") })
	<-a.entered
	next := make(chan struct{})
	go func() {
		defer close(next)
		a.ask(t, http.MethodGet, "/quick")
	}()
	select {
	case <-next:
	case <-time.After(20 * time.Second):
		t.Error("the next one waits for the slow one")
	}
	close(a.leave)
	slow.Wait()
}
