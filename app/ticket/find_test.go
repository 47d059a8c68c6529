package ticket_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestReveal(t *testing.T) {
	t.Parallel()
	d := setup(t)
	made := d.register(d.as(staff.Agent), entry())
	t.Run("PRIVACY-2 a phone is opened with permission and a reason, and the opening is on record", func(t *testing.T) {
		phone, err := d.svc.Reveal(d.as(staff.Agent), made.ID, "phone", "回电确认上门时间")
		if err != nil || phone != "+8613812345678" {
			t.Fatalf("%q, %v", phone, err)
		}
		var reason string
		d.scan(&reason, `select reason from audit_log where verb = 'pii.reveal' and subject = 'tickets' and subject_id = ? and fields = '{phone}' and actor_id = ?`,
			made.ID, d.people[staff.Agent].ID)
		if reason != "回电确认上门时间" {
			t.Errorf("reason on record: %q", reason)
		}
		masked, err := d.svc.MaskedPhone(made)
		if err != nil || masked != "138****5678" {
			t.Errorf("masked %q, %v", masked, err)
		}
	})
	t.Run("PRIVACY-2 without permission or reason it stays closed", func(t *testing.T) {
		before := d.count(`select count(*) from audit_log where verb = 'pii.reveal'`)
		for _, role := range []staff.Role{staff.Technician, staff.Admin, staff.Cashier, staff.Guard} {
			if _, err := d.svc.Reveal(d.as(role), made.ID, "phone", "我想知道"); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v, want forbidden", role, err)
			}
		}
		if _, err := d.svc.Reveal(actor.AsJob(t.Context(), "curious", d.site), made.ID, "phone", "我想知道"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a job: %v, want forbidden", err)
		}
		for _, reason := range []string{"", "  ", "\x00", strings.Repeat("长", 201)} {
			if _, err := d.svc.Reveal(d.as(staff.Agent), made.ID, "phone", reason); !fault.Is(err, fault.Invalid) {
				t.Errorf("reason %q: %v, want invalid", reason, err)
			}
		}
		if after := d.count(`select count(*) from audit_log where verb = 'pii.reveal'`); after != before {
			t.Error("a refused opening is on record as done")
		}
	})
	t.Run("what isn't there can't be opened", func(t *testing.T) {
		in := entry()
		in.Phone = ""
		without := d.register(d.as(staff.Agent), in)
		for _, try := range []struct {
			id    int64
			field string
		}{{without.ID, "phone"}, {made.ID, "entry_hash"}, {9999, "phone"}} {
			if _, err := d.svc.Reveal(d.as(staff.Agent), try.id, try.field, "回电确认"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%+v: %v, want not found", try, err)
			}
		}
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ctx := d.as(staff.Agent)
	first := d.register(ctx, entry())
	in := entry()
	in.Place, in.Phone, in.Kind = "东门%岗亭", "0755-83456789", "inquiry"
	second := d.register(ctx, in)
	t.Run("by number, in either case", func(t *testing.T) {
		got, err := d.svc.ByNumber(ctx, " "+strings.ToLower(first.Number)+" ")
		if err != nil || got.ID != first.ID {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := d.svc.ByNumber(ctx, "T000000-0000"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v, want not found", err)
		}
	})
	t.Run("by place, by household however it is written, and no sign is a wildcard", func(t *testing.T) {
		for place, want := range map[string]int{"18-2-201": 1, "18#2单元": 1, "东门": 1, "东门%岗": 1, "%": 0, "_": 0, "": 0, "西门": 0} {
			found, err := d.svc.ByPlace(ctx, place)
			if err != nil || len(found) != want {
				t.Errorf("%q: %d, want %d (%v)", place, len(found), want, err)
			}
		}
	})
	t.Run("TICKET-8 what is open for the same household or phone is found before a second one is made", func(t *testing.T) {
		for _, try := range []struct {
			place, phone string
			want         int64
		}{{"18栋201", "", first.ID}, {"", "138 1234 5678", first.ID}, {"东门%岗亭", "", second.ID}} {
			open, err := d.svc.Similar(ctx, try.place, try.phone)
			if err != nil || len(open) != 1 || open[0].ID != try.want {
				t.Errorf("%+v: %v, %v", try, open, err)
			}
		}
		d.do(ctx, second.ID, ticket.Classify, "")
		d.do(ctx, second.ID, ticket.Handle, "")
		d.bring(second.ID, ticket.Closed)
		if open, err := d.svc.Similar(ctx, "东门%岗亭", ""); err != nil || len(open) != 0 {
			t.Errorf("a closed one is still shown: %v, %v", open, err)
		}
	})
	t.Run("the list by state, kind, mine and overdue", func(t *testing.T) {
		d.clock.Add(49 * time.Hour)
		for i, try := range []struct {
			f    ticket.Filter
			want []int64
		}{
			{ticket.Filter{}, []int64{first.ID}}, {ticket.Filter{Over: true}, []int64{second.ID}},
			{ticket.Filter{All: true}, []int64{second.ID, first.ID}}, {ticket.Filter{State: ticket.Closed}, []int64{second.ID}},
			{ticket.Filter{All: true, Kind: "repair"}, []int64{first.ID}}, {ticket.Filter{All: true, Mine: true}, []int64{second.ID}},
			{ticket.Filter{All: true, Overdue: true}, []int64{first.ID}}, {ticket.Filter{All: true, Page: 2}, nil},
		} {
			got, err := d.svc.List(ctx, try.f)
			ids := []int64{}
			for _, x := range got.Tickets {
				ids = append(ids, x.ID)
			}
			if err != nil || fmt.Sprint(ids) != fmt.Sprint(append([]int64{}, try.want...)) {
				t.Errorf("%d %+v: %v, want %v (%v)", i, try.f, ids, try.want, err)
			}
		}
	})
	t.Run("admin sees no tickets", func(t *testing.T) {
		if _, err := d.svc.List(d.as(staff.Admin), ticket.Filter{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
		if _, err := d.svc.ByPlace(d.as(staff.Admin), "18-2-201"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
	})
}
