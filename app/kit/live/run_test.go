package live

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// bareIDs is the id from which on screens have nothing to show; the rest of a division by 3 says of which kind, if any.
const bareIDs = 1000

func bareFrame(id int64) Frame { return Frame{Kind: []string{"", "a.done", "b.done"}[id%3]} }

// Whatever the frames are, their runs stand for every number once, in order; every content comes once, at its own number
// and with its own kind; and a page that follows them hears the kinds that it would hear one by one, but for repetitions.
func TestRunsTellEverything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(1, 50).Draw(t, "first")
		var events []Event
		var frames []Frame
		for n := range rapid.IntRange(0, 60).Draw(t, "frames") {
			events = append(events, Event{Topic: "site:1", Epoch: 1, Seq: first + int64(n)})
			f := Frame{Kind: rapid.SampledFrom([]string{"", "", "", "a.done", "b.done"}).Draw(t, "kind")}
			if rapid.IntRange(0, 3).Draw(t, "content") == 0 {
				f.Content = fmt.Sprint("content ", n)
			}
			frames = append(frames, f)
		}
		next := first
		var contents []string
		var kinds []string
		got := runs(events, frames)
		for i, r := range got {
			if r.from != next || r.event.Seq < r.from {
				t.Fatalf("a message for %d to %d where %d was due", r.from, r.event.Seq, next)
			}
			own := frames[r.event.Seq-first]
			if r.frame.Content != own.Content || own.Content != "" && r.frame != own {
				t.Fatalf("at %d: %+v, want %+v", r.event.Seq, r.frame, own)
			}
			if i > 0 && got[i-1].frame.Content == "" && (got[i-1].frame.Kind == "" || got[i-1].frame.Kind == r.frame.Kind) {
				t.Fatalf("two messages where one would do: %+v, %+v", got[i-1], r)
			}
			if next = r.event.Seq + 1; r.frame.Content != "" {
				contents = append(contents, r.frame.Content)
			}
			kinds = append(kinds, r.frame.Kind)
		}
		if next != first+int64(len(events)) {
			t.Fatalf("ended before %d, want %d", next, first+int64(len(events)))
		}
		var wantContents, wantKinds []string
		for _, f := range frames {
			if f.Content != "" {
				wantContents = append(wantContents, f.Content)
			}
			wantKinds = append(wantKinds, f.Kind)
		}
		if !slices.Equal(contents, wantContents) || !slices.Equal(heard(kinds), heard(wantKinds)) {
			t.Fatalf("contents %v, want %v; kinds %v, want %v", contents, wantContents, heard(kinds), heard(wantKinds))
		}
	})
}

// heard are the kinds that a page hears, without those that repeat the one before.
func heard(kinds []string) []string {
	return slices.Compact(slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == "" }))
}

// A burst that screens have nothing to show of, more than a ring has places, is one message for each socket, together with
// what they have to show. A page of an older build gets every number by itself.
func TestABurstIsOneMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	newer, older := s.open(1), s.open(1, "ranges", "")
	eventually(t, 5*time.Second, "both to be served", func() bool { return newer.count(isHeartbeat) > 0 && older.count(isHeartbeat) > 0 })
	var ids []int64
	const burst = keep + 200
	for range burst {
		ids = append(ids, 3*bareIDs) // nothing to say of them
	}
	if err := set(t.Context(), s.pool, 1, append(ids, 7)...); err != nil {
		t.Fatal(err)
	}
	for _, sc := range []*screen{newer, older} {
		sc.equalsDatabase(1, 5*time.Second)
		if n := sc.count(isSnapshot); n != 0 {
			t.Errorf("%d snapshots", n)
		}
	}
	if n := newer.count(isFrame); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	if n := older.count(isFrame); n != burst+1 {
		t.Errorf("%d messages for a page that knows no ranges, want %d", n, burst+1)
	}
	for _, at := range []int64{0, 1, 100, burst} { // who stands inside gets it whole
		back := s.blank(1)
		back.at = Position{1, at}
		back.connect()
		back.equalsDatabase(1, 5*time.Second)
		if n, whole := back.count(isFrame), back.count(isSnapshot); n != 1 || whole != 0 {
			t.Errorf("from %d: %d messages and %d snapshots, want 1 and 0", at, n, whole)
		}
	}
}

// What a snapshot is behind counts by messages: a run of many numbers is one.
func TestASnapshotBehindARun(t *testing.T) {
	t.Parallel()
	v := &view{hub: &Hub{}, age: 1, epoch: 1, look: make(chan struct{}, 1), snap: &snapshot{age: 1, seq: 5}}
	v.ring.begin(0)
	for seq := int64(10); seq <= 10*snapshotReach; seq += 10 {
		v.ring.push(item{seq: seq})
	}
	c := &client{view: v}
	if _, given := v.catchUp(c); !given || c.seq != 5 || c.place != v.ring.after(5) {
		t.Errorf("a snapshot %d messages behind isn't given out: at %d", snapshotReach, c.seq)
	}
	v.ring.push(item{seq: v.ring.end + 1})
	if _, given := v.catchUp(&client{view: v}); given || !v.wanted {
		t.Error("one that is further behind is")
	}
}
