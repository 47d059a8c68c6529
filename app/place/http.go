package place

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/views/layout"
	"lobby/views/locale"
	page "lobby/views/place"
)

// Pages are the pages of places.
type Pages struct{ Service *site.Service }

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	look, manage := web.Staff(site.Look), web.Staff(site.Manage)
	app.Get("/places", look, p.overview)
	app.Get("/places/zones/new", manage, p.newZone)
	app.Post("/places/zones", manage, p.addZone)
	app.Get("/places/zones/:id", look, at(p.zone))
	app.Post("/places/zones/:id", manage, at(p.saveZone))
	app.Post("/places/zones/:id/remove", manage, at(p.removeZone))
	app.Post("/places/zones/:id/buildings", manage, at(p.addBuilding))
	app.Get("/places/buildings/:id", look, at(p.house))
	app.Post("/places/buildings/:id", manage, at(p.saveBuilding))
	app.Post("/places/buildings/:id/remove", manage, at(p.removeBuilding))
	app.Post("/places/buildings/:id/doors", manage, at(p.addDoors))
	app.Post("/places/buildings/:id/doors/remove", manage, at(p.removeDoors))
	app.Get("/places/doors/:id", manage, at(p.door))
	app.Post("/places/doors/:id", manage, at(p.saveDoor))
}

// at hands a handler the id in its address.
func at(do func(c *fiber.Ctx, id int64) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.PathID(c, "id")
		if err != nil {
			return err
		}
		return do(c, id)
	}
}

func shell(c *fiber.Ctx, title string) layout.Shell {
	s := web.Shell(c, title)
	s.Styles = append(s.Styles, "desk.css", "place.css")
	return s
}

// notice is what the page before has done, said once; only what stands in this list is said.
func notice(c *fiber.Ctx) string {
	ctx, n := web.Context(c), c.QueryInt("n")
	switch c.Query("done") {
	case "saved":
		return locale.T(ctx, "place.saved")
	case "removed":
		return locale.T(ctx, "place.removed")
	case "imported":
		return locale.T(ctx, "place.import.done")
	case "doors":
		return locale.T(ctx, "place.doors_added", "Count", n)
	case "stood":
		return locale.T(ctx, "place.doors_stood", "Count", n)
	case "doors_removed":
		return locale.T(ctx, "place.doors_removed", "Count", n)
	}
	return ""
}

func (p *Pages) overview(c *fiber.Ctx) error {
	ctx := web.Context(c)
	o, err := p.Service.Overview(ctx)
	if err != nil {
		return err
	}
	v := overview(ctx, o)
	v.Notice = notice(c)
	return web.Render(c, fiber.StatusOK, page.OverviewPage(shell(c, locale.T(ctx, "place.title")), v))
}

func (p *Pages) newZone(c *fiber.Ctx) error {
	return p.showZone(c, fiber.StatusOK, 0, attempt[site.SaveZone]{}, attempt[site.SaveBuilding]{})
}

func (p *Pages) zone(c *fiber.Ctx, id int64) error {
	return p.showZone(c, fiber.StatusOK, id, attempt[site.SaveZone]{}, attempt[site.SaveBuilding]{})
}

// showZone shows a zone as it stands, with what was typed into a form that was refused.
func (p *Pages) showZone(c *fiber.Ctx, status int, id int64, tried attempt[site.SaveZone], house attempt[site.SaveBuilding]) error {
	ctx := web.Context(c)
	var z site.ZonePage
	title := locale.T(ctx, "place.zone.new")
	if id != 0 {
		var err error
		if z, err = p.Service.Zone(ctx, id); err != nil {
			return err
		}
		title = locale.T(ctx, "place.zone.title", "Zone", zone(z.ZoneFacts).Title())
	}
	v, err := p.zonePage(ctx, z, tried, house)
	if err != nil {
		return err
	}
	v.Notice = notice(c)
	if former := c.QueryInt("former"); former > 0 {
		f := page.Former{Href: openTickets(int64(former))}
		if f.Name, f.Open, err = p.Service.Held(ctx, int64(former)); err != nil {
			return err
		}
		v.Former = &f
	}
	return web.Render(c, status, page.ZonePageView(shell(c, title), v))
}

func zoneForm(c *fiber.Ctx, id int64) site.SaveZone {
	v := web.Form(c)
	owner, err := strconv.ParseInt(v.Get("owner"), 10, 64)
	if err != nil && v.Get("owner") != "" {
		owner = -1 // nobody has this id: the field is refused
	}
	return site.SaveZone{ID: id, Code: v.Get("code"), Name: v.Get("name"), Owner: owner, Households: v.Get("households"), Shops: v.Get("shops"), Seen: v.Get("seen")}
}

func (p *Pages) addZone(c *fiber.Ctx) error { return p.saveZone(c, 0) }

// saveZone changes a zone, or makes one with id 0.
func (p *Pages) saveZone(c *fiber.Ctx, id int64) error {
	in := zoneForm(c, id)
	saved, former, err := p.Service.SaveZone(web.Context(c), in)
	if f, ok := web.Invalid(err); ok {
		return p.showZone(c, web.Status(err), id, attempt[site.SaveZone]{in, f}, attempt[site.SaveBuilding]{})
	}
	if err != nil {
		return err
	}
	to := zoneAddress(saved) + "?done=saved"
	if former != 0 {
		to += "&former=" + strconv.FormatInt(former, 10)
	}
	return web.Redirect(c, to)
}

