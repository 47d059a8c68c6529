package ticket_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

const day = 24 * time.Hour

func (d *desk) expire(svc *ticket.Service) int {
	d.t.Helper()
	n, err := svc.Expire(actor.AsJob(context.WithoutCancel(d.t.Context()), "tick", 0), d.clock.Now())
	if err != nil {
		d.t.Error(err)
	}
	return n
}

// over is a ticket that was done and closed, with people's words in every text.
func (d *desk) over() (ticket.Register, *ticket.Ticket) {
	d.t.Helper()
	in := entry()
	in.Reporter, in.Phone, in.Matter = piitest.Canary.Name, piitest.Canary.Phone, "欧阳太太家厨房漏水"
	ctx := d.as(staff.Supervisor)
	made := d.register(ctx, in)
	d.clock.Add(time.Hour)
	head := d.people[staff.DepartmentHead]
	var dept int64
	if err := d.db.NewRaw(`insert into departments (site_id, code, name, head_id) values (?, ?, ?, ?) returning id`, d.site, "d"+made.Number[8:], made.Number, head.ID).
		Scan(context.Background(), &dept); err != nil {
		d.t.Fatal(err)
	}
	d.do(ctx, made.ID, ticket.Classify, "")
	if _, err := d.svc.Do(ctx, made.ID, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: dept, Text: "找欧阳太太"}}}); err != nil {
		d.t.Fatal(err)
	}
	orders, err := d.svc.Orders(ctx, made.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, step := range []struct {
		verb ticket.OrderVerb
		act  ticket.OrderAct
	}{{ticket.AcceptOrder, ticket.OrderAct{Remark: "欧阳太太下午在"}}, {ticket.StartOrder, ticket.OrderAct{Rang: "reached"}},
		{ticket.FinishOrder, ticket.OrderAct{Customer: "欧阳太太", Work: ticket.Work{Kind: "repair", Done: "欧阳太太家换垫圈", Result: "欧阳太太确认", Materials: "欧阳太太自备"}}},
		{ticket.FeedBackOrder, ticket.OrderAct{}}} {
		if _, err := d.svc.DoOrder(ctx, orders[0].ID, step.verb, step.act); err != nil {
			d.t.Fatalf("%s: %v", step.verb, err)
		}
	}
	d.do(ctx, made.ID, ticket.Resolve, "欧阳太太在家，换了垫圈")
	if _, err := d.svc.Do(ctx, made.ID, ticket.Verify, ticket.Act{Customer: "欧阳太太"}); err != nil {
		d.t.Fatal(err)
	}
	d.do(ctx, made.ID, ticket.CallBack, "欧阳太太很满意")
	return in, d.do(ctx, made.ID, ticket.Close, "")
}

