package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/views/locale"
)

// request is what the log says of a request.
type request struct {
	id    string
	start time.Time
}

func (s *server) begin(c *fiber.Ctx) request {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	r := request{id: hex.EncodeToString(id[:]), start: time.Now()}
	c.Locals(requestLocal, r)
	c.Set(fiber.HeaderXRequestID, r.id)
	return r
}

// RequestID is the id of the request, under which the log knows it.
func RequestID(c *fiber.Ctx) string {
	r, _ := c.Locals(requestLocal).(request)
	return r.id
}

// Quiet keeps a request out of the log unless it fails: health checks.
func Quiet(c *fiber.Ctx) error {
	c.Locals(quietLocal, true)
	return c.Next()
}

// observe gives the request its id, its deadline and a first language (UserContext is Background otherwise), turns an error into its answer, and writes one line: the pattern of the path, never
// the path itself, no query, no address, no name (PRIVACY-2).
func (s *server) observe(c *fiber.Ctx) error {
	c.Locals(serverLocal, s)
	if s.Active != nil {
		s.Active.Add(1)
		defer s.Active.Add(-1)
	}
	r := s.begin(c)
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel() // after the error page too: nothing is rendered on a context that is over
	c.SetUserContext(locale.With(ctx, choose(c, actor.Actor{})))
	err := c.Next()
	if err != nil {
		if answer := s.fail(c, err); answer != nil {
			s.Log.Error("error page failed", "request", r.id, "error", answer)
			c.Response().ResetBody()
			c.Status(fiber.StatusInternalServerError)
		}
	}
	status := c.Response().StatusCode()
	level := slog.LevelInfo
	if quiet, _ := c.Locals(quietLocal).(bool); quiet && status < fiber.StatusInternalServerError {
		level = slog.LevelDebug
	}
	took, path := time.Since(r.start), pattern(c, err)
	if s.Observe != nil {
		s.Observe(c.Method(), path, status, took)
	}
	a := actor.From(Context(c))
	s.Log.LogAttrs(Context(c), level, "request", slog.String("request", r.id), slog.String("method", c.Method()),
		slog.String("path", path), slog.Int("status", status), slog.Int("bytes", len(c.Response().Body())),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("actor", string(a.Kind)),
		slog.Int64("actor_id", a.ID), slog.Int64("site", a.Site))
	return nil
}

// pattern is the route as it was declared ("/p/:token"): a path can hold a pass link or whatever somebody types.
func pattern(c *fiber.Ctx, err error) string {
	var fe *fiber.Error
	if errors.As(err, &fe) && (fe.Code == fiber.StatusNotFound || fe.Code == fiber.StatusMethodNotAllowed) {
		return "(none)"
	}
	return c.Route().Path
}

// recovered turns a panic into an internal error; Fiber's own handler would send its text to the person.
func recovered(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return c.Next()
}
