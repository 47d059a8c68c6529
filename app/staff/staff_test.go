package staff_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li.agent", staff.Agent)
	token, err := b.signIn(" Li.Agent ", password)
	if err != nil {
		t.Fatal(err)
	}
	who, err := b.svc.Session(t.Context(), token)
	if err != nil || who.Kind != actor.Person || who.Site != b.site || !who.Can(staff.WorkTickets) || who.Can(staff.ManageStaff) || who.Lang != "en" {
		t.Fatalf("%+v, %v", who, err)
	}
	if n := b.count(`select count(*) from sessions where position(convert_to(?, 'UTF8') in token_hash) > 0`, token); n != 0 {
		t.Error("the token itself stands in the database")
	}
	for name, try := range map[string][2]string{
		"a wrong password":         {"li.agent", "wrong horse battery"},
		"nobody's login":           {"nobody", password},
		"nothing":                  {"", ""},
		"NUL and SQL":              {"a'; drop table staff; --\x00", "\x00"},
		"right-to-left and 4 byte": {"\u202eli😀", "😀😀😀😀😀😀"},
		"a whole book":             {strings.Repeat("x", 60_000), strings.Repeat("y", 60_000)},
	} {
		_, err := b.svc.SignIn(t.Context(), staff.SignIn{Login: try[0], Password: try[1], From: netip.MustParseAddr("192.0.2.99")})
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Key != "staff.sign_in.wrong" {
			t.Errorf("%s: %v, want the same plain refusal", name, err)
		}
	}
	if _, err := b.svc.Session(t.Context(), "made-up"); !fault.Is(err, fault.SignIn) {
		t.Errorf("a made-up token: %v", err)
	}
}

