package kiosk

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/app/ticket"
	views "lobby/views/kiosk"
	"lobby/views/locale"
	"lobby/views/part"
)

// display answers with the public lobby display: figures, nothing about any person.
func (b *Boards) display(c *fiber.Ctx) error {
	ctx := web.Context(c)
	here, err := b.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return err
	}
	page, err := db.Read(ctx, b.DB, func(ctx context.Context, tx bun.Tx) (views.Display, error) {
		at, err := live.Head(ctx, tx, live.Site(here.ID))
		if err != nil {
			return views.Display{}, err
		}
		figures, err := b.figures(ctx, tx, here.ID)
		return views.Display{Live: b.livePage(live.Display, here, at), Figures: figures}, err
	})
	if err != nil {
		return err
	}
	if page.Hours, err = deskHours(ctx, b.Sites, here, b.Now()); err != nil {
		return err
	}
	page.Shell = web.Shell(c, locale.T(ctx, "display.title"))
	page.Shell.Styles = []string{"display.css"}
	page.Shell.Scripts = []string{"vendor/htmx.min.js", "vendor/hx-ws.min.js", "time.js", "live.js", "wall.js"}
	return web.Render(c, fiber.StatusOK, views.DisplayPage(page))
}

// figures counts for the site's current day.
func (b *Boards) figures(ctx context.Context, idb bun.IDB, siteID int64) (views.Figures, error) {
	here, err := b.Sites.Get(ctx, siteID)
	if err != nil {
		return views.Figures{}, err
	}
	f := views.Figures{Day: here.Day(b.Now())}
	if _, f.Inside, err = b.Visits.CountInside(ctx, idb, siteID); err != nil {
		return f, err
	}
	f.Registered, f.Solved, err = ticket.Today(ctx, idb, siteID, f.Day, f.Day.AddDate(0, 0, 1))
	return f, err
}

// displayFrames sends the figures with the last event of a batch that can change them, and with no word of what it was.
func (b *Boards) displayFrames(ctx context.Context, v live.View, events []live.Event) ([]live.Frame, error) {
	frames := make([]live.Frame, len(events))
	last := -1
	for i, e := range events {
		if ticket.MayMove(e) || aboutVisit(e) {
			last = i
		}
	}
	if last < 0 {
		return frames, nil
	}
	figures, err := b.figures(ctx, b.DB, v.Site)
	if err != nil {
		return nil, err
	}
	html, err := part.HTML(ctx, views.DisplayFigures(figures))
	frames[last] = live.Frame{Content: html, Target: "#figures", Swap: "card"}
	return frames, err
}
