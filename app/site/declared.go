package site

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lobby/views/locale"
)

// Difference is one declared total that is not what is counted (ZONE-3). Neither side is corrected.
type Difference struct {
	Scope    string // "building", "zone", or "all" for the whole site
	Name     string // of the building or the zone's code
	Of       string // "households" or "shops"
	Declared int
	Counted  int
	// From are those parts whose own differences this one follows from; Own is what they leave of it, 0 where it
	// follows from them altogether.
	From []string
	Own  int
}

// Say tells the difference in the language of ctx.
func (d Difference) Say(ctx context.Context) string {
	args := []any{"Name", d.Name, "Declared", d.Declared, "Counted", d.Counted, "Difference", d.Declared - d.Counted}
	text := locale.T(ctx, "import.difference."+d.Scope+"."+d.Of, args...)
	if len(d.From) == 0 {
		return text
	}
	part := "import.follows.zones"
	switch {
	case d.Scope == "zone" && d.Own != 0:
		part = "import.follows.buildings_partly"
	case d.Scope == "zone":
		part = "import.follows.buildings"
	case d.Own != 0:
		part = "import.follows.zones_partly"
	}
	return text + locale.T(ctx, part, "From", strings.Join(d.From, locale.T(ctx, "import.comma")), "Follows", d.Declared-d.Counted-d.Own, "Own", d.Own)
}

// tally is a building, a zone or the whole site with what is declared of it and what is counted.
type tally struct {
	scope, name string
	declared    *int
	counted     int
	parts       []*tally
}

// expected is what is declared, or where nothing is, what the declarations of the parts add up to.
func (t *tally) expected() int {
	if t.declared != nil {
		return *t.declared
	}
	if len(t.parts) == 0 {
		return t.counted
	}
	sum := 0
	for _, p := range t.parts {
		sum += p.expected()
	}
	return sum
}

// differences names each declared total that does not hold, the parts before the whole, and whether it follows from
// those of its parts: it does where it is the sum of what they declare.
func (t *tally) differences(of string) []Difference {
	var out []Difference
	sum := 0
	var from []string
	for _, p := range t.parts {
		out = append(out, p.differences(of)...)
		sum += p.expected()
		if p.expected() != p.counted {
			from = append(from, p.name)
		}
	}
	if t.declared == nil || *t.declared == t.counted {
		return out
	}
	d := Difference{Scope: t.scope, Name: t.name, Of: of, Declared: *t.declared, Counted: t.counted, Own: *t.declared - t.counted}
	if own := *t.declared - sum; len(from) > 0 && own != d.Own {
		d.From, d.Own = from, own
	}
	return append(out, d)
}

// check compares the declared totals with the site as it would stand after the import (ZONE-3).
func (p *plan) check() []Difference {
	var out []Difference
	for _, of := range []string{"households", "shops"} {
		out = append(out, p.tally(of).differences(of)...)
	}
	slices.SortStableFunc(out, func(a, b Difference) int { return cmp.Compare(depth[a.Scope], depth[b.Scope]) })
	return out
}

var depth = map[string]int{"building": 0, "zone": 1, "all": 2}

// tally counts the site as it would stand.
func (p *plan) tally(of string) *tally {
	counts := p.count(of)
	whole, zones := &tally{scope: "all", name: all}, map[string]*tally{}
	for _, code := range p.zoneOrder {
		z := p.zones[code]
		declared := z.DeclaredHouseholds
		if of == "shops" {
			declared = z.DeclaredShops
		}
		if code == all {
			whole.declared = declared
			continue
		}
		zones[code] = &tally{scope: "zone", name: code, declared: declared}
		whole.parts = append(whole.parts, zones[code])
	}
	for _, name := range p.buildingOrder {
		b := p.buildings[name]
		zone := zones[b.zone]
		if zone == nil {
			continue // its row is bad
		}
		t := &tally{scope: "building", name: name, counted: counts[name], declared: b.declared[of]}
		zone.parts = append(zone.parts, t)
		zone.counted += t.counted
		whole.counted += t.counted
	}
	return whole
}

// count gives how many doors of a kind each building has.
func (p *plan) count(of string) map[string]int {
	if p.counts != nil {
		return p.counts[of]
	}
	counts := map[string]int{}
	for key, kind := range p.doors {
		if (kind == "shop") == (of == "shops") {
			counts[key.building]++
		}
	}
	return counts
}
