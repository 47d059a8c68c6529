package staff_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
)

// as is the context of somebody with a session at a site.
func (b *bundle) asAt(login string, site int64) context.Context {
	b.t.Helper()
	ctx, token := b.as(login)
	if actor.From(ctx).Site == site {
		return ctx
	}
	if err := b.svc.SwitchSite(ctx, site); err != nil {
		b.t.Fatal(err)
	}
	who, err := b.svc.Session(b.t.Context(), token)
	if err != nil {
		b.t.Fatal(err)
	}
	return actor.With(b.t.Context(), who)
}

func (b *bundle) grant(site int64, login string, roles ...staff.Role) {
	b.t.Helper()
	if _, err := b.svc.Grant(b.at(site), login, roles); err != nil {
		b.t.Fatal(err)
	}
}

// verbs are everything that changes a person themselves.
func verbs(svc *staff.Service) map[string]func(context.Context, string) error {
	return map[string]func(context.Context, string) error{
		"set password": func(ctx context.Context, login string) error {
			_, err := svc.SetPassword(ctx, login, "a brand new sentence")
			return err
		},
		"reset":        func(ctx context.Context, login string) error { _, _, err := svc.Reset(ctx, login); return err },
		"disable":      func(ctx context.Context, login string) error { _, err := svc.Disable(ctx, login); return err },
		"enable":       func(ctx context.Context, login string) error { _, err := svc.Enable(ctx, login); return err },
		"end sessions": func(ctx context.Context, login string) error { _, err := svc.EndSessions(ctx, login); return err },
	}
}

// How far an administrator's power reaches: their own site, and nobody who is another administrator's too.
func TestReach(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("boss", staff.Admin)
	b.add("second", staff.Admin)
	b.add("here", staff.Agent)
	b.add("both", staff.Agent)
	b.grant(b.other, "both", staff.Guard)
	if _, err := b.svc.Add(b.at(b.other), staff.Add{Login: "there", Name: "那边", Password: password, Roles: []staff.Role{staff.Agent}}); err != nil {
		t.Fatal(err)
	}
	boss := b.asAt("boss", b.site)
	plain := b.asAt("here", b.site)
	for name, do := range verbs(b.svc) {
		if err := do(plain, "both"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s by an agent: %v", name, err)
		}
		if err := do(boss, "there"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of somebody without a role here: %v", name, err)
		}
		if err := do(boss, "both"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s of somebody who also works elsewhere: %v", name, err)
		}
		if err := do(boss, "boss"); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s of oneself: %v", name, err)
		}
		if err := do(boss, "here"); err != nil {
			t.Errorf("%s of one's own: %v", name, err)
		}
	}
	if _, err := b.svc.Withdraw(boss, "there", []staff.Role{staff.Agent}); !fault.Is(err, fault.NotFound) {
		t.Errorf("taking a role from somebody without one here: %v", err)
	}
	if _, err := b.svc.ChangeRoles(boss, "both", staff.RoleChange{Take: []staff.Role{staff.Guard}}); err != nil { // a role at the other site, named here
		t.Fatal(err)
	}
	if n := b.count(`select count(*) from staff_roles r join staff p on p.id = r.staff_id where p.login = 'both' and site_id = ? and role = 'guard'`, b.other); n != 1 {
		t.Error("a role at another site was taken from here")
	}
	if _, err := b.svc.Grant(boss, "there", []staff.Role{staff.Guard}); err != nil {
		t.Errorf("a role here may be given to anybody: %v", err)
	}
	if err := verbs(b.svc)["disable"](boss, "there"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a role given here opens the person: %v", err)
	}
	b.grant(b.other, "boss", staff.Admin) // administers both from now on
	if err := verbs(b.svc)["disable"](boss, "both"); err != nil {
		t.Errorf("who administers every site of somebody may: %v", err)
	}
	theirs, err := b.svc.Add(b.at(b.other), staff.Add{Login: "far", Name: "远", Password: password, Roles: []staff.Role{staff.Agent}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.svc.Member(boss, theirs.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a page about somebody without a role here: %v", err)
	}
}

// A site keeps an administrator, even when the last two remove each other at the same moment.
func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("one", staff.Admin)
	one := b.asAt("one", b.site)
	if _, err := b.svc.Withdraw(one, "one", []staff.Role{staff.Admin}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("the last administrator went: %v", err)
	}
	p, err := b.svc.Add(b.command, staff.Add{Login: "two", Name: "二", Password: password, Roles: []staff.Role{staff.Admin}})
	if err != nil {
		t.Fatal(err)
	}
	two := b.asAt("two", b.site)
	b.grant(b.other, "two", staff.Admin)
	b.grant(b.other, "one", staff.Guard)
	// one may not touch two: they also work elsewhere, so the command line takes that away again.
	if _, err := b.svc.Withdraw(b.at(b.other), "two", []staff.Role{staff.Admin}); err != nil {
		t.Fatalf("at the command line even the last one may go: %v", err)
	}
	if _, err := b.svc.Withdraw(b.at(b.other), "one", []staff.Role{staff.Guard}); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"disable", "withdraw"} {
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for n, c := range []struct {
			ctx   context.Context
			login string
		}{{one, "two"}, {two, "one"}} {
			wg.Go(func() {
				if how == "disable" {
					_, errs[n] = b.svc.Disable(c.ctx, c.login)
				} else {
					_, errs[n] = b.svc.Withdraw(c.ctx, c.login, []staff.Role{staff.Admin})
				}
			})
		}
		wg.Wait()
		left := b.count(`select count(*) from staff_roles r join staff p on p.id = r.staff_id where r.site_id = ? and r.role = 'admin' and p.disabled_at is null`, b.site)
		if left != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%s: %d administrators are left; %v", how, left, errs)
		}
		if _, err := b.svc.Enable(b.command, "one"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.svc.Enable(b.command, "two"); err != nil {
			t.Fatal(err)
		}
		b.grant(b.site, "one", staff.Admin)
		b.grant(b.site, "two", staff.Admin)
		one, two = b.asAt("one", b.site), b.asAt("two", b.site)
	}
	if _, err := b.svc.Disable(b.command, "two"); err != nil { // a disabled one doesn't count
		t.Fatal(err)
	}
	if _, err := b.svc.Withdraw(one, "one", []staff.Role{staff.Admin}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the last one who can sign in went: %v", err)
	}
	if p.ID == 0 {
		t.Error("no id")
	}
}

