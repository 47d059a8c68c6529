package desk

import (
	"context"
	"slices"

	"github.com/a-h/templ"
	"github.com/uptrace/bun"

	"lobby/app/kit/live"
	"lobby/app/ticket"
	page "lobby/views/desk"
	"lobby/views/part"
)

// Frames gives one frame per event, in order: the row of a ticket as it is now, and of visits a bare wake-up, since
// not everybody who sees tickets may see visitors. The page then fetches its own list, where permission is checked.
func (d *Desk) Frames(ctx context.Context, v live.View, events []live.Event) ([]live.Frame, error) {
	ctx, err := d.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return nil, err
	}
	shown, err := ticket.ShowAfter(ctx, d.DB, v.Site, ticket.LaneCap, events)
	if err != nil {
		return nil, err
	}
	rows := make(map[int64]string, len(shown.Cards))
	for id, card := range shown.Cards {
		if rows[id], err = part.HTML(ctx, page.TicketRow(row(card))); err != nil {
			return nil, err
		}
	}
	frames := make([]live.Frame, len(events))
	for i, e := range events {
		frames[i].Kind = e.Kind
		if html, ok := rows[e.ID]; ok && ticket.About(e) {
			frames[i].Content, frames[i].Target, frames[i].Swap = html, "[data-live]", "card"
		}
	}
	if shown.Last < 0 {
		return frames, nil
	}
	counts, full, err := d.counts(ctx, v)
	if err != nil {
		return nil, err
	}
	frames[shown.Last].Content += counts
	if full {
		frames[shown.Last].Refresh = live.FullLanes
	}
	return frames, nil
}

// counts are the figures of all lanes, and whether a lane has to be sent whole.
func (d *Desk) counts(ctx context.Context, v live.View) (html string, full bool, err error) {
	counted, err := ticket.Counts(ctx, d.DB, v.Site)
	if err != nil {
		return "", false, err
	}
	parts := make([]templ.Component, len(ticket.Lanes))
	for i, lane := range ticket.Lanes {
		parts[i] = page.Count(string(lane), counted[lane])
		full = d.over.Note(v, string(lane), counted[lane] > ticket.LaneCap) || full
	}
	html, err = part.HTML(ctx, parts...)
	return html, full, err
}

// Snapshot gives everything of the desk that changes; the visitors are fetched by the page.
func (d *Desk) Snapshot(ctx context.Context, tx bun.IDB, v live.View) (string, error) {
	ctx, err := d.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return "", err
	}
	list, err := lanes(ctx, tx, v.Site)
	if err != nil {
		return "", err
	}
	return part.HTML(ctx, whole(list)...)
}

// Lane gives the lanes that are above their cap, or were until now, whole.
func (d *Desk) Lane(ctx context.Context, v live.View, _ string) (live.Frame, error) {
	ctx, err := d.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return live.Frame{}, err
	}
	before := d.over.Of(v)
	list, err := lanes(ctx, d.DB, v.Site)
	if err != nil {
		return live.Frame{}, err
	}
	list = slices.DeleteFunc(list, func(l page.Lane) bool { return l.Count <= l.Cap && !before[l.Key] })
	html, err := part.HTML(ctx, whole(list)...)
	if err != nil {
		return live.Frame{}, err
	}
	d.over.Sent(v)
	return live.Frame{Content: html, Target: "[data-live]", Swap: "card"}, nil
}

// whole are lists, counts and 'and n more' of some lanes.
func whole(list []page.Lane) []templ.Component {
	var parts []templ.Component
	for _, l := range list {
		parts = append(parts, page.LaneList(l), page.Count(l.Key, l.Count), page.More(l))
	}
	return parts
}
