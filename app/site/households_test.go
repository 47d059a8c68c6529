package site

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lobby/app/kit/fault"
)

func TestDoorsAreSpelledOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   AddDoors
		want string // the doors, or the field that is wrong
	}{
		{AddDoors{Rooms: "101"}, "101"},
		{AddDoors{Rooms: "101 102，103、0104"}, "101 102 103 0104"},
		{AddDoors{Rooms: "0101-0103"}, "0101 0102 0103"},
		{AddDoors{Rooms: "101室—103室"}, "101 102 103"},
		{AddDoors{Rooms: "101-103室"}, "101 102 103"},
		{AddDoors{Rooms: "１０１～１０２"}, "101 102"},
		{AddDoors{Entrances: "1-2", Rooms: "101"}, "1单元101 2单元101"},
		{AddDoors{Entrances: "二单元", Rooms: "A"}, "2单元A"},
		{AddDoors{Entrances: "1", Floors: "9-10", Rooms: "1-2"}, "1单元901 1单元902 1单元1001 1单元1002"},
		{AddDoors{Floors: "1-2", Rooms: "01-02"}, "101 102 201 202"},
		{AddDoors{Rooms: ""}, "!rooms"},
		{AddDoors{Rooms: " , "}, "!rooms"},
		{AddDoors{Rooms: "105-101"}, "!rooms"},
		{AddDoors{Rooms: "=1+1"}, "!rooms"},
		{AddDoors{Rooms: "1\x07"}, "!rooms"},
		{AddDoors{Rooms: "1-99999"}, "!rooms"},
		{AddDoors{Floors: "1-50", Rooms: "01-50"}, "!rooms"},
		{AddDoors{Floors: "x-y z", Rooms: strings.Repeat("长", 41)}, "!rooms"},
	} {
		var wrong fault.Fields
		var got []string
		for _, d := range c.in.list(&wrong) {
			got = append(got, d.entrance+d.room)
		}
		said := strings.Join(got, " ")
		if len(wrong) > 0 {
			said = "!" + wrong[0].Name
		}
		if said != c.want {
			t.Errorf("%+v: %s, want %s", c.in, said, c.want)
		}
	}
}