// Roles given and taken count from the next request on, are on record, and reach open screens by control events.
func TestChangeRoles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("boss", staff.Admin)
	b.add("li", staff.Agent, staff.Guard)
	_, token := b.as("li")
	boss := b.asAt("boss", b.site)
	before := b.count(`select count(*) from events where topic = 'control' and kind = 'staff.changed'`)
	p, err := b.svc.ChangeRoles(boss, "li", staff.RoleChange{
		Give: []staff.Role{staff.Supervisor}, Take: []staff.Role{staff.Agent}, Seniority: map[staff.Role]int{staff.Guard: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	who, err := b.svc.Session(t.Context(), token)
	if err != nil || !who.Can(staff.ReassignTickets) {
		t.Errorf("a role given counts at once: %+v %v", who, err)
	}
	got, whole, err := b.svc.Member(boss, p.ID)
	if err != nil || !whole || strings.Join(got.Roles, " ") != "guard supervisor" || got.Open != 1 || got.SignedInAt == nil {
		t.Errorf("%+v %t %v", got, whole, err)
	}
	rank, err := b.svc.Seniority(boss, p.ID)
	if err != nil || rank[staff.Guard] != 3 || rank[staff.Supervisor] != 1 {
		t.Errorf("%v %v", rank, err)
	}
	var record []string
	err = b.db.NewRaw(`select verb || ' ' || array_to_string(fields, ',') from audit_log where subject_id = ? and verb like 'staff.%' order by id`, p.ID).Scan(t.Context(), &record)
	want := []string{"staff.add role:agent,role:guard", "staff.withdraw role:agent", "staff.grant role:supervisor", "staff.seniority role:guard"}
	if err != nil || !slices.Equal(record, want) {
		t.Errorf("on record stands %q, %v", record, err)
	}
	if n := b.count(`select count(*) from events where topic = 'control' and kind = 'staff.changed'`) - before; n != 1 {
		t.Errorf("%d events, want one for the whole change", n)
	}
	if _, err := b.svc.ChangeRoles(boss, "li", staff.RoleChange{Give: []staff.Role{staff.Supervisor}, Take: []staff.Role{staff.Cashier}}); err != nil {
		t.Fatal(err)
	}
	if n := b.count(`select count(*) from events where topic = 'control' and kind = 'staff.changed'`) - before; n != 1 {
		t.Error("what changes nothing is told")
	}
	for _, wrong := range []staff.RoleChange{
		{Give: []staff.Role{"king"}}, {Take: []staff.Role{""}}, {Seniority: map[staff.Role]int{staff.Guard: 4}}, {Seniority: map[staff.Role]int{"king": 1}},
	} {
		if _, err := b.svc.ChangeRoles(boss, "li", wrong); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	for _, none := range []func(context.Context, string, []staff.Role) (*staff.Person, error){b.svc.Grant, b.svc.Withdraw} {
		if _, err := none(boss, "li", nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("no role at all: %v", err)
		}
	}
}

// A temporary password opens nothing but the page on which it is changed, and works until then.
func TestTemporaryPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("boss", staff.Admin)
	boss := b.asAt("boss", b.site)
	given, p, err := b.svc.AddTemporary(boss, staff.Add{Login: "wu", Name: "吴", Roles: []staff.Role{staff.Agent}})
	if err != nil || len(given) != 14 || p.Language != "zh-CN" {
		t.Fatalf("%q %+v %v", given, p, err)
	}
	token, err := b.signIn("wu", given)
	if err != nil {
		t.Fatal(err)
	}
	who, err := b.svc.Session(t.Context(), token)
	if err != nil || !who.Renew || who.Can(staff.RegisterTicket) {
		t.Fatalf("%+v %v", who, err)
	}
	mine := actor.With(t.Context(), who)
	var f *fault.Fault
	if err := b.svc.ChangePassword(mine, given, given); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Key != "staff.password.same" {
		t.Errorf("the same again: %v", err)
	}
	if err := b.svc.ChangePassword(mine, given, "my own long sentence"); err != nil {
		t.Fatal(err)
	}
	if who, err = b.svc.Session(t.Context(), token); err != nil || who.Renew || !who.Can(staff.RegisterTicket) {
		t.Errorf("%+v %v", who, err)
	}
	again, _, err := b.svc.Reset(boss, "wu")
	if err != nil || again == given {
		t.Fatal(err)
	}
	if _, err := b.svc.Session(t.Context(), token); !fault.Is(err, fault.SignIn) {
		t.Errorf("a session outlives a new password: %v", err)
	}
	if token, err = b.signIn("wu", again); err != nil {
		t.Fatal(err)
	}
	if who, err = b.svc.Session(t.Context(), token); err != nil || !who.Renew {
		t.Errorf("%+v %v", who, err)
	}
	if _, err := b.svc.SetPassword(b.command, "wu", "typed at the server"); err != nil {
		t.Fatal(err)
	}
	if n := b.count(`select count(*) from temporary_passwords`); n != 0 {
		t.Error("what was typed for somebody at the server is no temporary password")
	}
	if n := b.count(`select count(*) from audit_log where reason like ? or array_to_string(fields, ',') like ?`, "%"+again+"%", "%"+given+"%"); n != 0 {
		t.Error("the record holds a password")
	}
}

func TestEnable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	if _, err := b.svc.Disable(b.command, "li"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.signIn("li", password); !fault.Is(err, fault.Invalid) {
		t.Errorf("a disabled person signed in: %v", err)
	}
	for range 2 {
		if _, err := b.svc.Enable(b.command, "li"); err != nil {
			t.Fatal(err)
		}
	}
	b.pass(time.Hour)
	if _, err := b.signIn("li", password); err != nil {
		t.Error(err)
	}
	if n := b.count(`select count(*) from audit_log where verb = 'staff.enable'`); n != 1 {
		t.Errorf("%d times on record", n)
	}
}

// New people and screens begin with the site's first language.
func TestFirstLanguageOfTheSite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.db.NewRaw(`update sites set languages = '{zh-TW,en}' where id = ?`, b.site).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := b.svc.Add(b.command, staff.Add{Login: "wu", Name: "吳", Password: password, Roles: []staff.Role{staff.Agent}})
	if err != nil || p.Language != "zh-TW" {
		t.Errorf("%+v %v", p, err)
	}
	_, d, err := b.svc.Pair(b.command, staff.Pair{Kind: "wall", Name: "大廳"})
	if err != nil || d.Language != "zh-TW" {
		t.Errorf("%+v %v", d, err)
	}
}
