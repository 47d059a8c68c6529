package web

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// turnHold is how long a page keeps its turn at most. Who takes longer waits for something else than the processors, and the
// next one need not.
const turnHold = 25 * time.Millisecond

// turn lets only so many pages be made at once, the others in the order in which they were asked for. Where they share the
// processors with the database, more at once only wait for each other in the midst of what they do, some at every step.
func (s *server) turn(c *fiber.Ctx) error {
	if s.turns == nil || c.Method() != fiber.MethodGet || c.Get(fiber.HeaderUpgrade) != "" {
		return c.Next()
	}
	s.turns <- struct{}{}
	over := sync.OnceFunc(func() { <-s.turns })
	defer over()
	defer time.AfterFunc(s.hold, over).Stop()
	return c.Next()
}
