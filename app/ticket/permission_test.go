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
	may := map[ticket.Verb][]staff.Role{
		ticket.Take:       {staff.Agent, staff.Supervisor, staff.Manager, staff.Technician},
		ticket.Resolve:    {staff.Agent, staff.Supervisor, staff.Manager, staff.Technician},
		ticket.Reopen:     {staff.Agent, staff.Supervisor, staff.Manager, staff.Technician},
		ticket.Close:      {staff.Agent, staff.Supervisor, staff.Manager},
		ticket.Prioritise: {staff.Supervisor, staff.Manager},
	}
	from := map[ticket.Verb]ticket.State{ticket.Take: ticket.Registered, ticket.Resolve: ticket.InHand,
		ticket.Reopen: ticket.Resolved, ticket.Close: ticket.Resolved, ticket.Prioritise: ticket.Registered}
	for _, role := range staff.Roles {
		t.Run("TICKET-4 who may take which step: "+string(role), func(t *testing.T) {
			for verb, roles := range may {
				made := d.register(d.as(staff.Agent), entry())
				for _, v := range path[from[verb]] {
					d.do(d.as(staff.Manager), made.ID, v, "已处理")
				}
				_, err := d.svc.Do(d.as(role), made.ID, verb, ticket.Act{Remark: "说明", Urgency: "A", Type: "A2"})
				if ok := slices.Contains(roles, role); ok != (err == nil) || (!ok && !fault.Is(err, fault.Forbidden)) {
					t.Errorf("%s: %v, allowed: %v", verb, err, ok)
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
				if !slices.Contains(may[m.Verb], role) {
					t.Errorf("%s sees %s", role, m.Verb)
				}
			}
		}
	})
	t.Run("nobody signed in is asked to", func(t *testing.T) {
		if _, err := d.svc.Register(context.Background(), entry()); !fault.Is(err, fault.SignIn) {
			t.Errorf("register: %v", err)
		}
		if _, err := d.svc.Do(context.Background(), 1, ticket.Take, ticket.Act{}); !fault.Is(err, fault.SignIn) {
			t.Errorf("take: %v", err)
		}
	})
}

func TestPrioritise(t *testing.T) {
	t.Parallel()
	d := setup(t)
	boss := d.as(staff.Supervisor)
	made := d.register(d.as(staff.Agent), entry())
	t.Run("TICKET-3 urgency and type are set anew, and the history keeps the old ones", func(t *testing.T) {
		got, err := d.svc.Do(boss, made.ID, ticket.Prioritise, ticket.Act{Urgency: "C", Type: "B1", Remark: "不急", Version: made.Version})
		if err != nil || got.Urgency != "C" || got.Type != "B1" || got.State != ticket.Registered {
			t.Fatalf("%+v, %v", got, err)
		}
		steps, err := d.svc.Steps(boss, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		set := steps[len(steps)-1].Set()
		if set.Urgency == nil || *set.Urgency != (ticket.Change{From: "B", To: "C"}) || *set.Type != (ticket.Change{From: "A1", To: "B1"}) {
			t.Errorf("history says %+v", set)
		}
	})
	t.Run("an old page changes nothing", func(t *testing.T) {
		_, err := d.svc.Do(boss, made.ID, ticket.Prioritise, ticket.Act{Urgency: "A", Type: "B1", Version: made.Version})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%v, want a conflict", err)
		}
	})
	t.Run("the same again writes nothing", func(t *testing.T) {
		before := len(d.verbs(made.ID))
		if _, err := d.svc.Do(boss, made.ID, ticket.Prioritise, ticket.Act{Urgency: "C", Type: "B1"}); err != nil {
			t.Fatal(err)
		}
		if after := len(d.verbs(made.ID)); after != before {
			t.Errorf("%d steps, want %d", after, before)
		}
	})
	t.Run("what is no urgency or type is refused at its field", func(t *testing.T) {
		_, err := d.svc.Do(boss, made.ID, ticket.Prioritise, ticket.Act{Urgency: "D", Type: "'; drop table tickets"})
		f, _ := fault.As(err)
		if f == nil || len(f.Fields) != 2 {
			t.Errorf("%v, want both fields", err)
		}
	})
	t.Run("HELP-3 life at stake is urgency A", func(t *testing.T) {
		got, err := d.svc.Do(boss, made.ID, ticket.Prioritise, ticket.Act{Urgency: "C", Type: "A2", LifeSafety: true})
		if err != nil || got.Urgency != "A" || !got.LifeSafety {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a ticket of another site does not exist", func(t *testing.T) {
		stranger := d.people[staff.Manager]
		stranger.Site = d.other
		if _, err := d.svc.Do(d.by(stranger), made.ID, ticket.Take, ticket.Act{}); !fault.Is(err, fault.NotFound) {
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
