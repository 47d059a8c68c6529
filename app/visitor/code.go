package visitor

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

// newCode draws six random digits (VISIT-4). That no two open visits of a site share one is the database's to say.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("visitor: no randomness: " + err.Error())
	}
	return fmt.Sprintf("%06d", n.Int64())
}

// newToken draws the 128 bits of a pass link.
func newToken() string {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic("visitor: no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// tries is what a device has tried so far; a code of six digits can be guessed by who may try without end.
type tries struct {
	Failures    int
	LastAt      time.Time
	LockedUntil time.Time
}

// The first slips of the finger are free (a site's setting); then the wait doubles, up to a cap. A quarter of an hour
// without a slip forgets them.
const (
	firstWait  = 5 * time.Second
	longest    = 5 * time.Minute
	triesFade  = 15 * time.Minute
	waitDouble = 7 // doublings until the cap is passed
)

// wait is how long the device must wait before it may try again; 0 when it may now. A clock set back does not lock
// anybody out for longer.
func (t tries) wait(now time.Time) time.Duration {
	if now.Before(t.LastAt) || !now.Before(t.LockedUntil) {
		return 0
	}
	return t.LockedUntil.Sub(now)
}

// fail counts one wrong code; from the free-th on, the device has to wait.
func (t tries) fail(now time.Time, free int) tries {
	if now.Sub(t.LastAt) > triesFade {
		t.Failures = 0
	}
	t.Failures++
	t.LastAt, t.LockedUntil = now, now
	if over := t.Failures - free; over >= 0 {
		t.LockedUntil = now.Add(min(firstWait<<min(over, waitDouble), longest))
	}
	return t
}
