package kiosk

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/ticket"
	views "lobby/views/kiosk"
	"lobby/views/locale"
	"lobby/views/part"
)

// Routes mounts the screens. A paired device of the kind may see one, and staff with the permission.
func (b *Boards) Routes(app fiber.Router) {
	app.Get("/wall", web.Screen("wall"), b.wall)
	app.Get("/display", web.Screen("display"), b.display)
}

// wall answers with the ticket wall. State and position are of one moment, so that the socket continues exactly where
// the page ends.
func (b *Boards) wall(c *fiber.Ctx) error {
	ctx := web.Context(c)
	here, err := b.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return err
	}
	st, err := b.state(ctx, here.ID)
	if err != nil {
		return err
	}
	page := views.Wall{Live: b.livePage(live.Wall, here, st.at), Lanes: st.lanes, Guests: st.inside}
	page.Shell = web.Shell(c, locale.T(ctx, "wall.title"))
	page.Shell.Styles = []string{"wall.css"}
	page.Shell.Scripts = []string{"vendor/htmx.min.js", "vendor/hx-ws.min.js", "time.js", "live.js", "wall.js"}
	return web.Render(c, fiber.StatusOK, views.WallPage(page))
}

// state is what a wall shows, and where in the site's stream that is.
type state struct {
	at     live.Position
	read   time.Time
	lanes  []views.Lane
	inside views.Guests
}

// stateFor is how long a state is shared by walls that load while nothing happens: all of them do at once when a new
// build is out, or the power is back. Whatever a wall shows comes with an event, so that the same position is the same
// content.
const stateFor = 5 * time.Second

// state gives what a wall of the site shows now.
func (b *Boards) state(ctx context.Context, siteID int64) (*state, error) {
	at, err := live.Head(ctx, b.DB, live.Site(siteID))
	if err != nil {
		return nil, err
	}
	if known, _ := b.states.Load(siteID); known != nil {
		if st, is := known.(*state); is && st.at == at && b.Now().Sub(st.read) < stateFor {
			return st, nil
		}
	}
	st, err := db.Read(ctx, b.DB, func(ctx context.Context, tx bun.Tx) (*state, error) {
		at, err := live.Head(ctx, tx, live.Site(siteID))
		if err != nil {
			return nil, err
		}
		lanes, inside, err := b.board(ctx, tx, siteID)
		return &state{at: at, read: b.Now(), lanes: lanes, inside: inside}, err
	})
	if err == nil {
		b.states.Store(siteID, st)
	}
	return st, err
}

// board reads what the wall shows: the lanes with their first cards, and who is in the building.
func (b *Boards) board(ctx context.Context, idb bun.IDB, siteID int64) ([]views.Lane, views.Guests, error) {
	inside := views.Guests{Cap: guestCap}
	columns, err := ticket.Cards(ctx, idb, siteID, LaneCap)
	if err != nil {
		return nil, inside, err
	}
	lanes := make([]views.Lane, len(columns))
	for i, col := range columns {
		lanes[i] = views.Lane{Key: string(col.Lane), Count: col.Count, Cap: LaneCap, Cards: make([]views.Card, len(col.Cards))}
		for n, card := range col.Cards {
			lanes[i].Cards[n] = cardOf(card)
		}
	}
	if inside.Visits, inside.People, err = b.Visits.CountInside(ctx, idb, siteID); err != nil {
		return nil, inside, err
	}
	visits, err := b.Visits.Inside(ctx, idb, siteID, guestCap)
	if err != nil {
		return nil, inside, err
	}
	for i := range visits {
		inside.List = append(inside.List, guestOf(&visits[i]))
	}
	return lanes, inside, nil
}

// livePage says where in the site's stream a page stands.
func (b *Boards) livePage(view live.Audience, here site.Site, at live.Position) part.LivePage {
	return part.LivePage{View: string(view), Epoch: at.Epoch, Seq: at.Seq, Now: b.Now(), Zone: here.TimeZone}
}
