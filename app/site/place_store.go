package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"golang.org/x/text/width"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
)

// placesLock is the first half of the advisory lock on a site's places; the second is the site's id. Who changes single
// places shares it; an import has it alone, since it writes what it compared with what stood.
const placesLock = 0x6c6f706c // "lopl"

func sharePlaces(ctx context.Context, tx bun.Tx, site int64) error {
	_, err := tx.NewRaw(`select pg_advisory_xact_lock_shared(?, ?)`, placesLock, int32(site)).Exec(ctx)
	return err
}

// change runs one change of single places of the actor's site.
func (s *Service) change(ctx context.Context, fn func(ctx context.Context, tx bun.Tx, site int64) error) error {
	who, err := actor.Require(ctx, Manage)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		if err := sharePlaces(ctx, tx, who.Site); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, fn(ctx, tx, who.Site)
	})
	return err
}

// seen makes one short text of what somebody saw. A form carries it, and who saw something else than what stands is
// told so instead of writing over it.
func seen(values ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", values))
	return hex.EncodeToString(sum[:8])
}

// notFormula refuses a name that a spreadsheet program would take for a formula.
func notFormula(wrong *fault.Fields, column, text string) {
	if strings.HasPrefix(text, "=") && !wrong.Has(column) {
		wrong.Add(column, "place.formula")
	}
}

// total reads a declared total; empty declares nothing.
func total(wrong *fault.Fields, name, typed string) *int {
	text := wrong.Line(name, typed, 20, false)
	if text == "" || wrong.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(strings.ReplaceAll(width.Narrow.String(text), ",", ""))
	if err != nil || n < 0 || n > 10_000_000 {
		wrong.Add(name, "import.row.number")
		return nil
	}
	return &n
}

// spoken tells whether a word is one of a list, however it is written.
func spoken(word string, list []string) bool {
	return slices.Contains(list, strings.ToLower(word))
}

// zonesOf reads the zones of a site by code, or one of them.
func zonesOf(ctx context.Context, tx bun.IDB, site, id int64) ([]ZoneFacts, error) {
	var list []ZoneFacts
	err := tx.NewRaw(`select z.id, z.code, z.name, coalesce(z.owner_id, 0) as owner_id, coalesce(p.name, '') as owner,
			p.id is not null and (p.disabled_at is not null or not exists (select from staff_roles r where r.staff_id = p.id and r.site_id = z.site_id)) as owner_gone,
			z.declared_households, z.declared_shops
		from zones z left join staff p on p.id = z.owner_id
		where z.site_id = ? and (? = 0 or z.id = ?) order by z.code = ?, length(z.code), z.code`, site, id, id, all).Scan(ctx, &list)
	return list, err
}

// holdZone reads a zone and holds it until the transaction ends.
func holdZone(ctx context.Context, tx bun.Tx, site, id int64, z *ZoneFacts) error {
	if _, err := tx.NewRaw(`select from zones where site_id = ? and id = ? for update`, site, id).Exec(ctx); err != nil {
		return err
	}
	list, err := zonesOf(ctx, tx, site, id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	*z = list[0]
	return nil
}

// putZone writes a new zone, or what a zone should be.
func putZone(ctx context.Context, tx bun.Tx, site int64, z *ZoneFacts) error {
	var err error
	if z.ID == 0 {
		err = tx.NewRaw(`insert into zones (site_id, code, name, owner_id, declared_households, declared_shops)
			values (?, ?, ?, nullif(?, 0), ?, ?) returning id`, site, z.Code, z.Name, z.OwnerID, z.DeclaredHouseholds, z.DeclaredShops).Scan(ctx, &z.ID)
	} else {
		_, err = tx.NewRaw(`update zones set code = ?, name = ?, owner_id = nullif(?, 0), declared_households = ?, declared_shops = ?
			where site_id = ? and id = ?`, z.Code, z.Name, z.OwnerID, z.DeclaredHouseholds, z.DeclaredShops, site, z.ID).Exec(ctx)
	}
	if db.Constraint(err) == "zones_site_id_code_key" {
		return field("code", "place.zone_taken")
	}
	return err
}

// field is the refusal of one field of a form.
func field(name, key string, args ...fault.Args) error {
	var wrong fault.Fields
	wrong.Add(name, key, args...)
	return wrong.Err()
}

// buildingsOf reads the buildings of a site in the order of their numbers, or one of them, with how many doors each has.
func buildingsOf(ctx context.Context, tx bun.IDB, site, id int64) ([]BuildingFacts, error) {
	var list []BuildingFacts
	err := tx.NewRaw(`select b.id, b.zone_id, b.name, z.code as zone_code,
			coalesce(h.households, 0) as households, coalesce(h.shops, 0) as shops
		from buildings b join zones z on z.id = b.zone_id
		left join (select building_id, count(*) filter (where kind <> 'shop') as households, count(*) filter (where kind = 'shop') as shops
			from households where site_id = ? and (? = 0 or building_id = ?) group by building_id) h on h.building_id = b.id
		where b.site_id = ? and (? = 0 or b.id = ?)
		order by substring(b.name from '^\d+')::numeric nulls last, b.name`, site, id, id, site, id, id).Scan(ctx, &list)
	return list, err
}

// holdBuilding reads a building and holds it until the transaction ends.
func holdBuilding(ctx context.Context, tx bun.Tx, site, id int64) (BuildingFacts, error) {
	if _, err := tx.NewRaw(`select from buildings where site_id = ? and id = ? for update`, site, id).Exec(ctx); err != nil {
		return BuildingFacts{}, err
	}
	list, err := buildingsOf(ctx, tx, site, id)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return BuildingFacts{}, err
	}
	return list[0], nil
}

// doorsOf reads the doors of a building in the order in which one walks: by entrance, then by number.
func doorsOf(ctx context.Context, tx bun.IDB, site, building int64) ([]Door, error) {
	var list []Door
	err := tx.NewRaw(`select h.id, h.building_id, b.name as building, h.entrance, h.room, h.kind = 'shop' as shop
		from households h join buildings b on b.id = h.building_id
		where h.site_id = ? and h.building_id = ?
		order by length(h.entrance), h.entrance, length(h.room), h.room`, site, building).Scan(ctx, &list)
	return list, err
}

// ownersAt lists staff in office with a role at the site.
func ownersAt(ctx context.Context, tx bun.IDB, site int64) ([]Owner, error) {
	var list []Owner
	err := tx.NewRaw(`select id, login, name from staff p where disabled_at is null
		and exists (select from staff_roles r where r.staff_id = p.id and r.site_id = ?) order by name, id`, site).Scan(ctx, &list)
	return list, err
}
