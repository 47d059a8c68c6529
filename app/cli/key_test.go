package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
)

func TestKeyCommands(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	// call runs a command with keys of the test's own; LOBBY_KEY is left out where it is empty.
	call := func(key, next string, args ...string) (out, errs string, code int) {
		t.Helper()
		env := map[string]string{"DATABASE_URL": b.url, "LOBBY_KEY": key, "LOBBY_NEW_KEY": next, "LANG": "en_US.UTF-8"}
		var o, e bytes.Buffer
		code = run(context.WithoutCancel(t.Context()), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e}, func(k string) string { return env[k] })
		return o.String(), e.String(), code
	}
	old, next := b.key.Text(), pii.NewKey().Text()
	t.Run("PRIVACY-3 rotate tells how far it is and what it did, and shows no value and no key", func(t *testing.T) {
		out, errs, code := call(old, "", "key", "rotate", "--settle", "10ms")
		if code != 0 || !strings.Contains(out, "visits.phone") || !strings.Contains(out, "1 of 1 (100%)") || !strings.Contains(out, "3 values encrypted anew, 1 old keys removed") {
			t.Fatalf("%d %s\n%s", code, errs, out)
		}
		if found := piitest.Found(out+errs, piitest.Canary.Values()...); len(found) > 0 || strings.Contains(out, old) {
			t.Error("it shows too much")
		}
		if _, errs, code := call(old, "", "key", "rotate", "--settle", "-1s"); code != 2 {
			t.Errorf("%d %s", code, errs)
		}
	})
	t.Run("PRIVACY-3 rewrap says what is missing or wrong, and what to do", func(t *testing.T) {
		for name, c := range map[string]struct{ key, next, want string }{
			"no new key":         {old, "", "export LOBBY_NEW_KEY=$(lobby key new)"},
			"a typing error":     {old, "lobby1_x", "LOBBY_NEW_KEY: the key has"},
			"the same key":       {old, old, "the new key is the old one"},
			"a wrong old key":    {pii.NewKey().Text(), next, "Use the key with which this database was first started"},
			"no old key":         {"", next, "LOBBY_KEY is required"},
			"the start, of both": {pii.NewKey().Text(), "", "LOBBY_NEW_KEY is not set"},
		} {
			if _, errs, code := call(c.key, c.next, "key", "rewrap"); code != 1 || !strings.Contains(errs, c.want) {
				t.Errorf("%s: %d %s", name, code, errs)
			}
		}
	})
	t.Run("PRIVACY-3 after a rewrap the old key is refused in words and the new one opens", func(t *testing.T) {
		out, errs, code := call(old, next, "key", "rewrap")
		if code != 0 || !strings.Contains(out, "Set LOBBY_KEY to it everywhere") || strings.Contains(out, next) {
			t.Fatalf("%d %s\n%s", code, errs, out)
		}
		if _, errs, code := call(old, "", "tick"); code != 1 || !strings.Contains(errs, "rewrap") {
			t.Errorf("a start with the old key: %d %s", code, errs)
		}
		if out, errs, code := call(old, next, "key", "rewrap"); code != 0 || !strings.Contains(out, "already") {
			t.Errorf("once more: %d %s", code, errs)
		}
		if out, errs, code := call(next, "", "report", "visitors", "--register"); code != 0 || !strings.Contains(out, "139****6785") {
			t.Errorf("%d %s\n%s", code, errs, out)
		}
		var done int
		err := b.db.NewRaw(`select count(*) from audit_log where verb in ('key.rotate', 'key.rewrap') and actor_name like 'cli:%'`).Scan(t.Context(), &done)
		if err != nil || done != 4 {
			t.Errorf("%d on record, %v", done, err)
		}
	})
}
