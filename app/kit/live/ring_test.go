package live

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is pushed, a cursor that is placed and read to the end gets each number above its own once, in order; or it
// is told that it can't be served.
func TestARingServesEveryCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r ring
		r.begin(rapid.Int64Range(0, 100).Draw(t, "start"))
		for range rapid.IntRange(0, 3*keep).Draw(t, "pushes") {
			switch rapid.IntRange(0, 20).Draw(t, "what") {
			case 0:
				r.push(item{seq: r.end, lane: true, msg: message{size: 10}})
			case 1:
				r.push(item{seq: r.end + 1, msg: message{size: keepBytes / 4}})
			case 2, 3, 4:
				r.push(item{seq: r.end + rapid.Int64Range(2, 300).Draw(t, "run"), msg: message{size: 100}})
			default:
				r.push(item{seq: r.end + 1, msg: message{size: 100}})
			}
		}
		if len(r.items) > keep || (r.bytes > keepBytes && len(r.items) > 1) {
			t.Fatalf("the ring holds %d items, %d bytes", len(r.items), r.bytes)
		}
		seq := rapid.Int64Range(r.floor-3, r.end+3).Draw(t, "cursor")
		if got, want := r.holds(seq), seq >= r.floor && seq <= r.end; got != want {
			t.Fatalf("holds(%d) = %t with %d…%d", seq, got, r.floor, r.end)
		}
		if !r.holds(seq) {
			return
		}
		var got, want []int64 // last numbers of messages: of all in the ring those above the cursor, which may be inside the first
		for _, it := range r.items {
			if !it.lane && it.seq > seq {
				want = append(want, it.seq)
			}
		}
		for place := r.after(seq); ; place++ {
			it, ok := r.at(place)
			if !ok {
				break
			}
			if !it.lane {
				got = append(got, it.seq)
			}
		}
		if !slices.Equal(got, want) || !slices.IsSorted(got) || int64(len(got)) > r.ahead(seq) {
			t.Fatalf("the cursor at %d got %v of %v", seq, got, want)
		}
		if end := append([]int64{seq}, got...); end[len(end)-1] != r.end {
			t.Fatalf("the cursor ended at %d, the ring at %d", end[len(end)-1], r.end)
		}
	})
}

func TestABeginningOvertakesEveryCursor(t *testing.T) {
	t.Parallel()
	var r ring
	r.begin(0)
	for seq := int64(1); seq <= 5; seq++ {
		r.push(item{seq: seq})
	}
	caughtUp := r.after(5)
	r.begin(9)
	if caughtUp >= r.base {
		t.Error("a cursor at the end survived a new beginning")
	}
	if !r.holds(9) || r.holds(8) || r.holds(5) {
		t.Error("the ring holds what it doesn't have")
	}
}
