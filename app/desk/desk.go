// Package desk is the staff's workspace: one search over tickets and visitors, the day's lists, and how the live hub
// shows them. The lists themselves belong to the features.
package desk

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
	page "lobby/views/desk"
	"lobby/views/part"
)

// insideCap is the most visitors that the desk lists; the rest is counted, and on the printed list.
const insideCap = 100

// Desk is the workspace, and the live screens of the audience desk.
type Desk struct {
	DB      *bun.DB
	Sites   *site.Directory
	Tickets *ticket.Service
	Visits  *visitor.Service
	Now     func() time.Time

	over live.Overfull
}

// day reads the day's lists for the actor of ctx, as far as they may see them. State and live position are of one
// moment, so that the socket continues exactly where the page ends.
func (d *Desk) day(ctx context.Context) (page.Page, error) {
	a := actor.From(ctx)
	here, err := d.Sites.Get(ctx, a.Site)
	if err != nil {
		return page.Page{}, err
	}
	return db.Read(ctx, d.DB, func(ctx context.Context, tx bun.Tx) (page.Page, error) {
		p := page.Page{MayVisit: a.Can(staff.RegisterVisit), MayTicket: a.Can(staff.RegisterTicket), MaySearch: maySearch(a)}
		if a.Can(staff.ViewTickets) {
			at, err := live.Head(ctx, tx, live.Site(here.ID))
			if err != nil {
				return p, err
			}
			p.Live = &part.LivePage{View: string(live.Desk), Epoch: at.Epoch, Seq: at.Seq, Now: d.Now(), Zone: here.TimeZone}
			if p.Lanes, err = lanes(ctx, tx, here.ID); err != nil {
				return p, err
			}
			if p.Asked, err = d.Tickets.AskedOpen(ctx, tx); err != nil {
				return p, err
			}
		}
		if a.Can(staff.ViewVisits) {
			inside, err := d.inside(ctx, tx, a)
			if err != nil {
				return p, err
			}
			p.Inside = &inside
		}
		return p, nil
	})
}

// inside is who is in the building now, as the actor sees it.
func (d *Desk) inside(ctx context.Context, idb bun.IDB, a actor.Actor) (page.Inside, error) {
	var in page.Inside
	var err error
	if in.Visits, in.People, err = d.Visits.CountInside(ctx, idb, a.Site); err != nil {
		return in, err
	}
	list, err := d.Visits.Inside(ctx, idb, a.Site, insideCap)
	if err != nil {
		return in, err
	}
	in.List = d.visits(list, a)
	return in, nil
}

func (d *Desk) visits(list []visitor.Visit, a actor.Actor) []page.Visit {
	out := make([]page.Visit, len(list))
	for i := range list {
		v := &list[i]
		out[i] = page.Visit{ID: v.ID, Number: v.Number, Name: v.Name, Expired: v.Expired(), Whom: v.Whom(), Company: v.Company, People: v.People,
			Phone: d.Visits.MaskedPhone(v), Arrived: v.ArrivedAt, Ended: v.EndedAt, MayEnd: a.Can(staff.EndVisit)}
	}
	return out
}

// lanes are the open tickets of a site, lane by lane in the order of work (TICKET-3).
func lanes(ctx context.Context, idb bun.IDB, siteID int64) ([]page.Lane, error) {
	columns, err := ticket.Cards(ctx, idb, siteID, ticket.LaneCap)
	if err != nil {
		return nil, err
	}
	out := make([]page.Lane, len(columns))
	for i, c := range columns {
		out[i] = page.Lane{Key: string(c.Lane), Count: c.Count, Cap: ticket.LaneCap, Tickets: make([]page.Ticket, len(c.Cards))}
		for n, card := range c.Cards {
			out[i].Tickets[n] = row(card)
		}
	}
	return out, nil
}

func row(c ticket.Card) page.Ticket {
	return page.Ticket{ID: c.ID, Lane: string(c.Lane()), Sort: c.Sort(), Version: c.Version, Number: c.Number, Kind: c.Kind,
		Urgency: c.Urgency, Type: c.Type, LifeSafety: c.LifeSafety, Alarm: c.Alarm(), State: string(c.State), Place: c.Place,
		Matter: c.Matter, Owner: c.Owner, Reopened: c.Reopened, Urged: c.Urged, Accepted: c.Accepted(), Registered: c.RegisteredAt, Due: c.Pressing(),
		Running: c.Running(), Overdue: !c.OverdueAt.IsZero(), Escalated: c.Escalated > 0}
}

// found is a ticket as a search shows it, open or over.
func (d *Desk) found(t *ticket.Ticket) page.Ticket {
	return page.Ticket{ID: t.ID, Lane: string(t.State.Lane()), Number: t.Number, Kind: t.Kind, Urgency: t.Urgency, Type: t.Type,
		LifeSafety: t.LifeSafety, State: string(t.State), Expired: t.Expired(), Place: t.Place, Matter: t.Matter, Owner: t.WorkerName(), Reopened: t.Reopened, Urged: t.Urged,
		Registered: t.RegisteredAt, Due: t.Pressing(), Running: t.Counting(), Escalated: t.Escalated > 0, Overdue: t.Overdue(d.Now())}
}

func maySearch(a actor.Actor) bool { return a.Can(staff.ViewTickets) || a.Can(staff.ViewVisits) }

// leave signs a visitor out; somebody who has left already is answered kindly.
func (d *Desk) leave(ctx context.Context, id int64) (*visitor.Visit, error) {
	v, err := d.Visits.End(ctx, id)
	if err == nil || !fault.Is(err, fault.Conflict) {
		return v, err
	}
	left, again := d.Visits.Get(ctx, id)
	if again != nil {
		return nil, errors.Join(err, again)
	}
	return left, nil
}
