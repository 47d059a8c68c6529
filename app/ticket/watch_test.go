package ticket_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// mark lets the watch look once, and gives how much it noted.
func (d *desk) mark(svc *ticket.Service) int {
	d.t.Helper()
	n, err := svc.MarkDue(actor.AsJob(d.t.Context(), "watch", 0))
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// lines are what time did to a ticket and its orders, as its history has it: verb, clock or level, and when.
func (d *desk) lines(id int64) (out []string) {
	d.t.Helper()
	list, err := d.svc.Steps(d.as(staff.Manager), id)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, s := range list {
		if s.Verb == ticket.OverdueVerb || s.Verb == ticket.EscalateVerb {
			set := s.Set()
			out = append(out, fmt.Sprintf("%s %s%s %s", s.Verb, set.Clock, set.Level, s.At.Sub(monday)))
		}
	}
	return out
}

// inquiry is an entry whose only limit is its result's 24 hours.
func inquiry() ticket.Register {
	in := entry()
	in.Kind, in.Matter, in.Classify = "inquiry", "垃圾分类怎么做", true
	return in
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("history says\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	t.Run("SLA-4 a limit that passed while the server slept is noted with its true time, once", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), inquiry())
		d.clock.Set(made.DueAt.Add(-time.Microsecond))
		if n := d.mark(d.svc); n != 1 || d.get(made.ID).NearAt.IsZero() || len(d.lines(made.ID)) != 0 {
			t.Fatalf("noted %d before the limit, near since %s", n, d.get(made.ID).NearAt)
		}
		before := d.get(made.ID).Version
		d.clock.Set(made.DueAt.Add(20 * time.Hour))
		if n := d.mark(d.svc); n != 1 {
			t.Fatalf("noted %d, want 1", n)
		}
		if n := d.mark(d.another()); n != 0 {
			t.Errorf("noted %d again", n)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		last := steps[len(steps)-1]
		if last.Verb != ticket.OverdueVerb || !last.At.Equal(made.DueAt) || !last.NotedAt.Equal(d.clock.Now()) || last.Who(t.Context()) != "系统" {
			t.Errorf("history says %s at %s, noted %s by %s, want the limit %s", last.Verb, last.At, last.NotedAt, last.Who(t.Context()), made.DueAt)
		}
		if got := d.get(made.ID); !got.OverdueAt.Equal(made.DueAt) || got.Version != before+1 || !got.NearAt.IsZero() {
			t.Errorf("%+v", got)
		}
		for _, kind := range []string{"ticket.near", "ticket.overdue"} {
			if n := d.count(`select count(*) from events where kind = ? and ref = ?`, kind, made.ID); n != 1 {
				t.Errorf("%d events %s, want 1", n, kind)
			}
		}
	})
	t.Run("SLA-4 a step taken after the limit doesn't hide that it passed", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, inquiry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(made.DueAt.Add(time.Hour))
		d.do(ctx, made.ID, ticket.Resolve, "答复了")
		d.do(ctx, made.ID, ticket.Reopen, "没听懂")
		want := []ticket.Verb{ticket.RegisterVerb, ticket.Classify, ticket.Handle, ticket.OverdueVerb, ticket.Resolve, ticket.Reopen}
		if got := d.verbs(made.ID); !slices.Equal(got, want) {
			t.Errorf("history %v, want %v", got, want)
		}
		if n := d.mark(d.svc); n != 0 {
			t.Errorf("noted %d: the new clock has only begun", n)
		}
		d.clock.Add(24 * time.Hour)
		d.mark(d.svc)
		wantLines(t, d.lines(made.ID), "overdue result 24h0m0s", "overdue result 49h0m0s")
	})
	t.Run("SLA-4 a result in time is no breach, however late it is looked at", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, inquiry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(made.DueAt)
		d.do(ctx, made.ID, ticket.Resolve, "答复了")
		d.clock.Add(1000 * time.Hour)
		d.bring(made.ID, ticket.Closed)
		d.mark(d.svc)
		wantLines(t, d.lines(made.ID))
		if got := d.get(made.ID); got.Overdue(d.clock.Now()) || !got.NextAt.IsZero() {
			t.Errorf("overdue: %+v", got)
		}
	})
	t.Run("SLA-1 the limits are set anew when it is classified anew, and history keeps the old ones and their breach", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), inquiry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Add(25 * time.Hour)
		now, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reclassify, ticket.Act{Class: ticket.Class{Kind: "repair", Urgency: "B", Type: "A1"}})
		if err != nil || !now.DueAt.Equal(monday.Add(48*time.Hour)) || !now.OverdueAt.IsZero() {
			t.Fatalf("due %s, overdue %s, %v", now.DueAt, now.OverdueAt, err)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		said, _ := json.Marshal(steps[len(steps)-1].Set().Limits)
		want := `[{"clock":"response","to":"2026-11-24T02:00:00Z"},{"clock":"result","from":"2026-11-24T02:00:00Z","to":"2026-11-25T02:00:00Z"}]`
		if string(said) != want {
			t.Errorf("limits\n%s\nwant\n%s", said, want)
		}
		d.mark(d.svc)
		wantLines(t, d.lines(made.ID), "overdue result 24h0m0s", "overdue response 24h0m0s")
	})
	t.Run("SLA-2 while it waits on the customer nothing is due, and the time is added", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, inquiry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Add(4 * time.Hour)
		if got, err := d.svc.Do(ctx, made.ID, ticket.Wait, ticket.Act{On: "customer", Remark: "等他回电"}); err != nil || !got.DueAt.IsZero() {
			t.Fatalf("due %s, %v", got.DueAt, err)
		}
		d.clock.Add(30 * time.Hour)
		d.mark(d.svc)
		wantLines(t, d.lines(made.ID))
		if got := d.do(ctx, made.ID, ticket.Resume, ""); !got.DueAt.Equal(monday.Add(54 * time.Hour)) {
			t.Errorf("due %s", got.DueAt)
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

// many puts tickets of before into the site, which nobody has reckoned yet.
func (d *desk) many(count int) {
	d.t.Helper()
	_, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
		select ?, gen_random_uuid(), '', 'T' || n, 'phone', 'inquiry', '大堂', '问路', ? from generate_series(1, ?) n`, d.site, monday, count).
		Exec(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestWatchTogether(t *testing.T) {
	t.Parallel()
	t.Run("ESC-4 several instances at once note everything once, in batches", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		const count = 450 // more than two batches
		d.many(count)
		d.clock.Set(monday.Add(49 * time.Hour))
		var wg sync.WaitGroup
		for range 4 {
			svc := d.another()
			wg.Go(func() { d.mark(svc) })
		}
		wg.Wait()
		d.mark(d.svc) // what one left to another that was at work on it
		for _, verb := range []string{"overdue", "escalate"} {
			if n, of := d.count(`select count(*) from ticket_steps where verb = ?`, verb), d.count(`select count(distinct ticket_id) from ticket_steps where verb = ?`, verb); n != count || of != count {
				t.Errorf("%s: %d lines of %d tickets, want %d", verb, n, of, count)
			}
		}
		if n := d.count(`select count(*) from events where kind = 'ticket.escalated'`); n != count {
			t.Errorf("%d events, want %d", n, count)
		}
		if n := d.count(`select count(*) from notices where kind = 'escalated' and staff_id = ?`, d.people[staff.Supervisor].ID); n != count {
			t.Errorf("the supervisor was told %d times, want %d", n, count)
		}
	})
	t.Run("SLA-4 ten thousand tickets due in the same minute are noted within seconds", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		const count = 10_000
		d.many(count)
		d.mark(d.svc)
		d.clock.Set(monday.Add(24 * time.Hour))
		begin := time.Now()
		if n := d.mark(d.svc); n != count {
			t.Errorf("noted %d, want %d", n, count)
		}
		took := time.Since(begin)
		t.Logf("%d tickets in %s", count, took.Round(time.Millisecond))
		if took > time.Minute {
			t.Errorf("it took %s", took)
		}
		if n := d.count(`select count(*) from tickets where overdue_at = ?`, monday.Add(24*time.Hour)); n != count {
			t.Errorf("%d are overdue, want %d", n, count)
		}
	})
	t.Run("SLA-4 a step and the watch at the same moment: nothing is noted twice or lost", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		var made []int64
		for range 20 {
			one := d.register(d.as(staff.Agent), inquiry())
			d.bring(one.ID, ticket.InHand)
			made = append(made, one.ID)
		}
		d.clock.Set(monday.Add(25 * time.Hour))
		var wg sync.WaitGroup
		for range 2 {
			svc := d.another()
			wg.Go(func() { d.mark(svc) })
		}
		for _, id := range made {
			if _, err := d.svc.Do(d.as(staff.Agent), id, ticket.Resolve, ticket.Act{Remark: "答复了"}); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		d.mark(d.svc)
		for _, id := range made {
			wantLines(t, d.lines(id), "overdue result 24h0m0s")
		}
	})
}
