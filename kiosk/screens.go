package kiosk

import (
	"context"
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

// countAtOnce is up to how many open tickets are counted for each frame. Counting more takes a part of the time in which a
// change is to be seen: then the counts are made aside, and follow within a second.
const countAtOnce = 2000

// risenMost is how many cards of a lane may go with a frame, since others left and they moved up; with more the lanes are
// sent whole.
const risenMost = 8

// guests is the lane of the visitors, beside those of the tickets.
const guests = "guests"

// Boards are the screens that only show: the ticket wall and the lobby display. It tells the live hub what each event
// means for each of them (live.Screens, live.Lanes). A kiosk gets bare wake-ups.
type Boards struct {
	DB     *bun.DB
	Sites  *site.Directory
	Visits *visitor.Service
	Now    func() time.Time

	over   live.Overfull // of the visitors
	states sync.Map      // by site, *state: of the wall, shared while nothing happens

	mu   sync.Mutex
	open map[int64]int // tickets of a site when they were counted last
}

// large tells whether a site has so many open tickets that they aren't counted for each frame.
func (b *Boards) large(siteID int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[siteID] > countAtOnce
}

// counted are the counts of a site's lanes.
func (b *Boards) counted(siteID int64, lanes []views.Lane) []templ.Component {
	all := 0
	parts := make([]templ.Component, len(lanes))
	for i, l := range lanes {
		parts[i] = views.Count(l.Key, l.Count)
		all += l.Count
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[int64]int{}
	}
	b.open[siteID] = all
	return parts
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
	return aboutVisit(e) || a == live.Desk
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

// Lane gives whole what a frame asked for: the visitors, the counts of all lanes, or those with the lanes.
func (b *Boards) Lane(ctx context.Context, v live.View, id string) (live.Frame, error) {
	ctx, err := b.Sites.Speak(ctx, v.Site, v.Lang)
	if err != nil {
		return live.Frame{}, err
	}
	parts, err := b.lane(ctx, v.Site, id)
	if err != nil {
		return live.Frame{}, err
	}
	html, err := part.HTML(ctx, parts...)
	if err != nil {
		return live.Frame{}, err
	}
	if id == guests {
		b.over.Sent(v)
	}
	return live.Frame{Content: html, Target: "[data-live]", Swap: "card"}, nil
}

func (b *Boards) lane(ctx context.Context, siteID int64, id string) ([]templ.Component, error) {
	if id == live.Figures {
		return b.counts(ctx, siteID)
	}
	lanes, inside, err := b.board(ctx, b.DB, siteID)
	if err != nil {
		return nil, err
	}
	if id == guests {
		return []templ.Component{views.WallGuests(inside)}, nil
	}
	parts := b.counted(siteID, lanes)
	for _, l := range lanes {
		parts = append(parts, views.LaneList(l))
	}
	return parts, nil
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
