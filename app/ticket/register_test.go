package ticket_test

import (
	"sync"
	"testing"
	"time"

	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-1 whichever channel it comes by, the flow is the same", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for _, channel := range ticket.Channels {
			in := entry()
			in.Channel = channel
			made := d.register(d.as(staff.Agent), in)
			if made.Channel != channel || made.State != ticket.Registered || len(d.verbs(made.ID)) != 1 {
				t.Errorf("%s: %+v", channel, made)
			}
		}
		in := entry()
		in.Channel = "phone"
		if made := d.register(d.by(d.kiosk()), in); made.Channel != "kiosk" || made.DeviceID == 0 || made.FirstAskedID != 0 {
			t.Errorf("a kiosk's ticket: %+v", made)
		}
	})
	t.Run("TICKET-2 every kind has a type until somebody says otherwise", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		want := map[string]string{"repair": "A1", "complaint": "C2", "inquiry": "C1"}
		for _, kind := range ticket.Kinds {
			in := entry()
			in.Kind = kind
			made := d.register(d.as(staff.Agent), in)
			typ := want[kind]
			if typ == "" {
				typ = "B2"
			}
			if made.Kind != kind || made.Type != typ || made.Urgency != "B" {
				t.Errorf("%s: %s %s", kind, made.Urgency, made.Type)
			}
		}
	})
	t.Run("ZONE-1 a household's ticket goes to its zone's owner, others to nobody yet", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		for _, place := range []string{"18#2单元201室", "18-2-201", "18栋201室"} {
			in := entry()
			in.Place = place
			made := d.register(ctx, in)
			if made.HouseholdID != d.household || made.OwnerID != d.people[staff.Supervisor].ID || made.OwnerName == "" {
				t.Errorf("%s: household %d, owner %d", place, made.HouseholdID, made.OwnerID)
			}
		}
		in := entry()
		in.Place = "东门岗亭"
		if made := d.register(ctx, in); made.OwnerID != 0 || made.HouseholdID != 0 {
			t.Errorf("a place without household: %+v", made)
		}
		if _, err := d.db.NewRaw(`update staff set disabled_at = now() where id = ?`, d.people[staff.Supervisor].ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if made := d.register(ctx, entry()); made.OwnerID != 0 {
			t.Error("it went to somebody who has left")
		}
	})
	t.Run("SLA-1 the limit runs from registration: the repair row's 48 hours, or the site's own", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if made := d.register(d.as(staff.Agent), entry()); !made.DueAt.Equal(monday.Add(48 * time.Hour)) {
			t.Errorf("due %s", made.DueAt)
		}
		policy, version, err := d.svc.Policy(d.as(staff.Supervisor))
		if err != nil {
			t.Fatal(err)
		}
		policy.Rows = []limit.Row{{Kind: "repair", Result: limit.Span{N: 6, Unit: limit.Hours}}}
		if err := d.svc.SetPolicy(d.as(staff.Supervisor), policy, version); err != nil {
			t.Fatal(err)
		}
		if made := d.register(d.as(staff.Agent), entry()); !made.DueAt.Equal(monday.Add(6 * time.Hour)) {
			t.Errorf("due %s", made.DueAt)
		}
	})
	t.Run("PRIVACY-3 the phone is sealed, and found by exact match however it is written", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Phone, in.Reporter = piitest.Canary.Phone, piitest.Canary.Name
		made := d.register(d.as(staff.Agent), in)
		piitest.AssertAbsent(t, d.db, piitest.Canary.Phone, piitest.Canary.E164)
		for _, spelt := range []string{"13900706785", "+86 139 0070 6785", "139-0070-6785"} {
			found, err := d.svc.ByPhone(d.as(staff.Guard), spelt)
			if err != nil || len(found) != 1 || found[0].ID != made.ID {
				t.Errorf("%s: %v, %v", spelt, found, err)
			}
		}
		if found, _ := d.svc.ByPhone(d.as(staff.Guard), "13900706786"); len(found) != 0 {
			t.Error("another phone found it")
		}
	})
}

