package backup_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lobby/app/kit/db/backup"
	"lobby/app/kit/db/dbtest"
)

func TestDamaged(t *testing.T) {
	t.Parallel()
	from, _ := filled(t)
	file, _ := taken(t, from)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		return b
	}
	n := len(whole)
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing in it":                 {nil, backup.ErrForeign},
		"another program's":             {[]byte("PGDMP…and so on, for a while"), backup.ErrForeign},
		"a form of later":               {append([]byte("lobby backup 2\n"), whole[15:]...), backup.ErrForeign},
		"cut off in the first line":     {whole[:7], backup.ErrDamaged},
		"cut off in the head":           {whole[:30], backup.ErrDamaged},
		"cut off in the middle":         {whole[:n/2], backup.ErrDamaged},
		"cut off by one byte":           {whole[:n-1], backup.ErrDamaged},
		"cut off before the checksum":   {whole[:n-32], backup.ErrDamaged},
		"something after the end":       {append(bytes.Clone(whole), 0), backup.ErrDamaged},
		"a bit in the head's length":    {flipped(16), backup.ErrDamaged},
		"a bit in the head":             {flipped(40), backup.ErrDamaged},
		"a bit in the middle":           {flipped(n / 2), backup.ErrDamaged},
		"a bit in the list at the end":  {flipped(n - 60), backup.ErrDamaged},
		"a bit in the checksum":         {flipped(n - 1), backup.ErrDamaged},
		"a piece that was swapped away": {append(append(bytes.Clone(whole[:n/3]), whole[n/3+4096:]...), whole[n/3:n/3+4096]...), backup.ErrDamaged},
	} {
		t.Run("PRIVACY-8 a file that isn't what was written is refused: "+name, func(t *testing.T) {
			t.Parallel()
			bad := filepath.Join(t.TempDir(), "bad.backup")
			if err := os.WriteFile(bad, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := backup.Open(t.Context(), bad, quiet)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), bad) {
				t.Errorf("%v", err)
			}
			if err == nil {
				_ = f.Close()
			}
		})
	}
}

// Somebody alters a backup and makes the checksum fit again: what doesn't go together is still refused, and nothing of
// it stays.
func TestForged(t *testing.T) {
	t.Parallel()
	from, _ := filled(t)
	file, c := taken(t, from)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seal := func(raw []byte) []byte {
		sum := sha256.Sum256(raw)
		return append(raw, sum[:]...)
	}
	body := whole[:len(whole)-sha256.Size]
	for name, raw := range map[string][]byte{
		"a number of rows": bytes.Replace(bytes.Clone(body), []byte(`"visits","rows":3000`), []byte(`"visits","rows":2999`), 1),
		"a compressed bit": func() []byte { b := bytes.Clone(body); b[len(b)/2] ^= 1; return b }(),
		"a migration":      bytes.Replace(bytes.Clone(body), []byte(`"`+c.Schema[len(c.Schema)-1]+`"`), []byte(`"`+c.Schema[0]+`"`), 1),
		"the length of the list": func() []byte {
			b := bytes.Clone(body)
			binary.BigEndian.PutUint32(b[len(b)-4:], 7)
			return b
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bytes.Equal(raw, body) {
				t.Fatal("nothing was altered")
			}
			bad := filepath.Join(t.TempDir(), "bad.backup")
			if err := os.WriteFile(bad, seal(bytes.Clone(raw)), 0o600); err != nil {
				t.Fatal(err)
			}
			to := dbtest.Empty(t)
			f, err := backup.Open(t.Context(), bad, quiet)
			if err == nil {
				_, err = backup.Restore(t.Context(), to, f, load())
				_ = f.Close()
			}
			if err == nil {
				t.Error("it was taken for a backup")
			}
			isEmpty(t, to)
		})
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	full := &limited{left: 100_000}
	from, _ := filled(t)
	dump := func(w io.Writer) error {
		_, err := backup.Write(t.Context(), from, w, backup.Dump{Report: quiet})
		return err
	}
	for name, c := range map[string]struct {
		target backup.Target
	}{
		"in the middle":    {full},
		"at the very end":  {&limited{left: 1 << 30, last: errNoSpace}},
		"at the beginning": {&limited{}},
	} {
		t.Run("PRIVACY-8 a full disk leaves no file that looks like a backup: "+name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "one.backup")
			err := backup.SaveWith(file, dump, func(name string) (backup.Target, error) {
				f, err := os.Create(name)
				if l, ok := c.target.(*limited); ok {
					l.file = f
				}
				return c.target, err
			})
			if !errors.Is(err, errNoSpace) || !strings.Contains(err.Error(), "no space left on device") {
				t.Errorf("%v", err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
	t.Run("a file that is there is never written over", func(t *testing.T) {
		t.Parallel()
		for _, there := range []string{"one.backup", "one.backup.partial"} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, there), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			err := backup.Save(filepath.Join(dir, "one.backup"), func(io.Writer) error { return nil })
			if err == nil || !strings.Contains(err.Error(), "is there already") {
				t.Errorf("%s: %v", there, err)
			}
			if raw, err := os.ReadFile(filepath.Join(dir, there)); err != nil || string(raw) != "mine" {
				t.Errorf("%s: %q, %v", there, raw, err)
			}
		}
		dir := t.TempDir()
		late := filepath.Join(dir, "late.backup")
		err := backup.Save(late, func(io.Writer) error { return os.WriteFile(late, []byte("mine"), 0o600) })
		if raw, readErr := os.ReadFile(late); err == nil || readErr != nil || string(raw) != "mine" {
			t.Errorf("one that came meanwhile: %v, %q, %v", err, raw, readErr)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		t.Parallel()
		if err := backup.Save(filepath.Join(t.TempDir(), "none", "x"), nil); err == nil || !strings.Contains(err.Error(), "can't be written") {
			t.Error(err)
		}
	})
}
