package journeys

import (
	"fmt"
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/site"
	"lobby/app/staff"
)

// places are a zone, a building and a door with a page each, and a declared total that differs.
func places(t *testing.T, h *house) (zone, building, door string) {
	t.Helper()
	_, err := h.app.SiteService().Import(actor.AsJob(t.Context(), "test", h.at.ID), site.Import{AcceptDifferences: true,
		Data: []byte("区域,楼栋,单元,房号,申报户数\n77,,,,9\n77,77#,1,101,\n77,77#,1,102,\n77,商铺,,77,\n")})
	if err != nil {
		t.Fatal(err)
	}
	var ids [3]int64
	err = h.app.DB.NewRaw(`select z.id, b.id, h.id from households h join buildings b on b.id = h.building_id join zones z on z.id = b.zone_id
		where z.code = '77' and h.room = '101'`).Scan(t.Context(), &ids[0], &ids[1], &ids[2])
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/places/zones/%d", ids[0]), fmt.Sprintf("/places/buildings/%d", ids[1]), fmt.Sprintf("/places/doors/%d", ids[2])
}

// TestAdministratorLoadsASpreadsheet goes the way of the first week: a file with a mistake, the mended one, its load,
// and the owner whose zone it is finds the building.
func TestAdministratorLoadsASpreadsheet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Person(t, h.app, h.at.ID, "office", staff.Admin)
	b := desk(t, h.base, deskSize, "office", boottest.Password)
	b.visit("/places")
	b.click(`a[href="/places/import"]`)
	choose := func(text string) {
		t.Helper()
		b.until("the form", `!!document.querySelector("[name=file]")`)
		b.run(script(fmt.Sprintf(`(() => {
			const chosen = new DataTransfer();
			chosen.items.add(new File([%s], "places.csv"));
			document.querySelector("[name=file]").files = chosen.files;
		})()`, quote(text))))
		b.click("form[action='/places/import'] [type=submit]")
	}
	const head = "区域,责任人,楼栋,单元,房号,申报户数\n"
	choose(head + "5,nobody-here,,,,2\n5,,55#,1,2026-01-02,\n")
	b.until("what is wrong, by its line", has(".looked", "第2行")+" && "+has(".looked", "第3行"))
	b.check("a refused file")
	choose(head + "5,office,,,,3\n5,,55#,1,101,\n5,,55#,1,102,\n")
	b.until("what it would do", has(".looked", "新增：55#"))
	b.check("a dry run")
	b.click("[name=accept]")
	b.click("form[action='/places/import/load'] [type=submit]")
	b.until("it is loaded", `location.pathname === "/places" && `+has(".zone", "55#"))
	b.until("the difference is named", has(".alert", "区域5：申报3户，实际2户"))
}