func (d *desk) get(id int64) *ticket.Ticket {
	d.t.Helper()
	t, err := d.svc.Get(d.as(staff.Supervisor), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return t
}

func TestExpire(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-5 past the site's term after closing, nothing personal is left of a ticket, and what the figures need stays", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in, made := d.over()
		open := d.register(d.as(staff.Supervisor), entry())
		before, verbs := d.get(made.ID), d.verbs(made.ID)
		d.clock.Set(before.ClosedAt.Add(365*day - time.Second))
		if n := d.expire(d.svc); n != 0 {
			t.Fatalf("%d expired within the term", n)
		}
		d.clock.Add(2 * time.Second)
		if n := d.expire(d.svc); n != 1 || d.expire(d.svc) != 0 {
			t.Fatalf("%d expired", n)
		}
		piitest.AssertAbsent(t, d.db, piitest.Canary.Values()...)
		var left string // of names too, which stand there in the clear within the term
		d.scan(&left, `select (select string_agg(t::text, '') from tickets t where id = ?0) || (select string_agg(s::text, '') from ticket_steps s where ticket_id = ?0)`, made.ID)
		if found := piitest.Found(left, in.Reporter, "欧阳太太", in.Place); len(found) > 0 || !strings.Contains(left, made.Number) {
			t.Errorf("%q is left: %s", found, left)
		}
		got := d.get(made.ID)
		if got.Place != "" || got.Matter != "" || got.Reporter != "" || got.Phone != nil || got.PhoneIndex != nil || len(got.EntryHash) != 0 || !got.Expired() {
			t.Errorf("left: %+v", got)
		}
		got.Place, got.Matter, got.Reporter, got.Phone, got.PhoneIndex, got.EntryHash, got.ExpiredAt =
			before.Place, before.Matter, before.Reporter, before.Phone, before.PhoneIndex, before.EntryHash, before.ExpiredAt
		if got.HouseholdID != d.household || got.Number != before.Number || got.State != before.State || got.Kind != before.Kind || !got.RegisteredAt.Equal(before.RegisteredAt) ||
			!got.DueAt.Equal(before.DueAt) || !got.ResolvedAt.Equal(before.ResolvedAt) || !got.ClosedAt.Equal(before.ClosedAt) || got.OwnerID != before.OwnerID ||
			!slices.Equal(d.verbs(made.ID), verbs) {
			t.Errorf("%+v\nwas\n%+v", got, before)
		}
		if d.count(`select count(*) from audit_log where verb = 'ticket.expire' and site_id = ? and reason like '1, over before %'`, d.site) != 1 {
			t.Error("not on record")
		}
		if d.get(open.ID).Expired() {
			t.Error("an open ticket was emptied")
		}
	})
	t.Run("PRIVACY-5 nothing can be done with an emptied ticket, and the same entry a year later is answered in words", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in, made := d.over()
		d.clock.Add(366 * day)
		d.expire(d.svc)
		_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Reopen, ticket.Act{Remark: "欧阳太太说又漏了"})
		if f, ok := fault.As(err); !ok || f.Key != "ticket.refused.expired" {
			t.Errorf("reopened: %v", err)
		}
		_, err = d.svc.Register(d.as(staff.Supervisor), in)
		if f, ok := fault.As(err); !ok || f.Key != "ticket.entry_expired" {
			t.Errorf("the same entry: %v", err)
		}
		if _, err := d.svc.Reveal(d.as(staff.Manager), made.ID, "phone", "回访满意度调查"); !fault.Is(err, fault.NotFound) {
			t.Errorf("revealed: %v", err)
		}
		if list, err := d.svc.ByPhone(d.as(staff.Manager), in.Phone); err != nil || len(list) != 0 {
			t.Errorf("still found by phone: %v, %v", list, err)
		}
	})
	t.Run("PRIVACY-5 each site has its own term, and a ticket that ended without being closed runs from its last step", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if _, err := d.db.NewRaw(`update sites set settings = '{"ticket_term_days": 30}' where id = ?`, d.site).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, made := d.over()
		if _, err := d.db.NewRaw(`update tickets set state = 'invalid', closed_at = null where id = ?`, made.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.clock.Add(29 * day)
		if n := d.expire(d.svc); n != 0 {
			t.Errorf("%d expired within the term", n)
		}
		d.clock.Add(2 * day)
		if n := d.expire(d.svc); n != 1 {
			t.Errorf("%d expired", n)
		}
	})
	t.Run("PRIVACY-5 two instances empty a full register together, each ticket once, at most 200 per transaction", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		_, err := d.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, state, place, matter, registered_at, due_at, closed_at)
			select ?0, gen_random_uuid(), '', 'T' || n, 'phone', 'repair', 'closed', '大堂', '灯不亮', ?1, ?1, ?1 from generate_series(1, 450) n`, d.site, d.clock.Now()).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.clock.Add(366 * day)
		counts := make(chan int, 2)
		for _, svc := range []*ticket.Service{d.svc, d.another()} {
			go func() { counts <- d.expire(svc) }()
		}
		if n := <-counts + <-counts; n != 450 {
			t.Errorf("%d expired", n)
		}
		if n := d.count(`select max(split_part(reason, ',', 1)::int) from audit_log where verb = 'ticket.expire'`); n > 200 || n == 0 {
			t.Errorf("%d in one transaction", n)
		}
	})
	t.Run("PRIVACY-5 the database itself refuses an emptied ticket that still says something, or one that is open", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		_, made := d.over()
		for _, query := range []string{
			`update tickets set expired_at = now() where id = ?`,
			`update tickets set matter = '' where id = ?`,
			`update tickets set expired_at = now(), state = 'in_hand', place = '', matter = '', reporter = '', entry_hash = '', phone = null, phone_index = null where id = ?`,
		} {
			if _, err := d.db.NewRaw(query, made.ID).Exec(t.Context()); err == nil || !strings.Contains(err.Error(), "tickets_person") {
				t.Errorf("it was taken: %s: %v", query, err)
			}
		}
	})
}
