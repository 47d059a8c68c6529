package ticket_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func (d *desk) mark(svc *ticket.Service) int {
	d.t.Helper()
	n, err := svc.MarkDue(actor.AsJob(d.t.Context(), "due", 0))
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestDue(t *testing.T) {
	t.Parallel()
	t.Run("SLA-4 a limit that passed while the server slept is noted with its true time, once", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.clock.Set(made.DueAt.Add(-time.Microsecond))
		if n := d.mark(d.svc); n != 0 {
			t.Fatalf("marked %d before the limit", n)
		}
		d.clock.Add(72 * time.Hour)
		if n := d.mark(d.svc); n != 1 {
			t.Fatalf("marked %d, want 1", n)
		}
		if n := d.mark(d.another()); n != 0 {
			t.Errorf("marked %d again", n)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		last := steps[len(steps)-1]
		if last.Verb != ticket.OverdueVerb || !last.At.Equal(made.DueAt) || last.Who(t.Context()) != "系统" {
			t.Errorf("history says %s at %s by %s, want the limit %s", last.Verb, last.At, last.Who(t.Context()), made.DueAt)
		}
		got, err := d.svc.Get(d.as(staff.Agent), made.ID)
		if err != nil || !got.OverdueAt.Equal(made.DueAt) || got.Version != made.Version+1 {
			t.Errorf("%+v, %v", got, err)
		}
		if n := d.count(`select count(*) from events where kind = 'ticket.overdue' and ref = ?`, made.ID); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
	t.Run("SLA-4 a step taken after the limit doesn't hide that it passed", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(made.DueAt.Add(time.Hour))
		d.do(ctx, made.ID, ticket.Resolve, "修好了")
		d.do(ctx, made.ID, ticket.Reopen, "没修好")
		want := []ticket.Verb{ticket.RegisterVerb, ticket.Classify, ticket.Handle, ticket.OverdueVerb, ticket.Resolve, ticket.Reopen}
		if got := d.verbs(made.ID); !slices.Equal(got, want) {
			t.Errorf("history %v, want %v", got, want)
		}
		if n := d.mark(d.svc); n != 0 {
			t.Errorf("marked %d: the new clock has only begun", n)
		}
		d.clock.Add(48 * time.Hour)
		if n := d.mark(d.svc); n != 1 {
			t.Errorf("marked %d: the new clock has run out too", n)
		}
	})
	t.Run("SLA-4 a result in time is no breach, however late it is looked at", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(made.DueAt.Add(-time.Second))
		d.do(ctx, made.ID, ticket.Resolve, "修好了")
		d.clock.Add(1000 * time.Hour)
		d.bring(made.ID, ticket.Closed)
		if n := d.mark(d.svc); n != 0 {
			t.Errorf("marked %d", n)
		}
		if got, err := d.svc.Get(ctx, made.ID); err != nil || got.Overdue(d.clock.Now()) {
			t.Errorf("overdue: %+v, %v", got, err)
		}
	})
	t.Run("SLA-4 several instances at once mark each limit once, in batches", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		const count = 450 // more than two batches
		_, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at, due_at)
			select ?, gen_random_uuid(), '', 'T' || n, 'phone', 'repair', '大堂', '漏水', ?, ?::timestamptz + n * interval '1 second'
			from generate_series(1, ?) n`, d.site, monday, monday, count).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.clock.Add(time.Hour)
		var wg sync.WaitGroup
		marked := make([]int, 4)
		for i := range marked {
			svc := d.another()
			wg.Go(func() { marked[i] = d.mark(svc) })
		}
		wg.Wait()
		sum := d.mark(d.svc) // what one left to another that was at work on it
		for _, n := range marked {
			sum += n
		}
		if sum != count {
			t.Errorf("marked %v, %d together, want %d", marked, sum, count)
		}
		if n := d.count(`select count(distinct ticket_id) from ticket_steps where verb = 'overdue'`); n != count {
			t.Errorf("%d tickets have it in their history, want %d", n, count)
		}
		if n := d.count(`select count(*) from events where kind = 'ticket.overdue'`); n != count {
			t.Errorf("%d events, want %d", n, count)
		}
	})
	t.Run("only the server and who works on tickets may mark", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if _, err := d.svc.MarkDue(d.as(staff.Guard)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
	})
}
