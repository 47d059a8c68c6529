package visitor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 an arrival is kept with its time, its number of the site's day, and an event", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		pass := h.register(h.kiosk(), wang())
		v := h.visit(pass.Visit.ID)
		if v.Number != "V261122-0001" || !v.ArrivedAt.Equal(h.clock.Now()) || v.People != 2 || v.DeviceID != h.device || v.StaffID != 0 {
			t.Errorf("%+v", v)
		}
		if h.count(`select count(*) from events where kind = 'visit.arrived' and ref = ?`, v.ID) != 1 {
			t.Error("no event")
		}
		if h.count(`select count(*) from audit_log where verb = 'visit.register' and subject_id = ? and actor_id = ?`, v.ID, h.device) != 1 {
			t.Error("not on record")
		}
	})
	t.Run("VISIT-2 the place is found for staff, and the answer is the same whether or not it exists", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		known, unknown := wang(), wang()
		unknown.Host, unknown.Place = "查无此人", "99栋9单元909"
		a, b := h.register(h.kiosk(), known), h.register(h.kiosk(), unknown)
		if h.visit(a.Visit.ID).HouseholdID != h.household || h.visit(b.Visit.ID).HouseholdID != 0 {
			t.Error("the household was not found, or one was invented")
		}
		if len(a.Code) != len(b.Code) || len(a.Token) != len(b.Token) || len(a.Number) != len(b.Number) {
			t.Error("the passes differ")
		}
	})
	t.Run("VISIT-4 codes of a site's open visits differ; another site, or one who left, may have the same", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		codes := []string{"111111", "111111", "111111", "222222"}
		h.draw = func() string { c := codes[0]; codes = codes[1:]; return c }
		first, second := h.register(h.kiosk(), wang()), h.register(h.kiosk(), wang())
		if first.Code != "111111" || second.Code != "222222" {
			t.Fatalf("codes %s and %s", first.Code, second.Code)
		}
		if _, err := h.Leave(h.kiosk(), "111111"); err != nil {
			t.Fatal(err)
		}
		codes = []string{"111111", "222222"}
		if third := h.register(h.kiosk(), wang()); third.Code != "111111" {
			t.Errorf("code %s is not free again", third.Code)
		}
		if other := h.register(h.as(0, h.elsewhere), wang()); other.Code != "222222" {
			t.Errorf("code %s at another site", other.Code)
		}
	})
	t.Run("PRIVACY-3 phone, plate and link stand in the database sealed", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		c := piitest.Canary
		in := wang()
		in.Name, in.Phone, in.Plate = c.Name, c.Phone, c.Plate
		pass := h.register(h.kiosk(), in)
		if _, err := h.Reveal(h.desk(), pass.Visit.ID, "phone", "核对身份"); err != nil {
			t.Fatal(err)
		}
		piitest.AssertAbsent(t, h.DB, c.Values()...)
		if strings.Contains(h.dump("visits"), pass.Token) {
			t.Error("the pass link stands in the database in the clear")
		}
	})
	t.Run("VISIT-1 without permission nothing is entered", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.Register(t.Context(), wang())
		wantFault(t, err, fault.SignIn)
		_, err = h.Register(actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: h.person, Site: h.here}), wang())
		wantFault(t, err, fault.Forbidden)
		if h.count(`select count(*) from visits`) != 0 {
			t.Error("something was entered")
		}
	})
}

