package live

import (
	"errors"
	"testing"
	"time"
)

func isLane(w wire) bool { return w.Refresh != "" }

// A lane that is above its cap is sent whole, at most once a second, and once more after the last change.
func TestALaneIsSentWholeAtMostOnceASecond(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.screens.lane = true
	sc := s.open(1)
	began := time.Now()
	for n := range int64(40) {
		s.set(1, n%7)
	}
	sc.equalsDatabase(1, 5*time.Second)
	took := time.Since(began)
	if n, most := sc.count(isLane), int(took/laneEvery)+2; n < 1 || n > most {
		t.Errorf("the lane came %d times within %s, want 1 to %d", n, took, most)
	}
	if at := sc.position(); at.Seq != 40 {
		t.Errorf("at number %d, want 40", at.Seq)
	}
	for _, w := range sc.heardAll() {
		if isLane(w) && (w.Seq != nil || w.Target != "#all" || w.Swap != "lane") {
			t.Errorf("lane message %+v", w)
		}
	}
}

// Who comes back where a lane was sent last gets it once more rather than not at all.
func TestALaneIsRepeatedWhenInDoubt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.screens.lane = true
	first := s.open(1)
	s.set(1, 1)
	first.equalsDatabase(1, 5*time.Second)
	second := s.blank(1)
	second.at = Position{1, 1}
	second.connect()
	second.equalsDatabase(1, 5*time.Second)
	if n := second.count(isLane); n != 1 {
		t.Errorf("%d lanes, want 1", n)
	}
}

// However long the figures take, frames go on. Where something happened meanwhile they are made once more, and so are those
// that failed.
func TestFiguresAreMadeAside(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.screens.aside = make(chan error)
	sc := s.open(1)
	figures := func(w wire) bool { return w.Refresh == Figures }
	s.set(1, 1)
	eventually(t, 5*time.Second, "the figures to be begun", func() bool { return s.screens.lanesMade() == 1 })
	if err := set(t.Context(), s.pool, 1, 3*bareIDs+1); err != nil { // it asks for no figures
		t.Fatal(err)
	}
	sc.equalsDatabase(1, 5*time.Second)
	if n := sc.count(figures); n != 0 {
		t.Fatalf("%d figures, though none are made yet", n)
	}
	for _, end := range []struct {
		err  error
		came int // figures in all
	}{{nil, 1}, {errors.New("no figures today"), 1}, {nil, 2}} {
		select {
		case s.screens.aside <- end.err:
		case <-time.After(10 * time.Second):
			t.Fatal("nobody makes the figures")
		}
		eventually(t, 5*time.Second, "the figures", func() bool { return sc.count(figures) == end.came })
	}
}

// While the figures are made, none are begun.
func TestFiguresOneAtATime(t *testing.T) {
	t.Parallel()
	s := &things{}
	v := newView(&Hub{cfg: Config{Screens: s}, ctx: t.Context()}, View{}, newTopic("site:1"))
	v.dirty(Figures)
	v.counting = true
	if _, err := v.refresh(t.Context()); err != nil || !v.lanes[Figures].due {
		t.Errorf("%v; they are still due: %t", err, v.lanes[Figures].due)
	}
	v.hub.work.Wait()
	if n := s.lanesMade(); n != 0 {
		t.Errorf("%d begun", n)
	}
}
