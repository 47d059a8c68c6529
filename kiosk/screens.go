package kiosk

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/uptrace/bun"

	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/ticket"
	"lobby/app/visitor"
	views "lobby/views/kiosk"
	"lobby/views/part"
)

// Most cards of a lane, and most visits, that a wall is sent; the rest is counted. A screen on a wall has room for a
// dozen, so the fiftieth is there long before its turn comes; sending a hundred would only make the page slower.
const (
	LaneCap  = 50
	guestCap = 50
)

// guests is the lane of the visitors, beside those of the tickets.
const guests = "guests"

// Boards are the screens that only show: the ticket wall and the lobby display. It tells the live hub what each event
// means for each of them (live.Screens, live.Lanes). A kiosk gets bare wake-ups.
type Boards struct {
	DB     *bun.DB
	Sites  *site.Directory
	Visits *visitor.Service
	Now    func() time.Time

	over   live.Overfull
	states sync.Map // by site, *state: of the wall, shared while nothing happens
}

// Frames gives one frame per event, in order, from the rows as they are now.
func (b *Boards) Frames(ctx context.Context, v live.View, events []live.Event) ([]live.Frame, error) {
	ctx, err := b.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return nil, err
	}
	switch v.Audience {
	case live.Wall:
		return b.wallFrames(ctx, v, events)
	case live.Display:
		return b.displayFrames(ctx, v, events)
	}
	frames := make([]live.Frame, len(events))
	for i, e := range events {
		if wakes(v.Audience, e) {
			frames[i].Kind = e.Kind
		}
	}
	return frames, nil
}

// wakes tells whether an audience that has no content of its own is to look again.
func wakes(a live.Audience, e live.Event) bool {
	if a == live.Inbox {
		return e.Kind == "notice.sent"
	}
	return about(e, "visit.") || a == live.Desk
}

// Snapshot gives everything of a view that changes.
func (b *Boards) Snapshot(ctx context.Context, tx bun.IDB, v live.View) (string, error) {
	ctx, err := b.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return "", err
	}
	switch v.Audience {
	case live.Wall:
		lanes, inside, err := b.board(ctx, tx, v.Site)
		if err != nil {
			return "", err
		}
		return part.HTML(ctx, views.WallLists(lanes, inside))
	case live.Display:
		figures, err := b.figures(ctx, tx, v.Site)
		if err != nil {
			return "", err
		}
		return part.HTML(ctx, views.DisplayFigures(figures))
	}
	return "", nil
}

// Lane gives the lanes that are above their cap, or were until now, whole.
func (b *Boards) Lane(ctx context.Context, v live.View, _ string) (live.Frame, error) {
	ctx, err := b.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return live.Frame{}, err
	}
	before := b.over.Of(v)
	lanes, inside, err := b.board(ctx, b.DB, v.Site)
	if err != nil {
		return live.Frame{}, err
	}
	var parts []templ.Component
	for _, l := range lanes {
		if l.Count > l.Cap || before[l.Key] {
			parts = append(parts, views.Count(l.Key, l.Count), views.LaneList(l))
		}
	}
	if inside.Visits > guestCap || before[guests] {
		parts = append(parts, views.WallGuests(inside))
	}
	html, err := part.HTML(ctx, parts...)
	if err != nil {
		return live.Frame{}, err
	}
	b.over.Sent(v)
	return live.Frame{Content: html, Target: "[data-live]", Swap: "card"}, nil
}

// wallFrames reads all rows of the batch at once; the counts go with the last event about tickets, and about visits.
func (b *Boards) wallFrames(ctx context.Context, v live.View, events []live.Event) ([]live.Frame, error) {
	tickets, visits := idsOf(events, "ticket."), idsOf(events, "visit.")
	changed, err := b.changedTickets(ctx, v, tickets)
	if err != nil {
		return nil, err
	}
	came, err := b.changedVisits(ctx, v, visits)
	if err != nil {
		return nil, err
	}
	frames := make([]live.Frame, len(events))
	for i, e := range events {
		switch {
		case about(e, "ticket."):
			frames[i] = live.Frame{Content: changed.html[e.ID], Target: "[data-live]", Swap: "card", Kind: e.Kind}
		case about(e, "visit."):
			frames[i] = live.Frame{Content: came.html[e.ID], Target: "[data-live]", Swap: "card", Kind: e.Kind}
		}
	}
	for prefix, c := range map[string]change{"ticket.": changed, "visit.": came} {
		if last := lastOf(events, prefix); last >= 0 {
			frames[last].Content += c.counts
			if c.overfull {
				frames[last].Refresh = live.FullLanes
			}
		}
	}
	return frames, nil
}

// change is what a batch of events made of some rows.
type change struct {
	html     map[int64]string // by id of the row
	counts   string           // the figures after it
	overfull bool             // a lane is above its cap, or was until now
}

func (b *Boards) changedTickets(ctx context.Context, v live.View, ids []int64) (change, error) {
	c := change{html: map[int64]string{}}
	if len(ids) == 0 {
		return c, nil
	}
	cards, err := ticket.CardsByID(ctx, b.DB, v.Site, ids)
	if err != nil {
		return c, err
	}
	for _, id := range ids {
		card, known := cards[id]
		if !known {
			card.ID = id // deleted: the card goes
		}
		if c.html[id], err = part.HTML(ctx, views.TicketCard(cardOf(card))); err != nil {
			return c, err
		}
	}
	counts, err := ticket.Counts(ctx, b.DB, v.Site)
	if err != nil {
		return c, err
	}
	parts := make([]templ.Component, len(ticket.Lanes))
	for i, lane := range ticket.Lanes {
		parts[i] = views.Count(string(lane), counts[lane])
		c.overfull = b.over.Note(v, string(lane), counts[lane] > LaneCap) || c.overfull
	}
	c.counts, err = part.HTML(ctx, parts...)
	return c, err
}

func (b *Boards) changedVisits(ctx context.Context, v live.View, ids []int64) (change, error) {
	c := change{html: map[int64]string{}}
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
	c.overfull = b.over.Note(v, guests, inside.Visits > guestCap)
	c.counts, err = part.HTML(ctx, views.GuestCounts(inside))
	return c, err
}

func about(e live.Event, prefix string) bool { return strings.HasPrefix(e.Kind, prefix) && e.ID != 0 }

func idsOf(events []live.Event, prefix string) []int64 {
	var ids []int64
	for _, e := range events {
		if about(e, prefix) && !slices.Contains(ids, e.ID) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

func lastOf(events []live.Event, prefix string) int {
	for i := len(events) - 1; i >= 0; i-- {
		if about(events[i], prefix) {
			return i
		}
	}
	return -1
}

func cardOf(c ticket.Card) views.Card {
	return views.Card{
		ID: c.ID, Lane: string(c.Lane()), Sort: c.Sort(), Version: c.Version,
		Number: c.Number, Place: c.Place, Matter: c.Matter, Owner: c.Owner,
		Urgency: c.Urgency, Type: c.Type, Life: c.LifeSafety, Alarm: c.Alarm(), Running: c.Running(), Limit: c.Limit(), Escalated: c.Escalated > 0,
		Reopened: c.Reopened, Urged: c.Urged, Accepted: c.Accepted(), From: c.RegisteredAt, Due: c.Pressing(),
	}
}

// guestOf masks the name: a wall is read by whoever passes it (PRIVACY-2).
func guestOf(v *visitor.Visit) views.Guest {
	return views.Guest{ID: v.ID, Gone: !v.Open(), Version: v.Version, Name: pii.MaskName(v.Name), People: v.People, Since: v.ArrivedAt}
}
