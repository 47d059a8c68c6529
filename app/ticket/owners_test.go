package ticket_test

import (
	"slices"
	"testing"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/part"
	page "lobby/views/ticket"
)

func TestOwners(t *testing.T) {
	t.Parallel()
	t.Run("COMPLAINT-3 the manager owns important and major ones, the supervisor minor ones, which an agent of sufficient grade handles", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if _, err := d.db.NewRaw(`update zones set owner_id = ?`, d.people[staff.Agent].ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for severity, owner := range map[string]staff.Role{"minor": staff.Supervisor, "important": staff.Manager, "major": staff.Manager} {
			if got := d.register(d.as(staff.Agent), complaint(severity)); got.OwnerID != d.people[owner].ID || got.HandlerID != 0 {
				t.Errorf("%s: owner %s, handler %s; the agent is new and handles none", severity, got.OwnerName, got.HandlerName)
			}
		}
		d.senior(d.people[staff.Agent], 2)
		got := d.register(d.as(staff.Agent), complaint("minor"))
		if got.OwnerID != d.people[staff.Supervisor].ID || got.HandlerID != d.people[staff.Agent].ID {
			t.Errorf("minor: owner %s, handler %s", got.OwnerName, got.HandlerName)
		}
	})
	t.Run("COMPLAINT-3 the department complained of may not own it, however its people try", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		accused := d.people[staff.Technician]
		d.senior(accused, 3)
		dept := d.department("repair", d.people[staff.DepartmentHead].ID, accused.ID)
		if _, err := d.db.NewRaw(`update zones set owner_id = ?`, accused.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		made := d.register(d.by(accused), entry()) // who is complained of happens to take it, and records it
		made, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Classify, ticket.Act{Class: ticket.Class{Kind: "complaint", Validity: "valid",
			About: "property", Topic: "attitude", Severity: "minor", Against: dept}})
		if err != nil || made.FirstAskedID != accused.ID || made.OwnerID != d.people[staff.Supervisor].ID || made.HandlerID != 0 {
			t.Fatalf("first asked %s, owner %s, handler %s, %v", made.FirstAskedName, made.OwnerName, made.HandlerName, err)
		}
		_, err = d.svc.Do(d.by(accused), made.ID, ticket.Accept, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.unaccused", "")
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Handle, ticket.Act{Person: accused.ID})
		wantRefusal(t, err, "ticket.guard.unaccused", "")
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: accused.ID})
		wantRefusal(t, err, "ticket.guard.unaccused", "")
		// It takes part: an order can go to it.
		if got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: dept}}}); err != nil || got.State != ticket.InHand {
			t.Errorf("%v", err)
		}
	})
	t.Run("ORG-2 a case above somebody's grade can't be assigned to them, nor closed by them", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		junior := d.people[staff.Agent]
		made := d.register(d.by(junior), complaint("important"))
		_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Reassign, ticket.Act{Person: junior.ID})
		wantRefusal(t, err, "ticket.guard.within_grade", "")
		_, err = d.svc.Do(d.by(junior), made.ID, ticket.Handle, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.within_grade", "")
		d.bring(made.ID, ticket.CalledBack)
		for _, who := range []staff.Role{staff.Agent, staff.Supervisor} {
			_, err = d.svc.Do(d.as(who), made.ID, ticket.Close, ticket.Act{})
			wantRefusal(t, err, "ticket.guard.closer_grade", "")
		}
		if _, err = d.svc.Do(d.as(staff.Manager), made.ID, ticket.Close, ticket.Act{}); err != nil {
			t.Errorf("the manager: %v", err)
		}
	})
	t.Run("ORG-4 a ticket's page offers whom the grades of its site allow", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		junior := d.people[staff.Agent]
		made := d.register(d.by(junior), complaint("important"))
		offered := func() bool {
			v, err := d.svc.PageOf(d.as(staff.Manager), made.ID)
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(v.Verbs, func(b page.Verb) bool {
				return b.Name == string(ticket.Reassign) && slices.ContainsFunc(b.Inputs[0].Options, func(o part.Option) bool { return o.Label == junior.Name })
			})
		}
		if offered() {
			t.Error("a junior is offered an important complaint")
		}
		if _, err := d.db.NewRaw(`insert into grade_needs (site_id, grade, role, seniority) values (?, ?, 'agent', 1)`, d.site, made.Grade).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !offered() {
			t.Error("the site allows it, and the junior isn't offered it")
		}
	})
	t.Run("ORG-2 what grows above its owner's grade goes to who reaches it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.do(d.as(staff.Agent), made.ID, ticket.Classify, "")
		d.do(d.as(staff.Agent), made.ID, ticket.Handle, "")
		got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reclassify, ticket.Act{Class: ticket.Class{Kind: "complaint", Validity: "valid", About: "property",
			Topic: "safety", Severity: "major"}})
		if err != nil || got.OwnerID != d.people[staff.Manager].ID || got.HandlerID != 0 || got.Grade != 9 {
			t.Errorf("owner %s, handler %s, grade %d, %v", got.OwnerName, got.HandlerName, got.Grade, err)
		}
	})
	t.Run("ORG-2 an agent gives nothing to others by handling it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		other := d.addPerson("agent-two", staff.Agent)
		made := d.register(d.as(staff.Agent), entry())
		d.do(d.as(staff.Agent), made.ID, ticket.Classify, "")
		_, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Handle, ticket.Act{Person: other.ID})
		wantRefusal(t, err, "ticket.guard.assigned", "")
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Handle, ticket.Act{Person: 999999})
		wantField(t, err, "person")
		if got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Handle, ticket.Act{Person: other.ID}); err != nil || got.OwnerID != other.ID {
			t.Errorf("%v", err)
		}
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: other.ID})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("given to who has it: %v", err)
		}
	})
	t.Run("ORG-3 whoever handles it, first asked stays, and reassigning leaves who had it in the history", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Guard), entry())
		d.bring(made.ID, ticket.InHand)
		got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: d.people[staff.Agent].ID, Remark: "请接手"})
		if err != nil || got.OwnerID != d.people[staff.Agent].ID || got.FirstAskedID != d.people[staff.Guard].ID {
			t.Fatalf("%+v, %v", got, err)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if set := steps[len(steps)-1].Set(); set.Owner == nil || *set.Owner != (ticket.Hands{From: d.people[staff.Supervisor].ID, To: d.people[staff.Agent].ID}) {
			t.Errorf("%+v", set.Owner)
		}
	})
}
