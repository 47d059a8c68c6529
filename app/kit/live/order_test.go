package live

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/db/dbtest"
)

// Eight writers, three topics, two instances on one database, screens that come, go and come back: in the end every
// screen equals the database, and none was sent a number twice, out of order, or not at all. Of half of the changes there is
// nothing to show, and half of the screens are pages of an older build.
func TestEveryChangeOnceInOrder(t *testing.T) {
	t.Parallel()
	one := newStage(t)
	two := onStage(t, one.address, dbtest.Open(t, one.address))
	sites := []int64{1, 2, 3}
	for _, site := range sites {
		one.set(site, 1)
	}
	stages := []*stage{one, two}
	var screens []*screen
	var sitesOf []int64
	for i := range 18 {
		site := sites[i%len(sites)]
		screens = append(screens, stages[i%2].open(site, "lang", []string{"en", "zh-CN"}[i/6%2], "ranges", []string{"1", ""}[i/3%2]))
		sitesOf = append(sitesOf, site)
	}
	var writers, leavers sync.WaitGroup
	over := make(chan struct{})
	for w := range 8 {
		writers.Go(func() {
			for n := range 60 {
				pool := stages[(w+n)%2].pool
				ids := []int64{rand.Int64N(20), 20 + rand.Int64N(20), bareIDs, bareIDs + rand.Int64N(3), bareIDs + rand.Int64N(3), 40 + rand.Int64N(20)}
				if err := set(t.Context(), pool, sites[rand.IntN(len(sites))], ids[:1+n%len(ids)]...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i, sc := range screens {
		if i%3 == 0 {
			continue // stays
		}
		leavers.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(rand.N(40 * time.Millisecond)): // a person closes the lid; not a synchronisation
				}
				sc.close()
				sc.stage = stages[rand.IntN(2)] // comes back through the load balancer
				if err := sc.dial(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(over)
	leavers.Wait()
	for i, sc := range screens {
		sc.equalsDatabase(sitesOf[i], 10*time.Second)
	}
	for i, s := range stages {
		if st := s.hub.Stats(); st.Failures != 0 || st.Dropped != 0 {
			t.Errorf("hub %d: %+v", i, st)
		}
	}
}
