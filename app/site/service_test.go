package site_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/site"
)

func TestDemoAndRealSiteNeverStandTogether(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := site.Service{DB: pool, Now: time.Now}
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.CLI, All: true})
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			code := string(rune('a' + i))
			_, errs[i] = s.Add(ctx, site.Add{Code: code, Name: code, TimeZone: "Asia/Shanghai", Accent: "#0b6e5f", Demo: i%2 == 0})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	}
	var kinds int
	if err := pool.NewRaw(`select count(distinct demo) from sites`).Scan(context.WithoutCancel(ctx), &kinds); err != nil || kinds != 1 {
		t.Errorf("%d kinds of sites stand together: %v", kinds, err)
	}
}