// The answer to an unknown login must not come sooner than to a known one.
func TestUnknownLoginCostsAsMuch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.svc.Params = &argon2id.Params{Memory: 32 << 10, Iterations: 4, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	b.add("li", staff.Agent)
	fastest := func(login string) time.Duration {
		best := time.Hour
		for i := range 4 {
			start := time.Now()
			_, err := b.svc.SignIn(t.Context(), staff.SignIn{Login: login, Password: "wrong password", From: netip.AddrFrom4([4]byte{10, 7, 0, byte(i)})})
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	if _, err := b.signIn("first", "makes the hash of nobody"); !fault.Is(err, fault.Invalid) {
		t.Fatal(err)
	}
	if known, unknown := fastest("li"), fastest("nobody"); unknown < known/3 {
		t.Errorf("a known login takes %s, an unknown one %s", known, unknown)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	old, err := b.signIn("li", password)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := b.svc.SignIn(t.Context(), staff.SignIn{Login: "li", Password: password, From: home, Old: old})
	if err != nil || fresh == old {
		t.Fatalf("the token must change with every sign-in: %v", err)
	}
	if _, err := b.svc.Session(t.Context(), old); !fault.Is(err, fault.SignIn) {
		t.Errorf("the token from before still works: %v", err)
	}
	if _, err := b.svc.Session(t.Context(), fresh); err != nil {
		t.Error(err)
	}
}

func TestLockout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	b.add("wu", staff.Agent)
	for range 5 {
		if _, err := b.signIn("li", "wrong password"); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	}
	_, err := b.signIn("li", password)
	f, _ := fault.As(err)
	if f == nil || f.Kind != fault.TooMany || f.Retry <= 0 || f.Retry > 30*time.Second {
		t.Fatalf("after five failures even the right password waits: %v", err)
	}
	other := netip.MustParseAddr("198.51.100.1")
	if _, err := b.svc.SignIn(t.Context(), staff.SignIn{Login: "li", Password: password, From: other}); !fault.Is(err, fault.TooMany) {
		t.Errorf("the account is locked from every address: %v", err)
	}
	if _, err := b.signIn("wu", password); err != nil {
		t.Errorf("another account at the same address goes on: %v", err)
	}
	b.pass(-2 * time.Hour) // the clock set back: neither free at once nor locked for two hours
	if _, err := b.signIn("li", password); !fault.Is(err, fault.TooMany) {
		t.Errorf("clock set back: %v", err)
	}
	b.pass(30 * time.Second)
	if _, err := b.signIn("li", password); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	for range 4 {
		_, _ = b.signIn("li", "wrong password")
	}
	if _, err := b.signIn("li", password); err != nil {
		t.Errorf("a good sign-in forgets the failures before it: %v", err)
	}
	for i := range 20 { // many accounts from one address
		_, _ = b.svc.SignIn(t.Context(), staff.SignIn{Login: "guess" + string(rune('a'+i)), Password: "guess guess", From: other})
	}
	if _, err := b.svc.SignIn(t.Context(), staff.SignIn{Login: "wu", Password: password, From: other}); !fault.Is(err, fault.TooMany) {
		t.Errorf("an address that tried many accounts waits: %v", err)
	}
}

func TestManyGuessesAtOnceAreNoMoreThanInARow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add("li", staff.Agent)
	var wg sync.WaitGroup
	results := make(chan error, 40)
	for i := range 40 {
		wg.Go(func() {
			from := netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			_, err := b.svc.SignIn(t.Context(), staff.SignIn{Login: "li", Password: "wrong password", From: from})
			results <- err
		})
	}
	wg.Wait()
	close(results)
	looked, waited := 0, 0
	for err := range results {
		switch {
		case fault.Is(err, fault.Invalid):
			looked++
		case fault.Is(err, fault.TooMany):
			waited++
		default:
			t.Error(err)
		}
	}
	if looked != 5 || waited != 35 {
		t.Errorf("%d guesses were looked at, %d had to wait; want 5 and 35", looked, waited)
	}
}

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
	if err != nil || who.Site != second {
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
	if _, err := b.db.NewRaw(`delete from staff_roles`).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if who, err = b.svc.Session(ctx, token); err != nil || who.Can(staff.RegisterTicket) {
		t.Errorf("who has no role anywhere may do nothing: %+v %v", who, err)
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

func TestPairing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code, d, err := b.svc.Pair(b.command, staff.Pair{Kind: "wall", Name: "大厅电视", Language: "zh-TW"})
	if err != nil || len(code) != 8 {
		t.Fatalf("%q %v", code, err)
	}
	spaced := strings.Replace(code[:4]+" "+code[4:], "0", "０", 1)
	token, claimed, err := b.svc.Claim(t.Context(), spaced, home)
	if err != nil || claimed.ID != d.ID {
		t.Fatal(err)
	}
	who, err := b.svc.Device(t.Context(), token)
	if err != nil || who.Kind != actor.Device || who.Screen != "wall" || who.Site != b.site || who.Lang != "zh-TW" || !who.Can(staff.ViewWall) || who.Can(staff.RegisterTicket) {
		t.Fatalf("%+v %v", who, err)
	}
	if _, _, err := b.svc.Claim(t.Context(), code, home); !fault.Is(err, fault.Invalid) {
		t.Errorf("a code works once: %v", err)
	}
	if _, err := b.svc.Revoke(b.at(b.other), d.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another site's device doesn't exist: %v", err)
	}
	if _, err := b.svc.Revoke(b.command, d.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Device(t.Context(), token); !errors.Is(err, web.ErrRevoked) {
		t.Errorf("a revoked device is out at once, and is told so: %v", err)
	}
	if b.count(`select count(*) from events where topic = 'control' and kind = 'device.revoked' and ref = ?`, d.ID) != 1 {
		t.Error("its socket was not told")
	}
	for _, verb := range []string{"device.add", "device.pair", "device.revoke"} {
		if b.count(`select count(*) from audit_log where verb = ? and subject_id = ? and site_id = ?`, verb, d.ID, b.site) != 1 {
			t.Errorf("no record of %s", verb)
		}
	}
	for name, in := range map[string]staff.Pair{"an unknown kind": {Kind: "fridge", Name: "x"}, "no name": {Kind: "wall"}, "an unknown language": {Kind: "wall", Name: "x", Language: "xx"}} {
		if _, _, err := b.svc.Pair(b.command, in); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPairingCodeEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pair := func() string {
		code, _, err := b.svc.Pair(b.command, staff.Pair{Kind: "kiosk", Name: "门厅"})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	address := 0
	claim := func(code string) error { // each time from somewhere else
		address++
		_, _, err := b.svc.Claim(t.Context(), code, netip.AddrFrom4([4]byte{10, 0, byte(address >> 8), byte(address)}))
		return err
	}
	code := pair()
	b.pass(10*time.Minute + time.Second)
	if err := claim(code); !fault.Is(err, fault.Invalid) {
		t.Errorf("after ten minutes: %v", err)
	}
	code = pair()
	wrong := code[:3] + strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code[3:])
	for range 5 {
		if err := claim(wrong); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	}
	if err := claim(code); !fault.Is(err, fault.Invalid) {
		t.Errorf("after five wrong tries the right code is no longer good: %v", err)
	}
	for _, junk := range []string{"", "1234567", "123456789", "abcdefgh", "\x00", "' or 1=1 --", strings.Repeat("9", 5000)} {
		if err := claim(junk); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", junk, err)
		}
	}
	code = pair()
	var err error
	for range 9 { // one address guesses: it has to wait, also with the right code
		_, _, err = b.svc.Claim(t.Context(), "00000000", home)
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("the ninth guess: %v", err)
	}
	if _, _, err := b.svc.Claim(t.Context(), code, home); !fault.Is(err, fault.TooMany) {
		t.Errorf("an address that guesses waits: %v", err)
	}
	if err := claim(code); err != nil {
		t.Errorf("from elsewhere the code is good: %v", err)
	}
}

func TestTwoBrowsersEnterOneCodeAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 10 {
		code, d, err := b.svc.Pair(b.command, staff.Pair{Kind: "kiosk", Name: "门厅"})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		tokens := make(chan string, 4)
		for i := range 4 {
			wg.Go(func() {
				token, _, err := b.svc.Claim(t.Context(), code, netip.AddrFrom4([4]byte{10, 9, 0, byte(i)}))
				if err == nil {
					tokens <- token
				} else if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooMany) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(tokens)
		if len(tokens) != 1 {
			t.Fatalf("%d browsers were paired, want 1", len(tokens))
		}
		if who, err := b.svc.Device(t.Context(), <-tokens); err != nil || who.ID != d.ID {
			t.Fatalf("%+v %v", who, err)
		}
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
