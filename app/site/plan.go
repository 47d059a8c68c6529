package site

import (
	"cmp"
	"slices"
	"strings"

	"lobby/app/kit/fault"
)

// plan is the site as it would stand after an import, with what has to be done for it.
type plan struct {
	zones         map[string]*plannedZone
	zoneOrder     []string
	buildings     map[string]*plannedBuilding
	buildingOrder []string
	doors         map[door]string           // → kind: household or shop
	counts        map[string]map[string]int // "households" and "shops" → building → how many, where the database counted; nil: from doors

	stands  *standing
	rows    map[door]*entry // rows of the file by the door they name
	newDoor []door          // in the order of the file
	rekind  []door          // doors that stand as the other kind

	bad []Bad
}

type plannedZone struct {
	standingZone
	row     *entry   // nil: not in the file
	changed []string // columns in which the file says something else than what stands
}

type plannedBuilding struct {
	id       int64  // 0: new
	zone     string // code
	was      string // code of the zone it stands in, where it moves
	declared map[string]*int
	row      *entry // the row that says its zone; nil: none does
	seen     bool   // a row names it
}

// door is a household or shop by its names.
type door struct{ building, entrance, room string }

// newPlan lays the rows of a file over what stands. Nothing that stands is removed: tickets and visits hang on it.
func newPlan(stands *standing, rows []entry) *plan {
	p := &plan{zones: map[string]*plannedZone{}, buildings: map[string]*plannedBuilding{}, doors: map[door]string{}, rows: map[door]*entry{}, stands: stands}
	codes := map[int64]string{}
	for _, z := range stands.zones {
		codes[z.ID] = z.Code
		p.zones[z.Code] = &plannedZone{standingZone: z}
		p.zoneOrder = append(p.zoneOrder, z.Code)
	}
	for _, b := range stands.buildings {
		p.buildings[b.Name] = &plannedBuilding{id: b.ID, zone: codes[b.ZoneID], declared: map[string]*int{}}
		p.buildingOrder = append(p.buildingOrder, b.Name)
	}
	for d, h := range stands.doors {
		p.doors[d] = h.kind
	}
	// A building's row may stand above its zone's, a household's above its building's.
	for _, step := range []struct {
		kinds string
		take  func(*entry)
	}{{"zone", p.takeZone}, {"building", p.takeBuilding}, {"household shop", p.takeHouse}, {"household shop", p.takeDoor}} {
		for i := range rows {
			if strings.Contains(step.kinds, rows[i].kind) {
				step.take(&rows[i])
			}
		}
	}
	return p
}

func (p *plan) refuse(e *entry, column, key string, args ...fault.Args) {
	var f fault.Fields
	f.Add(column, key, args...)
	p.bad = append(p.bad, Bad{Sheet: e.sheet, Line: e.line, Reasons: f})
}

// takeZone takes a row of a zone. An empty cell says nothing: what stands, stays.
func (p *plan) takeZone(e *entry) {
	z, stands := p.zones[e.zone]
	if stands && z.row != nil {
		p.refuse(e, "zone", "import.row.twice", fault.Args{"Line": z.row.line})
		return
	}
	if !stands {
		z = &plannedZone{}
		z.Code, z.Name = e.zone, e.zone
		p.zones[e.zone] = z
		p.zoneOrder = append(p.zoneOrder, e.zone)
	}
	z.row = e
	if e.name != "" && e.name != z.Name {
		z.Name = e.name
		z.changed = append(z.changed, "name")
	}
	if e.owner != "" {
		who, key := p.stands.person(e.owner)
		if key != "" {
			p.refuse(e, "owner", key)
		} else if who.ID != z.OwnerID {
			z.OwnerID, z.Login = who.ID, who.Login
			z.changed = append(z.changed, "owner")
		}
	}
	if differs(&z.DeclaredHouseholds, e.households) {
		z.changed = append(z.changed, "households")
	}
	if differs(&z.DeclaredShops, e.shops) {
		z.changed = append(z.changed, "shops")
	}
}

// differs sets what stands to what the file says, and tells whether that is something else.
func differs(stands **int, says *int) bool {
	if says == nil || *stands != nil && **stands == *says {
		return false
	}
	*stands = says
	return true
}

// takeBuilding takes a row of a building, which may declare how many doors it has.
func (p *plan) takeBuilding(e *entry) {
	b := p.house(e)
	if b == nil {
		return
	}
	for of, n := range map[string]*int{"households": e.households, "shops": e.shops} {
		if n == nil {
			continue
		}
		if d := b.declared[of]; d != nil && *d != *n {
			p.refuse(e, of, "import.row.declared_twice")
			continue
		}
		b.declared[of] = n
	}
}

// takeHouse takes what a household's row says about its building: in which zone it lies.
func (p *plan) takeHouse(e *entry) {
	if e.zone != "" {
		p.house(e)
	}
}

// house gives the building that the row names, in the zone that it says, or nil where the row is bad.
func (p *plan) house(e *entry) *plannedBuilding {
	name := e.place.Building
	b, known := p.buildings[name]
	switch zone := p.zones[e.zone]; {
	case e.zone == "" && !known:
		p.refuse(e, "zone", "import.row.no_zone", fault.Args{"Building": name})
		return nil
	case e.zone == "":
		b.seen = true
		return b
	case zone == nil:
		p.refuse(e, "zone", "import.row.unknown_zone", fault.Args{"Zone": e.zone})
		return nil
	case known && b.row != nil && b.zone != e.zone:
		p.refuse(e, "zone", "import.row.two_zones", fault.Args{"Building": name, "Zone": b.zone, "Line": b.row.line})
		return nil
	}
	if !known {
		b = &plannedBuilding{declared: map[string]*int{}}
		p.buildings[name] = b
		p.buildingOrder = append(p.buildingOrder, name)
	}
	if b.id != 0 && b.row == nil && b.zone != e.zone {
		b.was = b.zone
	}
	if b.row == nil {
		b.row = e
	}
	b.zone, b.seen = e.zone, true
	return b
}

// takeDoor takes a household or a shop.
func (p *plan) takeDoor(e *entry) {
	if e.bad {
		return
	}
	d := door{e.place.Building, e.place.Entrance, e.place.Room}
	b := p.buildings[d.building]
	if b == nil {
		if e.zone == "" { // else the row is bad already
			p.refuse(e, "building", "import.row.no_zone", fault.Args{"Building": d.building})
		}
		return
	}
	b.seen = true
	if first, twice := p.rows[d]; twice {
		p.refuse(e, "room", "import.row.twice", fault.Args{"Line": first.line})
		return
	}
	p.rows[d] = e
	was, stands := p.doors[d]
	p.doors[d] = e.kind
	switch {
	case !stands:
		p.newDoor = append(p.newDoor, d)
	case was != e.kind:
		p.rekind = append(p.rekind, d)
	}
}

// sortBad puts bad rows into the order of the file, all reasons of a row together.
func sortBad(bad []Bad, sheets []string) []Bad {
	order := map[string]int{}
	for i, name := range sheets {
		order[name] = i
	}
	slices.SortStableFunc(bad, func(a, b Bad) int {
		return cmp.Or(cmp.Compare(order[a.Sheet], order[b.Sheet]), cmp.Compare(a.Line, b.Line))
	})
	var out []Bad
	for _, b := range bad {
		if n := len(out); n > 0 && out[n-1].Sheet == b.Sheet && out[n-1].Line == b.Line {
			out[n-1].Reasons = append(out[n-1].Reasons, b.Reasons...)
			continue
		}
		out = append(out, b)
	}
	return out
}
