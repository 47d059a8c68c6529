package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lobby/app/kit/actor"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
)

// told counts what somebody has in their inbox of a kind.
func (d *desk) told(who staff.Role, kind string, loud bool) int {
	d.t.Helper()
	return d.count(`select count(*) from notices where staff_id = ? and kind = ? and loud = ?`, d.people[who].ID, kind, loud)
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	t.Run("ESC-1 an order that nobody answers: the supervisor has to find out why, the operations manager is told", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		works := d.department("works", d.people[staff.Technician].ID)
		made := d.register(ctx, entry())
		d.do(ctx, made.ID, ticket.Classify, "")
		if _, err := d.svc.Do(ctx, made.ID, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: works}}}); err != nil {
			t.Fatal(err)
		}
		orders, err := d.svc.Orders(ctx, made.ID)
		if err != nil || !orders[0].DueAt.Equal(monday.Add(36*time.Hour)) {
			t.Fatalf("%+v, %v", orders, err)
		}
		d.clock.Set(monday.Add(46 * time.Hour)) // Wednesday, eight in the morning in Shanghai
		d.mark(d.svc)
		d.mark(d.another())
		got := d.lines(made.ID)
		for _, want := range []string{"overdue order 36h0m0s", "escalate supervisor 36h0m0s", "escalate operations_manager 36h0m0s"} {
			if n := len(slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s != want })); n != 1 {
				t.Errorf("%q stands %d times in\n%s", want, n, strings.Join(got, "\n"))
			}
		}
		if n := d.count(`select count(*) from tasks where kind = 'find_cause' and subject = 'orders' and subject_id = ? and due_at = ?`, orders[0].ID, orders[0].DueAt); n != 1 {
			t.Errorf("%d tasks", n)
		}
		if d.told(staff.Supervisor, "find_cause", true) != 1 || d.told(staff.OperationsManager, "order_overdue", true) != 1 {
			t.Error("who has to know it doesn't")
		}
	})
	t.Run("ESC-2 a case not done in two days is the supervisor's, in a week the manager's; where the limit falls at the same time it is one escalation", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(monday.Add(48*time.Hour - time.Second))
		d.mark(d.svc)
		if d.get(made.ID).Escalated != 0 {
			t.Error("escalated before two days")
		}
		d.clock.Set(monday.Add(48 * time.Hour))
		d.mark(d.svc)
		if got := d.get(made.ID); got.OwnerID != d.people[staff.Supervisor].ID || got.Escalated != 1 {
			t.Errorf("owner %d, level %d", got.OwnerID, got.Escalated)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if from := steps[len(steps)-1].Set().Clocks; !slices.Equal(from, []string{"takeover", "result"}) {
			t.Errorf("it comes from %v", from)
		}
		d.do(d.as(staff.Supervisor), made.ID, ticket.TakeOver, "")
		d.clock.Set(monday.Add(7 * 24 * time.Hour))
		d.mark(d.svc)
		if got := d.get(made.ID); got.OwnerID != d.people[staff.Manager].ID || got.Escalated != 2 {
			t.Errorf("owner %d, level %d", got.OwnerID, got.Escalated)
		}
		if d.told(staff.Supervisor, "escalated", true) != 1 || d.told(staff.Manager, "escalated", true) != 1 {
			t.Error("who has it now wasn't told once")
		}
	})
	t.Run("ESC-4 each level once, also after it was opened again", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), inquiry())
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(monday.Add(49 * time.Hour))
		d.mark(d.svc)
		d.do(d.as(staff.Supervisor), made.ID, ticket.Resolve, "答复了")
		d.do(d.as(staff.Supervisor), made.ID, ticket.Reopen, "没听懂")
		d.clock.Add(50 * time.Hour)
		d.mark(d.svc)
		if n := d.count(`select count(*) from ticket_steps where ticket_id = ? and mark = 'esc:supervisor'`, made.ID); n != 1 {
			t.Errorf("%d times", n)
		}
	})
	t.Run("ESC-5 outside working hours only urgency A rings, and where nobody of a level is there it goes on to the next", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.clock.Set(monday.Add(12 * time.Hour)) // ten in the evening
		calm := d.register(d.as(staff.Agent), inquiry())
		in := inquiry()
		in.Urgency = "A"
		urgent := d.register(d.as(staff.Agent), in)
		d.away(staff.Supervisor)
		d.clock.Add(48 * time.Hour)
		d.mark(d.svc)
		for id, loud := range map[int64]bool{calm.ID: false, urgent.ID: true} {
			if n := d.count(`select count(*) from notices where ticket_id = ? and kind = 'escalated' and staff_id = ? and loud = ?`, id, d.people[staff.Manager].ID, loud); n != 1 {
				t.Errorf("ticket %d: told %d times, loud %t", id, n, loud)
			}
		}
		if d.told(staff.Supervisor, "escalated", false)+d.told(staff.Supervisor, "escalated", true) != 0 {
			t.Error("who is away was told")
		}
	})
	t.Run("COMPLAINT-5 a valid complaint not resolved in a month becomes major, is the manager's, and the month never pauses", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, complaint("minor"))
		job := actor.With(t.Context(), actor.Actor{Kind: actor.Job, Name: "test", Site: d.site, All: true})
		if _, err := d.svc.Do(job, made.ID, ticket.Handle, ticket.Act{Person: d.people[staff.Supervisor].ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.svc.Do(job, made.ID, ticket.Wait, ticket.Act{On: "customer", Remark: "客户出差"}); err != nil {
			t.Fatal(err)
		}
		month := time.Date(2026, 12, 23, 2, 0, 0, 0, time.UTC)
		d.clock.Set(month.Add(-time.Second))
		d.mark(d.svc)
		if got := d.get(made.ID); got.Severity != "minor" {
			t.Fatalf("%s before a month", got.Severity)
		}
		d.clock.Set(month.Add(30 * time.Hour))
		d.mark(d.svc)
		got := d.get(made.ID)
		if got.Severity != "major" || got.OwnerID != d.people[staff.Manager].ID || got.Grade != 9 || d.told(staff.Manager, "major", true) != 1 {
			t.Errorf("%s, owner %d, grade %d", got.Severity, got.OwnerID, got.Grade)
		}
		if lines := d.lines(made.ID); !slices.Contains(lines, "escalate manager "+month.Sub(monday).String()) {
			t.Errorf("%v", lines)
		}
	})
}

