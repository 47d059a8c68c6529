package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	help := func(kind string) ticket.Register {
		in := entry()
		in.Kind, in.HelpKind, in.Classify = "help", kind, true
		return in
	}
	t.Run("HELP-1 help is of one of seven kinds", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if len(ticket.HelpKinds) != 7 {
			t.Fatalf("%d kinds", len(ticket.HelpKinds))
		}
		for _, kind := range append(slices.Clone(ticket.HelpKinds), "", "alien") {
			_, err := d.svc.Register(d.as(staff.Agent), help(kind))
			if ok := slices.Contains(ticket.HelpKinds, kind); ok != (err == nil) {
				t.Errorf("%q: %v", kind, err)
			}
		}
	})
	t.Run("HELP-3 medical, crime and disaster are life-safety of urgency A and alarm until somebody accepts, not merely classifies", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		alarm := func(id int64) bool {
			cards, err := ticket.CardsByID(t.Context(), d.db, d.site, []int64{id})
			if err != nil {
				t.Fatal(err)
			}
			return cards[id].Alarm()
		}
		for _, kind := range ticket.HelpKinds {
			in := help(kind)
			in.Urgency = "C"
			made := d.register(d.as(staff.Agent), in)
			grave := kind == "medical" || kind == "crime" || kind == "disaster"
			if made.LifeSafety != grave || (made.Urgency == "A") != grave || alarm(made.ID) != grave {
				t.Errorf("%s: life safety %t, urgency %s, alarm %t", kind, made.LifeSafety, made.Urgency, alarm(made.ID))
			}
			if d.do(d.as(staff.Guard), made.ID, ticket.Accept, ""); alarm(made.ID) {
				t.Errorf("%s still alarms", kind)
			}
		}
	})
	t.Run("HELP-2 what the desk can't solve it asks the supervisor, and that is on record", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Receptionist), help("other"))
		_, err := d.svc.Do(d.as(staff.Receptionist), made.ID, ticket.Ask, ticket.Act{})
		wantField(t, err, "remark")
		got := d.do(d.as(staff.Receptionist), made.ID, ticket.Ask, "业主要借轮椅，可以吗")
		if got.State != ticket.Classified || d.count(`select count(*) from events where kind = 'ticket.asked' and ref = ?`, made.ID) != 1 {
			t.Errorf("%s", got.State)
		}
	})
	t.Run("HELP-4 what can't be done is still helped with, and the buck is passed nowhere", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), help("other"))
		d.bring(made.ID, ticket.InHand)
		_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Unsolvable, ticket.Act{Remark: "本项目没有此服务"})
		wantField(t, err, "instead")
		got, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Unsolvable, ticket.Act{Remark: "本项目没有此服务", Instead: "已给出社区服务站的地址"})
		if err != nil || got.State != ticket.Unsolved {
			t.Fatalf("%v", err)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil || !strings.Contains(steps[len(steps)-1].Remark, "社区服务站") {
			t.Errorf("%+v, %v", steps, err)
		}
		for _, m := range ticket.Flow() {
			if back := []ticket.State{ticket.Registered, ticket.Classified}; slices.Contains(back, m.To) && !slices.Contains(back, m.From) {
				t.Errorf("%s takes a ticket in hand back to nobody", m.Verb)
			}
		}
	})
}
