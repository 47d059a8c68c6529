package site

import (
	"testing"
)

func TestReference(t *testing.T) {
	t.Parallel()
	zones, err := Reference()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("ZONE-2 the reference site has the households of every building, declared totals as declared", func(t *testing.T) {
		t.Parallel()
		want := map[string]struct{ households, shops, declared, declaredShops int }{
			"1":   {559, 51, 559, 51},
			"2":   {664, 0, 672, 0}, // the table's own sum; its declared total is kept
			"3":   {548, 0, 548, 0},
			"4":   {414, 0, 414, 0},
			"all": {0, 0, 2193, 51},
		}
		sum := 0
		for _, z := range zones {
			w, ok := want[z.Code]
			if !ok {
				t.Errorf("zone %s stands in no table", z.Code)
			}
			households, shops := z.Count()
			if households != w.households || shops != w.shops || z.DeclaredHouseholds != w.declared || z.DeclaredShops != w.declaredShops {
				t.Errorf("zone %s: %d households, %d shops, declared %d and %d; want %+v", z.Code, households, shops, z.DeclaredHouseholds, z.DeclaredShops, w)
			}
			sum += households
		}
		if sum != 2185 {
			t.Errorf("%d households in all, want 2185", sum)
		}
	})
	t.Run("ZONE-2 every door has a number of its own that a typed place finds again", func(t *testing.T) {
		t.Parallel()
		seen := map[Place]bool{}
		for _, z := range zones {
			for _, b := range z.Buildings {
				for _, p := range b.Places {
					if seen[p] {
						t.Fatalf("%s stands twice", PlaceName(p))
					}
					seen[p] = true
					if got, ok := parse(PlaceName(p)); !ok || got != p {
						t.Fatalf("%s reads as %+v, %t", PlaceName(p), got, ok)
					}
				}
			}
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	home := Place{Building: "18#", Entrance: "2单元", Room: "201"}
	for raw, want := range map[string]Place{
		"18#2单元201":               home,
		"18#2单元201室":              home,
		"18-2-201":                home,
		"18栋2单元201室":              home,
		"18棟2單元201戶":              home,
		"18号楼 2 单元 201":           home,
		"１８＃２单元２０１":               home,
		"18/2/201":                home,
		"18，2，201":                home,
		"Bldg 18 Unit 2 Room 201": home,
		"18栋201室":                 {Building: "18#", Room: "201"},
		"20#3304室":                {Building: "20#", Room: "3304"},
		"商铺7":                     {Building: ShopRow, Room: "07", Shop: true},
		"商鋪 07 號":                 {Building: ShopRow, Room: "07", Shop: true},
		"Shop 12":                 {Building: ShopRow, Room: "12", Shop: true},
	} {
		if got, ok := parse(raw); !ok || got != want {
			t.Errorf("%q reads as %+v, %t", raw, got, ok)
		}
	}
	for _, raw := range []string{"", "张先生家", "18", "#", "18#2单元", "'; drop table households --", "😀", "2单元201"} {
		if got, ok := parse(raw); ok {
			t.Errorf("%q reads as %+v, and is no place", raw, got)
		}
	}
}
