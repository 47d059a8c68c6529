package staff_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/staff"
)

func on(id int64, roles ...string) staff.OnRoster {
	return staff.OnRoster{ID: id, Roles: roles, On: true}
}

func off(id int64, roles ...string) staff.OnRoster { return staff.OnRoster{ID: id, Roles: roles} }

func away(id, instead int64, roles ...string) staff.OnRoster {
	return staff.OnRoster{ID: id, Roles: roles, Away: true, StandIn: instead}
}

func listed(id int64, roles ...string) staff.OnRoster {
	return staff.OnRoster{ID: id, Roles: roles, Listed: true}
}

func TestWhomItReaches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		roster staff.Roster
		want   []int64
	}{
		"ESC-5 whoever holds the role and is at work":                   {staff.Roster{on(1, "supervisor"), off(2, "supervisor"), listed(3, "guard")}, []int64{1}},
		"ESC-5 all of them":                                             {staff.Roster{on(1, "supervisor"), on(2, "agent", "supervisor")}, []int64{1, 2}},
		"ESC-5 nobody at work: the duty list, of any role":              {staff.Roster{off(1, "supervisor"), listed(3, "guard"), on(4, "agent")}, []int64{3}},
		"ESC-5 no table kept: everybody who holds the role":             {staff.Roster{off(1, "supervisor"), off(2, "supervisor"), off(3, "agent")}, []int64{1, 2}},
		"ESC-5 who is away isn't called, though on the table":           {staff.Roster{{ID: 1, Roles: []string{"supervisor"}, On: true, Away: true}, off(2, "supervisor")}, []int64{2}},
		"ESC-5 nobody holds the role: on to the next":                   {staff.Roster{on(1, "agent")}, nil},
		"ESC-5 everybody who holds it is away: who stands in":           {staff.Roster{away(1, 2, "supervisor"), on(2, "agent")}, []int64{2}},
		"ESC-5 who stands in is away too: on to the next":               {staff.Roster{away(1, 2, "supervisor"), away(2, 3, "agent"), on(3, "agent")}, nil},
		"ESC-5 everybody is away, and nobody stands in: on to the next": {staff.Roster{away(1, 0, "supervisor"), on(2, "agent")}, nil},
		"SHIFT-6 somebody on the duty list can be reached":              {staff.Roster{listed(9, "technician")}, []int64{9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.roster.Reach(staff.Supervisor); !slices.Equal(got, c.want) {
				t.Errorf("reached %v, want %v", got, c.want)
			}
		})
	}
}

func TestInstead(t *testing.T) {
	t.Parallel()
	const owner = 7
	desk, boss := off(1, "receptionist"), off(2, "supervisor")
	for name, c := range map[string]struct {
		roster staff.Roster
		want   int64
	}{
		"ZONE-4 the owner, who is there":                          {staff.Roster{desk, boss, off(owner, "agent")}, owner},
		"ZONE-4 who stands in":                                    {staff.Roster{desk, boss, away(owner, 8, "agent"), off(8, "agent")}, 8},
		"ZONE-4 who stands in for who stands in":                  {staff.Roster{desk, away(owner, 8, "agent"), away(8, 9, "agent"), off(9, "agent")}, 9},
		"ZONE-4 two who stand in for each other and are both off": {staff.Roster{desk, away(owner, 8, "agent"), away(8, owner, "agent")}, 1},
		"ZONE-4 nobody named: the desk":                           {staff.Roster{boss, desk, away(owner, 0, "agent")}, 1},
		"ZONE-4 the desk that is at work now":                     {staff.Roster{desk, on(3, "receptionist"), away(owner, 0, "agent")}, 3},
		"ZONE-4 no desk: a supervisor":                            {staff.Roster{away(1, 0, "receptionist"), boss, away(owner, 0, "agent")}, 2},
		"ZONE-4 an owner who has left":                            {staff.Roster{desk, boss}, 1},
		"ZONE-4 nobody on duty at all":                            {staff.Roster{away(owner, 0, "agent"), away(2, 0, "supervisor")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.roster.Instead(owner); got != c.want {
				t.Errorf("goes to %d, want %d", got, c.want)
			}
		})
	}
}

func TestDutyTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	agent, other := b.add("agent.one", staff.Agent).ID, b.add("agent.two", staff.Agent).ID
	now := b.clock()
	away := staff.Duty{StaffID: agent, Kind: staff.Away, StandInID: other, From: now.Add(time.Hour), Until: now.Add(5 * time.Hour)}
	line, err := b.svc.PlanDuty(b.command, away)
	if err != nil {
		t.Fatal(err)
	}
	read := func(at time.Time) staff.OnRoster {
		t.Helper()
		r, err := staff.ReadRoster(t.Context(), b.db, b.site, at)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r, func(p staff.OnRoster) bool { return p.ID == agent })
		if i < 0 {
			t.Fatalf("%d isn't on the roster %v", agent, r)
		}
		return r[i]
	}
	for after, want := range map[time.Duration]bool{0: false, time.Hour: true, 5*time.Hour - time.Second: true, 5 * time.Hour: false} {
		if p := read(now.Add(after)); p.Away != want || want && p.StandIn != other {
			t.Errorf("after %v: %+v, away should be %v", after, p, want)
		}
	}
	for name, c := range map[string]struct {
		change func(*staff.Duty)
		kind   fault.Kind
		field  string
	}{
		"the same hours again":      {func(*staff.Duty) {}, fault.Conflict, ""},
		"a person of nowhere":       {func(d *staff.Duty) { d.StaffID = 999 }, fault.Invalid, "staff"},
		"standing in for oneself":   {func(d *staff.Duty) { d.StandInID = d.StaffID }, fault.Invalid, "stand-in"},
		"an end before the start":   {func(d *staff.Duty) { d.Until = d.From }, fault.Invalid, "until"},
		"a line of the past":        {func(d *staff.Duty) { d.From, d.Until = now.Add(-2*time.Hour), now.Add(-time.Hour) }, fault.Invalid, "until"},
		"longer than a year":        {func(d *staff.Duty) { d.Until = d.From.AddDate(2, 0, 0) }, fault.Invalid, "until"},
		"a kind that there isn't":   {func(d *staff.Duty) { d.Kind = "asleep" }, fault.Invalid, "kind"},
		"on and away at once is ok": {func(d *staff.Duty) { d.Kind = staff.OnDuty }, -1, ""},
	} {
		d := away
		c.change(&d)
		_, err := b.svc.PlanDuty(b.command, d)
		var f *fault.Fault
		switch {
		case c.kind == -1 && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.kind == -1:
		case !errors.As(err, &f) || f.Kind != c.kind || c.field != "" && (len(f.Fields) != 1 || f.Fields[0].Name != c.field):
			t.Errorf("%s: %v", name, err)
		}
	}
	b.pass(2 * time.Hour)
	if err := b.svc.EndDuty(b.command, line.ID); err != nil {
		t.Fatal(err)
	}
	if read(b.clock().Add(time.Second)).Away {
		t.Error("who is back is still away")
	}
	if err := b.svc.EndDuty(b.command, line.ID); err == nil {
		t.Error("a line that is over was ended again")
	}
	if err := b.svc.EndDuty(b.at(b.other), line.ID); err == nil {
		t.Error("another site ended the line")
	}
}
