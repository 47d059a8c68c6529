package dispute

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// subject is what has to be known of the ticket.
type subject struct {
	ID          int64  `bun:"id"`
	Number      string `bun:"number"`
	Kind        string `bun:"kind"`
	State       string `bun:"state"`
	HouseholdID int64  `bun:"household_id"`
	Worker      int64  `bun:"worker"`
	Expired     bool   `bun:"expired"`
}

// runs tells whether something can still be done about it.
func (s *subject) runs() bool {
	switch s.State {
	case "registered", "classified", "in_hand", "waiting":
		return !s.Expired
	}
	return false
}

const subjects = `select id, number, kind, state, coalesce(household_id, 0) as household_id, coalesce(handler_id, owner_id, 0) as worker, expired_at is not null as expired
	from tickets where site_id = ? and id = ?`

// hold reads a ticket and keeps it so until the transaction ends.
func hold(ctx context.Context, tx bun.Tx, site, ticket int64) (*subject, error) {
	s := new(subject)
	return s, tx.NewRaw(subjects+` for update`, site, ticket).Scan(ctx, s)
}

func look(ctx context.Context, tx bun.IDB, site, ticket int64) (*subject, error) {
	s := new(subject)
	return s, tx.NewRaw(subjects, site, ticket).Scan(ctx, s)
}

// Running is a dispute without an outcome, in the list of them.
type Running struct {
	TicketID int64     `bun:"ticket_id"`
	Number   string    `bun:"number"`
	Matter   string    `bun:"matter"`
	State    string    `bun:"state"` // of the ticket
	Mediator string    `bun:"mediator"`
	Mine     bool      `bun:"mine"` // who asks mediates
	OpenedAt time.Time `bun:"opened_at"`
	Talks    int       `bun:"talks"`
	LastTalk time.Time `bun:"last_talk,nullzero"`
	Parties  []string  `bun:"parties,array"`
}

// The disputes of a site without an outcome, in which somebody mediates and in which not; each comes by an index of its
// own, and what stands beside a dispute is read only for those that come out.
const (
	runningMine   = runningOf + ` and mediator_id = ?1` + runningPage
	runningOthers = runningOf + ` and mediator_id is distinct from ?1` + runningPage

	runningOf = `select d.ticket_id, t.number, t.matter, t.state, coalesce(m.name, '') as mediator, d.mediator_id is not distinct from ?1 as mine, d.opened_at,
			k.talks, k.last_talk, array(select case when y.name = '' then y.place when y.place = '' then y.name else y.name || ' · ' || y.place end
				from dispute_parties y where y.dispute_id = d.id order by y.id) as parties
		from (select id, site_id, ticket_id, mediator_id, opened_at from disputes where site_id = ?0 and ended_at is null`
	runningPage = ` order by opened_at, id limit ?2 offset ?3) d
		join tickets t on t.site_id = d.site_id and t.id = d.ticket_id left join staff m on m.id = d.mediator_id
		cross join lateral (select count(*) as talks, max(at) as last_talk from dispute_talks where dispute_id = d.id) k
		order by d.opened_at, d.id`
)

// running lists the disputes of a site that have no outcome: those of a mediator first, the oldest first; at most some, from
// one on.
func running(ctx context.Context, tx bun.IDB, site, mediator int64, most, from int) (list []Running, err error) {
	var mine int
	if err := tx.NewRaw(`select count(*) from disputes where site_id = ? and mediator_id = ? and ended_at is null`, site, mediator).Scan(ctx, &mine); err != nil {
		return nil, err
	}
	if from < mine {
		if err := tx.NewRaw(runningMine, site, mediator, most, from).Scan(ctx, &list); err != nil {
			return nil, err
		}
	}
	if len(list) == most {
		return list, nil
	}
	var others []Running
	err = tx.NewRaw(runningOthers, site, mediator, most-len(list), max(0, from-mine)).Scan(ctx, &others)
	return append(list, others...), err
}

// of reads the dispute of a ticket with everything in it; nil for none.
func of(ctx context.Context, tx bun.IDB, site, ticket int64) (*Dispute, error) {
	d := new(Dispute)
	err := tx.NewSelect().Model(d).ColumnExpr("?TableColumns").ColumnExpr("coalesce(m.name, '') as mediator, o.name as opener, coalesce(e.name, '') as ender").
		Join("left join staff m on m.id = d.mediator_id").Join("join staff o on o.id = d.opened_by").Join("left join staff e on e.id = d.ended_by").
		Where("d.site_id = ?", site).Where("d.ticket_id = ?", ticket).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := tx.NewSelect().Model(&d.Parties).Where("dispute_id = ?", d.ID).OrderExpr("id").Scan(ctx); err != nil {
		return nil, err
	}
	err = tx.NewSelect().Model(&d.Talks).ColumnExpr("?TableColumns").ColumnExpr("p.name as by_name").Join("join staff p on p.id = k.by_id").
		Where("k.dispute_id = ?", d.ID).OrderExpr("k.at, k.id").Scan(ctx)
	return d, err
}

// zoneOwner is whose zone a household is in; 0 where nobody has it.
func zoneOwner(ctx context.Context, tx bun.IDB, site int64, households ...int64) (owner int64, err error) {
	for _, id := range households {
		if id == 0 {
			continue
		}
		err = tx.NewRaw(`select coalesce(z.owner_id, 0) from households h join buildings b on b.id = h.building_id join zones z on z.id = b.zone_id
			where h.site_id = ? and h.id = ?`, site, id).Scan(ctx, &owner)
		if err != nil && !errors.Is(err, sql.ErrNoRows) || owner != 0 {
			return owner, err
		}
	}
	return 0, nil
}

// byEntry finds what was said with an entry key; nil for none.
func byEntry(ctx context.Context, tx bun.IDB, site int64, key uuid.UUID) (*Talk, error) {
	t := new(Talk)
	err := tx.NewSelect().Model(t).Where("site_id = ?", site).Where("entry_key = ?", key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return t, err
}

// gone stands in place of a text that the schema wants and whose term is over.
const gone = "—"

// forget removes names, households and every word from the disputes of tickets; outcomes and times stay.
func forget(ctx context.Context, tx bun.Tx, tickets []int64) error {
	for _, q := range []*bun.RawQuery{
		tx.NewRaw(`update dispute_parties set name = ?, place = '', household_id = null where dispute_id in (select id from disputes where ticket_id in (?))`, gone, bun.List(tickets)),
		tx.NewRaw(`update dispute_talks set said = ? where dispute_id in (select id from disputes where ticket_id in (?))`, gone, bun.List(tickets)),
		tx.NewRaw(`update disputes set ending = case when ending = '' then '' else ? end where ticket_id in (?)`, gone, bun.List(tickets)),
	} {
		if _, err := q.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
