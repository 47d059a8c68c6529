package visitor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
)

const day = 24 * time.Hour

// expire runs the term at the house's time.
func (h *house) expire() int {
	h.t.Helper()
	n, err := h.Expire(h.t.Context(), h.clock.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func canary() Register {
	in := wang()
	in.Name, in.Phone, in.Plate = piitest.Canary.Name, piitest.Canary.Phone, piitest.Canary.Plate
	in.Host, in.Company, in.Note = "欧阳主人", "金丝雀快递", "带着笼子"
	return in
}

func TestExpire(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-5 past the site's term nothing personal is left of a visit, and what the figures need stays", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := canary()
		pass := h.register(h.kiosk(), in)
		h.clock.Move(time.Hour)
		if _, err := h.Leave(h.kiosk(), pass.Code); err != nil {
			t.Fatal(err)
		}
		before := h.visit(pass.Visit.ID)
		h.clock.Move(30*day - time.Second)
		if n := h.expire(); n != 0 {
			t.Fatalf("%d expired within the term", n)
		}
		h.clock.Move(2 * time.Second)
		if n := h.expire(); n != 1 {
			t.Fatalf("%d expired", n)
		}
		if n := h.expire(); n != 0 {
			t.Errorf("%d expired twice", n)
		}
		text := h.dump("visits")
		for _, gone := range append(piitest.Canary.Values(), in.Host, in.Company, in.Note, in.Place, pass.Code, `\x`) {
			if strings.Contains(strings.ReplaceAll(text, `"\\x"`, ""), gone) {
				t.Errorf("%q is left: %s", gone, text)
			}
		}
		v := h.visit(pass.Visit.ID)
		if !v.Expired() || v.Number != before.Number || v.Purpose != before.Purpose || v.People != before.People || v.Channel != before.Channel ||
			v.EndedBy != before.EndedBy || !v.ArrivedAt.Equal(before.ArrivedAt) || !v.EndedAt.Equal(before.EndedAt) || v.DeviceID != before.DeviceID {
			t.Errorf("%+v\nwas\n%+v", v, before)
		}
		if h.count(`select count(*) from audit_log where verb = 'visit.expire' and site_id = ? and reason like '1, ended before %'`, h.here) != 1 {
			t.Error("not on record")
		}
		if h.count(`select count(*) from events where kind not in ('visit.arrived', 'visit.left')`) != 0 {
			t.Error("something was published")
		}
		_, err := h.ByPassToken(t.Context(), pass.Token)
		wantFault(t, err, fault.NotFound)
		_, err = h.Reveal(h.desk(), v.ID, "phone", "访客遗失物品")
		wantFault(t, err, fault.NotFound)
		_, err = h.Register(h.kiosk(), in) // the same entry, sent again after a month
		if f := wantFault(t, err, fault.Conflict); f.Key != "visitor.error.expired" {
			t.Error(f.Key)
		}
		if list, err := h.ByPhone(h.desk(), in.Phone); err != nil || len(list) != 0 {
			t.Errorf("still found by phone: %v, %v", list, err)
		}
	})
	t.Run("PRIVACY-5 each site has its own term, and who is inside is never expired", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		if _, err := h.DB.NewRaw(`update sites set settings = '{"visit_term_days": 7}' where id = ?`, h.elsewhere).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		here, there := h.register(h.kiosk(), wang()), h.register(h.as(0, h.elsewhere), wang())
		inside := h.register(h.as(0, h.elsewhere), wang())
		for _, pass := range []*Pass{here, there} {
			if _, err := h.LeaveByPass(t.Context(), pass.Token); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Move(8 * day)
		if n := h.expire(); n != 1 || !h.visit(there.Visit.ID).Expired() || h.visit(here.Visit.ID).Expired() || h.visit(inside.Visit.ID).Expired() {
			t.Errorf("%d expired", n)
		}
	})
	t.Run("PRIVACY-5 two instances empty a full register together, each visit once, at most 200 per transaction", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.DB.NewRaw(`insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, purpose,
			channel, pass_code, pass_token, pass_index, arrived_at, ended_at, ended_by)
			select ?, gen_random_uuid(), '', 'V' || n, '王', '', '', '李', 'visit', 'kiosk', lpad(n::text, 6, '0'), '', int8send(n), ?, ?, 'desk'
			from generate_series(1, 450) n`, h.here, h.clock.Now(), h.clock.Now()).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Move(31 * day)
		counts := make(chan int, 2)
		for _, s := range []*Service{h.Service, h.instance()} {
			go func() {
				n, err := s.Expire(t.Context(), h.clock.Now())
				if err != nil {
					t.Error(err)
				}
				counts <- n
			}()
		}
		if n := <-counts + <-counts; n != 450 {
			t.Errorf("%d expired", n)
		}
		if n := h.count(`select sum(split_part(reason, ',', 1)::int) from audit_log where verb = 'visit.expire'`); n != 450 {
			t.Errorf("%d on record", n)
		}
		if n := h.count(`select max(split_part(reason, ',', 1)::int) from audit_log where verb = 'visit.expire'`); n > 200 {
			t.Errorf("%d in one transaction", n)
		}
	})
	t.Run("PRIVACY-5 the database itself refuses an expired visit that still says who came, and a visit that says nothing", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		for _, query := range []string{
			`update visits set expired_at = now() where id = ?`,
			`update visits set name = null where id = ?`,
			`update visits set host = '', place = '' where id = ?`,
		} {
			if _, err := h.DB.NewRaw(query, pass.Visit.ID).Exec(t.Context()); err == nil {
				t.Errorf("it was taken: %s", query)
			}
		}
	})
	t.Run("PRIVACY-5 the desk's page of an expired visit says so, and offers nothing to open", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		pass := f.register(f.house.desk(), canary())
		if _, err := f.End(f.house.desk(), pass.Visit.ID); err != nil {
			t.Fatal(err)
		}
		f.clock.Move(31 * day)
		f.expire()
		page := f.desk.Get(address(pass.Visit.ID)).Want(http.StatusOK).WantText("V261122-0001", "已超过保存期限", "2 人", "登记")
		page.WantNo(append(piitest.Canary.Values(), "reveal", "欧阳")...)
		f.desk.Get("/p/" + pass.Token).Want(http.StatusNotFound)
	})
}
