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

// Look is the permission to see the places of a site. Visitors never do (VISIT-2).
const Look actor.Permission = "place.view"

// Longest names of places, in characters.
const (
	MaxZoneCode = 20
	MaxZoneName = 60
	MaxPlace    = 40 // a building, an entrance, a room
)

// ZoneFacts is a zone with what stands in it.
type ZoneFacts struct {
	bun.BaseModel `bun:"table:zones,alias:z"`

	ID                 int64
	Code, Name         string
	OwnerID            int64  // 0: nobody
	Owner              string // name; may be somebody who left
	OwnerGone          bool   // disabled, or without a role at the site any more: tickets go to nobody by default (ZONE-1)
	DeclaredHouseholds *int   // nil: nothing is declared
	DeclaredShops      *int
	Households, Shops  int             // as counted; of the zone 'all' those of the whole site
	Buildings          []BuildingFacts `bun:"-"`
}

// Whole tells that the zone stands for the whole site.
func (z ZoneFacts) Whole() bool { return z.Code == all }

// Seen is what somebody saw who began to change the zone.
func (z ZoneFacts) Seen() string {
	return seen(z.Code, z.Name, z.OwnerID, number(z.DeclaredHouseholds), z.DeclaredHouseholds == nil, number(z.DeclaredShops), z.DeclaredShops == nil)
}

// BuildingFacts is a building with how many doors it has.
type BuildingFacts struct {
	ID, ZoneID        int64
	Name              string
	ZoneCode          string
	Households, Shops int
}

// Seen is what somebody saw who began to change the building.
func (b BuildingFacts) Seen() string { return seen(b.Name, b.ZoneID) }

// Overview is the whole site: zones by code with their buildings, and the declared totals that differ (ZONE-3).
type Overview struct {
	Zones       []ZoneFacts
	Differences []Difference
}

// Overview gives the zones of the actor's site.
func (s *Service) Overview(ctx context.Context) (Overview, error) {
	who, err := actor.Require(ctx, Look)
	if err != nil {
		return Overview{}, err
	}
	return db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (Overview, error) {
		var o Overview
		var err error
		if o.Zones, err = zonesOf(ctx, tx, who.Site, 0); err != nil {
			return o, err
		}
		houses, err := buildingsOf(ctx, tx, who.Site, 0)
		at := map[int64]int{}
		whole := -1
		for i, z := range o.Zones {
			at[z.ID] = i
			if z.Whole() {
				whole = i
			}
		}
		for _, b := range houses {
			z := &o.Zones[at[b.ZoneID]]
			z.Buildings = append(z.Buildings, b)
			z.Households += b.Households
			z.Shops += b.Shops
			if whole >= 0 && whole != at[b.ZoneID] {
				o.Zones[whole].Households += b.Households
				o.Zones[whole].Shops += b.Shops
			}
		}
		o.Differences = differences(o.Zones)
		return o, err
	})
}

// differences names the declared totals of zones that are not what is counted.
func differences(zones []ZoneFacts) []Difference {
	p := &plan{zones: map[string]*plannedZone{}, buildings: map[string]*plannedBuilding{}, counts: map[string]map[string]int{"households": {}, "shops": {}}}
	for _, z := range zones {
		p.zones[z.Code] = &plannedZone{standingZone: standingZone{Code: z.Code, DeclaredHouseholds: z.DeclaredHouseholds, DeclaredShops: z.DeclaredShops}}
		p.zoneOrder = append(p.zoneOrder, z.Code)
		for _, b := range z.Buildings {
			p.buildings[b.Name] = &plannedBuilding{zone: z.Code}
			p.buildingOrder = append(p.buildingOrder, b.Name)
			p.counts["households"][b.Name], p.counts["shops"][b.Name] = b.Households, b.Shops
		}
	}
	return p.check()
}

// ZonePage is one zone with its buildings, and what can be chosen for it.
type ZonePage struct {
	ZoneFacts
	Differences []Difference // of this zone
}

// Zone gives one zone of the actor's site.
func (s *Service) Zone(ctx context.Context, id int64) (ZonePage, error) {
	o, err := s.Overview(ctx)
	if err != nil {
		return ZonePage{}, err
	}
	for _, z := range o.Zones {
		if z.ID != id {
			continue
		}
		p := ZonePage{ZoneFacts: z}
		for _, d := range o.Differences {
			if d.Name == z.Code {
				p.Differences = append(p.Differences, d)
			}
		}
		return p, nil
	}
	return ZonePage{}, fault.New(fault.NotFound, "fault.not_found")
}

// Owner is somebody who can be a zone's owner: in office, with a role at the site.
type Owner struct {
	ID          int64
	Login, Name string
}

// Owners lists who can be the owner of a zone of the actor's site, by name.
func (s *Service) Owners(ctx context.Context) ([]Owner, error) {
	who, err := actor.Require(ctx, Look)
	if err != nil {
		return nil, err
	}
	list, err := ownersAt(ctx, s.DB, who.Site)
	return list, db.Translate(err)
}

