package site

import (
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
)

// The reference site's zones as ZONE-2 has them. Declared totals stay as declared, though the buildings of zone 2 add
// up to 664 and all to 2185 (ZONE-3: neither side is corrected). How many entrances a building has, and how many
// homes to a floor, is ours.
//
//go:embed reference.csv
var referenceTable string

// Zone is one person's part of a site, with its buildings.
type Zone struct {
	Code               string
	Owner              string // login of its owner
	DeclaredHouseholds int
	DeclaredShops      int
	Buildings          []Building
}

// Building is one house with all its doors.
type Building struct {
	Name   string
	Places []Place
}

// Count tells how many households and shops the zone's buildings really have.
func (z Zone) Count() (households, shops int) {
	for _, b := range z.Buildings {
		for _, p := range b.Places {
			if p.Shop {
				shops++
				continue
			}
			households++
		}
	}
	return households, shops
}

// Reference gives the zones of ZONE-2 with a room number for every household.
func Reference() ([]Zone, error) {
	rows, err := csv.NewReader(strings.NewReader(referenceTable)).ReadAll()
	if err != nil {
		return nil, err
	}
	var zones []Zone
	for _, row := range rows[1:] {
		n, err := numbers(row[2], row[3], row[5], row[6], row[7], row[8])
		if err != nil {
			return nil, fmt.Errorf("site: reference.csv: %w", err)
		}
		if len(zones) == 0 || zones[len(zones)-1].Code != row[0] {
			zones = append(zones, Zone{Code: row[0], Owner: row[1], DeclaredHouseholds: n[0], DeclaredShops: n[1]})
		}
		if row[4] != "" {
			z := &zones[len(zones)-1]
			z.Buildings = append(z.Buildings, building(row[4], n[2], n[3], n[4], n[5]))
		}
	}
	return zones, nil
}

func numbers(texts ...string) ([]int, error) {
	out := make([]int, len(texts))
	for i, t := range texts {
		n, err := strconv.Atoi(t)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// building numbers its doors: shops in a row, homes by entrance and floor.
func building(name string, households, shops, entrances, perFloor int) Building {
	b := Building{Name: name}
	for i := range shops {
		b.Places = append(b.Places, Place{Building: name, Room: fmt.Sprintf("%02d", i+1), Shop: true})
	}
	for e := range entrances {
		share := households / entrances
		if e < households%entrances {
			share++
		}
		entrance := ""
		if entrances > 1 {
			entrance = fmt.Sprintf("%d单元", e+1)
		}
		for _, room := range rooms(share, perFloor) {
			b.Places = append(b.Places, Place{Building: name, Entrance: entrance, Room: room})
		}
	}
	return b
}

// rooms numbers n homes from the ground up, 101, 102, 201 …; where they don't fill all floors, the ground floor has
// fewer, since the hall is there.
func rooms(n, perFloor int) []string {
	out := make([]string, 0, n)
	floor, onFloor := 1, n%perFloor
	if onFloor == 0 {
		onFloor = perFloor
	}
	for len(out) < n {
		for k := range onFloor {
			out = append(out, fmt.Sprintf("%d%02d", floor, k+1))
		}
		floor, onFloor = floor+1, perFloor
	}
	return out
}

type zoneRow struct {
	bun.BaseModel `bun:"table:zones"`

	ID                 int64 `bun:"id,pk,autoincrement"`
	SiteID             int64
	Code               string
	Name               string
	OwnerID            int64 `bun:",nullzero"`
	DeclaredHouseholds int
	DeclaredShops      int
}

type buildingRow struct {
	bun.BaseModel `bun:"table:buildings"`

	ID     int64 `bun:"id,pk,autoincrement"`
	SiteID int64
	ZoneID int64
	Name   string
}

type householdRow struct {
	bun.BaseModel `bun:"table:households"`

	ID         int64 `bun:"id,pk,autoincrement"`
	SiteID     int64
	BuildingID int64
	Entrance   string
	Room       string
	Kind       string
}

// Build writes zones, buildings and doors of a site that has none; owners gives the person to each login.
func (s *Service) Build(ctx context.Context, site int64, zones []Zone, owners map[string]int64) error {
	if _, err := actor.Require(ctx, Manage); err != nil {
		return err
	}
	_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		for _, z := range zones {
			row := zoneRow{SiteID: site, Code: z.Code, Name: z.Code, OwnerID: owners[z.Owner],
				DeclaredHouseholds: z.DeclaredHouseholds, DeclaredShops: z.DeclaredShops}
			if _, err := tx.NewInsert().Model(&row).Returning("id").Exec(ctx); err != nil {
				if db.Constraint(err) == "zones_site_id_code_key" {
					return struct{}{}, fault.New(fault.Conflict, "site.zone_taken", fault.Args{"Zone": z.Code})
				}
				return struct{}{}, err
			}
			if err := build(ctx, tx, row, z.Buildings); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "site.build", Subject: "sites", ID: site, Site: site})
	})
	return err
}

func build(ctx context.Context, tx bun.Tx, zone zoneRow, buildings []Building) error {
	if len(buildings) == 0 {
		return nil
	}
	houses := make([]buildingRow, len(buildings))
	for i, b := range buildings {
		houses[i] = buildingRow{SiteID: zone.SiteID, ZoneID: zone.ID, Name: b.Name}
	}
	if _, err := tx.NewInsert().Model(&houses).Returning("id").Exec(ctx); err != nil {
		return err
	}
	var doors []householdRow
	for i, b := range buildings {
		for _, p := range b.Places {
			kind := "household"
			if p.Shop {
				kind = "shop"
			}
			doors = append(doors, householdRow{SiteID: zone.SiteID, BuildingID: houses[i].ID, Entrance: p.Entrance, Room: p.Room, Kind: kind})
		}
	}
	_, err := tx.NewInsert().Model(&doors).Returning("NULL").Exec(ctx)
	return err
}

// DemoCode is the short name of the reference site.
const DemoCode = "demo"
