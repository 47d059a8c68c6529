package site

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/fault"
)

// importLock is the first half of the advisory lock that lets one import of a site run at a time; the second is the
// site's id.
const importLock = 0x6c6f696d // "loim"

// lockImport takes the site's lock for the transaction, or refuses where another import has it. Then it waits for
// changes of single places, and keeps further ones waiting until it is done.
func lockImport(ctx context.Context, tx bun.Tx, site int64) error {
	var mine bool
	if err := tx.NewRaw(`select pg_try_advisory_xact_lock(?, ?)`, importLock, int32(site)).Scan(ctx, &mine); err != nil {
		return err
	}
	if !mine {
		return fault.New(fault.Conflict, "import.busy")
	}
	_, err := tx.NewRaw(`select pg_advisory_xact_lock(?, ?)`, placesLock, int32(site)).Exec(ctx)
	return err
}

// standing is what a site has before an import.
type standing struct {
	zones     []standingZone
	buildings []buildingRow
	doors     map[door]standingDoor
	people    []owner
}

type standingZone struct {
	ID                                int64
	Code, Name                        string
	OwnerID                           int64  // 0: nobody
	Login                             string // of the owner
	DeclaredHouseholds, DeclaredShops *int
}

type standingDoor struct {
	id   int64
	kind string
}

type owner struct {
	ID          int64
	Login, Name string
}

func loadStanding(ctx context.Context, tx bun.IDB, site int64) (*standing, error) {
	s := &standing{doors: map[door]standingDoor{}}
	err := tx.NewRaw(`select z.id, z.code, z.name, coalesce(z.owner_id, 0) as owner_id, coalesce(p.login, '') as login, z.declared_households, z.declared_shops
		from zones z left join staff p on p.id = z.owner_id where z.site_id = ? order by z.id`, site).Scan(ctx, &s.zones)
	if err != nil {
		return nil, err
	}
	if err := tx.NewSelect().Model(&s.buildings).Where("site_id = ?", site).OrderExpr("id").Scan(ctx); err != nil {
		return nil, err
	}
	err = tx.NewRaw(`select id, login, name from staff p where disabled_at is null
		and exists (select from staff_roles r where r.staff_id = p.id and r.site_id = ?)`, site).Scan(ctx, &s.people)
	if err != nil {
		return nil, err
	}
	var doors []struct {
		ID                             int64
		Building, Entrance, Room, Kind string
	}
	err = tx.NewRaw(`select h.id, b.name as building, h.entrance, h.room, h.kind
		from households h join buildings b on b.id = h.building_id where h.site_id = ?`, site).Scan(ctx, &doors)
	for _, d := range doors {
		s.doors[door{d.Building, d.Entrance, d.Room}] = standingDoor{d.ID, d.Kind}
	}
	return s, err
}

// person finds who is meant by a login or, where one person only has it, a name; else it gives the key of why not.
func (s *standing) person(who string) (owner, string) {
	var named []owner
	for _, p := range s.people {
		if p.Login == who {
			return p, ""
		}
		if p.Name == who {
			named = append(named, p)
		}
	}
	switch len(named) {
	case 0:
		return owner{}, "import.row.nobody"
	case 1:
		return named[0], ""
	}
	return owner{}, "import.row.namesakes"
}

// batch is how many rows go into one statement.
const batch = 5000

