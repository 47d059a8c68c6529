package web

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestAccentIsReadable(t *testing.T) {
	t.Parallel()
	colors := []string{"0b6e5f", "000000", "ffffff", "ffff00", "777777", "ff0000", "0000ff", "1a2220"}
	for range 500 {
		colors = append(colors, fmt.Sprintf("%06x", rand.IntN(1<<24)))
	}
	for _, hex := range colors {
		c, ok := parseHex(hex)
		if !ok || c.hex() != "#"+hex {
			t.Fatalf("%s was not read", hex)
		}
		var got [4]string
		for i, part := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(c.sheet(), ":root{"), "}\n"), ";") {
			_, got[i], _ = strings.Cut(part, ":#")
		}
		read := func(i int) rgb { c, _ := parseHex(got[i]); return c }
		for name, pair := range map[string][2]rgb{
			"text on the accent":  {read(1), read(0)},
			"strong on white":     {read(2), white},
			"strong on grey":      {read(2), lightPage},
			"soft on a dark page": {read(3), darkPage},
		} {
			if got := contrast(pair[0], pair[1]); got < readable {
				t.Errorf("#%s: %s has contrast %.2f", hex, name, got)
			}
		}
	}
	for color, refused := range map[string]bool{"#0b6e5f": false, "#ffd400": false, "#ffffff": true, "#ffff00": true, "#fdfdf0": true, "#000000": true, "#111715": true, "#1f3a8a": false} {
		a, ok := JudgeAccent(color)
		if !ok || (a.Instead != "") != refused {
			t.Errorf("%s: %+v", color, a)
		}
		if b, ok := JudgeAccent(a.Instead); refused && (!ok || b.Instead != "") {
			t.Errorf("%s, said in place of %s, would be refused too", a.Instead, color)
		}
	}
	for _, junk := range []string{"", "0B6E5F", "12345", "1234567", "+12345", "zzzzzz", "0x1234", "red;}"} {
		if _, ok := parseHex(junk); ok {
			t.Errorf("%q was taken for a colour", junk)
		}
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter(1, 2)
	now := time.Unix(1_800_000_000, 0)
	l.take("busy", now)
	for i := range 5 * generation {
		l.take(fmt.Sprint(i), now)
		if i%1000 == 0 {
			l.take("busy", now)
		}
	}
	if n := len(l.young) + len(l.old); n > 2*generation {
		t.Errorf("%d callers are remembered", n)
	}
	if wait := l.take("busy", now); wait == 0 {
		t.Error("a flood of others made a busy caller forgotten")
	}
}
