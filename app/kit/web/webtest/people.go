package webtest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
)

// People stands in for staff and devices where a test is about something else than signing in.
type People struct {
	mu    sync.Mutex
	known map[string]actor.Actor
	Site  web.Site // the frame of every site; its ID is filled in
}

// NewPeople knows nobody yet.
func NewPeople() *People { return &People{known: map[string]actor.Actor{}} }

// Add makes somebody known and gives the token for their cookie.
func (p *People) Add(who actor.Actor) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := fmt.Sprintf("token-%d", len(p.known)+1)
	p.known[token] = who
	return token
}

// Config is a web.Config over these people, without rate limits and with a log that goes nowhere.
func (p *People) Config() web.Config {
	return web.Config{
		Log:     slog.New(slog.DiscardHandler),
		Rates:   web.Rates{Off: true},
		Session: p.find(actor.Person),
		Device:  p.find(actor.Device),
		Site: func(_ context.Context, id int64) (web.Site, error) {
			s := p.Site
			s.ID = id
			if s.Name == "" {
				s.Name = "滨河花园"
			}
			if s.Accent == "" {
				s.Accent = "#0b6e5f"
			}
			return s, nil
		},
		SignIn: func(c *fiber.Ctx, status int, _ web.Kept) error {
			return c.Status(status).SendString("sign in")
		},
		ScreenPermission: map[string]actor.Permission{"wall": "wall.view", "display": "display.view"},
	}
}

func (p *People) find(kind actor.Kind) func(context.Context, string) (actor.Actor, error) {
	return func(_ context.Context, token string) (actor.Actor, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if who, known := p.known[token]; known && who.Kind == kind {
			return who, nil
		}
		return actor.Actor{}, fault.New(fault.SignIn, "fault.sign_in")
	}
}

// May makes a set of permissions.
func May(permissions ...actor.Permission) map[actor.Permission]bool {
	set := map[actor.Permission]bool{}
	for _, p := range permissions {
		set[p] = true
	}
	return set
}
