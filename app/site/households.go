package site

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
)

// Door is a household or a shop.
type Door struct {
	ID, BuildingID           int64
	Building, Entrance, Room string
	Shop                     bool
}

// Name writes the door as staff write it on paper.
func (d Door) Name() string {
	return PlaceName(Place{Building: d.Building, Entrance: d.Entrance, Room: d.Room, Shop: d.Shop})
}

// Seen is what somebody saw who began to change the door.
func (d Door) Seen() string { return seen(d.Entrance, d.Room, d.Shop) }

// House gives a building of the actor's site with all its doors.
func (s *Service) House(ctx context.Context, id int64) (BuildingFacts, []Door, error) {
	who, err := actor.Require(ctx, Look)
	if err != nil {
		return BuildingFacts{}, nil, err
	}
	var doors []Door
	b, err := db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (BuildingFacts, error) {
		list, err := buildingsOf(ctx, tx, who.Site, id)
		if err == nil && len(list) == 0 {
			err = fault.New(fault.NotFound, "fault.not_found")
		}
		if err != nil {
			return BuildingFacts{}, err
		}
		doors, err = doorsOf(ctx, tx, who.Site, id)
		return list[0], err
	})
	return b, doors, err
}

// Door gives one door of the actor's site.
func (s *Service) Door(ctx context.Context, id int64) (Door, error) {
	who, err := actor.Require(ctx, Look)
	if err != nil {
		return Door{}, err
	}
	d, err := oneDoor(ctx, s.DB, who.Site, id, "")
	return d, db.Translate(err)
}

func oneDoor(ctx context.Context, tx bun.IDB, site, id int64, hold string) (Door, error) {
	var d Door
	err := tx.NewRaw(`select h.id, h.building_id, b.name as building, h.entrance, h.room, h.kind = 'shop' as shop
		from households h join buildings b on b.id = h.building_id where h.site_id = ? and h.id = ? ?`, site, id, bun.Safe(hold)).Scan(ctx, &d)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	return d, err
}

// SaveBuilding is what a building should be.
type SaveBuilding struct {
	ID   int64 // 0: a new one
	Name string
	Zone int64
	Seen string // of who changes one: BuildingFacts.Seen
}

// SaveBuilding makes a building, renames one, or moves it to another zone, whose owner gets its new tickets then (ZONE-1).
func (s *Service) SaveBuilding(ctx context.Context, in SaveBuilding) (id int64, err error) {
	var wrong fault.Fields
	name := buildingName(wrong.Line("building", in.Name, MaxPlace, true))
	notFormula(&wrong, "building", name)
	id = in.ID
	err = s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		var stands BuildingFacts
		if in.ID != 0 {
			var err error
			if stands, err = holdBuilding(ctx, tx, site, in.ID); err != nil {
				return err
			}
			if stands.Seen() != in.Seen {
				return fault.New(fault.Conflict, "place.changed_meanwhile")
			}
		}
		zones, err := zonesOf(ctx, tx, site, in.Zone)
		switch {
		case err != nil:
			return err
		case in.Zone == 0 || len(zones) == 0 || zones[0].Whole():
			wrong.Add("zone", "place.zone_unknown")
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		entry := audit.Entry{Verb: "site.building", Subject: "buildings", ID: in.ID}
		if in.ID == 0 {
			entry.Verb = "site.building_add"
			err = tx.NewRaw(`insert into buildings (site_id, zone_id, name) values (?, ?, ?) returning id`, site, in.Zone, name).Scan(ctx, &id)
			entry.ID = id
		} else {
			if stands.Name != name {
				entry.Fields = append(entry.Fields, "name")
			}
			if stands.ZoneID != in.Zone {
				entry.Fields = append(entry.Fields, "zone")
			}
			if len(entry.Fields) == 0 {
				return nil
			}
			_, err = tx.NewRaw(`update buildings set name = ?, zone_id = ? where site_id = ? and id = ?`, name, in.Zone, site, in.ID).Exec(ctx)
		}
		if db.Constraint(err) == "buildings_site_id_name_key" {
			return field("building", "place.building_taken")
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry)
	})
	return id, err
}

// RemoveBuilding removes a building without doors.
func (s *Service) RemoveBuilding(ctx context.Context, id int64) (zone int64, err error) {
	err = s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		b, err := holdBuilding(ctx, tx, site, id)
		if err != nil {
			return err
		}
		zone = b.ZoneID
		if n := b.Households + b.Shops; n > 0 {
			return fault.New(fault.Conflict, "place.building_holds", fault.Args{"Building": b.Name, "Count": n})
		}
		if _, err := tx.NewDelete().Table("buildings").Where("site_id = ? and id = ?", site, id).Exec(ctx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "site.building_remove", Subject: "buildings", ID: id})
	})
	return zone, err
}

// SaveDoor is what a door should be.
type SaveDoor struct {
	ID             int64
	Entrance, Room string
	Shop           bool
	Seen           string // Door.Seen
}

// SaveDoor renames a door or changes its kind. Tickets and visits stay with it.
func (s *Service) SaveDoor(ctx context.Context, in SaveDoor) error {
	var wrong fault.Fields
	entrance := entranceName(wrong.Line("entrance", in.Entrance, MaxPlace, false))
	room := roomName(wrong.Line("room", in.Room, MaxPlace, true))
	notFormula(&wrong, "entrance", entrance)
	notFormula(&wrong, "room", room)
	return s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		stands, err := oneDoor(ctx, tx, site, in.ID, "for update of h")
		if err != nil {
			return err
		}
		if stands.Seen() != in.Seen {
			return fault.New(fault.Conflict, "place.changed_meanwhile")
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		kind := "household"
		if in.Shop {
			kind = "shop"
		}
		room := roomIn(stands.Building, room)
		var fields []string
		for _, f := range []struct {
			name string
			is   bool
		}{{"entrance", stands.Entrance != entrance}, {"room", stands.Room != room}, {"kind", stands.Shop != in.Shop}} {
			if f.is {
				fields = append(fields, f.name)
			}
		}
		if len(fields) == 0 {
			return nil
		}
		_, err = tx.NewRaw(`update households set entrance = ?, room = ?, kind = ? where site_id = ? and id = ?`, entrance, room, kind, site, in.ID).Exec(ctx)
		if db.Constraint(err) == "households_building_id_entrance_room_key" {
			return field("room", "place.door_taken")
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "site.door", Subject: "households", ID: in.ID, Fields: fields})
	})
}
