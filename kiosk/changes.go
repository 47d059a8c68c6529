package kiosk

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"lobby/app/kit/live"
	"lobby/app/ticket"
	views "lobby/views/kiosk"
	"lobby/views/part"
)

// wallFrames reads all rows of the batch at once, and tells each with the last event about it; the counts go with the last
// event about tickets, and about visits.
func (b *Boards) wallFrames(ctx context.Context, v live.View, events []live.Event) ([]live.Frame, error) {
	changed, err := b.changedTickets(ctx, v, events)
	if err != nil {
		return nil, err
	}
	came, err := b.changedVisits(ctx, v, events)
	if err != nil {
		return nil, err
	}
	frames := make([]live.Frame, len(events))
	for i, e := range slices.Backward(events) {
		c := came
		if ticket.About(e) {
			c = changed
		} else if !aboutVisit(e) {
			continue
		}
		if html, shown := c.html[e.ID]; shown {
			frames[i] = live.Frame{Content: html, Target: "[data-live]", Swap: "card", Kind: e.Kind}
			delete(c.html, e.ID) // told
		}
	}
	for _, c := range []change{changed, came} {
		if c.last >= 0 {
			frames[c.last].Content += c.counts
			if c.refresh != "" {
				frames[c.last].Refresh = c.refresh
			}
		}
	}
	return frames, nil
}

// change is what a batch of events made of some rows.
type change struct {
	html    map[int64]string // by id of the row; what no screen shows is missing
	last    int              // of the events the last after which the figures may be others; -1: none
	counts  string           // the figures after it
	refresh string           // what is to be sent whole besides
}

func (b *Boards) changedTickets(ctx context.Context, v live.View, events []live.Event) (change, error) {
	c := change{html: map[int64]string{}}
	shown, err := ticket.ShowAfter(ctx, b.DB, v.Site, LaneCap, events)
	if err != nil {
		return c, err
	}
	for id, card := range shown.Cards {
		if c.html[id], err = part.HTML(ctx, views.TicketCard(cardOf(card))); err != nil {
			return c, err
		}
	}
	if c.last = shown.Last; c.last < 0 {
		return c, nil
	}
	risen, places, err := ticket.Risen(ctx, b.DB, v.Site, LaneCap, risenMost, events)
	if err != nil {
		return c, err
	}
	var parts []templ.Component
	if b.large(v.Site) {
		c.refresh = live.Figures
	} else if parts, err = b.counts(ctx, v.Site); err != nil {
		return c, err
	}
	if places > risenMost {
		c.refresh = live.FullLanes
	}
	for _, card := range risen {
		if _, changed := c.html[card.ID]; !changed {
			still := cardOf(card)
			still.Still = true
			parts = append(parts, views.TicketCard(still))
		}
	}
	c.counts, err = part.HTML(ctx, parts...)
	return c, err
}

// counts counts the open tickets of a site.
func (b *Boards) counts(ctx context.Context, siteID int64) ([]templ.Component, error) {
	counts, err := ticket.Counts(ctx, b.DB, siteID)
	if err != nil {
		return nil, err
	}
	lanes := make([]views.Lane, len(ticket.Lanes))
	for i, lane := range ticket.Lanes {
		lanes[i] = views.Lane{Key: string(lane), Count: counts[lane]}
	}
	return b.counted(siteID, lanes), nil
}

func (b *Boards) changedVisits(ctx context.Context, v live.View, events []live.Event) (change, error) {
	c := change{html: map[int64]string{}, last: -1}
	var ids []int64
	for i, e := range events {
		if aboutVisit(e) {
			ids, c.last = append(ids, e.ID), i
		}
	}
	if len(ids) == 0 {
		return c, nil
	}
	visits, err := b.Visits.VisitsByID(ctx, b.DB, v.Site, ids)
	if err != nil {
		return c, err
	}
	found := map[int64]views.Guest{}
	for i := range visits {
		found[visits[i].ID] = guestOf(&visits[i])
	}
	for _, id := range ids {
		g, known := found[id]
		if !known {
			g = views.Guest{ID: id, Gone: true}
		}
		if c.html[id], err = part.HTML(ctx, views.GuestCard(g)); err != nil {
			return c, err
		}
	}
	var inside views.Guests
	if inside.Visits, inside.People, err = b.Visits.CountInside(ctx, b.DB, v.Site); err != nil {
		return c, err
	}
	if b.over.Note(v, guests, inside.Visits > guestCap) {
		c.refresh = guests
	}
	c.counts, err = part.HTML(ctx, views.GuestCounts(inside))
	return c, err
}

func aboutVisit(e live.Event) bool { return strings.HasPrefix(e.Kind, "visit.") && e.ID != 0 }
