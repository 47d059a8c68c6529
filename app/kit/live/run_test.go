package live

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"pgregory.net/rapid"
)

// bareIDs is the id from which on screens have nothing to show; the rest of a division by 3 says of which kind, if any.
const bareIDs = 1000

func bareFrame(id int64) Frame { return Frame{Kind: []string{"", "a.done", "b.done"}[id%3]} }

// Whatever the frames are, their runs stand for every number once, in order; every content comes once, with its own kind and
// with no other number after its own than silent ones; and a page that follows them hears the kinds that it would hear one by one, but for repetitions.
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
			for seq := r.event.Seq - 1; seq >= r.from && own.silent(); seq-- {
				own = frames[seq-first]
			}
			if r.frame.Content != own.Content || own.Content != "" && r.frame != own {
				t.Fatalf("at %d: %+v, want %+v", r.event.Seq, r.frame, own)
			}
			if i > 0 && (r.frame.silent() || got[i-1].frame.Content == "" && (got[i-1].frame.Kind == "" || got[i-1].frame.Kind == r.frame.Kind)) {
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

// speakers are screens that have something to show of every event below bareIDs.
type speakers struct{ things }

func (*speakers) Frames(_ context.Context, _ View, events []Event) ([]Frame, error) {
	frames := make([]Frame, len(events))
	for i, e := range events {
		if frames[i] = bareFrame(e.ID); e.ID < bareIDs {
			frames[i] = Frame{Content: fmt.Sprint("content ", e.Seq)}
		}
	}
	return frames, nil
}

// reader is a client that asks by itself.
type reader struct {
	client
	heard []*websocket.PreparedMessage // what was not silent, without lanes
}

// read takes the next message, and tells whether there was one.
func (r *reader) read(t *rapid.T) bool {
	before := r.seq
	m, ok := r.view.next(&r.client)
	if !ok {
		return false
	}
	items := r.view.ring.items
	i := slices.IndexFunc(items, func(it item) bool { return it.msg == m })
	switch {
	case i < 0 && (r.ranges || r.seq != before+1):
		t.Fatalf("a number by itself: %d after %d", r.seq, before)
	case i < 0 || items[i].lane:
		return true
	case items[i].from > before+1 || items[i].seq != r.seq || r.seq <= before:
		t.Fatalf("%d to %d after %d", items[i].from, items[i].seq, before)
	case items[i].silent && r.seq != r.view.ring.end:
		t.Fatalf("silence to %d comes by itself, though the stream goes on to %d", r.seq, r.view.ring.end)
	case !items[i].silent:
		r.heard = append(r.heard, m.PreparedMessage)
	}
	return true
}

// Whenever somebody asks, silence doesn't come by itself where something follows it; yet whatever isn't silent comes once,
// the numbers have no gap, and in the end everybody stands at the end.
func TestSilenceWaitsForWhatFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := newView(&Hub{cfg: Config{Screens: &speakers{}}}, View{}, newTopic("site:1"))
		v.age, v.epoch = 1, 1
		v.ring.begin(0)
		var readers []*reader
		var said []*websocket.PreparedMessage
		before := map[*reader]int{} // how many were said when it came
		for range rapid.IntRange(1, 40).Draw(t, "batches") {
			if rapid.Bool().Draw(t, "somebody comes") {
				r := &reader{client: client{view: v, epoch: 1, seq: v.ring.end, ranges: rapid.IntRange(0, 3).Draw(t, "older") > 0}}
				readers, before[r] = append(readers, r), len(said)
			}
			var events []Event
			silent := true
			for range rapid.IntRange(1, 4).Draw(t, "events") {
				id := rapid.SampledFrom([]int64{1, 3 * bareIDs, 3 * bareIDs, 3 * bareIDs, 3*bareIDs + 1}).Draw(t, "id")
				silent = silent && id == 3*bareIDs
				events = append(events, Event{Topic: "site:1", Epoch: 1, Seq: v.ring.end + 1 + int64(len(events)), ID: id})
			}
			had, since := len(v.ring.items), v.quiet
			if err := v.frames(t.Context(), state{events: events}); err != nil {
				t.Fatal(err)
			}
			if v.quiet.IsZero() == silent || silent && !since.IsZero() && v.quiet != since {
				t.Fatalf("the batch is silent: %t; writers wait since %s, before since %s", silent, v.quiet, since)
			}
			for _, it := range v.ring.items[had:] {
				if !it.silent {
					said = append(said, it.msg.PreparedMessage)
				}
			}
			if rapid.IntRange(0, 5).Draw(t, "lane") == 0 {
				if err := v.pushLane("all", Frame{Content: "x"}); err != nil {
					t.Fatal(err)
				}
			}
			for _, r := range readers {
				for n := rapid.IntRange(0, 5).Draw(t, "reads"); n > 0 && r.read(t); n-- {
				}
			}
		}
		for _, r := range readers {
			for r.read(t) {
			}
			if r.seq != v.ring.end || !slices.Equal(r.heard, said[before[r]:]) {
				t.Fatalf("ended at %d of %d with %d messages, want %d", r.seq, v.ring.end, len(r.heard), len(said)-before[r])
			}
		}
	})
}

// Silence is told after a moment, where nothing follows it.
func TestSilenceIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Heartbeat = time.Minute }) // which would tell it too
	sc := s.open(1)
	eventually(t, 5*time.Second, "the socket", func() bool { return sc.count(isHeartbeat) > 0 })
	for range 3 {
		if err := set(t.Context(), s.pool, 1, 3*bareIDs); err != nil {
			t.Fatal(err)
		}
	}
	sc.equalsDatabase(1, 5*time.Second)
	if n := sc.count(isFrame); n == 0 || n > 2 {
		t.Errorf("%d messages, want 1, or 2 where it took longer than a moment", n)
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
