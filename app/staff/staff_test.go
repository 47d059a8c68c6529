package staff_test

import (
	"strings"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
)

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	_, token := b.as("li")
	live := func() bool { _, err := b.svc.Session(t.Context(), token); return err == nil }
	b.pass(9 * time.Hour)
	if !live() {
		t.Fatal("a session in use should live")
	}
	b.pass(9 * time.Hour) // seen 9 h ago
	if !live() {
		t.Fatal("a session in use should live")
	}
	b.pass(7 * time.Hour) // 25 h after it began
	if live() {
		t.Error("nothing outlives the longest term")
	}
	_, token = b.as("li")
	b.pass(10*time.Hour + time.Second)
	if live() {
		t.Error("an idle session should be over")
	}
	n, err := b.svc.Sweep(t.Context())
	if err != nil || n != 2 {
		t.Errorf("swept %d sessions, %v; want 2", n, err)
	}
	if got := b.count(`select count(*) from events where topic = 'control' and kind = 'session.revoked'`); got != 2 {
		t.Errorf("%d sockets were told, want 2", got)
	}
	_, token = b.as("li")
	b.pass(-48 * time.Hour)
	if !live() {
		t.Error("the clock set back throws nobody out")
	}
}

func TestOutAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	out := func(token string) bool {
		_, err := b.svc.Session(t.Context(), token)
		return fault.Is(err, fault.SignIn)
	}
	ctx, one := b.as("li")
	_, two := b.as("li")
	if err := b.svc.SignOut(ctx); err != nil || !out(one) || out(two) {
		t.Fatalf("signing out ends this session only: %v", err)
	}
	ctx, one = b.as("li")
	if err := b.svc.SignOutEverywhere(ctx); err != nil || !out(one) || !out(two) {
		t.Fatalf("signing out everywhere ends all: %v", err)
	}
	ctx, one = b.as("li")
	_, two = b.as("li")
	if err := b.svc.ChangePassword(ctx, password, "another good password"); err != nil || out(one) || !out(two) {
		t.Fatalf("a new password of one's own ends the others: %v", err)
	}
	if _, err := b.svc.SetPassword(b.command, "li", password); err != nil || !out(one) {
		t.Fatalf("a password set by the administrator ends all: %v", err)
	}
	_, one = b.as("li")
	for value, gone := range map[string]bool{"now()": true, "null": false} { // the flag alone is enough
		if _, err := b.db.NewRaw(`update staff set disabled_at = ` + value).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out(one) != gone {
			t.Errorf("disabled at %s: out is %t", value, !gone)
		}
	}
	if _, err := b.db.NewRaw(`update staff set disabled_at = null`).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Disable(b.command, "li"); err != nil || !out(one) {
		t.Fatalf("a disabled person is out at once: %v", err)
	}
	if _, err := b.signIn("li", password); !fault.Is(err, fault.Invalid) {
		t.Errorf("a disabled person is told the same as a stranger: %v", err)
	}
	for kind, least := range map[string]int{"session.revoked": 6, "staff.disabled": 1} {
		if got := b.count(`select count(*) from events where topic = 'control' and kind = ?`, kind); got < least {
			t.Errorf("%d events %s, want at least %d", got, kind, least)
		}
	}
	t.Run("PRIVACY-4 each act with accounts is on record, by ids", func(t *testing.T) {
		for _, verb := range []string{"staff.add", "session.open", "session.close", "session.close_all", "staff.password", "staff.disable", "session.refuse"} {
			if b.count(`select count(*) from audit_log where verb = ? and subject_id > 0`, verb) == 0 {
				t.Errorf("no record of %s", verb)
			}
		}
		if n := b.count(`select count(*) from audit_log where audit_log::text like '%员工%' or audit_log::text like '%horse%'`); n != 0 {
			t.Error("the record holds names or passwords")
		}
	})
}

func TestChangePasswordIsNoPlaceToGuess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	ctx, _ := b.as("li")
	var err error
	for range 6 {
		err = b.svc.ChangePassword(ctx, "a wrong one", "another good password")
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("the sixth guess: %v", err)
	}
}

func TestSites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	if _, err := b.svc.Grant(b.at(b.other), "li", []staff.Role{staff.Guard}); err != nil {
		t.Fatal(err)
	}
	third := b.addSite("three", "三号院")
	ctx, token := b.as("li")
	sites, err := b.svc.Sites(ctx, actor.From(ctx).ID, actor.From(ctx).Site)
	if err != nil || len(sites) != 2 {
		t.Fatalf("%v %v", sites, err)
	}
	first, second := actor.From(ctx).Site, b.other
	if first == b.other {
		second = b.site
	}
	if err := b.svc.SwitchSite(ctx, second); err != nil {
		t.Fatal(err)
	}
	who, err := b.svc.Session(ctx, token)
	if err != nil || who.Site != second || !who.Roams {
		t.Fatalf("%+v %v", who, err)
	}
	if who.Can(staff.WorkTickets) == (second == b.other) {
		t.Error("roles are those at the current site, no others")
	}
	for _, foreign := range []int64{third, 999_999} {
		if err := b.svc.SwitchSite(ctx, foreign); !fault.Is(err, fault.NotFound) {
			t.Errorf("a site without a role there doesn't exist: %v", err)
		}
	}
	if _, err := b.db.NewRaw(`delete from staff_roles where site_id = ?`, second).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if who, err = b.svc.Session(ctx, token); err != nil || who.Site != first {
		t.Errorf("a role taken away counts at once, and the session moves on: %+v %v", who, err)
	}
	if who, err = b.svc.Session(ctx, token); err != nil || who.Roams {
		t.Errorf("who has one site is shown no way to others: %+v %v", who, err)
	}
	if _, err := b.db.NewRaw(`delete from staff_roles`).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if who, err = b.svc.Session(ctx, token); err != nil || who.Can(staff.RegisterTicket) {
		t.Errorf("who has no role anywhere may do nothing: %+v %v", who, err)
	}
}

