package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"lobby/app/site"
)

// dice throws the same for the same entry in every load.
type dice struct{ *rand.Rand }

func throw(kind string, i int) dice {
	var seed uint64
	for _, b := range []byte(kind) {
		seed = seed*31 + uint64(b)
	}
	return dice{rand.New(rand.NewPCG(seed, uint64(i)))} //nolint:gosec // the same again in every load is the point
}

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// weighted picks by weight.
func weighted[T any](d dice, list []T, weight func(T) int) T {
	total := 0
	for _, x := range list {
		total += weight(x)
	}
	n := d.IntN(total)
	for _, x := range list {
		if n -= weight(x); n < 0 {
			return x
		}
	}
	return list[0]
}

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between gives a span between two numbers of minutes.
func (d dice) between(from, to int) time.Duration {
	return time.Duration(from)*time.Minute + time.Duration(d.Int64N(int64(time.Duration(to-from+1)*time.Minute)))
}

func (d dice) name() string { return pick(d, data().Surnames) + pick(d, data().Given) }

// phone is a mobile number from blocks that nobody is called on by accident.
func (d dice) phone() string {
	return fmt.Sprintf("%s%04d", pick(d, []string{"1380000", "1390000", "1360000", "1500000", "1860000"}), d.IntN(10000))
}

// plate is one of Guangdong, some of them new energy.
func (d dice) plate() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	city := string(letters[d.IntN(12)])
	if d.chance(40) {
		return fmt.Sprintf("粤%sD%05d", city, d.IntN(100000))
	}
	return fmt.Sprintf("粤%s%d%c%03d", city, d.IntN(10), letters[d.IntN(len(letters))], d.IntN(1000))
}

// home is a household or, now and then, a shop, as somebody would type it.
func (d dice) home(places []site.Place) string {
	p := pick(d, places)
	name := site.PlaceName(p)
	if !p.Shop && d.chance(20) {
		name = strings.NewReplacer("#", "-", "单元", "-", "室", "").Replace(name)
	}
	return name
}
