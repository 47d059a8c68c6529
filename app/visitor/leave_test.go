package visitor

import (
	"sync"
	"testing"
	"time"

	"lobby/app/kit/fault"
)

func TestLeave(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-4 the code signs out, however it is written, and goes on record", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.draw = func() string { return "012345" }
		pass := h.register(h.kiosk(), wang())
		h.clock.Move(time.Hour)
		v, err := h.Leave(h.kiosk(), " ０１２ ３４５ ")
		if err != nil || v.ID != pass.Visit.ID {
			t.Fatalf("%v %v", v, err)
		}
		got := h.visit(v.ID)
		if got.Open() || got.EndedBy != ByCode || !got.EndedAt.Equal(h.clock.Now()) || got.Version != 2 {
			t.Errorf("%+v", got)
		}
		if h.count(`select count(*) from events where kind = 'visit.left' and ref = ?`, v.ID) != 1 ||
			h.count(`select count(*) from audit_log where verb = 'visit.leave' and subject_id = ?`, v.ID) != 1 {
			t.Error("no event, or not on record")
		}
	})
	t.Run("VISIT-4 the same code once more is answered the same for a moment: the answer may have been lost", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		for range 2 {
			if v, err := h.Leave(h.kiosk(), pass.Code); err != nil || v.ID != pass.Visit.ID {
				t.Fatalf("%v %v", v, err)
			}
		}
		if h.count(`select count(*) from audit_log where verb = 'visit.leave'`) != 1 || h.visit(pass.Visit.ID).Version != 2 {
			t.Error("the visit ended twice")
		}
		h.clock.Move(5 * time.Minute)
		_, err := h.Leave(h.kiosk(), pass.Code)
		wantFault(t, err, fault.Invalid)
	})
	t.Run("VISIT-4 what is no code is refused without counting as a try", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		for _, raw := range []string{"", "12345", "1234567", "abcdef", "12 34", "١٢٣٤٥٦", "\x00", "' or 1=1 --", "😀😀😀😀😀😀"} {
			_, err := h.Leave(h.kiosk(), raw)
			if wrongFields(err)["code"] != "visitor.error.code_form" {
				t.Errorf("%q: %v", raw, err)
			}
		}
		if h.count(`select count(*) from pass_tries`) != 0 {
			t.Error("a try was counted")
		}
	})
	t.Run("VISIT-4 wrong codes make the device wait, longer each time; another device needn't", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.draw = func() string { return "555555" }
		pass := h.register(h.kiosk(), wang())
		for range 5 {
			_, err := h.Leave(h.kiosk(), "000000")
			wantFault(t, err, fault.Invalid)
		}
		_, err := h.Leave(h.kiosk(), pass.Code)
		if f := wantFault(t, err, fault.TooMany); f.Retry != 5*time.Second {
			t.Errorf("wait of %v", f.Retry)
		}
		h.clock.Move(6 * time.Second)
		_, err = h.Leave(h.kiosk(), "000001")
		wantFault(t, err, fault.Invalid)
		_, err = h.Leave(h.kiosk(), pass.Code)
		if f := wantFault(t, err, fault.TooMany); f.Retry != 10*time.Second {
			t.Errorf("wait of %v", f.Retry)
		}
		if _, err := h.Leave(h.as(h.device2, h.here), pass.Code); err != nil {
			t.Fatalf("the other kiosk: %v", err)
		}
	})
	t.Run("VISIT-4 a right code forgets the wrong ones", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.draw = func() string { return "555555" }
		for range 4 {
			_, err := h.Leave(h.kiosk(), "000000")
			wantFault(t, err, fault.Invalid)
		}
		pass := h.register(h.kiosk(), wang())
		if _, err := h.Leave(h.kiosk(), pass.Code); err != nil {
			t.Fatal(err)
		}
		if h.count(`select count(*) from pass_tries`) != 0 {
			t.Error("still counted")
		}
	})
	t.Run("VISIT-4 many tries at once are counted one by one", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.draw = func() string { return "555555" }
		h.register(h.kiosk(), wang())
		ctx := h.kiosk()
		var wg sync.WaitGroup
		var mu sync.Mutex
		looked := 0
		for range 30 {
			wg.Go(func() {
				_, err := h.Leave(ctx, "000000")
				mu.Lock()
				defer mu.Unlock()
				if fault.Is(err, fault.Invalid) {
					looked++
				}
			})
		}
		wg.Wait()
		if looked != 5 {
			t.Errorf("%d codes were looked up, want the 5 free ones", looked)
		}
	})
	t.Run("VISIT-4 a code is good at its own site only", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		_, err := h.Leave(h.as(0, h.elsewhere), pass.Code)
		wantFault(t, err, fault.Invalid)
	})
	t.Run("VISIT-4 the pass link signs out, and once more changes nothing", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		for range 2 {
			v, err := h.LeaveByPass(t.Context(), pass.Token)
			if err != nil || v.EndedBy != ByPass || v.Version != 2 {
				t.Fatalf("%+v %v", v, err)
			}
		}
		if h.count(`select count(*) from audit_log where verb = 'visit.leave' and actor_kind = 'guest'`) != 1 {
			t.Error("not once on record")
		}
		_, err := h.LeaveByPass(t.Context(), "nonsense\x00")
		wantFault(t, err, fault.NotFound)
	})
	t.Run("VISIT-4 the desk signs out; who comes second is told so", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.desk(), wang())
		v, err := h.End(h.desk(), pass.Visit.ID)
		if err != nil || v.EndedBy != ByDesk || v.EndedStaff != h.person {
			t.Fatalf("%+v %v", v, err)
		}
		_, err = h.End(h.desk(), pass.Visit.ID)
		wantFault(t, err, fault.Conflict)
		_, err = h.End(h.kiosk(), pass.Visit.ID)
		wantFault(t, err, fault.Forbidden)
	})
	t.Run("VISIT-4 a clock set back never ends a visit before it began", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		h.clock.Move(-2 * time.Hour)
		v, err := h.Leave(h.kiosk(), pass.Code)
		if err != nil || !v.EndedAt.Equal(v.ArrivedAt) {
			t.Errorf("%+v %v", v, err)
		}
	})
}

