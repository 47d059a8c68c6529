package ticket_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestOneGo(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 the desk registers, classifies and begins in one go, as the steps that it is", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Classify, in.Then = true, ticket.Handle
		got := d.register(d.as(staff.Receptionist), in)
		want := []ticket.Verb{ticket.RegisterVerb, ticket.Classify, ticket.Handle}
		if got.State != ticket.InHand || got.OwnerID != d.people[staff.Supervisor].ID || !slices.Equal(d.verbs(got.ID), want) {
			t.Errorf("%s of %s: %v", got.State, got.OwnerName, d.verbs(got.ID))
		}
		again := d.register(d.as(staff.Receptionist), in)
		if again.ID != got.ID || d.count(`select count(*) from tickets`) != 1 {
			t.Error("the same entry again made another ticket")
		}
		in.Then = ""
		if _, err := d.svc.Register(d.as(staff.Receptionist), in); !fault.Is(err, fault.Conflict) {
			t.Errorf("other content with the same key: %v", err)
		}
	})
	t.Run("TICKET-4 who may not classify registers all the same, and can't go round it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Classify = true
		if _, err := d.svc.Register(d.as(staff.Guard), in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
		if n := d.count(`select count(*) from tickets`); n != 0 {
			t.Errorf("%d tickets are left of a refused entry", n)
		}
	})
	t.Run("TICKET-6 an emergency is written up afterwards with its true times, marked, and still called back", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.clock.Add(3 * time.Hour)
		in := entry()
		in.Kind, in.Urgency, in.Classify, in.Then = "inquiry", "A", true, ticket.Handle
		in.Past = &ticket.Past{Registered: monday, Handled: monday.Add(5 * time.Minute), Resolved: monday.Add(40 * time.Minute), Done: "关了总阀，换了水管"}
		got := d.register(d.as(staff.Agent), in)
		if got.State != ticket.Resolved || !got.Afterwards || !got.RegisteredAt.Equal(monday) || !got.ResolvedAt.Equal(monday.Add(40*time.Minute)) {
			t.Fatalf("%s, afterwards %t, %s, %s", got.State, got.Afterwards, got.RegisteredAt, got.ResolvedAt)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), got.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{0, 0, 5 * time.Minute, 40 * time.Minute} {
			if !steps[i].At.Equal(monday.Add(want)) || !steps[i].NotedAt.Equal(d.clock.Now()) {
				t.Errorf("%s at %s, noted %s", steps[i].Verb, steps[i].At, steps[i].NotedAt)
			}
		}
		_, err = d.svc.Do(d.as(staff.Supervisor), got.ID, ticket.Close, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.sampled", "") // an inquiry could go unsampled, an emergency can't
	})
	t.Run("TICKET-6 times that lie in the future or before the last step are refused, and only emergencies have them", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for field, past := range map[string]ticket.Past{
			"past_registered": {Registered: monday.Add(time.Minute)}, "past_handled": {Registered: monday.Add(-time.Hour), Handled: monday.Add(-2 * time.Hour)},
			"past_resolved": {Registered: monday.Add(-time.Hour), Resolved: monday.Add(time.Second), Done: "好了"},
			"past_done":     {Registered: monday.Add(-time.Hour), Resolved: monday.Add(-time.Minute)},
		} {
			in := entry()
			in.Urgency, in.Classify, in.Then, in.Past = "A", true, ticket.Handle, &past
			_, err := d.svc.Register(d.as(staff.Agent), in)
			wantField(t, err, field)
		}
		in := entry()
		in.Classify, in.Past = true, &ticket.Past{Registered: monday.Add(-time.Hour)}
		_, err := d.svc.Register(d.as(staff.Agent), in)
		wantField(t, err, "past_registered")

		in = entry()
		in.EntryKey, in.Urgency = uuid.Must(uuid.NewV7()), "A"
		made := d.register(d.as(staff.Agent), in)
		d.clock.Add(time.Hour)
		for _, c := range []struct {
			at time.Time
			ok bool
		}{{monday.Add(-time.Hour), false}, {monday.Add(2 * time.Hour), false}, {monday.Add(10 * time.Minute), true}} {
			_, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Accept, ticket.Act{At: c.at})
			if c.ok != (err == nil) {
				t.Errorf("accepted at %s: %v", c.at, err)
			}
		}
		calm := d.register(d.as(staff.Agent), entry())
		_, err = d.svc.Do(d.as(staff.Agent), calm.ID, ticket.Accept, ticket.Act{At: d.clock.Now()})
		wantField(t, err, "at")
	})
	t.Run("TICKET-6 a result in time that is written up after the limit was no breach (SLA-4)", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Urgency = "A"
		made := d.register(d.as(staff.Agent), in)
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(made.DueAt.Add(time.Hour))
		d.mark(d.svc)
		got, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Resolve, ticket.Act{Remark: "当时就好了", At: made.DueAt.Add(-time.Minute)})
		if err != nil || got.Overdue(d.clock.Now()) || !got.Afterwards {
			t.Errorf("overdue %t, afterwards %t, %v", got.Overdue(d.clock.Now()), got.Afterwards, err)
		}
	})
}
