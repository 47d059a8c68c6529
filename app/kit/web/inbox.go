package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/views/layout"
)

// inboxRead is the reading of what a page's head shows of the inbox.
type inboxRead struct {
	done  chan struct{} // closed when it is over
	inbox layout.Inbox
	err   error
}

func (s *server) readInbox(c *fiber.Ctx) *inboxRead {
	r, ctx := &inboxRead{done: make(chan struct{})}, Context(c)
	go func() {
		defer close(r.done)
		r.inbox, r.err = s.Inbox(ctx)
	}()
	return r
}

// expectInbox begins to read the inbox where somebody asks for a page, so that it is read while the page's own content is:
// Shell takes what comes of it. The caller waits for its end before the request's.
func (s *server) expectInbox(c *fiber.Ctx) (wait func()) {
	if s.Inbox == nil || c.Method() != fiber.MethodGet || HTMX(c) || !strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML) {
		return func() {}
	}
	r := s.readInbox(c)
	c.Locals(inboxLocal, r)
	return func() { <-r.done }
}

// inbox is what the head of the page shows of the inbox; nil for who has none here.
func (s *server) inbox(c *fiber.Ctx, who actor.Actor) *layout.Inbox {
	if s.Inbox == nil || who.Site == 0 {
		return nil
	}
	r, expected := c.Locals(inboxLocal).(*inboxRead)
	if !expected {
		r = s.readInbox(c)
	}
	<-r.done
	if r.err != nil {
		s.Log.WarnContext(Context(c), "inbox of a person", "request", RequestID(c), "error", r.err)
	}
	return &r.inbox
}
