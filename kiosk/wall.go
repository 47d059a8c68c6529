package kiosk

import (
	"context"

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
	page, err := db.Read(ctx, b.DB, func(ctx context.Context, tx bun.Tx) (views.Wall, error) {
		at, err := live.Head(ctx, tx, live.Site(here.ID))
		if err != nil {
			return views.Wall{}, err
		}
		lanes, inside, err := b.board(ctx, tx, here.ID)
		return views.Wall{Live: b.livePage(live.Wall, here, at), Lanes: lanes, Guests: inside}, err
	})
	if err != nil {
		return err
	}
	page.Shell = web.Shell(c, locale.T(ctx, "wall.title"))
	page.Shell.Styles = []string{"wall.css"}
	page.Shell.Scripts = []string{"vendor/htmx.min.js", "vendor/hx-ws.min.js", "time.js", "live.js", "wall.js"}
	return web.Render(c, fiber.StatusOK, views.WallPage(page))
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