func (p *Pages) removeZone(c *fiber.Ctx, id int64) error {
	err := p.Service.RemoveZone(web.Context(c), id)
	if f, ok := web.Invalid(err); ok {
		return p.refusedZone(c, id, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/places?done=removed")
}

// refusedZone says above the zone as it stands why something can't be.
func (p *Pages) refusedZone(c *fiber.Ctx, id int64, f *fault.Fault) error {
	ctx := web.Context(c)
	z, err := p.Service.Zone(ctx, id)
	if err != nil {
		return err
	}
	in := site.SaveZone{Code: z.Code, Name: z.Name, Owner: z.OwnerID, Households: total(z.DeclaredHouseholds), Shops: total(z.DeclaredShops)}
	return p.showZone(c, web.Status(f), id, attempt[site.SaveZone]{in, f}, attempt[site.SaveBuilding]{})
}

func (p *Pages) addBuilding(c *fiber.Ctx, zone int64) error {
	ctx := web.Context(c)
	if _, err := p.Service.Zone(ctx, zone); err != nil {
		return err
	}
	in := site.SaveBuilding{Name: web.Form(c).Get("building"), Zone: zone}
	id, err := p.Service.SaveBuilding(ctx, in)
	if f, ok := web.Invalid(err); ok {
		return p.showZone(c, web.Status(err), zone, attempt[site.SaveZone]{}, attempt[site.SaveBuilding]{in, f})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, houseAddress(id)+"?done=saved")
}

func (p *Pages) house(c *fiber.Ctx, id int64) error {
	var clean fault.Fields
	return p.showHouse(c, fiber.StatusOK, id, houseTry{query: clean.Line("q", c.Query("q"), site.MaxPlace, false)})
}

func (p *Pages) showHouse(c *fiber.Ctx, status int, id int64, tried houseTry) error {
	ctx := web.Context(c)
	b, doors, err := p.Service.House(ctx, id)
	if err != nil {
		return err
	}
	v, err := p.housePage(ctx, b, doors, tried)
	if err != nil {
		return err
	}
	v.Notice = notice(c)
	return web.Render(c, status, page.BuildingPageView(shell(c, b.Name), v))
}

func (p *Pages) saveBuilding(c *fiber.Ctx, id int64) error {
	v := web.Form(c)
	zone, err := strconv.ParseInt(v.Get("zone"), 10, 64)
	if err != nil {
		zone = -1
	}
	in := site.SaveBuilding{ID: id, Name: v.Get("building"), Zone: zone, Seen: v.Get("seen")}
	_, err = p.Service.SaveBuilding(web.Context(c), in)
	if f, ok := web.Invalid(err); ok {
		return p.showHouse(c, web.Status(err), id, houseTry{save: attempt[site.SaveBuilding]{in, f}})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, houseAddress(id)+"?done=saved")
}

func (p *Pages) removeBuilding(c *fiber.Ctx, id int64) error {
	ctx := web.Context(c)
	zone, err := p.Service.RemoveBuilding(ctx, id)
	if f, ok := web.Invalid(err); ok {
		return p.showHouse(c, web.Status(err), id, houseTry{refused: web.Message(ctx, f)})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, zoneAddress(zone)+"?done=removed")
}

func (p *Pages) addDoors(c *fiber.Ctx, id int64) error {
	v := web.Form(c)
	in := site.AddDoors{Building: id, Entrances: v.Get("entrances"), Floors: v.Get("floors"), Rooms: v.Get("rooms"), Shop: v.Get("kind") == "shop"}
	added, err := p.Service.AddDoors(web.Context(c), in)
	if f, ok := web.Invalid(err); ok {
		return p.showHouse(c, web.Status(err), id, houseTry{add: attempt[site.AddDoors]{in, f}})
	}
	if err != nil {
		return err
	}
	if added.New == 0 {
		return web.Redirect(c, houseAddress(id)+"?done=stood&n="+strconv.Itoa(added.Stood))
	}
	return web.Redirect(c, houseAddress(id)+"?done=doors&n="+strconv.Itoa(added.New))
}

func (p *Pages) removeDoors(c *fiber.Ctx, id int64) error {
	ctx := web.Context(c)
	var doors []int64
	for _, raw := range web.Form(c)["door"] {
		if n, err := strconv.ParseInt(raw, 10, 64); err == nil {
			doors = append(doors, n)
		}
	}
	n, err := p.Service.RemoveDoors(ctx, id, doors)
	if f, ok := web.Invalid(err); ok {
		return p.showHouse(c, web.Status(err), id, houseTry{refused: web.Message(ctx, f), chosen: doors})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, houseAddress(id)+"?done=doors_removed&n="+strconv.Itoa(n))
}

func (p *Pages) door(c *fiber.Ctx, id int64) error {
	return p.showDoor(c, fiber.StatusOK, id, attempt[site.SaveDoor]{})
}

func (p *Pages) showDoor(c *fiber.Ctx, status int, id int64, tried attempt[site.SaveDoor]) error {
	ctx := web.Context(c)
	d, err := p.Service.Door(ctx, id)
	if err != nil {
		return err
	}
	return web.Render(c, status, page.DoorPageView(shell(c, d.Name()), doorPage(ctx, d, tried)))
}

func (p *Pages) saveDoor(c *fiber.Ctx, id int64) error {
	ctx, v := web.Context(c), web.Form(c)
	in := site.SaveDoor{ID: id, Entrance: v.Get("entrance"), Room: v.Get("room"), Shop: v.Get("kind") == "shop", Seen: v.Get("seen")}
	err := p.Service.SaveDoor(ctx, in)
	if f, ok := web.Invalid(err); ok {
		return p.showDoor(c, web.Status(err), id, attempt[site.SaveDoor]{in, f})
	}
	if err != nil {
		return err
	}
	d, err := p.Service.Door(ctx, id)
	if err != nil {
		return err
	}
	return web.Redirect(c, houseAddress(d.BuildingID)+"?done=saved")
}
