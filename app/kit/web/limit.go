package web

import (
	"bytes"
	"hash/maphash"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
)

// Rates are the general limits of one instance: per second, and how many at once. They keep one caller from starving
// the others; guessing passwords and codes is limited in the database.
type Rates struct {
	Off          bool    // none at all: for measuring
	Address      float64 // requests per second and address (default 100)
	AddressBurst int     // (default 2000: a house full of screens behind one address reconnects)
	Write        float64 // writes per second and address (default 20)
	WriteBurst   int     // (default 120)
	Device       float64 // writes per second and kiosk (default 2)
	DeviceBurst  int     // (default 40)
}

func (r Rates) orDefaults() Rates {
	set := func(rate *float64, burst *int, dr float64, db int) {
		if *rate <= 0 {
			*rate = dr
		}
		if *burst <= 0 {
			*burst = db
		}
	}
	set(&r.Address, &r.AddressBurst, 100, 2000)
	set(&r.Write, &r.WriteBurst, 20, 120)
	set(&r.Device, &r.DeviceBurst, 2, 40)
	return r
}

// limit refuses what is too much, in calls and in bytes, and what no page of ours sends: packed forms, and addresses
// that are no text.
func (s *server) limit(c *fiber.Ctx) error {
	if len(c.Request().Body()) > s.bodyLimit(c.Method(), c.Path()) {
		return fault.New(fault.TooLarge, "web.too_large")
	}
	packed := len(c.Request().Header.ContentEncoding()) > 0 // fasthttp would unpack 64 KiB of a form into 64 MiB
	if packed || !textual(c) {
		return fault.New(fault.BadRequest, "web.bad_request")
	}
	if s.Rates.Off {
		return c.Next()
	}
	now := s.Now()
	from := network(Address(c)).String()
	wait := s.byAddr.take(from, now)
	if wait == 0 && unsafeMethod(c) {
		wait = s.writes.take(from, now)
		if device := c.Cookies(DeviceCookie); wait == 0 && device != "" {
			wait = s.devices.take(device, now)
		}
	}
	if wait > 0 {
		return fault.Wait("web.too_many", wait)
	}
	return c.Next()
}

// textual tells whether path and query are text: no address of ours holds NUL or broken UTF-8, and no database takes it.
func textual(c *fiber.Ctx) bool {
	if !isText(c.Context().Path()) {
		return false
	}
	for name, value := range c.Context().QueryArgs().All() {
		if !isText(name) || !isText(value) {
			return false
		}
	}
	return true
}

func isText(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }

// generation is how many callers are remembered before the older half is forgotten.
const generation = 16384

// limiter is a leaky bucket per caller (its theoretical arrival time), in bounded memory: two generations, of which
// the older is dropped when the younger is full. Callers are kept as hashes, since a cookie is as long as it likes.
type limiter struct {
	mu         sync.Mutex
	each       time.Duration // between two calls in the long run
	slack      time.Duration // how far ahead a burst may run
	seed       maphash.Seed
	young, old map[uint64]time.Time
}

func newLimiter(perSecond float64, burst int) *limiter {
	each := time.Duration(float64(time.Second) / perSecond)
	return &limiter{each: each, slack: each * time.Duration(burst-1), seed: maphash.MakeSeed(), young: map[uint64]time.Time{}}
}

// take lets a call through (0) or says how long to wait.
func (l *limiter) take(caller string, now time.Time) time.Duration {
	key := maphash.String(l.seed, caller)
	l.mu.Lock()
	defer l.mu.Unlock()
	next, known := l.young[key]
	if !known {
		next = l.old[key]
	}
	if next.Before(now) {
		next = now
	}
	if next.Sub(now) > l.slack+l.each {
		next = now // the clock was set back: nobody waits for that
	}
	wait := next.Sub(now) - l.slack
	if wait <= 0 {
		next, wait = next.Add(l.each), 0
	}
	if len(l.young) >= generation && !known {
		l.old, l.young = l.young, map[uint64]time.Time{}
	}
	l.young[key] = next
	return wait
}
