package ticket_test

import (
	"slices"
	"testing"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestComplaints(t *testing.T) {
	t.Parallel()
	t.Run("COMPLAINT-1 an invalid complaint gets no order, is explained, and the supervisor confirms it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		guards := d.department("guards", d.people[staff.DepartmentHead].ID)
		in := complaint("")
		in.Validity, in.About = "invalid", ""
		made := d.register(d.as(staff.Agent), in)
		for verb, act := range map[ticket.Verb]ticket.Act{ticket.Handle: {}, ticket.Dispatch: {Instructions: []ticket.Instruction{{Department: guards}}}} {
			_, err := d.svc.Do(d.as(staff.Supervisor), made.ID, verb, act)
			wantRefusal(t, err, "ticket.guard.valid", "")
		}
		if _, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Invalidate, ticket.Act{Remark: "已说明"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent confirms it: %v", err)
		}
		_, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Invalidate, ticket.Act{})
		wantField(t, err, "remark")
		got := d.do(d.as(staff.Supervisor), made.ID, ticket.Invalidate, "已向业主说明")
		if got.State != ticket.Invalid || got.ClosedAt.IsZero() || got.State.Lane() != "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("COMPLAINT-1 a valid one says whether it is about the property service, an invalid one needn't", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := complaint("minor")
		in.About = ""
		_, err := d.svc.Register(d.as(staff.Agent), in)
		wantField(t, err, "about")
		in = complaint("minor")
		in.Validity = ""
		_, err = d.svc.Register(d.as(staff.Agent), in)
		wantField(t, err, "validity")
	})
	t.Run("COMPLAINT-2 severity is minor, important or major, and the schema holds it too", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for severity, ok := range map[string]bool{"minor": true, "important": true, "major": true, "": false, "huge": false} {
			in := complaint(severity)
			if _, err := d.svc.Register(d.as(staff.Agent), in); ok != (err == nil) {
				t.Errorf("%q: %v", severity, err)
			}
		}
		made := d.register(d.as(staff.Agent), complaint("minor"))
		if _, err := d.db.NewRaw(`update tickets set severity = '' where id = ?`, made.ID).Exec(t.Context()); err == nil {
			t.Error("a classified complaint without severity is stored")
		}
	})
	t.Run("COMPLAINT-7 a complaint has one of five topics", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for _, topic := range append(slices.Clone(ticket.Topics), "", "weather") {
			in := complaint("minor")
			in.Topic = topic
			_, err := d.svc.Register(d.as(staff.Agent), in)
			if ok := slices.Contains(ticket.Topics, topic); ok != (err == nil) {
				t.Errorf("%q: %v", topic, err)
			}
		}
		if len(ticket.Topics) != 5 {
			t.Errorf("%d topics", len(ticket.Topics))
		}
	})
	t.Run("COMPLAINT-6 a second complaint of the same customer is linked to the first, and only to an earlier one of theirs", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		first, second, third := d.register(ctx, complaint("minor")), d.register(ctx, complaint("minor")), d.register(ctx, complaint("minor"))
		in := complaint("minor")
		in.Place, in.Phone = "东门", "13987654321"
		other := d.register(ctx, in)
		for _, wrong := range []int64{other.ID, second.ID, third.ID, 999999, -1} {
			_, err := d.svc.Do(ctx, second.ID, ticket.Link, ticket.Act{Earlier: wrong})
			wantField(t, err, "earlier")
		}
		got, err := d.svc.Do(ctx, second.ID, ticket.Link, ticket.Act{Earlier: first.ID})
		if err != nil || got.RepeatsID != first.ID {
			t.Fatalf("%+v, %v", got, err)
		}
		got, err = d.svc.Do(ctx, third.ID, ticket.Link, ticket.Act{Earlier: second.ID}) // of a chain the first counts
		if err != nil || got.RepeatsID != first.ID || got.RepeatsNumber != first.Number {
			t.Errorf("%+v, %v", got, err)
		}
		if n := d.count(`select count(*) from tickets where repeats_id = ?`, first.ID); n != 2 {
			t.Errorf("repeated %d times, want 2", n)
		}
		repair := d.register(ctx, entry())
		_, err = d.svc.Do(ctx, repair.ID, ticket.Link, ticket.Act{Earlier: first.ID})
		wantRefusal(t, err, "ticket.guard.complaint", "")
	})
}
