package ticket_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/notice"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// escalated is an inquiry in hand of which the supervisor was told after two days, on Wednesday at ten.
func (d *desk) escalated() *ticket.Ticket {
	d.t.Helper()
	made := d.register(d.as(staff.Agent), inquiry())
	d.bring(made.ID, ticket.InHand)
	d.clock.Set(monday.Add(48 * time.Hour))
	d.mark(d.svc)
	return d.get(made.ID)
}

// escalations are to whom a ticket went, and when.
func (d *desk) escalations(id int64) []string {
	d.t.Helper()
	return slices.DeleteFunc(d.lines(id), func(s string) bool { return s[:8] != "escalate" })
}

func (d *desk) inbox(who staff.Role) []string { return d.inboxOf(d.people[who].ID) }

// agrees holds the stored limits against the history.
func (d *desk) agrees() {
	d.t.Helper()
	if got, err := d.svc.Recompute(actor.AsJob(d.t.Context(), "test", 0), false); err != nil || len(got.Wrong) != 0 || got.Late != 0 {
		d.t.Errorf("doctor finds %+v, %v", got, err)
	}
}

func TestGoesOn(t *testing.T) {
	t.Parallel()
	t.Run("ESC-5 what nobody takes goes on level by level, each once, with true times, whatever the number of instances", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.escalated()
		if !made.UntakenAt.Equal(monday.Add(48 * time.Hour)) {
			t.Fatalf("it waits since %s", made.UntakenAt)
		}
		d.clock.Set(monday.Add(60 * time.Hour)) // ten in the evening: nobody looked since noon
		var wg sync.WaitGroup
		for range 2 {
			svc := d.another()
			wg.Go(func() { d.mark(svc) })
		}
		wg.Wait()
		d.mark(d.svc)
		wantLines(t, d.escalations(made.ID), "escalate supervisor 48h0m0s", "escalate manager 52h0m0s", "escalate operations_manager 56h0m0s")
		if n := d.count(`select count(*) from ticket_steps where ticket_id = ? and verb = 'escalate' and detail->>'of' = 'supervisor' and noted_at = ?`, made.ID, d.clock.Now()); n != 2 {
			t.Errorf("%d of them went on from the supervisor, noticed now", n)
		}
		for _, role := range []staff.Role{staff.Manager, staff.OperationsManager} {
			if d.told(role, "untaken", false) != 1 || len(d.inbox(role)) != 1 {
				t.Errorf("%s was told %v", role, d.inbox(role))
			}
		}
		if got := d.get(made.ID); got.Escalated != 3 || got.OwnerID != d.people[staff.Supervisor].ID || !got.UntakenAt.Equal(monday.Add(48*time.Hour)) {
			t.Errorf("level %d, owner %d, waits since %s", got.Escalated, got.OwnerID, got.UntakenAt)
		}
		d.agrees()
	})
	t.Run("ESC-4 gone on to the manager, a week later it passes to the manager all the same", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.escalated()
		d.clock.Set(monday.Add(7 * 24 * time.Hour))
		d.mark(d.svc)
		wantLines(t, d.escalations(made.ID), "escalate supervisor 48h0m0s", "escalate manager 52h0m0s", "escalate operations_manager 56h0m0s", "escalate manager 168h0m0s")
		if got := d.get(made.ID); got.OwnerID != d.people[staff.Manager].ID {
			t.Errorf("owner %d", got.OwnerID)
		}
	})
	t.Run("SLA-4 since when an escalation waits is a cache too: what was altered is found and mended", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.escalated()
		if _, err := d.db.NewRaw(`update tickets set untaken_at = null where id = ?`, made.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		job := actor.AsJob(t.Context(), "test", 0)
		if got, err := d.svc.Recompute(job, true); err != nil || len(got.Wrong) != 1 || got.Wrong[0].Figure != "untaken_at" {
			t.Fatalf("%+v, %v", got, err)
		}
		if got := d.get(made.ID); !got.UntakenAt.Equal(made.UntakenAt) {
			t.Errorf("it waits since %s", got.UntakenAt)
		}
	})
	t.Run("ESC-5 who should hear of it is away and somebody stands in: that one does", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.clock.Set(monday.Add(47*time.Hour + 30*time.Minute))
		d.duty(d.people[staff.Supervisor].ID, staff.Away, d.people[staff.Agent].ID)
		d.clock.Set(monday)
		made := d.escalated()
		if got := d.inbox(staff.Agent); !slices.Contains(got, "escalated") {
			t.Errorf("who stands in was told %v, the manager %v", got, d.inbox(staff.Manager))
		}
		if _, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.TakeOver, ticket.Act{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("ESC-5 outside working hours the term stands still, but for urgency A, which rings", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.clock.Set(monday.Add(7 * time.Hour)) // Monday, five in the afternoon
		calm := d.register(d.as(staff.Agent), inquiry())
		in := inquiry()
		in.Urgency = "A"
		urgent := d.register(d.as(staff.Agent), in)
		d.clock.Set(monday.Add(55*time.Hour + 4*time.Hour)) // Wednesday, nine in the evening
		d.mark(d.svc)
		wantLines(t, d.escalations(calm.ID), "escalate supervisor 55h0m0s")
		wantLines(t, d.escalations(urgent.ID), "escalate supervisor 55h0m0s", "escalate manager 59h0m0s")
		if d.told(staff.Manager, "untaken", true) != 1 || d.told(staff.Manager, "untaken", false) != 0 {
			t.Error("urgency A rings, and nothing else is told at night")
		}
		d.clock.Set(monday.Add(73 * time.Hour)) // Thursday, eleven
		d.mark(d.svc)
		wantLines(t, d.escalations(calm.ID), "escalate supervisor 55h0m0s", "escalate manager 73h0m0s")
		d.agrees()
	})
	t.Run("ESC-5 where nobody of a level is there, the next was told at once: then it goes on to the one above", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.away(staff.Supervisor)
		made := d.escalated()
		if got := d.inbox(staff.Manager); !slices.Contains(got, "escalated") {
			t.Fatalf("the manager was told %v", got)
		}
		before := len(d.inbox(staff.Manager))
		d.clock.Set(monday.Add(53 * time.Hour))
		d.mark(d.svc)
		wantLines(t, d.escalations(made.ID), "escalate supervisor 48h0m0s", "escalate manager 52h0m0s")
		if d.told(staff.OperationsManager, "untaken", true) != 1 || len(d.inbox(staff.Manager)) != before {
			t.Errorf("the operations manager was told %v, the manager %v", d.inbox(staff.OperationsManager), d.inbox(staff.Manager))
		}
	})
	t.Run("ESC-5 an order's task goes on too: the manager may take the same one, and then it stays", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		order, made := d.unanswered()
		tasks := &notice.Service{DB: d.db, Now: d.clock.Now, Taken: d.svc.TaskTaken}
		d.clock.Set(monday.Add(49 * time.Hour)) // the order passed at ten in the evening of Tuesday: eleven of Wednesday
		d.mark(d.svc)
		wantLines(t, d.escalations(made), "escalate operations_manager 36h0m0s", "escalate supervisor 36h0m0s", "escalate supervisor 48h0m0s", "escalate manager 48h0m0s")
		list, err := tasks.Tasks(d.as(staff.Manager))
		if err != nil || len(list) != 1 || list[0].Subject.ID != order {
			t.Fatalf("the manager's tasks: %+v, %v", list, err)
		}
		if n := d.count(`select count(*) from tasks`); n != 1 {
			t.Errorf("%d tasks", n)
		}
		if err := tasks.Take(d.as(staff.Manager), list[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := tasks.Take(d.as(staff.Supervisor), list[0].ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("the supervisor took it too: %v", err)
		}
		d.agrees()
	})
	t.Run("ESC-5 a task that was taken goes on to nobody", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		_, made := d.unanswered()
		tasks := &notice.Service{DB: d.db, Now: d.clock.Now, Taken: d.svc.TaskTaken}
		d.clock.Set(monday.Add(46 * time.Hour)) // Wednesday, eight
		d.mark(d.svc)
		list, err := tasks.Tasks(d.as(staff.Supervisor))
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if err := tasks.Take(d.as(staff.Supervisor), list[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := d.get(made); !got.UntakenAt.IsZero() {
			t.Errorf("it waits since %s", got.UntakenAt)
		}
		d.clock.Set(monday.Add(48*time.Hour - time.Second))
		d.mark(d.svc)
		wantLines(t, d.escalations(made), "escalate operations_manager 36h0m0s", "escalate supervisor 36h0m0s")
		d.agrees()
	})
}

// unanswered is an order for a repair, whose limit is ten in the evening of the next day.
func (d *desk) unanswered() (order, made int64) {
	d.t.Helper()
	ctx := d.as(staff.Agent)
	works := d.department("works", d.people[staff.Technician].ID)
	made = d.register(ctx, entry()).ID
	d.do(ctx, made, ticket.Classify, "")
	if _, err := d.svc.Do(ctx, made, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: works}}}); err != nil {
		d.t.Fatal(err)
	}
	list, err := d.svc.Orders(ctx, made)
	if err != nil {
		d.t.Fatal(err)
	}
	return list[0].ID, made
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	t.Run("ESC-5 who takes it over has it, and it goes on to nobody; the next one is told who has it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.escalated()
		d.clock.Add(time.Hour)
		for range 2 { // the same press sent again
			got, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.TakeOver, ticket.Act{Version: made.Version})
			if err != nil || got.OwnerID != d.people[staff.Manager].ID || !got.UntakenAt.IsZero() {
				t.Fatalf("owner %d, waits since %s, %v", got.OwnerID, got.UntakenAt, err)
			}
		}
		_, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.TakeOver, ticket.Act{})
		if f := conflict(t, err, "ticket.guard.untaken"); f.Args["Who"] != d.people[staff.Manager].Name {
			t.Errorf("told that %v has it", f.Args)
		}
		d.clock.Add(100 * time.Hour)
		d.mark(d.svc)
		wantLines(t, d.escalations(made.ID), "escalate supervisor 48h0m0s")
		d.agrees()
	})
	t.Run("ESC-5 two take it over at the same moment: one has it, the other is told who", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.escalated()
		d.clock.Add(time.Hour)
		roles := []staff.Role{staff.Supervisor, staff.Manager}
		errs := make([]error, len(roles))
		var wg sync.WaitGroup
		for i, role := range roles {
			wg.Go(func() {
				_, errs[i] = d.another().Do(d.as(role), made.ID, ticket.TakeOver, ticket.Act{})
			})
		}
		wg.Wait()
		winner := slices.Index(errs, nil)
		if winner < 0 {
			t.Fatal(errs)
		}
		f := conflict(t, errs[1-winner], "ticket.guard.untaken")
		if has := d.people[roles[winner]]; f.Args["Who"] != has.Name || d.get(made.ID).OwnerID != has.ID {
			t.Errorf("%s has it, the other is told %v", has.Name, f.Args)
		}
	})
	t.Run("ESC-5 work by who answers for it takes it; a remark, and the work of others, doesn't", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.escalated()
		d.clock.Add(time.Hour)
		d.do(d.as(staff.Supervisor), made.ID, ticket.Remark, "看到了")
		d.do(d.as(staff.Agent), made.ID, ticket.Answer, "还在查")
		if d.get(made.ID).UntakenAt.IsZero() {
			t.Fatal("a remark took it, or the agent's answer")
		}
		d.do(d.as(staff.Supervisor), made.ID, ticket.Answer, "我来查")
		if got := d.get(made.ID); !got.UntakenAt.IsZero() {
			t.Errorf("it waits since %s", got.UntakenAt)
		}
		second := d.register(d.as(staff.Agent), inquiry())
		d.bring(second.ID, ticket.InHand)
		d.clock.Add(48 * time.Hour)
		d.mark(d.svc)
		if d.get(second.ID).UntakenAt.IsZero() {
			t.Fatal("it wasn't escalated")
		}
		d.do(d.as(staff.Manager), second.ID, ticket.Answer, "我来查") // wasn't told, and gives tickets to others
		if got := d.get(second.ID); !got.UntakenAt.IsZero() {
			t.Errorf("the manager works on it, and it waits since %s", got.UntakenAt)
		}
		d.agrees()
	})
	t.Run("ESC-5 it is for those who were told: nobody else takes it, and who is on the duty list can", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := inquiry()
		in.Urgency = "A"
		d.clock.Set(monday.Add(12 * time.Hour))
		made := d.register(d.as(staff.Agent), in)
		d.bring(made.ID, ticket.InHand)
		d.clock.Add(48 * time.Hour) // ten in the evening
		d.away(staff.Supervisor)
		d.duty(d.people[staff.Guard].ID, staff.DutyList, 0)
		d.mark(d.svc)
		_, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.TakeOver, ticket.Act{})
		conflict(t, err, "ticket.guard.addressed")
		if got, err := d.svc.Do(d.as(staff.Guard), made.ID, ticket.TakeOver, ticket.Act{}); err != nil || !got.UntakenAt.IsZero() {
			t.Errorf("the guard on the duty list: %v", err)
		}
	})
	t.Run("ESC-5 what wasn't escalated can't be taken over", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), inquiry())
		_, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.TakeOver, ticket.Act{})
		conflict(t, err, "ticket.guard.not_escalated")
	})
}

