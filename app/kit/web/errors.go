package web

import (
	"context"
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/views/locale"
	page "lobby/views/web"
)

var statuses = map[fault.Kind]int{
	fault.Internal:    fiber.StatusInternalServerError,
	fault.BadRequest:  fiber.StatusBadRequest,
	fault.SignIn:      fiber.StatusUnauthorized,
	fault.Forbidden:   fiber.StatusForbidden,
	fault.NotFound:    fiber.StatusNotFound,
	fault.Conflict:    fiber.StatusConflict,
	fault.TooLarge:    fiber.StatusRequestEntityTooLarge,
	fault.Invalid:     fiber.StatusUnprocessableEntity,
	fault.TooMany:     fiber.StatusTooManyRequests,
	fault.Unavailable: fiber.StatusServiceUnavailable,
}

func statusOf(err error) int { return statuses[asFault(err).Kind] }

// asFault turns any error into what the person is told. What isn't a fault stays inside.
func asFault(err error) *fault.Fault {
	if f, ok := fault.As(err); ok {
		return f
	}
	var fe *fiber.Error
	if errors.As(err, &fe) {
		switch fe.Code {
		case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
			return fault.Wrap(err, fault.NotFound, "fault.not_found")
		case fiber.StatusRequestEntityTooLarge:
			return fault.Wrap(err, fault.TooLarge, "web.too_large")
		case fiber.StatusServiceUnavailable:
			return fault.Wrap(err, fault.Unavailable, "fault.unavailable")
		}
		if fe.Code < fiber.StatusInternalServerError {
			return fault.Wrap(err, fault.BadRequest, "web.bad_request")
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "fault.unavailable")
	}
	return fault.Wrap(err, fault.Internal, "fault.internal")
}

// fail answers with an error in words: the sign-in page, a page of its own, or for htmx a message.
func (s *server) fail(c *fiber.Ctx, err error) error {
	f := asFault(err)
	c.Locals(serverLocal, s)
	if c.Locals(requestLocal) == nil { // the request never reached a handler
		s.begin(c)
		s.setHeaders(c)
		c.SetUserContext(locale.With(context.Background(), locale.Match(c.Get(fiber.HeaderAcceptLanguage))))
		f = s.unread(c, f)
		s.Log.InfoContext(Context(c), "request refused unread", "request", RequestID(c), "status", statuses[f.Kind])
	}
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		s.Log.ErrorContext(Context(c), "request failed", "request", RequestID(c), "error", err)
	}
	RetryAfter(c, f)
	if f.Kind == fault.NotFound {
		speakTo(c)
	}
	c.Response().ResetBody()
	if errors.Is(err, ErrRevoked) {
		return unpaired(c)
	}
	if f.Kind == fault.SignIn && s.SignIn != nil {
		return s.askToSignIn(c, f)
	}
	return s.errorPage(c, statuses[f.Kind], f)
}

// speakTo makes the page of an address that nobody serves speak the language of who is signed in; for nobody, and where
// that can't be looked up, it speaks the browser's.
func speakTo(c *fiber.Ctx) {
	if who, err := Person(c); err == nil && who.Kind == actor.Person && actor.From(Context(c)).Kind == actor.Nobody {
		if err := Enter(c, who); err != nil {
			of(c).Log.WarnContext(Context(c), "the site of an error page was not found", "request", RequestID(c), "error", err)
		}
	}
}

// RetryAfter tells how long to wait, where the fault knows.
func RetryAfter(c *fiber.Ctx, f *fault.Fault) {
	if f.Retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(fault.Seconds(f.Retry)))
	}
}

func (s *server) errorPage(c *fiber.Ctx, status int, f *fault.Fault) error {
	if Partial(c) {
		return s.errorPart(c, status, f)
	}
	ctx := Context(c)
	text := locale.Say(ctx, f.Key, f.Args)
	title := locale.T(ctx, "web.title."+strconv.Itoa(status))
	return Render(c, status, page.FailurePage(Shell(c, title), text, requestShown(c, f)))
}

// errorPart shows an error where the page has its alerts; the rest of the page stays as it is.
func (s *server) errorPart(c *fiber.Ctx, status int, f *fault.Fault) error {
	c.Set("HX-Retarget", "#alerts")
	c.Set("HX-Reswap", "innerHTML")
	return Render(c, status, page.Failure(locale.Say(Context(c), f.Key, f.Args), requestShown(c, f)))
}

// requestShown is the request id where the person may want to tell it to somebody.
func requestShown(c *fiber.Ctx, f *fault.Fault) string {
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return RequestID(c)
	}
	return ""
}
