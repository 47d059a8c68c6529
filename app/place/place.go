// Package place holds the pages of a site's places: zones with their owners, buildings, doors; place/sheet those of
// spreadsheets, place/grade the tables by which cases are graded. The verbs are app/site's.
package place

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/place"
)

// shownDoors is how many doors a page lists; the rest is found by the filter.
const shownDoors = 600

func mayManage(ctx context.Context) bool { return actor.From(ctx).Can(site.Manage) }

func zone(z site.ZoneFacts) page.Zone {
	out := page.Zone{ID: z.ID, Code: z.Code, Name: z.Name, Owner: z.Owner, OwnerGone: z.OwnerGone,
		DeclaredHouseholds: total(z.DeclaredHouseholds), DeclaredShops: total(z.DeclaredShops), Households: z.Households, Shops: z.Shops}
	for _, b := range z.Buildings {
		out.Buildings = append(out.Buildings, building(b))
	}
	return out
}

func building(b site.BuildingFacts) page.Building {
	return page.Building{ID: b.ID, Name: b.Name, Households: b.Households, Shops: b.Shops}
}

func total(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func say(ctx context.Context, list []site.Difference) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.Say(ctx)
	}
	return out
}

// overview fills the page of all zones.
func overview(ctx context.Context, o site.Overview) page.Overview {
	p := page.Overview{Differences: say(ctx, o.Differences), MayManage: mayManage(ctx)}
	for _, z := range o.Zones {
		if z.Whole() {
			whole := zone(z)
			p.Whole = &whole
			if len(z.Buildings) == 0 {
				continue
			}
		}
		p.Zones = append(p.Zones, zone(z))
		for _, b := range z.Buildings {
			p.Households += b.Households
			p.Shops += b.Shops
		}
	}
	return p
}

// zoneInputs are the fields of a zone's form.
func zoneInputs(ctx context.Context, in site.SaveZone, people []site.Owner, said map[string]string) []part.Input {
	t := func(key string) string { return locale.T(ctx, key) }
	owners := []part.Option{{Value: "0", Label: t("place.nobody")}}
	known := in.Owner == 0
	for _, o := range people {
		owners = append(owners, part.Option{Value: strconv.FormatInt(o.ID, 10), Label: locale.T(ctx, "place.person", "Name", o.Name, "Login", o.Login)})
		known = known || o.ID == in.Owner
	}
	if !known { // who left stays written until somebody else is chosen
		owners = append(owners, part.Option{Value: strconv.FormatInt(in.Owner, 10), Label: t("place.owner_left")})
	}
	fields := []part.Input{
		{Name: "code", Value: in.Code, Max: site.MaxZoneCode, Required: true, Hint: t("place.hint.code")},
		{Name: "name", Value: in.Name, Max: site.MaxZoneName},
		{Name: "owner", Value: strconv.FormatInt(in.Owner, 10), Type: "select", Required: true, Options: owners, Hint: t("place.hint.owner")},
		{Name: "households", Value: in.Households, InputMode: "numeric", Hint: t("place.hint.declared")},
		{Name: "shops", Value: in.Shops, InputMode: "numeric"},
	}
	return named(ctx, fields, said)
}

// named gives inputs their labels and what is wrong with them.
func named(ctx context.Context, fields []part.Input, said map[string]string) []part.Input {
	for i := range fields {
		fields[i].Label, fields[i].Error = locale.T(ctx, "place.label."+fields[i].Name), said[fields[i].Name]
	}
	return fields
}

// attempt is a form that was refused: what was typed stays.
type attempt[T any] struct {
	typed T
	wrong *fault.Fault // nil: nothing was tried
}

func (a attempt[T]) message(ctx context.Context) string {
	if a.wrong == nil {
		return ""
	}
	return web.Message(ctx, a.wrong)
}

func (a attempt[T]) said(ctx context.Context) map[string]string {
	if a.wrong == nil {
		return nil
	}
	return web.FieldErrors(ctx, a.wrong)
}

// zonePage fills the page of one zone.
func (p *Pages) zonePage(ctx context.Context, z site.ZonePage, tried attempt[site.SaveZone], house attempt[site.SaveBuilding]) (page.ZonePage, error) {
	out := page.ZonePage{Zone: zone(z.ZoneFacts), Whole: z.Whole(), Differences: say(ctx, z.Differences), MayManage: mayManage(ctx)}
	if !out.MayManage {
		return out, nil
	}
	people, err := p.Service.Owners(ctx)
	if err != nil {
		return out, err
	}
	in := tried.typed
	if tried.wrong == nil && z.ID != 0 {
		in = site.SaveZone{Code: z.Code, Name: z.Name, Owner: z.OwnerID, Households: total(z.DeclaredHouseholds), Shops: total(z.DeclaredShops)}
	}
	out.Form = page.Form{Seen: z.Seen(), Message: tried.message(ctx), Fields: zoneInputs(ctx, in, people, tried.said(ctx))}
	out.New = page.Form{Message: house.message(ctx), Fields: named(ctx, []part.Input{
		{Name: "building", Value: house.typed.Name, Max: site.MaxPlace, Required: true, Hint: locale.T(ctx, "place.hint.building")}}, house.said(ctx))}
	return out, nil
}

