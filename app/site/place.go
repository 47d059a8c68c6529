package site

import (
	"context"
	"regexp"
	"strings"

	"github.com/uptrace/bun"
	"golang.org/x/text/width"
)

// Place is one household or shop with the names of where it lies.
type Place struct {
	Building string // 18#, or 商铺 for the row of shops
	Entrance string // 2单元; empty where a building has one entrance only
	Room     string // 201
	Shop     bool
}

// PlaceName writes a place as staff write it on paper: 18#2单元201室, 商铺07.
func PlaceName(p Place) string {
	name := p.Building + p.Entrance + p.Room
	if !p.Shop {
		name += "室"
	}
	return name
}

// ShopRow is the name of the building that stands for a site's shops.
const ShopRow = "商铺"

var (
	// What people type between the numbers: 18#2单元201, 18-2-201, 18栋201室, Bldg 18 Unit 2 Room 201.
	household = regexp.MustCompile(`^(?:bldg|building)?(\d{1,3})(?:#|号楼|號樓|栋|棟|幢|座|楼|樓|号|號|-|/|unit)+(?:(\d{1,2})(?:单元|單元|门|門|梯|unit|-|/|room)+)?(?:room)?(\d{2,5})(?:室|号|號|房|户|戶)?$`)
	shop      = regexp.MustCompile(`^(?:商铺|商鋪|商店|店家|店铺|店鋪|shop|s)[-#]?(\d{1,3})(?:号|號|室|铺|鋪)?$`)
	spaces    = strings.NewReplacer(" ", "", "\t", "", "\n", "", ",", "-", "，", "-", ".", "-", "、", "-", "—", "-", "–", "-", "no.", "")
)

// parse reads a typed place into the names it would have in the tables; entrance may be empty though the building
// has several.
func parse(raw string) (Place, bool) {
	text := spaces.Replace(strings.ToLower(width.Narrow.String(raw)))
	if m := shop.FindStringSubmatch(text); m != nil {
		room := m[1]
		if len(room) == 1 {
			room = "0" + room
		}
		return Place{Building: ShopRow, Room: room, Shop: true}, true
	}
	m := household.FindStringSubmatch(text)
	if m == nil {
		return Place{}, false
	}
	p := Place{Building: strings.TrimLeft(m[1], "0") + "#", Room: m[3]}
	if m[2] != "" {
		p.Entrance = strings.TrimLeft(m[2], "0") + "单元"
	}
	return p, true
}

// FindHousehold finds the household that a typed place means: 18#2单元201, 18-2-201, 18栋201室. It answers only for
// staff and for the record, never to a visitor (VISIT-2). A place without its entrance is found where only one
// household fits.
func (d *Directory) FindHousehold(ctx context.Context, db bun.IDB, site int64, place string) (id int64, ok bool, err error) {
	p, ok := parse(place)
	if !ok {
		return 0, false, nil
	}
	var ids []int64
	err = db.NewRaw(`select h.id from buildings b join households h on h.building_id = b.id
		where b.site_id = ? and b.name = ? and h.room = ? and (h.entrance = ? or ? = '') limit 2`,
		site, p.Building, p.Room, p.Entrance, p.Entrance).Scan(ctx, &ids)
	if err != nil || len(ids) != 1 {
		return 0, false, err
	}
	return ids[0], true, nil
}