// A new password isn't outrun by a sign-in with the old one whose password was looked at just before.
func TestNewPasswordWinsOverASignInUnderWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	li := b.add("li", staff.Agent)
	tx, err := b.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `update staff set password_hash = 'another' where id = ?`, li.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := b.signIn("li", password)
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); b.count(`select count(*) from pg_stat_activity
		where datname = current_database() and wait_event_type = 'Lock'`) == 0; {
		select {
		case err := <-done:
			t.Fatalf("the sign-in did not wait: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the sign-in never came to its session")
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !fault.Is(err, fault.Invalid) {
		t.Errorf("signed in with a password that is no longer theirs: %v", err)
	}
	if n := b.count(`select count(*) from sessions`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// Looking for a new password that is good enough is no guessing at the old one.
func TestWeakNewPasswordsLockNobodyOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	ctx, _ := b.as("li")
	for range 8 {
		if err := b.svc.ChangePassword(ctx, password, "short"); !fault.Is(err, fault.Invalid) {
			t.Fatalf("%v, want invalid", err)
		}
	}
	if err := b.svc.ChangePassword(ctx, password, "another good password"); err != nil {
		t.Error(err)
	}
}

func TestAddIsChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	good := staff.Add{Login: "wu", Name: "吴", Password: password, Roles: []staff.Role{staff.Guard}}
	for _, tc := range []struct {
		name, field, key string
		change           func(*staff.Add)
	}{
		{"a login that is taken", "login", "staff.login.taken", func(a *staff.Add) { a.Login = "LI" }},
		{"a strange login", "login", "staff.login.shape", func(a *staff.Add) { a.Login = "<b>吴" }},
		{"no name", "name", "fault.field.required", func(a *staff.Add) { a.Name = " " }},
		{"a long name", "name", "fault.field.long", func(a *staff.Add) { a.Name = strings.Repeat("吴", 61) }},
		{"NUL in the name", "name", "fault.field.characters", func(a *staff.Add) { a.Name = "a\x00b" }},
		{"a short password", "password", "staff.password.short", func(a *staff.Add) { a.Password = "short😀" }},
		{"a long one", "password", "fault.field.long", func(a *staff.Add) { a.Password = strings.Repeat("x7", 65) }},
		{"a common one", "password", "staff.password.common", func(a *staff.Add) { a.Password = "Password123" }},
		{"one letter", "password", "staff.password.common", func(a *staff.Add) { a.Password = "aaaaaaaaaaaa" }},
		{"the login in it", "password", "staff.password.login", func(a *staff.Add) { a.Login = "wu.ming"; a.Password = "my-wu.ming-pass" }},
		{"no role", "role", "fault.field.required", func(a *staff.Add) { a.Roles = nil }},
		{"an unknown role", "role", "staff.role.unknown", func(a *staff.Add) { a.Roles = []staff.Role{"king"} }},
		{"an unknown language", "language", "staff.language.unknown", func(a *staff.Add) { a.Language = "tlh" }},
	} {
		in := good
		tc.change(&in)
		_, err := b.svc.Add(b.command, in)
		f, ok := fault.As(err)
		if !ok || len(f.Fields) != 1 || f.Fields[0].Name != tc.field || f.Fields[0].Key != tc.key {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	ctx, _ := b.as("li")
	if _, err := b.svc.Add(ctx, good); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an agent may not take people in: %v", err)
	}
	if _, err := b.svc.Disable(t.Context(), "li"); !fault.Is(err, fault.SignIn) {
		t.Errorf("nobody may disable: %v", err)
	}
	for _, login := range []string{"nobody", ""} {
		if _, err := b.svc.SetPassword(b.command, login, password); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown login: %v", err)
		}
	}
	list, err := b.svc.List(b.command)
	if err != nil || len(list) != 1 || strings.Join(list[0].Roles, " ") != "agent" {
		t.Errorf("%+v %v", list, err)
	}
	if all, err := b.svc.List(b.at(b.other)); err != nil || len(all) != 0 {
		t.Errorf("another site's staff: %+v %v", all, err)
	}
}

func TestSweepDropsWhatIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	b.as("li")
	_, _ = b.signIn("nobody", "guess guess guess")
	if _, _, err := b.svc.Pair(b.command, staff.Pair{Kind: "wall", Name: "never entered"}); err != nil {
		t.Fatal(err)
	}
	b.pass(40 * 24 * time.Hour)
	for range 2 {
		if _, err := b.svc.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"sessions", "sign_in_failures", "devices"} {
		if n := b.count(`select count(*) from ` + table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}