// Held counts the open tickets that somebody handles at the actor's site, and gives their name: what a former owner of
// a zone still has to do, since only new tickets go to the new one (ZONE-1).
func (s *Service) Held(ctx context.Context, staff int64) (name string, open int, err error) {
	who, err := actor.Require(ctx, Look)
	if err != nil {
		return "", 0, err
	}
	err = s.DB.NewRaw(`select p.name, (select count(*) from tickets t where t.site_id = ? and t.owner_id = p.id and t.lane is not null)
		from staff p where p.id = ? and (exists (select from staff_roles r where r.staff_id = p.id and r.site_id = ?)
			or exists (select from tickets t where t.site_id = ? and t.owner_id = p.id))`, who.Site, staff, who.Site, who.Site).Scan(ctx, &name, &open)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	return name, open, db.Translate(err)
}

// SaveZone is what a zone should be.
type SaveZone struct {
	ID                int64 // 0: a new one
	Code, Name        string
	Owner             int64  // 0: nobody
	Households, Shops string // as declared; empty: nothing is
	Seen              string // of who changes one: ZoneFacts.Seen
}

// SaveZone makes a zone or changes one. It gives the zone's id, and the former owner where another one follows. Who saw
// another state than what stands gets a Conflict.
func (s *Service) SaveZone(ctx context.Context, in SaveZone) (id, former int64, err error) {
	who, err := actor.Require(ctx, Manage)
	if err != nil {
		return 0, 0, err
	}
	var wrong fault.Fields
	now := ZoneFacts{ID: in.ID, OwnerID: in.Owner}
	now.Code = wrong.Line("code", in.Code, MaxZoneCode, true)
	if spoken(now.Code, speech().All) {
		now.Code = all
	}
	now.Name = wrong.Line("name", in.Name, MaxZoneName, false)
	if now.Name == "" {
		now.Name = now.Code
	}
	notFormula(&wrong, "code", now.Code)
	notFormula(&wrong, "name", now.Name)
	now.DeclaredHouseholds = total(&wrong, "households", in.Households)
	now.DeclaredShops = total(&wrong, "shops", in.Shops)
	former, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int64, error) {
		if err := sharePlaces(ctx, tx, who.Site); err != nil {
			return 0, err
		}
		stands, err := standingZoneFor(ctx, tx, who.Site, in, &wrong)
		if err != nil {
			return 0, err
		}
		if err := wrong.Err(); err != nil {
			return 0, err
		}
		verb, fields := "site.zone_add", []string(nil)
		if in.ID != 0 {
			verb, fields = "site.zone", stands.differs(now)
			if len(fields) == 0 {
				return 0, nil
			}
		}
		if err := putZone(ctx, tx, who.Site, &now); err != nil {
			return 0, err
		}
		former := int64(0)
		if stands.OwnerID != now.OwnerID {
			former = stands.OwnerID
		}
		return former, audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "zones", ID: now.ID, Fields: fields})
	})
	return now.ID, former, err
}

// standingZoneFor is the zone as it stands, held until the transaction ends; it checks what can only be known there.
func standingZoneFor(ctx context.Context, tx bun.Tx, site int64, in SaveZone, wrong *fault.Fields) (ZoneFacts, error) {
	stands := ZoneFacts{}
	if in.ID != 0 {
		if err := holdZone(ctx, tx, site, in.ID, &stands); err != nil {
			return stands, err
		}
		if stands.Seen() != in.Seen {
			return stands, fault.New(fault.Conflict, "place.changed_meanwhile")
		}
	}
	if in.Owner == 0 || in.Owner == stands.OwnerID { // who left may stay written until somebody else is chosen
		return stands, nil
	}
	people, err := ownersAt(ctx, tx, site)
	if err != nil {
		return stands, err
	}
	for _, p := range people {
		if p.ID == in.Owner {
			return stands, nil
		}
	}
	wrong.Add("owner", "place.owner_unknown")
	return stands, nil
}

// differs names what is another in now.
func (z ZoneFacts) differs(now ZoneFacts) []string {
	var fields []string
	note := func(name string, is bool) {
		if is {
			fields = append(fields, name)
		}
	}
	other := func(a, b *int) bool { return (a == nil) != (b == nil) || a != nil && *a != *b }
	note("code", z.Code != now.Code)
	note("name", z.Name != now.Name)
	note("owner", z.OwnerID != now.OwnerID)
	note("households", other(z.DeclaredHouseholds, now.DeclaredHouseholds))
	note("shops", other(z.DeclaredShops, now.DeclaredShops))
	return fields
}

// RemoveZone removes a zone without buildings.
func (s *Service) RemoveZone(ctx context.Context, id int64) error {
	return s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		var z ZoneFacts
		if err := holdZone(ctx, tx, site, id, &z); err != nil {
			return err
		}
		n, err := tx.NewSelect().Table("buildings").Where("site_id = ? and zone_id = ?", site, id).Count(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "place.zone_holds", fault.Args{"Zone": z.Code, "Count": n})
		}
		if _, err := tx.NewDelete().Table("zones").Where("site_id = ? and id = ?", site, id).Exec(ctx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "site.zone_remove", Subject: "zones", ID: id})
	})
}
