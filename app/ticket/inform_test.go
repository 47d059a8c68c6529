package ticket_test

import (
	"slices"
	"testing"
	"time"

	"lobby/app/staff"
	"lobby/app/ticket"
)

// duty puts a line on the duty table that runs now.
func (d *desk) duty(who int64, kind staff.DutyKind, standIn int64) {
	d.t.Helper()
	var id int64
	now := d.clock.Now()
	d.scan(&id, `insert into duties (site_id, staff_id, kind, stand_in_id, from_at, until_at) values (?, ?, ?, nullif(?, 0), ?, ?) returning id`,
		d.site, who, string(kind), standIn, now.Add(-time.Hour), now.Add(time.Hour))
}

func TestWhoStandsIn(t *testing.T) {
	t.Parallel()
	d := setup(t)
	owner, agent, desk := d.people[staff.Supervisor].ID, d.people[staff.Agent], d.people[staff.Receptionist]
	goes := func(t *testing.T, want int64, name string) {
		t.Helper()
		made := d.register(d.as(staff.Guard), entry())
		got, err := d.svc.Get(d.as(staff.Agent), made.ID)
		if err != nil || made.OwnerID != want || got.OwnerID != want || got.OwnerName != name || made.OwnerName != name {
			t.Errorf("owner %d %q, want %d %q: %v", got.OwnerID, got.OwnerName, want, name, err)
		}
	}
	t.Run("ZONE-4 the zone's owner is there", func(t *testing.T) { goes(t, owner, d.people[staff.Supervisor].Name) })
	d.duty(owner, staff.Away, agent.ID)
	t.Run("ZONE-4 the owner is off: who stands in has the zone's tickets", func(t *testing.T) { goes(t, agent.ID, agent.Name) })
	d.duty(agent.ID, staff.Away, 0)
	t.Run("ZONE-4 who stands in is off too: the desk", func(t *testing.T) { goes(t, desk.ID, desk.Name) })
	d.duty(desk.ID, staff.Away, 0)
	t.Run("ZONE-4 a zone with nobody on duty: nobody has it, and it is recorded all the same", func(t *testing.T) { goes(t, 0, "") })
	d.clock.Add(2 * time.Hour)
	t.Run("ZONE-4 when the owner is back, so are the zone's tickets", func(t *testing.T) { goes(t, owner, d.people[staff.Supervisor].Name) })
}

// inboxOf are the kinds of notices that somebody has, in order.
func (d *desk) inboxOf(who int64) []string {
	d.t.Helper()
	var kinds []string
	if err := d.db.NewRaw(`select kind from notices where staff_id = ? and site_id = ? order by id`, who, d.site).Scan(d.t.Context(), &kinds); err != nil {
		d.t.Fatal(err)
	}
	return kinds
}

func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	t.Run("who gets a ticket is told once, who gives it isn't", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		stands := d.bring(made.ID, ticket.InHand)
		agent, chief := d.people[staff.Agent].ID, d.people[staff.Supervisor].ID
		for range 2 { // the same press sent again
			if _, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: d.people[staff.Technician].ID, Version: stands.Version}); err != nil {
				t.Fatal(err)
			}
		}
		if got := d.inboxOf(d.people[staff.Technician].ID); !slices.Equal(got, []string{"reassigned"}) {
			t.Errorf("who got it was told %v", got)
		}
		if len(d.inboxOf(agent)) != 0 || len(d.inboxOf(chief)) != 0 {
			t.Error("somebody else was told")
		}
	})
	t.Run("HELP-2 what the desk asks is a task for the supervisors who are there, else the manager", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Kind, in.HelpKind = "help", "other"
		made := d.register(d.as(staff.Receptionist), in)
		d.do(d.as(staff.Receptionist), made.ID, ticket.Ask, "业主要借轮椅，可以吗")
		if got := d.inboxOf(d.people[staff.Supervisor].ID); !slices.Equal(got, []string{"ask"}) {
			t.Errorf("the supervisor was told %v", got)
		}
		d.duty(d.people[staff.Supervisor].ID, staff.Away, 0)
		d.do(d.as(staff.Receptionist), made.ID, ticket.Ask, "还可以借雨伞吗")
		if got := d.inboxOf(d.people[staff.Manager].ID); !slices.Equal(got, []string{"ask"}) {
			t.Errorf("the manager was told %v", got)
		}
		if n := d.count(`select count(*) from tasks where kind = 'ask' and ticket_id = ?`, made.ID); n != 2 {
			t.Errorf("%d tasks of two questions", n)
		}
	})
}

func TestOrderSentBack(t *testing.T) {
	t.Parallel()
	w := setupOrders(t)
	made, list := w.send(w.repair)
	if _, err := w.db.NewRaw(`update tickets set owner_id = ?, handler_id = null where id = ?`, w.people[staff.Agent].ID, made.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.doOrder(w.as(staff.Manager), list[0].ID, ticket.RejectOrder)
	if got := w.inboxOf(w.people[staff.Agent].ID); !slices.Equal(got, []string{"order_rejected"}) {
		t.Errorf("who has the ticket was told %v", got)
	}
}

func TestOversight(t *testing.T) {
	t.Parallel()
	d := setup(t)
	late := d.register(d.as(staff.Agent), entry())
	d.clock.Add(100 * 24 * time.Hour)
	fresh := d.register(d.as(staff.Agent), entry())
	if _, err := d.db.NewRaw(`update tickets set near_at = ? where id = ?`, d.clock.Now(), fresh.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.NewRaw(`update tickets set untaken_at = ? where id = ?`, d.clock.Now(), late.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	var grave int64
	d.scan(&grave, `update tickets set severity = 'major', kind = 'complaint', type = 'C2' where id = ? returning id`, late.ID)
	o, err := d.svc.Oversight(d.as(staff.Manager))
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]struct {
		got  []ticket.Ticket
		want int64
	}{"untaken": {o.Untaken, late.ID}, "overdue": {o.Overdue, late.ID}, "near": {o.Near, fresh.ID}, "grave": {o.Grave, grave}} {
		if len(l.got) != 1 || l.got[0].ID != l.want {
			t.Errorf("%s: %d tickets", name, len(l.got))
		}
	}
	if o, err = d.svc.Oversight(d.as(staff.Supervisor)); err != nil || len(o.Grave) != 0 {
		t.Errorf("the supervisor sees %d of the manager's complaints, %v", len(o.Grave), err)
	}
	if _, err := d.svc.Oversight(d.as(staff.Agent)); err == nil {
		t.Error("an agent sees it")
	}
}
