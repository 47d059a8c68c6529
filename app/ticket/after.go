package ticket

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/db"
	"lobby/app/kit/live"
)

// byTime are the events of what time alone does to a ticket. It stays in its lane and in its place there.
var byTime = []string{nearEvent, overdueEvent, dueEvent, escalatedEvent}

const (
	nearEvent      = "ticket.near"
	overdueEvent   = "ticket.overdue"
	dueEvent       = "ticket.due"
	escalatedEvent = "ticket.escalated"
	limitedEvent   = "ticket.limited" // its limits or its class changed by themselves, and with them its place
)

// Shown is what screens with lanes show of tickets after some events.
type Shown struct {
	Cards map[int64]Card // by id; one that is gone has its id alone
	Last  int            // of the events the last after which a lane may hold other cards; -1: none
}

// ShowAfter reads what screens that show the first perLane cards of a lane have to show after some events of a site. Of what
// time alone has done that is nothing, unless the card is among those: thousands of limits may pass at once.
func ShowAfter(ctx context.Context, db bun.IDB, site int64, perLane int, events []live.Event) (Shown, error) {
	out := Shown{Cards: map[int64]Card{}, Last: -1}
	var ids, timed []int64
	for i, e := range events {
		switch {
		case MayMove(e):
			ids, out.Last = append(ids, e.ID), i
		case About(e):
			timed = append(timed, e.ID)
		}
	}
	seen, err := atTop(ctx, db, site, perLane, timed)
	if err != nil {
		return out, err
	}
	cards, err := CardsByID(ctx, db, site, append(seen, ids...))
	if err != nil {
		return out, err
	}
	out.Cards = cards
	for _, id := range ids {
		if _, known := cards[id]; !known {
			out.Cards[id] = Card{ID: id}
		}
	}
	return out, nil
}

// About tells whether an event is about a ticket.
func About(e live.Event) bool { return strings.HasPrefix(e.Kind, "ticket.") && e.ID != 0 }

// MayMove tells whether an event may bring a ticket into another lane, or to another place there: all do that people cause.
func MayMove(e live.Event) bool { return About(e) && !slices.Contains(byTime, e.Kind) }

// atTop gives those of some tickets that are among the first of their lanes.
func atTop(ctx context.Context, tx bun.IDB, site int64, perLane int, ids []int64) (out []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = db.Prepared(tx, tx.NewRaw(`select c.id from unnest(?::text[]) l (lane)
		cross join lateral (select t.id from tickets t where t.site_id = ? and t.lane = l.lane order by `+workOrder+` limit ?) c
		where c.id = any(?)`, pgdialect.Array(laneNames()), db.Value(site), perLane, db.Values(ids))).Scan(ctx, &out)
	return out, err
}

// Risen gives the cards that may have come among the first perLane of their lanes by some events of a site, as others
// left, and how many places that may be. Each event that may move a ticket frees one place at most, so these are that
// many cards at the end of what a lane shows; where it would be more than most, none are given: the lanes are better sent
// whole. What is read may be newer than the events, so those that came since count too, by the same statement.
func Risen(ctx context.Context, tx bun.IDB, site int64, perLane, most int, events []live.Event) (cards []Card, places int, err error) {
	var last int64
	for _, e := range events {
		last = max(last, e.Seq)
		if MayMove(e) {
			places++
		}
	}
	if places == 0 {
		return nil, 0, nil
	}
	var rows []struct {
		Card
		Places int
	}
	err = db.Prepared(tx, tx.NewRaw(`with n as (select ?0 + count(*) as places from events
			where topic = ?1 and seq > ?2 and kind like 'ticket.%' and ref <> 0 and kind <> all(?3))
		select n.places, `+shownColumns+` from n left join lateral (
			select at_end.* from unnest(?4::text[]) as l (lane) cross join lateral (select `+cardColumns+`
				from tickets t left join staff owner on owner.id = coalesce(t.handler_id, t.owner_id)
				where t.site_id = ?5 and t.lane = l.lane order by `+workOrder+`
				offset greatest(?6 - n.places, 0) limit case when n.places <= ?7 then least(n.places, ?6) else 0 end) at_end) c on true`,
		db.Value(places), db.Value(string(live.Site(site))), db.Value(last), pgdialect.Array(byTime), pgdialect.Array(laneNames()), db.Value(site), perLane, most)).Scan(ctx, &rows)
	for _, r := range rows {
		if places = r.Places; r.ID != 0 {
			cards = append(cards, r.masked())
		}
	}
	return cards, places, err
}