func TestBuildingsAndDoors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.load(Import{Data: []byte(csvHead + "区域,1,,supervisor,,,,,\n区域,2,,desk,,,,,\n区域,all,,,,,,,\n楼栋,1,,,18,,,,\n商铺,1,,,,,07,,\n")})
	h := b.house("18#")
	add := func(in AddDoors) Added {
		t.Helper()
		in.Building = h.ID
		out, err := b.AddDoors(b.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Run("doors of all floors at once; those that stand already stay", func(t *testing.T) {
		if out := add(AddDoors{Entrances: "1 2", Floors: "1-18", Rooms: "01-05"}); out != (Added{New: 180}) {
			t.Errorf("%+v", out)
		}
		if out := add(AddDoors{Entrances: "2", Rooms: "1805 1806 1806"}); out.New != 1 {
			t.Errorf("%+v", out)
		}
		_, doors, err := b.House(b.ctx, h.ID)
		if err != nil || len(doors) != 181 || doors[0].Name() != "18#1单元101室" || doors[180].Name() != "18#2单元1806室" {
			t.Errorf("%d doors, %v", len(doors), err)
		}
		if b.records("site.doors_add") != 2 {
			t.Error("not on record")
		}
	})
	t.Run("ZONE-1 a building that moves takes its tickets to come to the other zone's owner", func(t *testing.T) {
		to := b.zone("2")
		if _, err := b.SaveBuilding(b.ctx, SaveBuilding{ID: h.ID, Name: "18", Zone: to.ID, Seen: h.Seen()}); err != nil {
			t.Fatal(err)
		}
		if now := b.house("18#"); now.ZoneCode != "2" {
			t.Errorf("%+v", now)
		}
		_, err := b.SaveBuilding(b.ctx, SaveBuilding{ID: h.ID, Name: "18", Zone: b.zone("1").ID, Seen: h.Seen()})
		wants(t, err, fault.Conflict, "place.changed_meanwhile")
		_, err = b.SaveBuilding(b.ctx, SaveBuilding{Name: "9", Zone: b.zone("all").ID})
		wants(t, err, fault.Invalid, "place.zone_unknown")
		_, err = b.SaveBuilding(b.ctx, SaveBuilding{Name: "18栋", Zone: to.ID})
		wants(t, err, fault.Invalid, "place.building_taken")
	})
	door := func(name string) Door {
		t.Helper()
		_, doors, err := b.House(b.ctx, h.ID)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(doors, func(d Door) bool { return d.Name() == name })
		if i < 0 {
			t.Fatalf("no %s", name)
		}
		return doors[i]
	}
	t.Run("a door is renamed and becomes a shop; not to a name that is taken, nor over what somebody changed", func(t *testing.T) {
		d := door("18#1单元101室")
		if err := b.SaveDoor(b.ctx, SaveDoor{ID: d.ID, Entrance: "", Room: "商101", Shop: true, Seen: d.Seen()}); err != nil {
			t.Fatal(err)
		}
		now := door("18#商101")
		wants(t, b.SaveDoor(b.ctx, SaveDoor{ID: d.ID, Entrance: "1", Room: "102", Seen: now.Seen()}), fault.Invalid, "place.door_taken")
		wants(t, b.SaveDoor(b.ctx, SaveDoor{ID: d.ID, Entrance: "1", Room: "199", Seen: d.Seen()}), fault.Conflict, "place.changed_meanwhile")
		wants(t, b.SaveDoor(b.ctx, SaveDoor{ID: d.ID, Room: "", Seen: now.Seen()}), fault.Invalid, "fault.field.required")
		var fields string
		b.scan(&fields, `select array_to_string(fields, ',') from audit_log where verb = 'site.door'`)
		if fields != "entrance,room,kind" {
			t.Errorf("the record says %s", fields)
		}
	})
	t.Run("a door of the row of shops has two digits", func(t *testing.T) {
		shops := b.house(ShopRow)
		if _, err := b.AddDoors(b.ctx, AddDoors{Building: shops.ID, Rooms: "7 8", Shop: true}); err != nil {
			t.Fatal(err)
		}
		if id, found, err := NewDirectory(b.db).FindHousehold(t.Context(), b.db, b.site, "商铺8"); err != nil || !found || id == 0 {
			t.Errorf("商铺8: %t %v", found, err)
		}
		if now := b.house(ShopRow); now.Shops != 2 {
			t.Errorf("%+v", now)
		}
	})
	t.Run("what tickets and visits name stays, with what names it, and all others with it", func(t *testing.T) {
		used, free := door("18#1单元102室"), door("18#1单元103室")
		_, err := b.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, household_id, matter, registered_at, due_at)
			select ?, gen_random_uuid(), '', 'T' || n, 'phone', 'repair', '18#', ?, '漏水', now(), now() from generate_series(1, 2) n`, b.site, used.ID).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.RemoveDoors(b.ctx, h.ID, []int64{free.ID, used.ID})
		wants(t, err, fault.Conflict, "place.door_holds")
		if f, _ := fault.As(err); fmt.Sprint(f.Args["Place"], f.Args["Tickets"], f.Args["Visits"], f.Args["Doors"]) != "18#1单元102室 2 0 1" && fmt.Sprint(f.Args["Place"]) != "18#1单元102室" {
			t.Errorf("%v", f.Args)
		}
		door("18#1单元103室")
		if n, err := b.RemoveDoors(b.ctx, h.ID, []int64{free.ID}); err != nil || n != 1 || b.records("site.doors_remove") != 1 {
			t.Errorf("%d, %v", n, err)
		}
		_, err = b.RemoveDoors(b.ctx, h.ID, nil)
		wants(t, err, fault.Conflict, "place.none_chosen")
		_, err = b.RemoveBuilding(b.ctx, h.ID)
		wants(t, err, fault.Conflict, "place.building_holds")
	})
	t.Run("an import waits for who changes a place, and they for it", func(t *testing.T) {
		tx, err := b.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := lockImport(t.Context(), tx, b.site); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := b.AddDoors(b.ctx, AddDoors{Building: h.ID, Rooms: "9999"})
			done <- err
		}()
		b.until(`select count(*) = 1 from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.locktype = 'advisory' and not l.granted`)
		select {
		case err := <-done:
			t.Errorf("it did not wait: %v", err)
		default:
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