func TestEndDay(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-4 at the end of the site's day open visits end with that true time, in each site's own zone", func(t *testing.T) {
		t.Parallel()
		h := setup(t) // 10:00 in Shanghai, 21:00 of the day before in New York
		here := h.register(h.kiosk(), wang())
		there := h.register(h.as(0, h.elsewhere), wang())
		left := h.register(h.kiosk(), wang())
		if _, err := h.Leave(h.kiosk(), left.Code); err != nil {
			t.Fatal(err)
		}
		if n, err := h.EndDay(t.Context(), h.clock.Now()); n != 0 || err != nil {
			t.Fatalf("%d ended before the day did: %v", n, err)
		}
		h.clock.Move(4 * time.Hour) // 01:00 in New York: its day is over, Shanghai's isn't
		if n, err := h.EndDay(t.Context(), h.clock.Now()); n != 1 || err != nil {
			t.Fatalf("%d ended: %v", n, err)
		}
		if v := h.visit(there.Visit.ID); v.EndedBy != ByDay || !v.EndedAt.Equal(time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)) {
			t.Errorf("New York: %v %v", v.EndedBy, v.EndedAt)
		}
		h.clock.Move(60 * time.Hour) // the server slept for two days and a half
		if n, err := h.EndDay(t.Context(), h.clock.Now()); n != 1 || err != nil {
			t.Fatalf("%d ended: %v", n, err)
		}
		v := h.visit(here.Visit.ID)
		if v.EndedBy != ByDay || !v.EndedAt.Equal(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)) || v.Version != 2 {
			t.Errorf("Shanghai: %v %v", v.EndedBy, v.EndedAt)
		}
		if v := h.visit(left.Visit.ID); v.EndedBy != ByCode {
			t.Error("who had signed out is marked as not signed out")
		}
		if h.count(`select count(*) from events where kind = 'visit.ended_by_day'`) != 2 ||
			h.count(`select count(*) from audit_log where verb = 'visit.end_day' and actor_kind = 'job'`) != 2 {
			t.Error("events or records are missing")
		}
	})
	t.Run("VISIT-4 two instances end a full day together, each visit once, at most 200 per transaction", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.DB.NewRaw(`insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, purpose,
			channel, pass_code, pass_token, pass_index, arrived_at)
			select ?, gen_random_uuid(), '', 'V' || n, '王', '', '', '李', 'visit', 'kiosk', lpad(n::text, 6, '0'), '', int8send(n), ?
			from generate_series(1, 450) n`, h.here, h.clock.Now()).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Move(24 * time.Hour)
		counts := make(chan int, 2)
		for _, s := range []*Service{h.Service, h.instance()} {
			go func() {
				n, err := s.EndDay(t.Context(), h.clock.Now())
				if err != nil {
					t.Error(err)
				}
				counts <- n
			}()
		}
		if n := <-counts + <-counts; n != 450 {
			t.Errorf("%d ended", n)
		}
		if n := h.count(`select count(*) from events where kind = 'visit.ended_by_day'`); n != 450 {
			t.Errorf("%d events", n)
		}
		if n := h.count(`select max(n) from (select count(*) n from audit_log group by xid) x`); n > 200 {
			t.Errorf("%d in one transaction", n)
		}
	})
}
