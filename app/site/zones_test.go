package site

import (
	"context"
	"strings"
	"sync"
	"testing"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/views/locale"
)

// person is a context in which somebody of the site acts.
func (b *bundle) person(login string, may ...actor.Permission) context.Context {
	b.t.Helper()
	a := actor.Actor{Kind: actor.Person, Site: b.site, May: map[actor.Permission]bool{}}
	for _, p := range may {
		a.May[p] = true
	}
	b.scan(&a.ID, `select id from staff where login = ?`, login)
	return locale.With(actor.With(b.t.Context(), a), locale.English)
}

func (b *bundle) scan(into any, query string, args ...any) {
	b.t.Helper()
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), into); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
}

func (b *bundle) staff(login string) (id int64) {
	b.t.Helper()
	b.scan(&id, `select id from staff where login = ?`, login)
	return id
}

func (b *bundle) zone(code string) ZoneFacts {
	b.t.Helper()
	o, err := b.Overview(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, z := range o.Zones {
		if z.Code == code {
			return z
		}
	}
	b.t.Fatalf("no zone %s", code)
	return ZoneFacts{}
}

func (b *bundle) house(name string) BuildingFacts {
	b.t.Helper()
	var id int64
	b.scan(&id, `select id from buildings where name = ? and site_id = ?`, name, b.site)
	h, _, err := b.House(b.ctx, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// wants fails the test where err is not the fault with the key, as a whole or at a field.
func wants(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || f.Key != key && (len(f.Fields) == 0 || f.Fields[0].Key != key) {
		t.Errorf("%v, want %s", err, key)
	}
}

// records counts the record's entries of a verb.
func (b *bundle) records(verb string) (n int) {
	b.t.Helper()
	b.scan(&n, `select count(*) from audit_log where verb = ?`, verb)
	return n
}

func TestOverview(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.load(Import{Data: []byte(reference(t)), AcceptDifferences: true})
	t.Run("ZONE-3 a page names the differences as an import does", func(t *testing.T) {
		o, err := b.Overview(b.ctx)
		if err != nil || len(o.Zones) != 5 || len(o.Differences) != 2 {
			t.Fatalf("%d zones, %+v, %v", len(o.Zones), o.Differences, err)
		}
		said := o.Differences[0].Say(b.ctx) + " " + o.Differences[1].Say(b.ctx)
		if want := "Zone 2: 672 households declared, 664 counted, a difference of 8. Whole site: 2193 households declared, 2185 counted, a difference of 8. This follows from the difference of zone 2."; said != want {
			t.Errorf("%s\nwant %s", said, want)
		}
		one, whole := o.Zones[0], o.Zones[4]
		if one.Code != "1" || one.Households != 559 || one.Shops != 51 || one.Owner != "周敏" || one.Buildings[2].Name != "18#" || one.Buildings[2].Households != 164 {
			t.Errorf("%+v", one)
		}
		if !whole.Whole() || whole.Households != 2185 || whole.Shops != 51 || len(whole.Buildings) != 0 {
			t.Errorf("%+v", whole)
		}
	})
	t.Run("an owner who left, or has no role here any more, is marked", func(t *testing.T) {
		if b.zone("1").OwnerGone {
			t.Error("gone too early")
		}
		_, err := b.db.NewRaw(`update staff set disabled_at = now() where login = 'supervisor'; delete from staff_roles where staff_id = ?`, b.staff("desk")).Exec(t.Context())
		if err != nil || !b.zone("1").OwnerGone || !b.zone("2").OwnerGone || b.zone("3").OwnerGone {
			t.Error("not marked", err)
		}
	})
}

func TestSaveZone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	supervisor, desk := b.staff("supervisor"), b.staff("desk")
	id, _, err := b.SaveZone(b.ctx, SaveZone{Code: " 一 ", Owner: supervisor, Households: "1，200", Shops: ""})
	if err != nil {
		t.Fatal(err)
	}
	z := b.zone("一")
	if z.ID != id || z.Name != "一" || z.OwnerID != supervisor || *z.DeclaredHouseholds != 1200 || z.DeclaredShops != nil || b.records("site.zone_add") != 1 {
		t.Fatalf("%+v", z)
	}
	t.Run("ZONE-1 another owner takes the zone over, and the former one is named", func(t *testing.T) {
		same, former, err := b.SaveZone(b.ctx, SaveZone{ID: id, Code: "一", Name: "东区", Owner: desk, Households: "1200", Seen: z.Seen()})
		if now := b.zone("一"); err != nil || same != id || former != supervisor || now.OwnerID != desk || now.Name != "东区" {
			t.Errorf("%+v, former %d, %v", now, former, err)
		}
		var fields string
		b.scan(&fields, `select array_to_string(fields, ',') from audit_log where verb = 'site.zone'`)
		if fields != "name,owner" {
			t.Errorf("the record says %s", fields)
		}
	})
	t.Run("who saw another state is told so, and nothing is written", func(t *testing.T) {
		_, _, err := b.SaveZone(b.ctx, SaveZone{ID: id, Code: "一", Name: "西区", Owner: supervisor, Seen: z.Seen()})
		wants(t, err, fault.Conflict, "place.changed_meanwhile")
		if now := b.zone("一"); now.Name != "东区" || now.OwnerID != desk {
			t.Errorf("%+v", now)
		}
	})
	t.Run("two who save at once: one is told", func(t *testing.T) {
		seen := b.zone("一").Seen()
		var all sync.WaitGroup
		errs := make([]error, 2)
		for i, name := range []string{"甲", "乙"} {
			all.Go(func() {
				_, _, errs[i] = b.SaveZone(b.ctx, SaveZone{ID: id, Code: "一", Name: name, Owner: desk, Seen: seen})
			})
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%v, %v", errs[0], errs[1])
		}
	})
	t.Run("saving what stands writes nothing", func(t *testing.T) {
		z, before := b.zone("一"), b.records("site.zone")
		if _, _, err := b.SaveZone(b.ctx, SaveZone{ID: id, Code: z.Code, Name: z.Name, Owner: z.OwnerID, Seen: z.Seen()}); err != nil || b.records("site.zone") != before {
			t.Error(err)
		}
	})
	t.Run("what is wrong is said at its field", func(t *testing.T) {
		for field, in := range map[string]SaveZone{
			"code":       {Owner: desk},
			"name":       {Code: "2", Name: strings.Repeat("长", 61)},
			"owner":      {Code: "2", Owner: 999},
			"households": {Code: "2", Households: "many"},
			"shops":      {Code: "2", Shops: "-1"},
		} {
			_, _, err := b.SaveZone(b.ctx, in)
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		_, _, err := b.SaveZone(b.ctx, SaveZone{Code: "一"})
		wants(t, err, fault.Invalid, "place.zone_taken")
		_, _, err = b.SaveZone(b.ctx, SaveZone{Code: "=1+1"})
		wants(t, err, fault.Invalid, "place.formula")
		_, _, err = b.SaveZone(b.ctx, SaveZone{ID: 999, Code: "9"})
		wants(t, err, fault.NotFound, "fault.not_found")
	})
	t.Run("a zone with buildings stays, with why; an empty one goes", func(t *testing.T) {
		house, err := b.SaveBuilding(b.ctx, SaveBuilding{Name: "18栋", Zone: id})
		if err != nil {
			t.Fatal(err)
		}
		wants(t, b.RemoveZone(b.ctx, id), fault.Conflict, "place.zone_holds")
		if _, err := b.RemoveBuilding(b.ctx, house); err != nil {
			t.Fatal(err)
		}
		if err := b.RemoveZone(b.ctx, id); err != nil || b.counts() != "[0 0 0 0 0]" {
			t.Error(err, b.counts())
		}
	})
}

func TestPlacesTakePermissions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.load(Import{Data: []byte(csvHead + "区域,1,,,,,,,\n楼栋,1,,,18,,,,\n住户,,,,18,1,101,,\n")})
	z, h := b.zone("1"), b.house("18#")
	_, doors, err := b.House(b.ctx, h.ID)
	if err != nil {
		t.Fatal(err)
	}
	looker, nobody := b.person("desk", Look), b.person("desk")
	change := map[string]func(ctx context.Context) error{
		"zone": func(ctx context.Context) error {
			_, _, err := b.SaveZone(ctx, SaveZone{ID: z.ID, Code: "2", Seen: z.Seen()})
			return err
		},
		"remove zone": func(ctx context.Context) error { return b.RemoveZone(ctx, z.ID) },
		"building": func(ctx context.Context) error {
			_, err := b.SaveBuilding(ctx, SaveBuilding{ID: h.ID, Name: "2", Zone: z.ID, Seen: h.Seen()})
			return err
		},
		"remove building": func(ctx context.Context) error { _, err := b.RemoveBuilding(ctx, h.ID); return err },
		"add doors": func(ctx context.Context) error {
			_, err := b.AddDoors(ctx, AddDoors{Building: h.ID, Rooms: "102"})
			return err
		},
		"door": func(ctx context.Context) error {
			return b.SaveDoor(ctx, SaveDoor{ID: doors[0].ID, Room: "7", Seen: doors[0].Seen()})
		},
		"remove doors": func(ctx context.Context) error { _, err := b.RemoveDoors(ctx, h.ID, []int64{doors[0].ID}); return err },
		"grades":       func(ctx context.Context) error { return b.SaveGrades(ctx, SaveGrades{}) },
		"try": func(ctx context.Context) error {
			_, _, err := b.Try(ctx, []byte(csvHead+"区域,7,,,,,,,\n"))
			return err
		},
		"load":   func(ctx context.Context) error { _, err := b.LoadDraft(ctx, 1, "", true); return err },
		"export": func(ctx context.Context) error { _, err := b.Export(ctx); return err },
	}
	look := map[string]func(ctx context.Context) error{
		"overview": func(ctx context.Context) error { _, err := b.Overview(ctx); return err },
		"house":    func(ctx context.Context) error { _, _, err := b.House(ctx, h.ID); return err },
		"door":     func(ctx context.Context) error { _, err := b.Door(ctx, doors[0].ID); return err },
		"owners":   func(ctx context.Context) error { _, err := b.Owners(ctx); return err },
	}
	for name, do := range change {
		if err := do(looker); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s by who may only look: %v", name, err)
		}
	}
	for name, do := range look {
		if err := do(looker); err != nil {
			t.Errorf("%s by who may look: %v", name, err)
		}
		if err := do(nobody); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s by who may not: %v", name, err)
		}
		if err := do(t.Context()); !fault.Is(err, fault.SignIn) {
			t.Errorf("%s by nobody: %v", name, err)
		}
	}
	// Another site's places don't exist for somebody who manages theirs.
	other := actor.From(b.ctx)
	b.scan(&other.Site, `insert into sites (code, name) values ('other', '另一处') returning id`)
	there := actor.With(t.Context(), other)
	for _, name := range []string{"zone", "remove zone", "building", "remove building", "add doors", "door", "remove doors"} {
		if err := change[name](there); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of another site: %v", name, err)
		}
	}
	if b.counts() != "[1 1 1 0 1]" {
		t.Error(b.counts())
	}
}