// away puts a line into the duty table: somebody isn't there.
func (d *desk) away(role staff.Role) {
	d.t.Helper()
	if _, err := d.db.NewRaw(`insert into duties (site_id, staff_id, kind, from_at, until_at) values (?, ?, 'away', ?, ?)`, d.site,
		d.people[role].ID, d.clock.Now(), d.clock.Now().Add(1000*time.Hour)).Exec(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// A server that was off for three days over several limits ends up where its twin is that looked all the time.
func TestWatchTwin(t *testing.T) {
	t.Parallel()
	t.Run("SLA-4 after three days asleep everything is as if it had run, with the true times", func(t *testing.T) {
		t.Parallel()
		end := monday.Add(80 * time.Hour)
		var history, stored [2][]string
		for i, every := range []time.Duration{80 * time.Hour, 2 * time.Hour} {
			d := setup(t)
			works := d.department("works", d.people[staff.Technician].ID)
			var made []int64
			for _, in := range []ticket.Register{entry(), inquiry(), complaint("minor"), complaint("important")} {
				made = append(made, d.register(d.as(staff.Manager), in).ID)
			}
			d.do(d.as(staff.Agent), made[0], ticket.Classify, "")
			if _, err := d.svc.Do(d.as(staff.Agent), made[0], ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: works}}}); err != nil {
				t.Fatal(err)
			}
			for d.clock.Now().Before(end) {
				d.clock.Add(every)
				d.mark(d.svc)
			}
			for _, id := range made {
				lines := d.lines(id)
				slices.Sort(lines)
				history[i] = append(history[i], lines...)
				var row string
				d.scan(&row, `select concat_ws(' ', response_due, solution_due, due_at, update_due, overdue_at, near_at, next_at, escalated, owner_id, severity) from tickets where id = ?`, id)
				stored[i] = append(stored[i], row)
			}
		}
		wantLines(t, history[0], history[1]...)
		wantLines(t, stored[0], stored[1]...)
		if len(history[0]) < 8 {
			t.Errorf("too little happened: %v", history[0])
		}
	})
}

