package pii_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/pii"
)

func TestRewrap(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-3 after a rewrap only the new key opens the ring, and nothing is lost", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 10)
		next := pii.NewKey()
		record := s.rotation(quiet).Record
		if done, err := pii.Rewrap(t.Context(), s.db, s.key, next, record); err != nil || !done {
			t.Fatalf("%v, %v", done, err)
		}
		if _, err := pii.OpenVault(t.Context(), s.db, s.key); !errors.Is(err, pii.ErrWrongKey) {
			t.Errorf("the old key: %v", err)
		}
		if err := s.vault.Reload(t.Context()); !errors.Is(err, pii.ErrRewrapped) {
			t.Errorf("a running instance: %v", err)
		}
		s.allOpen(s.vault) // it goes on
		v, err := pii.OpenVault(t.Context(), s.db, next)
		if err != nil {
			t.Fatal(err)
		}
		s.allOpen(v)
		if string(v.AuditKey()) != string(s.vault.AuditKey()) {
			t.Error("the record's key changed")
		}
		if done, err := pii.Rewrap(t.Context(), s.db, s.key, next, record); err != nil || done {
			t.Errorf("once more: %v, %v", done, err)
		}
		if len(s.steps) != 1 || s.steps[0] != "rewrapped" {
			t.Errorf("on record: %v", s.steps)
		}
	})
	t.Run("PRIVACY-3 a wrong key is refused with the way out, and changes nothing", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		record := s.rotation(quiet).Record
		_, err := pii.Rewrap(t.Context(), s.db, pii.NewKey(), pii.NewKey(), record)
		if !errors.Is(err, pii.ErrWrongKey) || !strings.Contains(err.Error(), "Use the key with which") {
			t.Fatal(err)
		}
		if _, err := pii.Rewrap(t.Context(), s.db, s.key, s.key, record); !errors.Is(err, pii.ErrSameKey) {
			t.Fatal(err)
		}
		if s.open(); len(s.steps) > 0 {
			t.Error(s.steps)
		}
	})
	t.Run("PRIVACY-3 a rewrap cut off between database and key file is finished by the next start", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		file := filepath.Join(t.TempDir(), "lobby.key")
		if err := os.WriteFile(file, []byte(s.key.Text()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		unlock := func() (staged bool, err error) {
			_, _, staged, err = pii.Unlock(t.Context(), s.db, "", file, false)
			return staged, err
		}
		next := pii.NewKey()
		if err := pii.StageKey(file, next); err != nil {
			t.Fatal(err)
		}
		if staged, err := unlock(); err != nil || staged { // cut off before the database: the old key is the right one
			t.Fatalf("%v, %v", staged, err)
		}
		if _, err := pii.Rewrap(t.Context(), s.db, s.key, next, s.rotation(quiet).Record); err != nil {
			t.Fatal(err)
		}
		if staged, err := unlock(); err != nil || !staged {
			t.Fatalf("%v, %v", staged, err)
		}
		kept, err := pii.PromoteKey(file, time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC))
		if err != nil || kept != file+".until-20261122T020000Z" {
			t.Fatalf("%q, %v", kept, err)
		}
		if staged, err := unlock(); err != nil || staged {
			t.Fatalf("%v, %v", staged, err)
		}
		for name, want := range map[string]pii.WrapKey{file: next, kept: s.key} {
			if k, _, err := pii.LoadKey("", name, false); err != nil || k != want { // also refuses what others can read
				t.Errorf("%s: %v", name, err)
			}
		}
		if kept, err := pii.PromoteKey(file, time.Now()); err != nil || kept != "" {
			t.Errorf("once more: %q, %v", kept, err)
		}
	})
}
