package patience

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var ofAccount = Patience{Free: 5, First: 30 * time.Second, Longest: 15 * time.Minute, Forget: 24 * time.Hour}

// try counts a try unless it has to wait.
func try(t Tries, now time.Time) (Tries, time.Duration) {
	t, wait := ofAccount.Wait(t, now)
	if wait > 0 {
		return t, wait
	}
	return ofAccount.Fail(t, now), 0
}

func TestPatience(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	locked := func(failures int, last, until time.Duration) Tries {
		return Tries{Failures: failures, LastAt: at(last), LockedUntil: at(until)}
	}
	for _, tc := range []struct {
		name     string
		before   Tries
		wait     time.Duration
		failures int
		until    time.Duration // locked until, from noon
	}{
		{"the first try", Tries{}, 0, 1, 0},
		{"the fourth", locked(3, -time.Second, -time.Second), 0, 4, 0},
		{"the fifth is let through and locks", locked(4, -time.Second, -time.Second), 0, 5, 30 * time.Second},
		{"while locked nothing counts", locked(5, -10*time.Second, 20*time.Second), 20 * time.Second, 5, 20 * time.Second},
		{"after the wait one more, and the wait doubles", locked(5, -30*time.Second, 0), 0, 6, time.Minute},
		{"and doubles", locked(7, -time.Hour, -time.Minute), 0, 8, 4 * time.Minute},
		{"up to a quarter of an hour", locked(40, -time.Hour, -time.Minute), 0, 41, 15 * time.Minute},
		{"after a day all is forgotten", locked(40, -25*time.Hour, -24*time.Hour), 0, 1, 0},
		{"the clock set back an hour: the wait is as long as meant, from now", locked(5, time.Hour, time.Hour+30*time.Second), 30 * time.Second, 5, 30 * time.Second},
		{"the clock set back without a lock: the count stays", locked(3, time.Hour, time.Hour), 0, 4, 0},
		{"the clock set forward a day: forgotten, as after a day", locked(9, -48*time.Hour, -47*time.Hour), 0, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after, wait := try(tc.before, noon)
			if wait != tc.wait || after.Failures != tc.failures || !after.LockedUntil.Equal(at(tc.until)) {
				t.Errorf("wait %s, %d failures, locked until %s; want %s, %d, %s", wait, after.Failures, after.LockedUntil.Sub(noon), tc.wait, tc.failures, tc.until)
			}
		})
	}
}

// However tries and the clock go, nobody waits longer than the longest wait, and who waits as told gets through.
func TestPatienceNeverLocksForGood(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		var known Tries
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.Int64Range(-3600, 3600).Draw(t, "seconds")) * time.Second)
			var wait time.Duration
			known, wait = try(known, now)
			if wait > ofAccount.Longest {
				t.Fatalf("waits %s", wait)
			}
			if wait > 0 {
				now = now.Add(wait)
				if known, wait = try(known, now); wait > 0 {
					t.Fatalf("waited as told and must wait %s more", wait)
				}
			}
		}
	})
}