func TestRules(t *testing.T) {
	t.Parallel()
	t.Run("SLA-1 a change of policy says before what it moves, moves only what runs, and history keeps the old limit", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Supervisor)
		open, over := d.register(ctx, entry()), d.register(ctx, entry())
		d.bring(over.ID, ticket.Resolved)
		policy, version, err := d.svc.Policy(ctx)
		if err != nil || version != 0 {
			t.Fatalf("version %d, %v", version, err)
		}
		policy.Rows = []limit.Row{{Kind: "repair", Result: limit.Span{N: 12, Unit: limit.Hours}}}
		moved, err := d.svc.PreviewPolicy(ctx, policy)
		if err != nil || moved.Count != 1 || moved.Moved[0].ID != open.ID || moved.Open != 2 {
			t.Fatalf("%+v, %v", moved, err)
		}
		want := []ticket.MovedLimit{{Clock: "response", From: monday.Add(24 * time.Hour)}, {Clock: "result", From: monday.Add(48 * time.Hour), To: monday.Add(12 * time.Hour)},
			{Clock: "update", From: monday.Add(32 * time.Hour)}}
		if diff := cmp.Diff(want, moved.Moved[0].Limits); diff != "" {
			t.Error(diff)
		}
		if got := d.get(open.ID); !got.DueAt.Equal(monday.Add(48 * time.Hour)) {
			t.Errorf("the preview moved it to %s", got.DueAt)
		}
		d.clock.Add(time.Hour)
		if err := d.svc.SetPolicy(ctx, policy, version); err != nil {
			t.Fatal(err)
		}
		if err := d.svc.SetPolicy(ctx, policy, version); err == nil {
			t.Error("a second one who saw the old policy wrote over it")
		}
		d.mark(d.another())
		if n := d.count(`select count(*) from events where kind = 'ticket.limited' and ref = ?`, open.ID); n != 1 || d.count(`select count(*) from events where kind = 'ticket.limited'`) != 1 {
			t.Errorf("%d screens' events of the ticket that is due elsewhere now, want 1, and of no other", n)
		}
		if got := d.get(open.ID); !got.DueAt.Equal(monday.Add(12 * time.Hour)) {
			t.Errorf("due %s", got.DueAt)
		}
		if got := d.get(over.ID); !got.DueAt.Equal(monday.Add(48 * time.Hour)) {
			t.Errorf("what is over is due %s", got.DueAt)
		}
		if verbs := d.verbs(open.ID); verbs[len(verbs)-1] != ticket.LimitVerb {
			t.Errorf("%v", verbs)
		}
	})
	t.Run("SLA-4 stored limits are a cache: what was altered is found, and mended only when asked", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		job := actor.AsJob(t.Context(), "test", 0)
		if got, err := d.svc.Recompute(job, false); err != nil || len(got.Wrong) != 0 || got.Tickets != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		if _, err := d.db.NewRaw(`update tickets set due_at = due_at + interval '1 day', response_due = null where id = ?`, made.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := d.svc.Recompute(job, false)
			if err != nil || len(got.Wrong) != 2 || got.Wrong[1].Figure != "due_at" || !got.Wrong[1].Should.Equal(made.DueAt) {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		if got, err := d.svc.Recompute(job, true); err != nil || len(got.Wrong) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		if got := d.get(made.ID); !got.DueAt.Equal(made.DueAt) || !got.ResponseDue.Equal(made.ResponseDue) {
			t.Errorf("due %s", got.DueAt)
		}
	})
	t.Run("SLA-5 a limit shows its working in words: from when, what counted, what didn't and why", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.clock.Set(time.Date(2026, 11, 27, 8, 40, 0, 0, time.UTC)) // a Friday afternoon
		made := d.register(d.as(staff.Supervisor), complaint("minor"))
		whys, err := d.svc.Whys(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, w := range whys {
			if w.Clock == string(limit.Result) {
				for _, p := range w.Parts {
					words = append(words, p.Words)
				}
			}
		}
		want := []string{"受理当天", "周末", "第1个工作日", "第2个工作日", "第3个工作日"}
		if !slices.Equal(words, want) {
			t.Errorf("%v, want %v", words, want)
		}
	})
}