func TestRepeatedEntry(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 the same entry again gives the first pass, and one row", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := wang()
		first := h.register(h.kiosk(), in)
		h.clock.Move(time.Hour)
		in.Phone = "+86 13812345678" // the same number, written another way
		again := h.register(h.kiosk(), in)
		if first.Code != again.Code || first.Token != again.Token || first.Number != again.Number || first.Visit.ID != again.Visit.ID {
			t.Errorf("%+v is not %+v", again, first)
		}
		for _, table := range []string{"visits", "events", "audit_log"} {
			if n := h.count(`select count(*) from ` + table); n != 1 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	})
	t.Run("VISIT-1 the same key with other content is refused, showing what stands recorded", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := wang()
		pass := h.register(h.kiosk(), in)
		for name, change := range map[string]func(*Register){
			"name": func(r *Register) { r.Name = "王大明" }, "phone": func(r *Register) { r.Phone = "13812345679" },
			"host": func(r *Register) { r.Host = "" }, "people": func(r *Register) { r.People = 3 },
			"plate": func(r *Register) { r.Plate = "" }, "purpose": func(r *Register) { r.Purpose = "delivery" },
		} {
			other := in
			change(&other)
			_, err := h.Register(h.kiosk(), other)
			f := wantFault(t, err, fault.Conflict)
			if f.Args["Number"] != pass.Number || f.Args["Whom"] != "18栋2单元201 · 李雷" {
				t.Errorf("%s: the refusal says %v", name, f.Args)
			}
			if strings.Contains(err.Error(), "王") || strings.Contains(err.Error(), "138") {
				t.Errorf("%s: the error for the log names a person: %v", name, err)
			}
		}
		if h.count(`select count(*) from visits`) != 1 {
			t.Error("something else was entered")
		}
	})
	t.Run("VISIT-1 a refused entry uses up nothing: the same key works once it is right", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := wang()
		bad := in
		bad.Phone = "12"
		_, err := h.Register(h.kiosk(), bad)
		wantFault(t, err, fault.Invalid)
		for _, table := range []string{"visits", "counters", "audit_log", "events"} {
			if n := h.count(`select count(*) from ` + table); n != 0 {
				t.Errorf("%d rows in %s after a refusal", n, table)
			}
		}
		if pass := h.register(h.kiosk(), in); pass.Number != "V261122-0001" {
			t.Errorf("number %s", pass.Number)
		}
	})
	t.Run("VISIT-1 the same key at another site is another entry", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		in := wang()
		a, b := h.register(h.kiosk(), in), h.register(h.as(0, h.elsewhere), in)
		if a.Visit.ID == b.Visit.ID || a.Token == b.Token {
			t.Error("one entry for two sites")
		}
	})
	t.Run("VISIT-1 ten equal requests at once over two instances make one visit", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		instances := []*Service{h.Service, h.instance()}
		in, ctx := wang(), h.kiosk()
		type result struct {
			pass *Pass
			err  error
		}
		results := make(chan result, 10)
		start := make(chan struct{})
		for i := range 10 {
			go func() {
				<-start
				pass, err := instances[i%2].Register(ctx, in)
				results <- result{pass, err}
			}()
		}
		close(start)
		var first *Pass
		for range 10 {
			r := <-results
			if r.err != nil {
				t.Fatal(r.err)
			}
			if first == nil {
				first = r.pass
			}
			if r.pass.Code != first.Code || r.pass.Token != first.Token || r.pass.Number != first.Number {
				t.Errorf("pass %s %s differs from %s %s", r.pass.Number, r.pass.Code, first.Number, first.Code)
			}
		}
		for _, table := range []string{"visits", "events", "audit_log"} {
			if n := h.count(`select count(*) from ` + table); n != 1 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	})
	t.Run("VISIT-4 a hundred different entries at once have a hundred codes", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		var wg sync.WaitGroup
		errs := make(chan error, 100)
		ctx := h.kiosk()
		for range 100 {
			wg.Go(func() {
				_, err := h.Register(ctx, wang())
				errs <- err
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := h.count(`select count(distinct pass_code) from visits where ended_at is null`); n != 100 {
			t.Errorf("%d codes", n)
		}
	})
	t.Run("VISIT-1 what was cancelled on the way is entered whole or not at all", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		ctx, cancel := context.WithCancel(h.kiosk())
		cancel()
		if _, err := h.Register(ctx, wang()); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if h.count(`select count(*) from visits`) != 0 {
			t.Error("something was entered")
		}
	})
}
