package ticket_test

import (
	"context"
	"slices"
	"testing"

	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestPermissions(t *testing.T) {
	t.Parallel()
	d := setup(t)
	desk := []staff.Role{staff.Receptionist, staff.Agent, staff.Supervisor, staff.Manager}
	work := []staff.Role{staff.Agent, staff.Supervisor, staff.Manager, staff.Technician}
	boss := []staff.Role{staff.Supervisor, staff.Manager}
	may := map[ticket.Verb][]staff.Role{
		ticket.Accept:   append(slices.Clone(desk), staff.Technician, staff.Guard, staff.SecuritySupervisor),
		ticket.Classify: desk, ticket.Handle: desk, ticket.Invalidate: boss, ticket.Reclassify: boss,
		ticket.Answer: work, ticket.Wait: work, ticket.Resolve: work, ticket.Unsolvable: {staff.Manager},
		ticket.Verify: append(slices.Clone(desk), staff.Technician), ticket.CallBack: desk, ticket.Reopen: desk,
		ticket.Close: {staff.Agent, staff.Supervisor, staff.Manager}, ticket.Urge: staff.Roles,
	}
	from := map[ticket.Verb]ticket.State{ticket.Handle: ticket.Classified, ticket.Invalidate: ticket.Classified, ticket.Reclassify: ticket.InHand,
		ticket.Answer: ticket.InHand, ticket.Wait: ticket.InHand, ticket.Resolve: ticket.InHand, ticket.Unsolvable: ticket.InHand,
		ticket.Verify: ticket.Resolved, ticket.CallBack: ticket.Verified, ticket.Reopen: ticket.Resolved, ticket.Close: ticket.CalledBack}
	for verb, roles := range may {
		t.Run("TICKET-4 who may take which step: "+string(verb), func(t *testing.T) {
			var stands *ticket.Ticket // what is refused leaves it as it is
			for _, role := range staff.Roles {
				if stands == nil {
					stands = d.register(d.as(staff.Agent), entry())
					for _, v := range path[from[verb]] {
						d.do(d.as(staff.Manager), stands.ID, v, "已处理")
					}
				}
				act := d.act(stands.ID, "说明")
				act.Class.Urgency = "C"
				_, err := d.svc.Do(d.as(role), stands.ID, verb, act)
				if ok := slices.Contains(roles, role); ok != (err == nil) || (!ok && !fault.Is(err, fault.Forbidden)) {
					t.Errorf("%s: %v, allowed: %v", role, err, ok)
				}
				if err == nil {
					stands = nil
				}
			}
		})
	}
	t.Run("ORG-3 nobody may refuse to record: every role registers", func(t *testing.T) {
		for _, role := range staff.Roles {
			if _, err := d.svc.Register(d.as(role), entry()); err != nil {
				t.Errorf("%s: %v", role, err)
			}
		}
	})
	t.Run("buttons are what the actor may press", func(t *testing.T) {
		for _, role := range staff.Roles {
			for _, m := range ticket.Moves(ticket.Resolved, d.people[role]) {
				if roles, known := may[m.Verb]; known && !slices.Contains(roles, role) {
					t.Errorf("%s sees %s", role, m.Verb)
				}
			}
		}
	})
	t.Run("nobody signed in is asked to", func(t *testing.T) {
		if _, err := d.svc.Register(context.Background(), entry()); !fault.Is(err, fault.SignIn) {
			t.Errorf("register: %v", err)
		}
		if _, err := d.svc.Do(context.Background(), 1, ticket.Accept, ticket.Act{}); !fault.Is(err, fault.SignIn) {
			t.Errorf("accept: %v", err)
		}
	})
}

func TestReclassify(t *testing.T) {
	t.Parallel()
	d := setup(t)
	boss := d.as(staff.Supervisor)
	made := d.register(d.as(staff.Agent), entry())
	made = d.bring(made.ID, ticket.InHand)
	class := made.Class
	t.Run("TICKET-3 urgency and type are set anew, and the history keeps the old ones", func(t *testing.T) {
		class.Urgency, class.Type = "C", "B1"
		got, err := d.svc.Do(boss, made.ID, ticket.Reclassify, ticket.Act{Class: class, Remark: "不急", Version: made.Version})
		if err != nil || got.Urgency != "C" || got.Type != "B1" || got.State != ticket.InHand {
			t.Fatalf("%+v, %v", got, err)
		}
		steps, err := d.svc.Steps(boss, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		set := steps[len(steps)-1].Set()
		if set.Was == nil || set.Was.Urgency != "B" || set.Was.Type != "A1" || set.Class.Urgency != "C" || set.Class.Type != "B1" {
			t.Errorf("history says %+v", set)
		}
	})
	t.Run("an old page changes nothing", func(t *testing.T) {
		class := class
		class.Urgency = "A"
		_, err := d.svc.Do(boss, made.ID, ticket.Reclassify, ticket.Act{Class: class, Version: made.Version})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%v, want a conflict", err)
		}
	})
	t.Run("the same again writes nothing", func(t *testing.T) {
		before := len(d.verbs(made.ID))
		if _, err := d.svc.Do(boss, made.ID, ticket.Reclassify, ticket.Act{Class: class}); err != nil {
			t.Fatal(err)
		}
		if after := len(d.verbs(made.ID)); after != before {
			t.Errorf("%d steps, want %d", after, before)
		}
	})
	t.Run("what is no urgency or type is refused at its field", func(t *testing.T) {
		_, err := d.svc.Do(boss, made.ID, ticket.Reclassify, ticket.Act{Class: ticket.Class{Kind: "repair", Urgency: "D", Type: "'; drop table tickets"}})
		f, _ := fault.As(err)
		if f == nil || len(f.Fields) != 2 {
			t.Errorf("%v, want both fields", err)
		}
	})
	t.Run("HELP-3 life at stake is urgency A", func(t *testing.T) {
		got, err := d.svc.Do(boss, made.ID, ticket.Reclassify, ticket.Act{Class: ticket.Class{Kind: "repair", Urgency: "C", Type: "A2", LifeSafety: true}})
		if err != nil || got.Urgency != "A" || !got.LifeSafety {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a ticket of another site does not exist", func(t *testing.T) {
		stranger := d.people[staff.Manager]
		stranger.Site = d.other
		if _, err := d.svc.Do(d.by(stranger), made.ID, ticket.Resolve, ticket.Act{Remark: "x"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v, want not found", err)
		}
		if _, err := d.svc.Get(d.by(stranger), made.ID); !fault.Is(db.Translate(err), fault.NotFound) {
			t.Errorf("%v, want not found", err)
		}
		if steps, err := d.svc.Steps(d.by(stranger), made.ID); err != nil || len(steps) != 0 {
			t.Errorf("%v, %v", steps, err)
		}
	})
}
