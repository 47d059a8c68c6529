package ticket_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestDispatch(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 a dispatch form sent twice, or at once by two instances, sends each order once", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made := w.register(w.as(staff.Agent), entry())
		w.bring(made.ID, ticket.InHand)
		act := ticket.Act{EntryKey: uuid.Must(uuid.NewV7()), Instructions: []ticket.Instruction{{Department: w.repair}, {Department: w.cleaning}}}
		second := w.another()
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				svc := []*ticket.Service{w.svc, second}[i%2]
				if _, err := svc.Do(w.as(staff.Agent), made.ID, ticket.Dispatch, act); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if list := w.ordersOf(made.ID); len(list) != 2 || list[0].Number == list[1].Number {
			t.Errorf("%d orders", len(list))
		}
		if n := w.count(`select count(*) from ticket_steps where verb in ('dispatch', 'send') and ticket_id = ?`, made.ID); n != 3 {
			t.Errorf("%d steps, want 3", n)
		}
	})
	t.Run("a department that is unknown, closed, another site's or named twice gets no order, and nothing is sent", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		made := w.register(w.as(staff.Agent), entry())
		w.bring(made.ID, ticket.InHand)
		var foreign int64
		w.scan(&foreign, `insert into departments (site_id, code, name) values (?, 'x', 'x') returning id`, w.other)
		if _, err := w.svc.SaveDepartment(w.as(staff.Admin), ticket.SaveDepartment{ID: w.cleaning, Code: "cleaning", Name: "环境部", Closed: true, Version: 1}); err != nil {
			t.Fatal(err)
		}
		for _, to := range [][]int64{{999999}, {-1}, {foreign}, {w.cleaning}, {w.repair, w.repair}, {w.repair, foreign}} {
			act := ticket.Act{}
			for _, id := range to {
				act.Instructions = append(act.Instructions, ticket.Instruction{Department: id})
			}
			_, err := w.svc.Do(w.as(staff.Agent), made.ID, ticket.Dispatch, act)
			wantField(t, err, "departments")
		}
		if n := len(w.ordersOf(made.ID)); n != 0 {
			t.Errorf("%d orders", n)
		}
	})
	t.Run("departments: names are their own, people are the site's, an old page overwrites nothing, and not everybody may", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		ctx := w.as(staff.Supervisor)
		for field, in := range map[string]ticket.SaveDepartment{
			"name": {Code: "new", Name: "部门 repair"}, "code": {Code: "repair", Name: "新"}, "head": {Code: "n", Name: "新", Head: 999999},
			"members": {Code: "n", Name: "新", Members: []int64{-1}},
		} {
			_, err := w.svc.SaveDepartment(ctx, in)
			wantField(t, err, field)
		}
		for _, code := range []string{"", "大", "A", "a b", "x\x00"} {
			_, err := w.svc.SaveDepartment(ctx, ticket.SaveDepartment{Code: code, Name: "新"})
			wantField(t, err, "code")
		}
		in := ticket.SaveDepartment{ID: w.repair, Code: "repair", Name: "维修部", Version: 1}
		if _, err := w.svc.SaveDepartment(ctx, in); err != nil {
			t.Fatal(err)
		}
		if _, err := w.svc.SaveDepartment(ctx, in); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old page: %v", err)
		}
		if _, err := w.svc.SaveDepartment(w.as(staff.Agent), in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent: %v", err)
		}
	})
	t.Run("TICKET-3 a department's list is in the order of work, and only its own", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		var want []int64
		for _, urgency := range []string{"C", "A", "B"} {
			in := entry()
			in.Urgency, in.Classify, in.Then = urgency, true, ticket.Dispatch
			in.Instructions = []ticket.Instruction{{Department: w.repair}}
			want = append(want, w.ordersOf(w.register(w.as(staff.Agent), in).ID)[0].ID)
		}
		w.send(w.cleaning)
		got, err := w.svc.MyOrders(w.as(staff.Technician), ticket.OrderFilter{})
		var ids []int64
		for _, o := range got {
			ids = append(ids, o.ID)
		}
		if err != nil || !slices.Equal(ids, []int64{want[1], want[2], want[0]}) {
			t.Errorf("%v, want %v, %v", ids, want, err)
		}
		if all, err := w.svc.MyOrders(w.as(staff.Receptionist), ticket.OrderFilter{}); err != nil || len(all) != 4 {
			t.Errorf("the desk sees %d, %v", len(all), err)
		}
		if none, err := w.svc.MyOrders(w.as(staff.Cashier), ticket.OrderFilter{}); err != nil || len(none) != 0 {
			t.Errorf("the cashier sees %d, %v", len(none), err)
		}
	})
}
