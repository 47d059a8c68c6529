package site

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
)

// RemoveDoors removes doors of a building on which nothing hangs: all of them or none. What tickets and visits name
// stays, since they would lose where they were.
func (s *Service) RemoveDoors(ctx context.Context, building int64, ids []int64) (removed int, err error) {
	err = s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		b, err := holdBuilding(ctx, tx, site, building)
		if err != nil {
			return err
		}
		if len(ids) == 0 || len(ids) > maxDoors {
			return fault.New(fault.Conflict, "place.none_chosen")
		}
		held, err := held(ctx, tx, site, b.ID, ids)
		if err != nil {
			return err
		}
		if len(held) > 0 {
			h := held[0]
			return fault.New(fault.Conflict, "place.door_holds", fault.Args{"Place": h.Name(), "Tickets": h.Tickets, "Visits": h.Visits, "Doors": len(held)})
		}
		res, err := tx.NewRaw(`delete from households where site_id = ? and building_id = ? and id = any(?)`, site, b.ID, pgdialect.Array(ids)).Exec(ctx)
		if db.Constraint(err) != "" {
			return fault.New(fault.Conflict, "place.door_holds_else")
		}
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		removed = int(n)
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "site.doors_remove", Subject: "buildings", ID: b.ID, Fields: []string{"households"}})
	})
	return removed, err
}

// holding is a door with what hangs on it.
type holding struct {
	Door
	Tickets, Visits int
}

// hanging counts what names a door.
type hanging struct {
	ID              int64
	Tickets, Visits int
}

// held are those of the doors on which something hangs, in the order of the building.
func held(ctx context.Context, tx bun.Tx, site, building int64, ids []int64) ([]holding, error) {
	var list []hanging
	err := tx.NewRaw(`select h.id, (select count(*) from tickets t where t.household_id = h.id) as tickets,
			(select count(*) from visits v where v.household_id = h.id) as visits
		from households h where h.site_id = ? and h.building_id = ? and h.id = any(?)
		and (exists (select from tickets t where t.household_id = h.id) or exists (select from visits v where v.household_id = h.id))`,
		site, building, pgdialect.Array(ids)).Scan(ctx, &list)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	doors, err := doorsOf(ctx, tx, site, building)
	var out []holding
	for _, d := range doors {
		if i := slices.IndexFunc(list, func(h hanging) bool { return h.ID == d.ID }); i >= 0 {
			out = append(out, holding{Door: d, Tickets: list[i].Tickets, Visits: list[i].Visits})
		}
	}
	return out, err
}
