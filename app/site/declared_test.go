package site

import (
	"fmt"
	"testing"

	"lobby/views/locale"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	says := func(n int) *int { return &n }
	zone := func(name string, declared *int, parts ...*tally) *tally {
		z := &tally{scope: "zone", name: name, declared: declared, parts: parts}
		for _, p := range parts {
			z.counted += p.counted
		}
		return z
	}
	house := func(name string, declared *int, counted int) *tally {
		return &tally{scope: "building", name: name, declared: declared, counted: counted}
	}
	site := func(declared *int, zones ...*tally) *tally {
		s := zone(all, declared, zones...)
		s.scope = "all"
		return s
	}
	for name, c := range map[string]struct {
		whole *tally
		want  string
	}{
		"nothing declared": {site(nil, zone("1", nil, house("2#", nil, 16))), "[]"},
		"all holds":        {site(says(16), zone("1", says(16), house("2#", says(16), 16))), "[]"},
		"a building's difference goes up to the total": {site(says(17), zone("1", says(17), house("2#", says(17), 16))),
			"[{building 2# households 17 16 [] 1} {zone 1 households 17 16 [2#] 0} {all all households 17 16 [1] 0}]"},
		"a zone that declares nothing passes its building's on": {site(says(17), zone("1", nil, house("2#", says(17), 16))),
			"[{building 2# households 17 16 [] 1} {all all households 17 16 [1] 0}]"},
		"partly from a part, partly its own": {site(says(20), zone("1", says(17), house("2#", nil, 16))),
			"[{zone 1 households 17 16 [] 1} {all all households 20 16 [1] 3}]"},
		"a difference beside it that the total does not follow": {site(says(20), zone("1", says(17), house("2#", nil, 16)), zone("2", says(15), house("3#", nil, 16))),
			"[{zone 1 households 17 16 [] 1} {zone 2 households 15 16 [] -1} {all all households 20 32 [] -12}]"},
		"parts that are wrong both ways, and a total that holds": {site(says(32), zone("1", says(17), house("2#", nil, 16)), zone("2", says(15), house("3#", nil, 16))),
			"[{zone 1 households 17 16 [] 1} {zone 2 households 15 16 [] -1}]"},
		"a right total over a wrong part": {site(says(16), zone("1", says(17), house("2#", nil, 16))), "[{zone 1 households 17 16 [] 1}]"},
	} {
		t.Run("ZONE-3 "+name, func(t *testing.T) {
			t.Parallel()
			if got := fmt.Sprint(c.whole.differences("households")); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
	t.Run("ZONE-3 what follows and what is its own is said apart", func(t *testing.T) {
		t.Parallel()
		ctx := locale.With(t.Context(), locale.English)
		d := Difference{Scope: "all", Name: all, Of: "households", Declared: 20, Counted: 16, From: []string{"1", "2"}, Own: 3}
		want := "Whole site: 20 households declared, 16 counted, a difference of 4. 1 of it follows from zone 1, 2; 3 is its own."
		if got := d.Say(ctx); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		d = Difference{Scope: "zone", Name: "1", Of: "shops", Declared: 2, Counted: 1, From: []string{"18#"}}
		if got := d.Say(locale.With(ctx, locale.Simplified)); got != "区域1：申报商铺2间，实际1间，相差1。这是由18#的差异引起的。" {
			t.Errorf("%q", got)
		}
	})
}
