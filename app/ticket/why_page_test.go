package ticket_test

import (
	"slices"
	"testing"
	"time"

	"lobby/app/staff"
	"lobby/app/ticket/limit"
	page "lobby/views/ticket"
)

// A page explains limits by the rules as they stand, though an instance keeps those that it has read.
func TestPageFollowsTheRules(t *testing.T) {
	t.Parallel()
	d := setup(t)
	made := d.register(d.as(staff.Agent), entry())
	result := func() page.Why {
		whys, err := d.svc.Whys(d.as(staff.Agent), made.ID)
		at := slices.IndexFunc(whys, func(w page.Why) bool { return w.Clock == string(limit.Result) && w.Replaced.IsZero() })
		if err != nil || at < 0 {
			t.Fatalf("%v, %v", whys, err)
		}
		return whys[at]
	}
	before := result().Due
	d.clock.Add(time.Hour)
	p := limit.Default()
	for i := range p.Rows {
		if p.Rows[i].Kind == made.Kind {
			p.Rows[i].Result.N++
		}
	}
	if err := d.another().SetPolicy(d.as(staff.Supervisor), p, 0); err != nil {
		t.Fatal(err)
	}
	if after := result().Due; !after.After(before) {
		t.Errorf("another instance changed the policy: the limit was %s and is %s on this one's page", before, after)
	}
}
