package staff_test

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
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
		"nobody's own password":    {"nobody", "nobody has this password"},
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
