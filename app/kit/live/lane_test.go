package live

import (
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
