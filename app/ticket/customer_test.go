package ticket_test

import (
	"slices"
	"testing"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestCustomer(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-5 a repair is verified by its customer's name, whoever writes it down", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.bring(made.ID, ticket.InHand)
		d.do(d.as(staff.Technician), made.ID, ticket.Resolve, "换了水管")
		got, err := d.svc.Do(d.as(staff.Technician), made.ID, ticket.Verify, ticket.Act{Customer: "王小明"})
		if err != nil || got.State != ticket.Verified || got.ConfirmedBy != "王小明" {
			t.Errorf("%v", err)
		}
		if n := d.count(`select count(*) from ticket_steps where detail::text like '%王小明%' or remark like '%王小明%'`); n != 0 {
			t.Error("the customer's name stands in the history")
		}
	})
	t.Run("TICKET-5 anything else is verified by customer service, not by who did the work; inquiries need neither", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Kind = "other"
		made := d.register(d.as(staff.Agent), in)
		d.bring(made.ID, ticket.InHand)
		d.do(d.as(staff.Agent), made.ID, ticket.Resolve, "清理了")
		for _, role := range []staff.Role{staff.Agent, staff.Technician} {
			_, err := d.svc.Do(d.as(role), made.ID, ticket.Verify, ticket.Act{})
			wantRefusal(t, err, "ticket.guard.other_hands", "")
		}
		if got := d.do(d.as(staff.Receptionist), made.ID, ticket.Verify, ""); got.State != ticket.Verified {
			t.Error(got.State)
		}
		in = entry()
		in.Kind = "inquiry"
		asked := d.register(d.as(staff.Agent), in)
		d.bring(asked.ID, ticket.Resolved)
		if got := d.do(d.as(staff.Agent), asked.ID, ticket.Close, ""); got.State != ticket.Closed {
			t.Error(got.State)
		}
	})
	t.Run("CALLBACK-2 complaints, help, repairs, the rest and emergencies are called back before they close; inquiries, suggestions and activities needn't be", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for _, kind := range ticket.Kinds {
			for _, urgency := range []string{"A", "B"} {
				in := entry()
				in.Kind, in.Urgency = kind, urgency
				made := d.register(d.as(staff.Agent), in)
				d.bring(made.ID, ticket.Verified)
				free := urgency != "A" && (kind == "inquiry" || kind == "suggestion" || kind == "activity")
				_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Close, ticket.Act{})
				if free != (err == nil) || !free && !fault.Is(err, fault.Conflict) {
					t.Errorf("%s, %s: %v", kind, urgency, err)
				}
			}
		}
	})
	t.Run("TICKET-8 urging is counted, shown on the wall, and makes no second ticket; the same press twice is one", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		for range 3 {
			now, err := d.svc.Get(d.as(staff.Agent), made.ID)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := d.svc.Do(d.as(staff.Guard), made.ID, ticket.Urge, ticket.Act{Version: now.Version}); err != nil {
					t.Fatal(err)
				}
			}
			d.clock.Add(time.Hour)
		}
		cards, err := ticket.CardsByID(t.Context(), d.db, d.site, []int64{made.ID})
		if err != nil || cards[made.ID].Urged != 3 || d.count(`select count(*) from tickets`) != 1 {
			t.Errorf("urged %d times, %v", cards[made.ID].Urged, err)
		}
		d.bring(made.ID, ticket.Closed)
		if _, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Urge, ticket.Act{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a closed one is urged: %v", err)
		}
	})
	t.Run("TICKET-10 the customer is told of progress at intervals by kind, and what is due is on the work list", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		due := func() bool {
			got, err := d.svc.List(ctx, ticket.Filter{Told: true})
			if err != nil {
				t.Fatal(err)
			}
			return len(got.Tickets) == 1
		}
		d.bring(made.ID, ticket.InHand)
		closing := monday.Add(32 * time.Hour) // of the next working day: Tuesday, 18:00 in Shanghai
		if d.clock.Set(closing.Add(-time.Second)); due() {
			t.Error("due before a working day is over")
		}
		if d.clock.Set(closing); !due() {
			t.Error("not due after a working day")
		}
		got, err := d.svc.Do(ctx, made.ID, ticket.Update, ticket.Act{Remark: "配件明天到", Until: d.clock.Now().Add(30 * time.Hour)})
		if err != nil || due() || !got.UpdatedAt.Equal(d.clock.Now()) {
			t.Errorf("due %t, told %s, %v", due(), got.UpdatedAt, err)
		}
		if d.clock.Add(24 * time.Hour); !due() {
			t.Error("not due again")
		}
		d.do(ctx, made.ID, ticket.Resolve, "换好了")
		if due() {
			t.Error("due though it is resolved")
		}
	})
	t.Run("TICKET-11 of promise and limit the earlier counts, also of a second promise", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		limit := monday.Add(48 * time.Hour)
		for _, p := range []struct{ promised, due time.Duration }{{20 * time.Hour, 20 * time.Hour}, {30 * time.Hour, 30 * time.Hour}, {60 * time.Hour, 48 * time.Hour}} {
			got, err := d.svc.Do(ctx, made.ID, ticket.Promise, ticket.Act{Until: monday.Add(p.promised)})
			if err != nil || !got.PromisedAt.Equal(monday.Add(p.promised)) || !got.DueAt.Equal(monday.Add(p.due)) {
				t.Errorf("promised %s: due %s, %v", p.promised, got.DueAt.Sub(monday), err)
			}
		}
		d.clock.Set(limit)
		d.mark(d.svc)
		if !slices.Contains(d.verbs(made.ID), ticket.OverdueVerb) {
			t.Error("the limit passed unnoticed")
		}
		d.do(ctx, made.ID, ticket.Resolve, "好了")
		d.do(ctx, made.ID, ticket.Reopen, "没好")
		got, err := d.svc.Do(ctx, made.ID, ticket.Promise, ticket.Act{Until: d.clock.Now().Add(100 * time.Hour)})
		if err != nil || !got.DueAt.Equal(d.clock.Now().Add(48*time.Hour)) {
			t.Errorf("after reopening: due %s, %v", got.DueAt, err)
		}
	})
	t.Run("TICKET-7 a department's own contact with the customer is a remark", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.bring(made.ID, ticket.InHand)
		got := d.do(d.as(staff.DepartmentHead), made.ID, ticket.Remark, "已和业主约好下午三点")
		if got.State != ticket.InHand || !got.ResponseAt.IsZero() {
			t.Errorf("%s, answered %s", got.State, got.ResponseAt)
		}
	})
	t.Run("ESC-3 only the manager ends what can't be solved, with the reason", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.bring(made.ID, ticket.InHand)
		for _, role := range staff.Roles {
			if role == staff.Manager {
				continue
			}
			if _, err := d.svc.Do(d.as(role), made.ID, ticket.Unsolvable, ticket.Act{Remark: "没办法"}); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", role, err)
			}
		}
		_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Unsolvable, ticket.Act{})
		wantField(t, err, "remark")
		if got := d.do(d.as(staff.Manager), made.ID, ticket.Unsolvable, "原厂停产，无法修复"); got.State != ticket.Unsolved || got.ClosedAt.IsZero() {
			t.Errorf("%+v", got)
		}
	})
	t.Run("TICKET-4 a ticket of before classification goes on to its end", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for _, state := range []ticket.State{ticket.Registered, ticket.InHand, ticket.Resolved} {
			made := d.register(d.as(staff.Agent), entry())
			_, err := d.db.NewRaw(`update tickets set state = ?, owner_id = ?, resolved_at = case when ? = 'resolved' then now() end where id = ?`,
				state, d.people[staff.Agent].ID, state, made.ID).Exec(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if state != ticket.Resolved {
				if _, err := d.svc.Do(d.by(d.people[staff.Agent]), made.ID, ticket.Urge, ticket.Act{}); err != nil {
					t.Errorf("%s: %v", state, err)
				}
			}
			if got := d.bring(made.ID, ticket.Closed); got.State != ticket.Closed {
				t.Errorf("from %s to %s", state, got.State)
			}
		}
	})
}
