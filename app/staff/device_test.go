package staff_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
)

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