// conflict holds that a refusal is one of a key, and gives it.
func conflict(t *testing.T, err error, key string) *fault.Fault {
	t.Helper()
	f, is := fault.As(err)
	if !is || f.Kind != fault.Conflict || f.Key != key {
		t.Fatalf("%v, want the conflict %s", err, key)
	}
	return f
}

func TestInformed(t *testing.T) {
	t.Parallel()
	t.Run("ESC-5 a department hears of its order: who is there, once each, and not who sent it; who gets it hears that", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		head, there, gone := d.people[staff.DepartmentHead].ID, d.people[staff.Technician].ID, d.people[staff.Guard].ID
		works := d.department("works", head, head, there, gone, d.people[staff.Agent].ID)
		d.away(staff.Guard)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.do(ctx, made.ID, ticket.Classify, "")
		if _, err := d.svc.Do(ctx, made.ID, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: works}}}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{head, there} {
			if got := d.inboxOf(id); !slices.Equal(got, []string{"order_sent"}) {
				t.Errorf("%d was told %v", id, got)
			}
		}
		if got := append(d.inboxOf(gone), d.inbox(staff.Agent)...); len(got) != 0 {
			t.Errorf("who is away, or sent it, was told %v", got)
		}
		list, err := d.svc.Orders(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.svc.DoOrder(d.by(d.people[staff.DepartmentHead]), list[0].ID, ticket.AssignOrder, ticket.OrderAct{Person: there}); err != nil {
			t.Fatal(err)
		}
		if got := d.inboxOf(there); !slices.Equal(got, []string{"order_sent", "order_assigned"}) {
			t.Errorf("who got it was told %v", got)
		}
	})
	t.Run("ESC-5 where everybody of a department is away, its order reaches them all the same", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.away(staff.Technician)
		d.unanswered()
		if got := d.inbox(staff.Technician); !slices.Equal(got, []string{"order_sent"}) {
			t.Errorf("told %v", got)
		}
	})
	t.Run("SLA-4 that a limit is near reaches who has the ticket, and the supervisor, once each", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), inquiry())
		d.bring(made.ID, ticket.InHand)
		if _, err := d.db.NewRaw(`update tickets set owner_id = ? where id = ?`, d.people[staff.Agent].ID, made.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.clock.Set(made.DueAt.Add(-time.Minute))
		var wg sync.WaitGroup
		for range 2 {
			svc := d.another()
			wg.Go(func() { d.mark(svc) })
		}
		wg.Wait()
		for _, role := range []staff.Role{staff.Agent, staff.Supervisor} {
			if got := d.inbox(role); !slices.Equal(got, []string{"near"}) {
				t.Errorf("%s was told %v", role, got)
			}
		}
	})
	t.Run("ESC-5 the supervisor who has the ticket is told once that its limit is near", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), inquiry()) // the zone's owner is the supervisor
		d.clock.Set(made.DueAt.Add(-time.Minute))
		d.mark(d.svc)
		if got := d.inbox(staff.Supervisor); !slices.Equal(got, []string{"near"}) {
			t.Errorf("told %v", got)
		}
	})
}
