package visitor

import (
	"strings"
	"testing"
	"time"

	"lobby/app/kit/fault"
)

func TestInside(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-6 who is inside is listed and counted, by building for a roll call", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := wang()
		a := h.register(h.kiosk(), in)
		h.clock.Move(time.Minute)
		in = wang()
		in.Place, in.Host, in.People = "", "李雷", 1
		b := h.register(h.desk(), in)
		gone := h.register(h.kiosk(), wang())
		if _, err := h.Leave(h.kiosk(), gone.Code); err != nil {
			t.Fatal(err)
		}
		h.register(h.as(0, h.elsewhere), wang())

		list, err := h.Inside(t.Context(), h.DB, h.here, 0)
		if err != nil || len(list) != 2 || list[0].ID != b.Visit.ID || list[1].ID != a.Visit.ID {
			t.Fatalf("%v %v", list, err)
		}
		if list, err = h.Inside(t.Context(), h.DB, h.here, 1); err != nil || len(list) != 1 {
			t.Fatalf("%d with a limit of 1: %v", len(list), err)
		}
		visits, people, err := h.CountInside(t.Context(), h.DB, h.here)
		if visits != 2 || people != 3 || err != nil {
			t.Errorf("%d visits, %d people, %v", visits, people, err)
		}
		roll, err := h.Roll(h.desk())
		if err != nil || len(roll) != 2 || roll[0].Building != "18#" || roll[0].People != 2 || roll[1].Building != "" || roll[1].People != 1 {
			t.Fatalf("%+v %v", roll, err)
		}
		byID, err := h.VisitsByID(t.Context(), h.DB, h.here, []int64{a.Visit.ID, gone.Visit.ID, 999999})
		if err != nil || len(byID) != 2 {
			t.Errorf("%d visits by id, %v", len(byID), err)
		}
	})
	t.Run("VISIT-6 buildings come in the order of their numbers", func(t *testing.T) {
		t.Parallel()
		groups := group([]Visit{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}}, map[int64]string{1: "10#", 2: "商铺", 3: "2#"})
		var names []string
		for _, g := range groups {
			names = append(names, g.Building)
		}
		if got := strings.Join(names, " "); got != "2# 10# 商铺 " {
			t.Errorf("order %q", got)
		}
	})
	t.Run("VISIT-6 it is for those who may see visits", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.Roll(h.kiosk())
		wantFault(t, err, fault.Forbidden)
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-3 a phone is found by exact match, in any spelling, and by nothing less", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		for _, raw := range []string{"13812345678", "+86 138-1234-5678", "138 1234 5678"} {
			if vs, err := h.ByPhone(h.desk(), raw); err != nil || len(vs) != 1 || vs[0].ID != pass.Visit.ID {
				t.Errorf("%q: %d found, %v", raw, len(vs), err)
			}
		}
		for _, raw := range []string{"1381234567", "13812345679", "%", "", "' or true --", "\x00"} {
			if vs, err := h.ByPhone(h.desk(), raw); err != nil || len(vs) != 0 {
				t.Errorf("%q: %d found, %v", raw, len(vs), err)
			}
		}
	})
	t.Run("VISIT-1 a visit is found by number and by place, of the own site only", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		h.register(h.as(0, h.elsewhere), wang())
		for _, raw := range []string{pass.Number, strings.ToLower(" " + pass.Number)} {
			if vs, err := h.ByNumber(h.desk(), raw); err != nil || len(vs) != 1 {
				t.Errorf("%q: %d found, %v", raw, len(vs), err)
			}
		}
		for _, raw := range []string{"", "V", "\x00", "V%", "' or true --"} {
			if vs, err := h.ByNumber(h.desk(), raw); err != nil || len(vs) != 0 {
				t.Errorf("%q: %d found, %v", raw, len(vs), err)
			}
		}
		for raw, want := range map[string]int{"18#2单元201": 1, "18-2-201": 1, "2单元": 1, "%": 0, "_": 0, `\`: 0, "": 0, "'": 0, "\x00": 0, "99栋": 0} {
			if vs, err := h.ByPlace(h.desk(), raw); err != nil || len(vs) != want {
				t.Errorf("%q: %d found, want %d, %v", raw, len(vs), want, err)
			}
		}
	})
	t.Run("VISIT-1 a record of another site is not found", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		other := h.register(h.as(0, h.elsewhere), wang())
		for _, id := range []int64{other.Visit.ID, 0, -1, 1 << 62} {
			_, err := h.Get(h.desk(), id)
			wantFault(t, err, fault.NotFound)
			_, err = h.End(h.desk(), id)
			wantFault(t, err, fault.NotFound)
			_, err = h.Reveal(h.desk(), id, "phone", "because")
			wantFault(t, err, fault.NotFound)
		}
	})
}

func TestReveal(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-4 a phone that somebody types as the reason does not get into the record", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		id := h.register(h.kiosk(), wang()).Visit.ID
		if _, err := h.Reveal(h.desk(), id, "phone", "回电 13812345678"); err != nil {
			t.Fatal(err)
		}
		if h.count(`select count(*) from audit_log where reason = '回电 ****'`) != 1 {
			t.Error("the reason is not on record, or with the number in it")
		}
	})
	t.Run("PRIVACY-2 phones and plates are masked until one is opened for a reason, and each opening is on record", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		v := h.visit(pass.Visit.ID)
		if h.MaskedPhone(v) != "138****5678" || strings.Contains(h.MaskedPlate(v), "12345") {
			t.Errorf("%s %s", h.MaskedPhone(v), h.MaskedPlate(v))
		}
		phone, err := h.Reveal(h.desk(), v.ID, "phone", "访客失联")
		if err != nil || phone != "+8613812345678" {
			t.Fatalf("%q %v", phone, err)
		}
		if plate, err := h.Reveal(h.desk(), v.ID, "plate", "需要挪车"); err != nil || plate != "粤B12345" {
			t.Fatalf("%q %v", plate, err)
		}
		if h.count(`select count(*) from audit_log where verb = 'pii.reveal' and subject = 'visits' and subject_id = ?
			and actor_id = ? and (fields, reason) in (('{phone}', '访客失联'), ('{plate}', '需要挪车'))`, v.ID, h.person) != 2 {
			t.Error("the openings are not on record")
		}
		acts, err := h.History(h.desk(), v.ID)
		if err != nil || len(acts) != 3 || acts[1].Name != "安娜" || acts[1].Fields[0] != "phone" || acts[0].Name != "大堂一号" {
			t.Errorf("%+v %v", acts, err)
		}
	})
	t.Run("PRIVACY-2 without a reason, a known field or the permission nothing is opened", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := wang()
		in.Plate = ""
		pass := h.register(h.kiosk(), in)
		_, err := h.Reveal(h.desk(), pass.Visit.ID, "phone", "  ")
		if wrongFields(err)["reason"] == "" {
			t.Errorf("no reason: %v", err)
		}
		_, err = h.Reveal(h.desk(), pass.Visit.ID, "pass_token", "because")
		wantFault(t, err, fault.NotFound)
		_, err = h.Reveal(h.desk(), pass.Visit.ID, "phone", "ok")
		if wrongFields(err)["reason"] == "" {
			t.Errorf("too short to be a reason: %v", err)
		}
		_, err = h.Reveal(h.desk(), pass.Visit.ID, "plate", "because")
		wantFault(t, err, fault.NotFound)
		_, err = h.Reveal(h.kiosk(), pass.Visit.ID, "phone", "because")
		wantFault(t, err, fault.Forbidden)
		if h.count(`select count(*) from audit_log where verb = 'pii.reveal'`) != 0 {
			t.Error("an opening is on record that was none")
		}
	})
}
