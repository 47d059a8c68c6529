package live

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"
)

// wallOf is the view that screens of the tests have unless they say otherwise.
func wallOf(site int64) View { return View{Site: site, Audience: Wall, Lang: "en"} }

func TestAPositionInTheRingGetsWhatFollows(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(1, 1)
	first := s.open(1)
	for id := range int64(5) {
		s.set(1, id)
	}
	first.equalsDatabase(1, 5*time.Second)
	old := s.blank(1)
	old.state, old.at = map[int64]thing{1: {1, 1, 1}}, Position{1, 1}
	old.connect()
	old.equalsDatabase(1, 5*time.Second)
	if n := old.count(isSnapshot); n != 0 {
		t.Errorf("%d snapshots for a position that is in the ring", n)
	}
	if n := old.count(isFrame); n != 5 {
		t.Errorf("%d frames, want 5", n)
	}
	if rendered, _ := s.screens.count(wallOf(1)); rendered != 5 {
		t.Errorf("%d events rendered for two equal screens, want 5", rendered)
	}
}

func TestAPositionThatIsNotInTheRingGetsOneSnapshot(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]Position{
		"from the future":           {1, 1 << 40},
		"of another epoch":          {7, 2},
		"another epoch's newest":    {7, 4}, // a number that the ring holds, of other events
		"of no epoch":               {0, 0},
		"older than anything known": {1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for id := range int64(4) {
				s.set(1, id)
			}
			sc := s.blank(1)
			sc.at = at
			sc.state[99] = thing{99, 1, 9} // what no longer exists must go
			sc.connect()
			sc.equalsDatabase(1, 5*time.Second)
			if n := sc.count(isSnapshot); n != 1 {
				t.Errorf("%d snapshots, want 1", n)
			}
			s.set(1, 2)
			sc.equalsDatabase(1, 5*time.Second)
		})
	}
}

func TestASnapshotIsRenderedOnceForAllWhoNeedIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(1, 1)
	var all []*screen
	for range 50 {
		sc := s.blank(1)
		sc.at = Position{3, 1}
		sc.connect()
		all = append(all, sc)
	}
	for _, sc := range all {
		sc.equalsDatabase(1, 5*time.Second)
	}
	if _, snapshots := s.screens.count(wallOf(1)); snapshots != 1 {
		t.Errorf("%d snapshots rendered for 50 screens, want 1", snapshots)
	}
}

// A restored database begins a new epoch: open screens get a snapshot without doing anything.
func TestAnotherEpochReachesOpenScreens(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(1, 1)
	sc := s.open(1)
	s.set(1, 2)
	sc.equalsDatabase(1, 5*time.Second)
	if _, err := s.pool.ExecContext(t.Context(), `update topics set epoch = 2, head = 1 where name = 'site:1'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.ExecContext(t.Context(), `delete from events where topic = 'site:1'`); err != nil {
		t.Fatal(err)
	}
	sc.equalsDatabase(1, 5*time.Second)
	s.set(1, 3)
	sc.equalsDatabase(1, 5*time.Second)
	if got := sc.position(); got != (Position{2, 2}) {
		t.Errorf("position %v, want epoch 2, number 2", got)
	}
}

// Events that are pruned before this instance read them can't be shown one by one.
func TestPrunedEventsBecomeASnapshot(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Fallback = time.Hour })
	s.set(1, 1)
	sc := s.open(1)
	sc.equalsDatabase(1, 5*time.Second)
	// In one transaction: no reading may come between, such as that of a late wake-up.
	err := s.pool.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		for id := range int64(3) {
			if err := silently(ctx, tx, 1, id); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `delete from events where topic = 'site:1' and seq < 4`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.hub.wake()
	sc.equalsDatabase(1, 5*time.Second)
	if n := sc.count(isSnapshot); n != 1 {
		t.Errorf("%d snapshots, want 1", n)
	}
}

func TestOldEventsArePruned(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for id := range int64(3) {
		s.set(1, id)
	}
	if _, err := s.pool.ExecContext(t.Context(), `update events set at = at - interval '49 hours' where seq < 3`); err != nil {
		t.Fatal(err)
	}
	n, err := Prune(t.Context(), s.pool, EventsKept)
	if err != nil || n != 2 {
		t.Fatalf("pruned %d, %v; want 2", n, err)
	}
	sc := s.blank(1)
	sc.at = Position{1, 1}
	sc.connect()
	sc.equalsDatabase(1, 5*time.Second)
}

// More at once than the ring holds: a jump, and a snapshot for everybody.
func TestMoreThanTheRingHolds(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(1, 1)
	sc := s.open(1)
	ids := make([]int64, keep+200)
	for i := range ids {
		ids[i] = int64(i % 40)
	}
	if err := set(t.Context(), s.pool, 1, ids...); err != nil {
		t.Fatal(err)
	}
	sc.equalsDatabase(1, 10*time.Second)
}

// The first screen of a site: its topic has no row yet.
func TestASiteWhereNothingHappenedYet(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sc := s.open(5)
	eventually(t, 5*time.Second, "the first heartbeat", func() bool { return sc.count(isHeartbeat) > 0 })
	s.set(5, 1)
	sc.equalsDatabase(5, 5*time.Second)
	if n := sc.count(isSnapshot); n != 0 {
		t.Errorf("%d snapshots, want none", n)
	}
}

// What one audience isn't meant to see reaches it as an empty frame with its number.
func TestAnAudienceThatIsNotMeantGetsTheNumberOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sc := s.open(1, "view", string(Display))
	s.set(1, 1)
	eventually(t, 5*time.Second, "the frame", func() bool { return sc.count(isFrame) == 1 })
	for _, w := range sc.heardAll() {
		if isFrame(w) && (w.Content != "" || w.Kind != "") {
			t.Errorf("the display was told %+v", w)
		}
	}
}

// Screens that can't be rendered say nothing, rather than that they were up to date; once it works they are.
func TestRenderingThatFailsIsMadeGood(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.set(1, 1)
	sc := s.open(1)
	eventually(t, 5*time.Second, "the first heartbeat", func() bool { return sc.count(isHeartbeat) > 0 })
	s.screens.breakWith(errors.New("broken template"))
	s.set(1, 2)
	eventually(t, 10*time.Second, "some failures", func() bool { return s.hub.Stats().Failures > 4 })
	if got := sc.position(); got.Seq != 1 {
		t.Errorf("position %v while nothing can be rendered", got)
	}
	beats := sc.count(isHeartbeat)
	failures := s.hub.Stats().Failures
	eventually(t, 10*time.Second, "more failures", func() bool { return s.hub.Stats().Failures > failures })
	if now := sc.count(isHeartbeat); now != beats {
		t.Errorf("%d heartbeats while nothing can be rendered", now-beats)
	}
	s.screens.breakWith(nil)
	sc.equalsDatabase(1, 10*time.Second)
}