// housePage fills the page of one building; chosen are doors that were ticked.
func (p *Pages) housePage(ctx context.Context, b site.BuildingFacts, doors []site.Door, h houseTry) (page.BuildingPage, error) {
	o, err := p.Service.Overview(ctx)
	if err != nil {
		return page.BuildingPage{}, err
	}
	out := page.BuildingPage{Building: building(b), Query: h.query, Refused: h.refused, MayManage: mayManage(ctx)}
	var zones []part.Option
	for _, z := range o.Zones {
		facts := zone(z)
		if z.ID == b.ZoneID {
			out.Zone = facts
		}
		if !z.Whole() {
			zones = append(zones, part.Option{Value: strconv.FormatInt(z.ID, 10), Label: locale.T(ctx, "place.zone.title", "Zone", facts.Title())})
		}
	}
	out.Entrances, out.Shown = entrances(filtered(doors, h.query), h.chosen)
	if !out.MayManage {
		return out, nil
	}
	in := h.save.typed
	if h.save.wrong == nil {
		in = site.SaveBuilding{Name: b.Name, Zone: b.ZoneID}
	}
	out.Form = page.Form{Seen: b.Seen(), Message: h.save.message(ctx), Fields: named(ctx, []part.Input{
		{Name: "building", Value: in.Name, Max: site.MaxPlace, Required: true},
		{Name: "zone", Value: strconv.FormatInt(in.Zone, 10), Type: "select", Required: true, Options: zones, Hint: locale.T(ctx, "place.hint.move")},
	}, h.save.said(ctx))}
	out.Add = page.Form{Message: h.add.message(ctx), Fields: addInputs(ctx, h.add.typed, h.add.said(ctx))}
	return out, nil
}

// houseTry is what somebody tried on the page of a building, and what they look for there.
type houseTry struct {
	query   string
	save    attempt[site.SaveBuilding]
	add     attempt[site.AddDoors]
	refused string // why doors or the building can't be removed
	chosen  []int64
}

func addInputs(ctx context.Context, in site.AddDoors, said map[string]string) []part.Input {
	t := func(key string) string { return locale.T(ctx, key) }
	return named(ctx, []part.Input{
		{Name: "entrances", Value: in.Entrances, Hint: t("place.hint.entrances")},
		{Name: "floors", Value: in.Floors, Hint: t("place.hint.floors")},
		{Name: "rooms", Value: in.Rooms, Required: true, Hint: t("place.hint.rooms")},
		kindInput(ctx, in.Shop),
	}, said)
}

func kindInput(ctx context.Context, shop bool) part.Input {
	kind := "household"
	if shop {
		kind = "shop"
	}
	return part.Input{Name: "kind", Value: kind, Type: "radio", Required: true, Options: []part.Option{
		{Value: "household", Label: locale.T(ctx, "place.kind.household")}, {Value: "shop", Label: locale.T(ctx, "place.kind.shop")}}}
}

// filtered are the doors whose name has the text in it.
func filtered(doors []site.Door, query string) []site.Door {
	if query == "" {
		return doors
	}
	return slices.DeleteFunc(slices.Clone(doors), func(d site.Door) bool {
		return !strings.Contains(d.Name(), query) && !strings.Contains(d.Room, query)
	})
}

// entrances puts doors under their entrances, in their order, as many as a page shows.
func entrances(doors []site.Door, chosen []int64) (list []page.Entrance, shown int) {
	for _, d := range doors[:min(len(doors), shownDoors)] {
		if len(list) == 0 || list[len(list)-1].Name != d.Entrance {
			list = append(list, page.Entrance{Name: d.Entrance})
		}
		e := &list[len(list)-1]
		e.Doors = append(e.Doors, page.Door{ID: d.ID, Room: d.Room, Shop: d.Shop, Chosen: slices.Contains(chosen, d.ID)})
		shown++
	}
	return list, shown
}

// doorPage fills the page of one door.
func doorPage(ctx context.Context, d site.Door, tried attempt[site.SaveDoor]) page.DoorPage {
	in := tried.typed
	if tried.wrong == nil {
		in = site.SaveDoor{Entrance: d.Entrance, Room: d.Room, Shop: d.Shop}
	}
	return page.DoorPage{ID: d.ID, Name: d.Name(), Building: page.Building{ID: d.BuildingID, Name: d.Building},
		Form: page.Form{Seen: d.Seen(), Message: tried.message(ctx), Fields: named(ctx, []part.Input{
			{Name: "entrance", Value: in.Entrance, Max: site.MaxPlace, Hint: locale.T(ctx, "place.hint.entrance")},
			{Name: "room", Value: in.Room, Max: site.MaxPlace, Required: true},
			kindInput(ctx, in.Shop),
		}, tried.said(ctx))}}
}

func zoneAddress(id int64) string { return "/places/zones/" + strconv.FormatInt(id, 10) }

func houseAddress(id int64) string { return "/places/buildings/" + strconv.FormatInt(id, 10) }

// openTickets are the tickets that somebody handles.
func openTickets(staff int64) string {
	return "/desk/tickets?" + url.Values{"owner": {strconv.FormatInt(staff, 10)}}.Encode()
}
