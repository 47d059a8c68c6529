package live

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// Audience is a kind of screen. The list is closed: what one viewer may see never varies within an audience, so a
// frame is made once for all of them.
type Audience string

// The audiences.
const (
	Wall    Audience = "wall"    // the staff's live wall of tickets
	Desk    Audience = "desk"    // the staff's workspace
	Display Audience = "display" // the public display in the lobby
	Kiosk   Audience = "kiosk"   // the unattended kiosk
	Inbox   Audience = "inbox"   // any page of any member of staff: told that somebody has a notice, never whom or what
)

// Known tells whether an audience is on the list.
func (a Audience) Known() bool {
	switch a {
	case Wall, Desk, Display, Kiosk, Inbox:
		return true
	}
	return false
}

// View is what a frame is made for: one site, one audience, one language. Everybody with the same view gets the same
// bytes.
type View struct {
	Site     int64
	Audience Audience
	Lang     string
}

// Topic is the stream that the view follows.
func (v View) Topic() Topic { return Site(v.Site) }

// Position is a place in a topic's stream. A page carries the position of the state that it shows, and its socket asks
// for what follows. Numbers of different epochs can't be compared: a restored database begins a new epoch.
type Position struct {
	Epoch int64
	Seq   int64
}

// Start is where a socket begins, and what its page understands.
type Start struct {
	Position
	Ranges bool // messages that stand for several numbers; pages of older builds get each number by itself
}

// Head reads a topic's position. Called inside db.Read together with the state that a page shows, so that both belong
// to the same moment.
func Head(ctx context.Context, tx bun.IDB, t Topic) (Position, error) {
	p := Position{Epoch: 1} // a topic that nothing was published to yet has no row
	err := db.Prepared(tx, tx.NewRaw(`select epoch, head from topics where name = ?`, db.Value(string(t)))).Scan(ctx, &p.Epoch, &p.Seq)
	if errors.Is(err, sql.ErrNoRows) {
		return Position{Epoch: 1}, nil
	}
	return p, err
}

// Frame is what one event means for one view.
type Frame struct {
	Content string // HTML; empty: nothing to show to this audience, the frame then carries its number only
	Target  string // CSS selector that the content goes to
	Swap    string // how it goes there, in words that the browser's part understands: "card", "remove", "lane", …
	Kind    string // what the screen makes of it (sound, highlight, a bare wake-up); empty: nothing to this audience
	Refresh string // id of a lane that is to be sent whole besides: at most once a second, by Lanes.Lane
}

// Screens makes HTML of events. Package kiosk implements it and boot supplies it: live knows no HTML.
type Screens interface {
	// Frames gives one frame per event, in order, reading the rows anew: a row may be newer than its event.
	Frames(ctx context.Context, v View, events []Event) ([]Frame, error)
	// Snapshot gives the whole changing content of a view as tx sees it.
	Snapshot(ctx context.Context, tx bun.IDB, v View) (html string, err error)
}

// Lanes is implemented by Screens whose frames ask for a Refresh: a lane above its cap is sent whole, and the hub asks
// for it at most once a second per view and lane.
type Lanes interface {
	Lane(ctx context.Context, v View, lane string) (Frame, error)
}

// Owner is whose socket it is, so that it can be closed when a session is revoked, a person disabled or a device
// taken away. Zero where it doesn't apply.
type Owner struct {
	Staff   int64
	Session int64
	Device  int64
	Until   time.Time // by the hub's clock: when the right ends by itself, and the socket with it (CloseSignIn); zero: never
	Checked time.Time // taken before the rights were looked up; zero: now
}

// over tells whether the right has ended by itself.
func (o Owner) over(now time.Time) bool { return !o.Until.IsZero() && !now.Before(o.Until) }

// Close codes with which a socket is ended. The browser's part leads each of the first three to its page and
// reconnects after the others.
const (
	CloseSignIn    = 4401 // sign in (again)
	CloseForbidden = 4403 // signed in, but this view is not allowed
	CloseRevoked   = 4410 // the device is no longer paired
	CloseRestart   = 1012 // the server is going away, or what the socket stood on has changed: come again
)
