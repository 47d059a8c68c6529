package ticket

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/db"
	"lobby/app/kit/pii"
)

// LaneCap is the most cards that a lane of the wall shows.
const LaneCap = 100

// Card is what screens show of a ticket: no name of a customer, no phone, and numbers in free text masked
// (PRIVACY-2).
type Card struct {
	ID           int64
	Number       string
	Kind         string
	Urgency      string
	Type         string
	LifeSafety   bool
	State        State
	Place        string
	Matter       string
	OwnerID      int64  // who handles it
	Owner        string // their name, empty where nobody does yet
	RegisteredAt time.Time
	DueAt        time.Time
	OverdueAt    time.Time // zero until the passed limit was noted
	NearAt       time.Time // since when the limit is near, once that was noted; zero: it isn't
	Escalated    int       // the highest level reached (ESC-4)
	Reopened     int
	Urged        int       // times the customer asked after it (TICKET-8)
	AcceptedAt   time.Time // zero until somebody has it in mind (HELP-3)
	Version      int64

	AnswerDue time.Time // of a request for help: when the customer has to have an answer that isn't given yet (HELP-2)
}

// Lane is the column of the card; empty when the ticket is over and leaves the screen.
func (c Card) Lane() Lane { return c.State.Lane() }

// Sort is the key by which screens put cards in order (TICKET-3).
func (c Card) Sort() string {
	return Order{LifeSafety: c.LifeSafety, Urgency: c.Urgency, Type: c.Type, Due: c.Pressing(), ID: c.ID}.Key()
}

// Alarm tells whether screens sound and flash: urgency A until someone accepts it (HELP-3).
func (c Card) Alarm() bool {
	return c.Urgency == "A" && c.Lane() == LaneRegistered && c.AcceptedAt.IsZero()
}

// Accepted tells that somebody has it in mind, though work hasn't begun.
func (c Card) Accepted() bool { return c.Lane() == LaneRegistered && !c.AcceptedAt.IsZero() }

// Running tells whether there is time left to be shown.
func (c Card) Running() bool { return c.State.Running() && !c.Pressing().IsZero() }

// Pressing is the limit that screens count down to: the result's, or the answer's where that comes first (HELP-2).
func (c Card) Pressing() time.Time {
	if c.State.Running() && !c.AnswerDue.IsZero() && (c.DueAt.IsZero() || c.AnswerDue.Before(c.DueAt)) {
		return c.AnswerDue
	}
	return c.DueAt
}

// Limit is how the result's limit stands, as it was noted: near, passed, or nothing.
func (c Card) Limit() string {
	switch {
	case !c.State.Running():
		return ""
	case !c.OverdueAt.IsZero():
		return "passed"
	case !c.NearAt.IsZero():
		return "near"
	}
	return ""
}

// Column is one lane of the wall with its first cards.
type Column struct {
	Lane  Lane
	Count int // of all tickets in the lane, shown or not
	Cards []Card
}

const cardColumns = `t.id, t.number, t.kind, t.urgency, t.type, t.life_safety, t.state, t.place, t.matter,
	coalesce(t.handler_id, t.owner_id, 0) as owner_id, coalesce(owner.name, '') as owner,
	t.registered_at, t.due_at, t.overdue_at, t.near_at, t.escalated, t.reopened, t.urged, t.accepted_at, t.version,
	case when t.kind = 'help' and t.solution_at is null then t.solution_due end as answer_due`

const shownColumns = `c.id, c.number, c.kind, c.urgency, c.type, c.life_safety, c.state, c.place, c.matter, c.owner_id, c.owner,
	c.registered_at, c.due_at, c.overdue_at, c.near_at, c.escalated, c.reopened, c.urged, c.accepted_at, c.version, c.answer_due`

// Cards are the open tickets of a site, lane by lane in the order of work, at most perLane of each, with the count of
// all. One statement over the index of the order of work.
func Cards(ctx context.Context, db bun.IDB, site int64, perLane int) ([]Column, error) {
	var cards []Card
	err := db.NewRaw(`select `+shownColumns+` from unnest(?::text[]) with ordinality as l (lane, place)
		cross join lateral (select `+cardColumns+`, t.work_rank as rank, `+pressing+` as pressing
			from tickets t left join staff owner on owner.id = coalesce(t.handler_id, t.owner_id)
			where t.site_id = ? and t.lane = l.lane order by `+workOrder+` limit ?) c
		order by l.place, c.rank, c.pressing, c.id`,
		pgdialect.Array(laneNames()), site, perLane).Scan(ctx, &cards)
	if err != nil {
		return nil, err
	}
	counts, err := Counts(ctx, db, site)
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(Lanes))
	for i, lane := range Lanes {
		columns[i] = Column{Lane: lane, Count: counts[lane]}
	}
	for _, c := range cards {
		for i := range columns {
			if columns[i].Lane == c.Lane() {
				columns[i].Cards = append(columns[i].Cards, c.masked())
			}
		}
	}
	return columns, nil
}

// CardsByID are the cards of some tickets of a site, by id, also of those that are over. An id of another site is
// missing.
func CardsByID(ctx context.Context, tx bun.IDB, site int64, ids []int64) (map[int64]Card, error) {
	out := make(map[int64]Card, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var cards []Card
	err := db.Prepared(tx, tx.NewRaw(`select `+cardColumns+` from tickets t left join staff owner on owner.id = coalesce(t.handler_id, t.owner_id)
		where t.site_id = ? and t.id = any(?)`, db.Value(site), db.Values(ids))).Scan(ctx, &cards)
	if err != nil {
		return nil, err
	}
	for _, c := range cards {
		out[c.ID] = c.masked()
	}
	return out, nil
}

// Counts are the open tickets of a site by lane.
func Counts(ctx context.Context, tx bun.IDB, site int64) (map[Lane]int, error) {
	var counted []struct {
		Lane  Lane
		Count int
	}
	err := db.Prepared(tx, tx.NewRaw(`select t.lane, count(*) as count from tickets t where t.site_id = ? and t.lane is not null
		group by t.lane`, db.Value(site))).Scan(ctx, &counted)
	if err != nil {
		return nil, err
	}
	out := map[Lane]int{}
	for _, c := range counted {
		out[c.Lane] = c.Count
	}
	return out, nil
}

func laneNames() []string {
	names := make([]string, len(Lanes))
	for i, l := range Lanes {
		names[i] = string(l)
	}
	return names
}

// masked hides long numbers in free text: somebody may have typed a phone into the matter.
func (c Card) masked() Card {
	c.Place, c.Matter = pii.Redact(c.Place), pii.Redact(c.Matter)
	return c
}

// Today counts the tickets of a site that came in, and those that were solved, from one moment to before another.
func Today(ctx context.Context, db bun.IDB, site int64, from, to time.Time) (registered, solved int, err error) {
	err = db.NewRaw(`select
		(select count(*) from tickets where site_id = ? and registered_at >= ? and registered_at < ?),
		(select count(*) from tickets where site_id = ? and resolved_at >= ? and resolved_at < ?)`,
		site, from, to, site, from, to).Scan(ctx, &registered, &solved)
	return registered, solved, err
}
