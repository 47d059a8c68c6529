package site

import (
	"cmp"
	"slices"

	"lobby/app/kit/fault"
)

// report says what the file has, what differs from what stands, and what stays though the file doesn't name it.
func (p *plan) report(f file) *Imported {
	out := &Imported{Bad: sortBad(append(slices.Clone(f.bad), p.bad...), f.sheets), Ignored: f.ignored}
	for _, z := range p.zones {
		if z.row != nil {
			out.Zones++
		}
	}
	for _, b := range p.buildings {
		if b.seen {
			out.Buildings++
		}
	}
	for _, e := range p.rows {
		if e.kind == "shop" {
			out.Shops++
			continue
		}
		out.Households++
	}
	if len(out.Bad) > 0 {
		return out // totals of half a file would only mislead
	}
	out.Differences = p.check()
	out.Changes = p.changes()
	out.Left = p.left()
	return out
}

// changes names every difference between what stands and the file, new doors by building.
func (p *plan) changes() []Note {
	var out []Note
	for _, code := range p.zoneOrder {
		z := p.zones[code]
		switch {
		case z.ID == 0:
			out = append(out, Note{"import.change.zone_new", fault.Args{"Zone": code, "Owner": cmp.Or(z.Login, "–")}})
		case len(z.changed) > 0:
			for _, column := range z.changed {
				out = append(out, Note{"import.change.zone." + column, fault.Args{"Zone": code, "Name": z.Name, "Owner": z.Login, "Households": number(z.DeclaredHouseholds), "Shops": number(z.DeclaredShops)}})
			}
		}
	}
	fresh := map[string][]door{}
	for _, d := range p.newDoor {
		fresh[d.building] = append(fresh[d.building], d)
	}
	for _, name := range p.buildingOrder {
		b := p.buildings[name]
		households, shops := p.split(fresh[name])
		switch {
		case b.id == 0:
			out = append(out, Note{"import.change.building_new", fault.Args{"Building": name, "Zone": b.zone, "Households": households, "Shops": shops}})
			continue
		case b.was != "":
			out = append(out, Note{"import.change.building_moved", fault.Args{"Building": name, "From": b.was, "To": b.zone}})
		}
		if len(fresh[name]) > 0 {
			out = append(out, Note{"import.change.doors", fault.Args{"Building": name, "Households": households, "Shops": shops, "Places": p.some(fresh[name])}})
		}
	}
	for _, d := range p.rekind {
		out = append(out, Note{"import.change.kind." + p.doors[d], fault.Args{"Place": p.placeName(d)}})
	}
	return out
}

func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// left names what stands and is in no row of the file.
func (p *plan) left() []Note {
	var out []Note
	for _, code := range p.zoneOrder {
		if z := p.zones[code]; z.row == nil {
			out = append(out, Note{"import.left.zone", fault.Args{"Zone": code}})
		}
	}
	missing := map[string][]door{}
	for d := range p.stands.doors {
		if p.rows[d] == nil {
			missing[d.building] = append(missing[d.building], d)
		}
	}
	for _, name := range p.buildingOrder {
		doors := missing[name]
		slices.SortFunc(doors, byName)
		switch b := p.buildings[name]; {
		case !b.seen:
			out = append(out, Note{"import.left.building", fault.Args{"Building": name, "Count": len(doors)}})
		case len(doors) > 0:
			out = append(out, Note{"import.left.doors", fault.Args{"Building": name, "Count": len(doors), "Places": p.some(doors)}})
		}
	}
	return out
}

func byName(a, b door) int {
	return cmp.Or(cmp.Compare(a.entrance, b.entrance), cmp.Compare(len(a.room), len(b.room)), cmp.Compare(a.room, b.room))
}

// split counts doors by kind.
func (p *plan) split(doors []door) (households, shops int) {
	for _, d := range doors {
		if p.doors[d] == "shop" {
			shops++
			continue
		}
		households++
	}
	return households, shops
}

// some writes the first doors out.
func (p *plan) some(doors []door) string {
	text := ""
	for i, d := range doors {
		switch {
		case i == 5:
			return text + " …"
		case i > 0:
			text += " "
		}
		text += p.placeName(d)
	}
	return text
}

func (p *plan) placeName(d door) string {
	return PlaceName(Place{Building: d.building, Entrance: d.entrance, Room: d.room, Shop: p.doors[d] == "shop"})
}
