// Package patience says how long somebody who guesses has to wait: the first slips are free, then each further one
// doubles the wait, up to a cap. Where the tries are kept is their room's own affair.
package patience

import "time"

// Patience is how many wrong tries are free, and how the wait grows after them.
type Patience struct {
	Free    int           // tries before the first wait
	First   time.Duration // the first wait; each further failure doubles it
	Longest time.Duration
	Forget  time.Duration // after so long without a try the count begins anew
}

// Tries is what is remembered of one account, address or device. The zero value has never failed.
type Tries struct {
	Failures    int       `bun:"failures"`
	LastAt      time.Time `bun:"last_at"`
	LockedUntil time.Time `bun:"locked_until"`
}

// Wait says how long to wait before the next try; 0: now. Where the clock was set back the wait begins anew: never
// shorter than it was meant, and never longer than that from now. The tries it gives are to be kept.
func (p Patience) Wait(t Tries, now time.Time) (Tries, time.Duration) {
	if meant := p.after(t.Failures); t.LockedUntil.After(now.Add(meant)) {
		t.LockedUntil, t.LastAt = now.Add(meant), now
	}
	return t, max(t.LockedUntil.Sub(now), 0)
}

// Fail counts one failure at now, whether or not one had to wait for it.
func (p Patience) Fail(t Tries, now time.Time) Tries {
	if now.Sub(t.LastAt) > p.Forget {
		t.Failures = 0
	}
	t.Failures++
	t.LastAt, t.LockedUntil = now, now.Add(p.after(t.Failures))
	return t
}

func (p Patience) after(failures int) time.Duration {
	if failures < p.Free {
		return 0
	}
	wait := p.First
	for range failures - p.Free {
		if wait *= 2; wait >= p.Longest {
			return p.Longest
		}
	}
	return min(wait, p.Longest)
}
