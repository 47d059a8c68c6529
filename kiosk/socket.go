package kiosk

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/locale"
)

// Sockets carries the live screens: one route for all of them.
type Sockets struct {
	Hub *live.Hub
	Log *slog.Logger // nil: slog.Default
}

func (s *Sockets) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

// upgrader turns a request into a socket. It is the one under contrib/websocket, without the wrapper: that one copies
// headers, cookies and values of the request and keeps them for as long as a wall stays open, and gives itself to the
// next client when the handler is back. Our sockets read nothing but pongs, and write ready-made frames.
var upgrader = websocket.FastHTTPUpgrader{
	HandshakeTimeout: 5 * time.Second,
	ReadBufferSize:   256,
	WriteBufferSize:  1024,
	WriteBufferPool:  &sync.Pool{},                                    // a quiet socket has no write buffer
	CheckOrigin:      func(*fasthttp.RequestCtx) bool { return true }, // web.SameOrigin has decided; it knows of proxies
}

// Routes mounts /live?view=wall|desk|display|kiosk|inbox&epoch=E&seq=N&ranges=1; without ranges, as pages of older builds
// ask, each number comes by itself.
func (s *Sockets) Routes(app fiber.Router) { app.Get("/live", s.live) }

// live accepts a socket. Another site's page is refused outright. Who may not have the view is accepted and then told
// so by a close code, since a browser can't see why a handshake was refused and would try again for ever.
func (s *Sockets) live(c *fiber.Ctx) error {
	if !websocket.FastHTTPIsWebSocketUpgrade(c.Context()) {
		return fiber.ErrUpgradeRequired
	}
	if !web.SameOrigin(c) {
		return fault.New(fault.Forbidden, "web.cross_site")
	}
	checked := time.Now()
	view, owner, code := s.allowed(c, live.Audience(c.Query("view")))
	owner.Checked = checked
	at := live.Start{Position: live.Position{Epoch: number(c.Query("epoch")), Seq: number(c.Query("seq"))}, Ranges: c.Query("ranges") == "1"}
	hub, request := s.Hub, c.Context() // c itself belongs to the next request by the time the socket is served
	return upgrader.Upgrade(request, func(conn *websocket.Conn) {
		defer s.logPanic()
		request.ResetUserValues() // kept for as long as the socket is open
		if code != 0 {
			live.Refuse(conn, code)
			return
		}
		hub.Serve(context.Background(), conn, view, at, owner)
	})
}

// number reads a position's part; junk is a position that nobody has, which a snapshot answers.
func number(raw string) int64 {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// allowed finds out who asks for a view and whether they may have it; else the code that says why not.
func (s *Sockets) allowed(c *fiber.Ctx, audience live.Audience) (live.View, live.Owner, int) {
	if !audience.Known() {
		return live.View{}, live.Owner{}, live.CloseForbidden
	}
	who, err := viewer(c, audience)
	if err == nil && who.Kind != actor.Nobody {
		err = web.Enter(c, who)
	}
	switch {
	case errors.Is(err, web.ErrRevoked):
		return live.View{}, live.Owner{}, live.CloseRevoked
	case fault.Is(err, fault.SignIn), err == nil && who.Kind == actor.Nobody:
		return live.View{}, live.Owner{}, live.CloseSignIn
	case fault.Is(err, fault.Forbidden), err == nil && who.Site == 0:
		return live.View{}, live.Owner{}, live.CloseForbidden
	case err != nil: // no database, for example: the screen comes again by itself
		s.log().WarnContext(web.Context(c), "live: socket not served", "request", web.RequestID(c), "error", err)
		return live.View{}, live.Owner{}, live.CloseRestart
	}
	view := live.View{Site: who.Site, Audience: audience, Lang: locale.Lang(web.Context(c))}
	switch who.Kind {
	case actor.Person:
		return view, live.Owner{Staff: who.ID, Session: who.Session, Until: who.Until}, 0
	default:
		return view, live.Owner{Device: who.ID}, 0
	}
}

// viewer is who asks: for a screen its device or somebody who may see such a screen, for the desk somebody signed in,
// for an inbox whoever works at the site.
func viewer(c *fiber.Ctx, audience live.Audience) (actor.Actor, error) {
	if audience != live.Desk && audience != live.Inbox {
		return web.Viewer(c, string(audience))
	}
	who, err := web.Person(c)
	if err != nil || who.Kind == actor.Nobody || audience == live.Inbox {
		return who, err
	}
	if !who.Can(staff.ViewTickets) { // visitors are fetched by the page itself, where permission is checked anew
		return who, fault.New(fault.Forbidden, "fault.forbidden")
	}
	return who, nil
}

// Control closes the sockets of whoever has lost a right, on this instance; every instance does the same. Call it
// before the hub runs.
func (s *Sockets) Control() {
	end := func(kind string, code int, whose func(o live.Owner, id int64) bool) {
		s.Hub.OnControl(kind, func(e live.Event) {
			s.Hub.Kick(func(o live.Owner) bool { return whose(o, e.ID) }, code)
		})
	}
	session := func(o live.Owner, id int64) bool { return o.Session == id && id != 0 }
	person := func(o live.Owner, id int64) bool { return o.Staff == id && id != 0 }
	device := func(o live.Owner, id int64) bool { return o.Device == id && id != 0 }
	end("session.revoked", live.CloseSignIn, session)
	end("staff.disabled", live.CloseSignIn, person)
	end("staff.changed", live.CloseRestart, person) // comes again, and what it may see is looked up anew
	end("device.revoked", live.CloseRevoked, device)
	end("device.changed", live.CloseRestart, device)
}

// logPanic keeps a panic in a socket from ending the server; the handler of Fiber doesn't reach this far.
func (s *Sockets) logPanic() {
	if r := recover(); r != nil {
		s.log().Error("live: panic in a socket", "panic", r, "stack", string(debug.Stack()))
	}
}