// write brings the tables to what the plan says and gives the names of what it touched.
func (p *plan) write(ctx context.Context, tx bun.Tx, site int64) (fields []string, err error) {
	touched := func(name string, did bool) {
		if did && !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	for _, code := range p.zoneOrder {
		z := p.zones[code]
		isNew := z.ID == 0
		if !isNew && len(z.changed) == 0 {
			continue
		}
		if err := writeZone(ctx, tx, site, z); err != nil {
			return nil, err
		}
		touched("zones", isNew)
		for _, column := range z.changed {
			touched("zones."+column, !isNew)
		}
	}
	added, moved, err := p.writeBuildings(ctx, tx, site)
	if err != nil {
		return nil, err
	}
	touched("buildings", added)
	touched("buildings.zone", moved)
	for part := range slices.Chunk(p.newDoor, batch) {
		if err := p.insertDoors(ctx, tx, site, part); err != nil {
			return nil, err
		}
	}
	touched("households", len(p.newDoor) > 0)
	for part := range slices.Chunk(p.rekind, batch) {
		var ids []int64
		var kinds []string
		for _, d := range part {
			ids, kinds = append(ids, p.stands.doors[d].id), append(kinds, p.doors[d])
		}
		_, err := tx.NewRaw(`update households h set kind = t.kind from unnest(?::bigint[], ?::text[]) as t (id, kind)
			where h.id = t.id and h.site_id = ?`, pgdialect.Array(ids), pgdialect.Array(kinds), site).Exec(ctx)
		if err != nil {
			return nil, err
		}
	}
	touched("households.kind", len(p.rekind) > 0)
	return fields, nil
}

func writeZone(ctx context.Context, tx bun.Tx, site int64, z *plannedZone) error {
	return tx.NewRaw(`insert into zones (site_id, code, name, owner_id, declared_households, declared_shops)
		values (?, ?, ?, nullif(?, 0), ?, ?)
		on conflict (site_id, code) do update set name = excluded.name, owner_id = excluded.owner_id,
		declared_households = excluded.declared_households, declared_shops = excluded.declared_shops returning id`,
		site, z.Code, z.Name, z.OwnerID, z.DeclaredHouseholds, z.DeclaredShops).Scan(ctx, &z.ID)
}

func (p *plan) writeBuildings(ctx context.Context, tx bun.Tx, site int64) (added, moved bool, err error) {
	var fresh, elsewhere []string
	for _, name := range p.buildingOrder {
		switch b := p.buildings[name]; {
		case b.id == 0:
			fresh = append(fresh, name)
		case b.was != "":
			elsewhere = append(elsewhere, name)
		}
	}
	for names := range slices.Chunk(fresh, batch) {
		var rows []buildingRow
		err := tx.NewRaw(`insert into buildings (site_id, zone_id, name) select ?, t.zone, t.name
			from unnest(?::bigint[], ?::text[]) as t (zone, name) returning id, name`,
			site, pgdialect.Array(p.zonesOf(names)), pgdialect.Array(names)).Scan(ctx, &rows)
		if err != nil {
			return false, false, err
		}
		for _, r := range rows {
			p.buildings[r.Name].id = r.ID
		}
	}
	for names := range slices.Chunk(elsewhere, batch) {
		_, err := tx.NewRaw(`update buildings b set zone_id = t.zone from unnest(?::bigint[], ?::text[]) as t (zone, name)
			where b.site_id = ? and b.name = t.name`, pgdialect.Array(p.zonesOf(names)), pgdialect.Array(names), site).Exec(ctx)
		if err != nil {
			return false, false, err
		}
	}
	return len(fresh) > 0, len(elsewhere) > 0, nil
}

// zonesOf gives the id of each building's zone.
func (p *plan) zonesOf(names []string) []int64 {
	ids := make([]int64, len(names))
	for i, name := range names {
		ids[i] = p.zones[p.buildings[name].zone].ID
	}
	return ids
}

func (p *plan) insertDoors(ctx context.Context, tx bun.Tx, site int64, doors []door) error {
	ids := make([]int64, len(doors))
	entrances, rooms, kinds := make([]string, len(doors)), make([]string, len(doors)), make([]string, len(doors))
	for i, d := range doors {
		ids[i], entrances[i], rooms[i], kinds[i] = p.buildings[d.building].id, d.entrance, d.room, p.doors[d]
	}
	_, err := tx.NewRaw(`insert into households (site_id, building_id, entrance, room, kind)
		select ?, t.building, t.entrance, t.room, t.kind
		from unnest(?::bigint[], ?::text[], ?::text[], ?::text[]) as t (building, entrance, room, kind)`,
		site, pgdialect.Array(ids), pgdialect.Array(entrances), pgdialect.Array(rooms), pgdialect.Array(kinds)).Exec(ctx)
	return err
}