func TestFirstAsked(t *testing.T) {
	t.Parallel()
	d := setup(t)
	t.Run("ORG-3 first asked is who enters it, or somebody named on whose behalf it is entered", func(t *testing.T) {
		made := d.register(d.as(staff.Guard), entry())
		if made.FirstAskedID != d.people[staff.Guard].ID {
			t.Errorf("first asked %d", made.FirstAskedID)
		}
		in := entry()
		in.FirstAsked = d.people[staff.Guard].ID
		made = d.register(d.as(staff.Receptionist), in)
		if made.FirstAskedID != d.people[staff.Guard].ID || made.FirstAskedName != d.people[staff.Guard].Name {
			t.Errorf("first asked %d", made.FirstAskedID)
		}
	})
	t.Run("ORG-3 somebody without a role here can't be named", func(t *testing.T) {
		for _, id := range []int64{-1, 999999, d.addPerson("stranger").ID} {
			in := entry()
			in.FirstAsked = id
			if _, err := d.svc.Register(d.as(staff.Agent), in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%d: %v, want invalid", id, err)
			}
		}
	})
	t.Run("ORG-3 first asked never changes, whoever handles it, not even by hand in the database", func(t *testing.T) {
		made := d.register(d.as(staff.Guard), entry())
		d.do(d.as(staff.Agent), made.ID, ticket.Accept, "")
		got, err := d.svc.Get(d.as(staff.Agent), made.ID)
		if err != nil || got.FirstAskedID != d.people[staff.Guard].ID || got.OwnerID != d.people[staff.Agent].ID {
			t.Errorf("first asked %d, owner %d, %v", got.FirstAskedID, got.OwnerID, err)
		}
		for _, to := range []any{d.people[staff.Agent].ID, nil} {
			_, err := d.db.NewRaw(`update tickets set first_asked_id = ? where id = ?`, to, made.ID).Exec(t.Context())
			if db.Constraint(err) != "tickets_first_asked" {
				t.Errorf("to %v: %v, want it refused", to, err)
			}
		}
	})
}

func TestEntryOnce(t *testing.T) {
	t.Parallel()
	t.Run("the same entry ten times at once over two instances is one ticket", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		services := []*ticket.Service{d.svc, d.another()}
		in := entry()
		kiosk := d.kiosk()
		var wg sync.WaitGroup
		got, errs := make([]*ticket.Ticket, 10), make([]error, 10)
		for i := range 10 {
			wg.Go(func() { got[i], errs[i] = services[i%2].Register(d.by(kiosk), in) })
		}
		wg.Wait()
		for i := range got {
			if errs[i] != nil {
				t.Fatalf("%d: %v", i, errs[i])
			}
			if got[i].ID != got[0].ID || got[i].Number != got[0].Number {
				t.Errorf("%d: ticket %d %s, want %d %s", i, got[i].ID, got[i].Number, got[0].ID, got[0].Number)
			}
		}
		for table, want := range map[string]int{"tickets": 1, "ticket_steps": 1, "events": 1, "audit_log": 1} {
			var n int
			if err := d.db.NewSelect().TableExpr(table).ColumnExpr("count(*)").Scan(t.Context(), &n); err != nil || n != want {
				t.Errorf("%s: %d rows, want %d (%v)", table, n, want, err)
			}
		}
	})
	t.Run("the same key with other content is refused, showing what stands", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		in := entry()
		made := d.register(ctx, in)
		for _, change := range []func(*ticket.Register){
			func(r *ticket.Register) { r.Matter = "别的事" }, func(r *ticket.Register) { r.Place = "18-2-201" },
			func(r *ticket.Register) { r.Phone = "13812345679" }, func(r *ticket.Register) { r.Phone = "" },
			func(r *ticket.Register) { r.Kind = "help" }, func(r *ticket.Register) { r.Urgency = "A" },
			func(r *ticket.Register) { r.Reporter = "李四" }, func(r *ticket.Register) { r.Channel = "counter" },
			func(r *ticket.Register) { r.FirstAsked = d.people[staff.Guard].ID },
		} {
			other := in
			change(&other)
			_, err := d.svc.Register(ctx, other)
			f, _ := fault.As(err)
			if f == nil || f.Kind != fault.Conflict || f.Args["Number"] != made.Number {
				t.Errorf("%+v: %v, want a conflict that names %s", other, err, made.Number)
			}
		}
		same := in
		same.Phone, same.Matter = "138 1234 5678", " 厨房水管漏水\r\n"
		if got := d.register(ctx, same); got.ID != made.ID {
			t.Error("the same content in another spelling made another ticket")
		}
	})
	t.Run("the key of another site is another entry", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		made := d.register(d.as(staff.Agent), in)
		elsewhere := d.people[staff.Agent]
		elsewhere.Site = d.other
		if got := d.register(d.by(elsewhere), in); got.ID == made.ID {
			t.Error("one site was shown another one's ticket")
		}
	})
	t.Run("a refused entry uses up nothing", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		matter := in.Matter
		in.Matter = ""
		if _, err := d.svc.Register(d.as(staff.Agent), in); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		for _, table := range []string{"tickets", "ticket_steps", "events", "audit_log", "counters"} {
			var n int
			if err := d.db.NewSelect().TableExpr(table).ColumnExpr("count(*)").Scan(t.Context(), &n); err != nil || n != 0 {
				t.Errorf("%s: %d rows (%v)", table, n, err)
			}
		}
		in.Matter = matter
		if made := d.register(d.as(staff.Agent), in); made.Number != "T261123-0001" {
			t.Errorf("number %s", made.Number)
		}
	})
}
