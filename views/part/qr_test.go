package part

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"
)

func TestDraw(t *testing.T) {
	t.Parallel()
	const text = "https://lobby.example.com/p/AAAAAAAAAAAAAAAAAAAAAA"
	want, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	c := Draw(text)
	if c.size != want.Size+2*quiet {
		t.Fatalf("box of %d", c.size)
	}
	black := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(c.path, -1) {
		var n [4]int
		for i := range n {
			if n[i], err = strconv.Atoi(m[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		for i := range n[2] {
			black[[2]int{n[0] + i, n[1]}] = true
		}
		if n[2] != n[3] {
			t.Fatalf("box %s is not closed", m[0])
		}
	}
	for y := range want.Size {
		for x := range want.Size {
			if black[[2]int{x + quiet, y + quiet}] != want.Black(x, y) {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
	if long := Draw(strings.Repeat("x", 10000)); long.path != "" {
		t.Error("an impossible code was drawn")
	}
}
