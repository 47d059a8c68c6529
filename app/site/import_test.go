package site

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
)

func TestImportReference(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := []byte(reference(t))
	differences := []Difference{
		{Scope: "zone", Name: "2", Of: "households", Declared: 672, Counted: 664, Own: 8},
		{Scope: "all", Name: "all", Of: "households", Declared: 2193, Counted: 2185, From: []string{"2"}},
	}
	t.Run("ZONE-3 the reference site's two differences are named, the total's as following from zone 2's, and nothing is loaded", func(t *testing.T) {
		out := b.refused("import.differs", Import{Data: data})
		if got := fmt.Sprintf("%+v", out.Differences); got != fmt.Sprintf("%+v", differences) {
			t.Errorf("%s\nwant %+v", got, differences)
		}
		want := "Zone 2: 672 households declared, 664 counted, a difference of 8.\n" +
			"Whole site: 2193 households declared, 2185 counted, a difference of 8. This follows from the difference of zone 2."
		if got := out.Differences[0].Say(b.ctx) + "\n" + out.Differences[1].Say(b.ctx); got != want {
			t.Errorf("it says\n%s\nwant\n%s", got, want)
		}
	})
	t.Run("ZONE-3 a dry run says the same and loads nothing, told to accept or not", func(t *testing.T) {
		b.refused("import.differs", Import{Data: data, DryRun: true})
		out := b.load(Import{Data: data, DryRun: true, AcceptDifferences: true})
		if len(out.Differences) != 2 || len(out.Changes) != 5+29 || out.Loaded || b.counts() != "[0 0 0 0 0]" {
			t.Errorf("%d differences, %d changes, %s", len(out.Differences), len(out.Changes), b.counts())
		}
	})
	t.Run("ZONE-3 told to accept them, all is loaded, declared totals as declared, and the record says so", func(t *testing.T) {
		out := b.load(Import{Data: data, AcceptDifferences: true})
		if !out.Loaded || out.Zones != 5 || out.Buildings != 29 || out.Households != 2185 || out.Shops != 51 || b.counts() != "[5 29 2185 51 1]" {
			t.Errorf("%+v %s", out, b.counts())
		}
		var declared, owners string
		if err := b.db.NewRaw(`select string_agg(declared_households || '/' || declared_shops, ' ' order by id) from zones`).Scan(t.Context(), &declared); err != nil || declared != "559/51 672/0 548/0 414/0 2193/51" {
			t.Errorf("declared %s, %v", declared, err)
		}
		if err := b.db.NewRaw(`select string_agg(login, ' ' order by z.id) from zones z join staff p on p.id = owner_id`).Scan(t.Context(), &owners); err != nil || owners != "supervisor desk agent2 agent3 cashier" {
			t.Errorf("owners %s, %v", owners, err)
		}
		var record string
		if err := b.db.NewRaw(`select verb || ' ' || actor_name || ' ' || array_to_string(fields, ',') || ' ' || reason from audit_log where verb = 'site.import'`).Scan(t.Context(), &record); err != nil || record != "site.import cli:test zones,buildings,households differences accepted" {
			t.Errorf("record %q, %v", record, err)
		}
		id, found, err := NewDirectory(b.db).FindHousehold(t.Context(), b.db, b.site, "18-2-201")
		if err != nil || !found || id == 0 {
			t.Errorf("18-2-201: %t %v", found, err)
		}
	})
	t.Run("ZONE-3 neither side is corrected by loading it again, and nothing is changed", func(t *testing.T) {
		b.refused("import.differs", Import{Data: data})
		out := b.load(Import{Data: data, AcceptDifferences: true})
		if out.Loaded || len(out.Changes) != 0 || len(out.Left) != 0 || len(out.Differences) != 2 || b.counts() != "[5 29 2185 51 1]" {
			t.Errorf("%s %s", b.said(out), b.counts())
		}
	})
	t.Run("ZONE-1 a building that another zone's row names moves to that zone's owner", func(t *testing.T) {
		out := b.load(Import{AcceptDifferences: true, Data: []byte(csvHead +
			"区域,1,东区,desk,,,,,\n区域,2,,,,,,664,\n楼栋,2,,,2,,,,\n商铺,,,,18,1,101,,\n,,,,18栋,三单元,1701室,,\n")})
		want := []string{"Zone 1 is now called 东区", "Zone 1 has now the owner desk", "Zone 2 now declares 664 households", "2# moves from zone 1 to zone 2",
			"New in 18#: 1 households, 0 shops (18#3单元1701室)", "18#1单元101 becomes a shop"}
		var got []string
		for _, n := range out.Changes {
			got = append(got, n.Say(b.ctx))
		}
		if !slices.Equal(got, want) {
			t.Errorf("changes\n%s", strings.Join(got, "\n"))
		}
		// 16 households left zone 1 for zone 2, one is new, one became a shop.
		if len(out.Differences) != 5 || len(out.Left) != 3+29 || b.counts() != "[5 29 2185 52 2]" {
			t.Errorf("%s %s", b.said(out), b.counts())
		}
		var owner string
		if err := b.db.NewRaw(`select p.login from buildings b join zones z on z.id = b.zone_id join staff p on p.id = z.owner_id where b.name = '2#'`).Scan(t.Context(), &owner); err != nil || owner != "desk" {
			t.Errorf("2# goes to %s, %v", owner, err)
		}
	})
}

func TestImportNamesEveryBadRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out := b.refused("import.bad_rows", Import{Data: []byte("翠园小区房屋表\n" + csvHead + strings.Join([]string{
		"区域,1,,desk,,,,2,", // 3: right
		"区域,1,,,,,,,",      // twice
		"区域,2,,nobody,,,,many,",
		"区域,3,,王芳,,,,-1,", // two of this name
		"楼栋,9,,,9#,,,,",   // no such zone
		"楼栋,all,,,9#,,,,",
		"楼栋,1,,desk,1#,1,101,,",
		"住户,,,,1#,1,101,,", // 10: right but for its building
		"住户,1,,,2,1,101,,", // right
		"住户,3,,,2,1,102,,", // the building is in zone 1
		"住户,,,,2栋,01单元,101室,,",
		"住户,,,,2,1,2026-01-02,,",
		"住户,,,,2,,1月2日,,",
		"住户,,,,2,,2.01E+05,,",
		"住户,,,,,,101,,",
		"住户,,,,2,1,,5,",
		"住户,,,,2,1," + strings.Repeat("长", 41) + ",,",
		"住户,,,,2,1,1\x07,,", // 20
		"住户,,,,2,1,=A1+1,,",
		"住户,,,,2,1,#REF!,,",
		"城堡,,,,2,1,103,,",
		`住户,,,,2,1,1"04,,`,
		"",
		"住户,,,,77#,1,101,,", // 26
		"店家,,,,,,7,,",       // right, in a building that nothing puts into a zone
		",,,,,2单元,,,",
	}, "\n"))})
	var got []string
	for _, x := range out.Bad {
		got = append(got, x.Say(b.ctx))
	}
	want := []string{
		"Line 4: zone: Stands already on line 3.",
		"Line 5: declared households: Write a whole number.; owner: No member of staff at this site has this login or name; lobby staff list shows them.",
		"Line 6: declared households: Write a whole number.; owner: Several members of staff have this name; write the login.",
		"Line 7: zone: There is no zone 9: give it a row of its own.",
		"Line 8: zone: This stands for the whole site; a place needs a zone of its own.",
		"Line 9: owner: Has no place in the row of a building.; entrance: Has no place in the row of a building.; room: Has no place in the row of a building.",
		"Line 12: zone: 2# lies in zone 1 by line 11.",
		"Line 13: room: Stands already on line 11.",
		"Line 14: room: “2026-01-02” is what",
		"Line 15: room: “1月2日” is what",
		"Line 16: room: “2.01E+05” is what",
		"Line 17: building: Please fill this in.",
		"Line 18: room: Please fill this in.; declared households: Has no place in the row of a household.",
		"Line 19: room: At most 40 characters.",
		"Line 20: room: This contains characters that cannot be used.",
		"Line 21: room: A formula without a calculated value.",
		"Line 22: room: The cell has the error #REF!.",
		"Line 23: type: Not a kind of row",
		"Line 24: The quotation marks of this line don’t match.",
		"Line 26: building: Nothing says in which zone 77# lies",
		"Line 27: building: Nothing says in which zone 商铺 lies",
		"Line 28: building: Please fill this in.; entrance: Has no place in the row of a building.",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || !strings.HasPrefix(got[i], want[i]) {
			t.Fatalf("bad rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if b.counts() != "[0 0 0 0 0]" {
		t.Error(b.counts())
	}
}

func TestImportTakesAPermission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := Import{Data: []byte(csvHead + "区域,1,,,,,,,\n楼栋,1,,,18,,,,\n")}
	for kind, a := range map[fault.Kind]actor.Actor{
		fault.SignIn:    {},
		fault.Forbidden: {Kind: actor.Person, ID: 1, Site: b.site},
		fault.NotFound:  {Kind: actor.CLI, All: true},
	} {
		if out, err := b.Import(actor.With(t.Context(), a), in); !fault.Is(err, kind) || out != nil {
			t.Errorf("%v: %v, want kind %d", a, err, kind)
		}
	}
	t.Run("PRIVACY-4 an import is on record and told to every instance; one that changes nothing is neither", func(t *testing.T) {
		for range 2 {
			b.load(in)
		}
		var records, events int
		err := b.db.NewRaw(`select (select count(*) from audit_log where verb = 'site.import' and site_id = ?),
			(select count(*) from events where topic = 'control' and kind = 'site.changed' and ref = ?)`, b.site, b.site).Scan(t.Context(), &records, &events)
		if err != nil || records != 1 || events != 2 { // one event is of adding the site
			t.Errorf("%d records, %d events, %v", records, events, err)
		}
	})
}

func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	data := []byte(reference(t))
	tx, err := b.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := lockImport(t.Context(), tx, b.site); err != nil {
		t.Fatal(err)
	}
	b.refused("import.busy", Import{Data: data, AcceptDifferences: true})
	b.load(Import{Data: data, AcceptDifferences: true, DryRun: true}) // looking is free
	other, err := b.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(lockImport(t.Context(), other, b.site+1), other.Rollback()); err != nil {
		t.Errorf("another site waits: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	loaded, unchanged, busy := 0, 0, 0
	for range 6 {
		all.Go(func() {
			out, err := b.Import(b.ctx, Import{Data: data, AcceptDifferences: true})
			mu.Lock()
			defer mu.Unlock()
			var f *fault.Fault
			switch {
			case errors.As(err, &f) && f.Key == "import.busy":
				busy++
			case err != nil:
				t.Error(err)
			case out.Loaded:
				loaded++
			default:
				unchanged++
			}
		})
	}
	all.Wait()
	if loaded != 1 || loaded+unchanged+busy != 6 || b.counts() != "[5 29 2185 51 1]" {
		t.Errorf("%d loaded, %d unchanged, %d busy, %s", loaded, unchanged, busy, b.counts())
	}
}
