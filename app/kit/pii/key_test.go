package pii_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
)

func TestKeyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := pii.NewKey()
		text := k.Text()
		if got, err := pii.ParseKey(" " + text + "\n"); err != nil || got != k {
			t.Fatalf("%v", err)
		}
		for _, printed := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k)} {
			if strings.Contains(printed, text[7:20]) {
				t.Fatal("printing a key shows it")
			}
		}
		i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		typo := text[:i] + string(rapid.SampledFrom([]rune("AzQ09_-!é ")).Draw(t, "typo")) + text[i+1:]
		if got, err := pii.ParseKey(typo); err == nil && got != k {
			t.Fatal("a typing error was taken for another key")
		} else if err != nil && strings.Contains(err.Error(), text[7:]) {
			t.Fatal("the error shows the key")
		}
	})
	for _, text := range []string{"", "lobby1_", "hunter2", "lobby1_" + strings.Repeat("A", 48), "lobby1_" + strings.Repeat("A", 47)} {
		if _, err := pii.ParseKey(text); err == nil {
			t.Errorf("%q was taken for a key", text)
		}
	}
}

func TestLoadKey(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) string { return filepath.Join(t.TempDir(), "key") }
	t.Run("a new cluster gets a key file that only its owner reads, and a notice", func(t *testing.T) {
		t.Parallel()
		file := fresh(t)
		k, notice, err := pii.LoadKey("", file, true)
		if err != nil || !strings.Contains(notice, "Copy it to a safe place") || !strings.Contains(notice, file) {
			t.Fatalf("%q, %v", notice, err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info.Mode(), err)
		}
		again, notice, err := pii.LoadKey("", file, true)
		if err != nil || again != k || notice != "" {
			t.Fatalf("second start: %q, %v", notice, err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
			t.Fatalf("left behind: %v", left)
		}
	})
	t.Run("of starts at once all use the same new key", func(t *testing.T) {
		t.Parallel()
		file := fresh(t)
		keys := make([]pii.WrapKey, 8)
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				var err error
				if keys[i], _, err = pii.LoadKey("", file, true); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, k := range keys {
			if k != keys[0] {
				t.Fatal("two keys")
			}
		}
	})
	t.Run("a key file that is gone is never made anew for a cluster with data", func(t *testing.T) {
		t.Parallel()
		file := fresh(t)
		if _, _, err := pii.LoadKey("", file, false); err == nil || !strings.Contains(err.Error(), "put your copy") {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Fatal("a file was made")
		}
	})
	t.Run("with DATABASE_URL the variable is required", func(t *testing.T) {
		t.Parallel()
		if _, _, err := pii.LoadKey("", "", true); err == nil || !strings.Contains(err.Error(), "LOBBY_KEY is not set") {
			t.Fatal(err)
		}
	})
	t.Run("the variable goes before the file, and its typing errors are told", func(t *testing.T) {
		t.Parallel()
		want := pii.NewKey()
		if k, _, err := pii.LoadKey(want.Text(), fresh(t), false); err != nil || k != want {
			t.Fatal(err)
		}
		text := want.Text()
		swapped := text[:20] + text[21:22] + text[20:21] + text[22:]
		if _, _, err := pii.LoadKey(swapped, "", false); swapped != text && (err == nil || !strings.Contains(err.Error(), "LOBBY_KEY")) {
			t.Fatal(err)
		}
	})
	t.Run("a key file that others can read is refused", func(t *testing.T) {
		t.Parallel()
		file := fresh(t)
		if err := os.WriteFile(file, []byte(pii.NewKey().Text()), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := pii.LoadKey("", file, true); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Fatal(err)
		}
	})
}

func TestOpenVault(t *testing.T) {
	t.Parallel()
	t.Run("instances that start at once on an empty database share one ring", func(t *testing.T) {
		t.Parallel()
		pool, key := dbtest.New(t), pii.NewKey()
		vaults := make([]*pii.Vault, 6)
		var wg sync.WaitGroup
		for i := range vaults {
			wg.Go(func() {
				var err error
				if vaults[i], err = pii.OpenVault(t.Context(), pool, key); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		sealed, err := vaults[0].Seal(pii.Phone, "+8613812341234")
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vaults {
			plain, err := v.Open(pii.Phone, sealed)
			if err != nil || plain != "+8613812341234" || string(v.AuditKey()) != string(vaults[0].AuditKey()) ||
				string(v.Index(pii.Phone, plain)) != string(vaults[0].Index(pii.Phone, plain)) {
				t.Fatalf("%q, %v", plain, err)
			}
		}
	})
	t.Run("PRIVACY-3 a key that doesn't open the canary is refused, and changes nothing", func(t *testing.T) {
		t.Parallel()
		pool, key := dbtest.New(t), pii.NewKey()
		if _, err := pii.OpenVault(t.Context(), pool, key); err != nil {
			t.Fatal(err)
		}
		if _, err := pii.OpenVault(t.Context(), pool, pii.NewKey()); !errors.Is(err, pii.ErrWrongKey) {
			t.Fatal(err)
		}
		if _, err := pii.OpenVault(t.Context(), pool, key); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a database in use whose ring is gone gets no new one", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		if _, err := pool.ExecContext(t.Context(), `insert into audit_log (actor_kind, verb) values ('job', 'x');
			insert into audit_chain (seq, audit_id, mac, at, horizon) select 1, id, '', now(), '9' from audit_log`); err != nil {
			t.Fatal(err)
		}
		if _, err := pii.OpenVault(t.Context(), pool, pii.NewKey()); !errors.Is(err, pii.ErrRingLost) {
			t.Fatal(err)
		}
	})
}
