package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/kit/db/dbtest"
)

func TestBackupCommands(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	file := filepath.Join(t.TempDir(), "one.backup")
	finding := func() string {
		t.Helper()
		out, _, _ := b.lobby("doctor")
		for line := range strings.Lines(out) {
			if strings.Contains(line, "  backups ") {
				return line
			}
		}
		t.Fatalf("doctor says nothing of backups:\n%s", out)
		return ""
	}
	want := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q is missing in: %s", part, text)
			}
		}
	}
	step := func(code int, args ...string) (out, errs string) {
		t.Helper()
		out, errs, got := b.lobby(args...)
		if got != code {
			t.Errorf("lobby %v: exit code %d, %s%s", args, got, out, errs)
		}
		return out, errs
	}
	want(finding(), "note", "none yet")
	out, _ := step(0, "backup", file)
	want(out, "Backup written", "1 sites, 1 visits, 0 tickets", "SHA-256")
	want(finding(), "note", "0 minutes old", "none was ever verified")
	out, _ = step(0, "backup", "verify", file)
	want(out, "is sound", "1 visits")
	want(finding(), "ok", "the last verified one 0 minutes")
	if _, err := b.db.ExecContext(t.Context(), `update backups set taken_at = taken_at - interval '9 days'`); err != nil {
		t.Fatal(err)
	}
	want(finding(), "note", "the last verified one is 9 days old")
	_, errs := step(1, "backup", file)
	want(errs, "is there already", "never written over")
	want(finding(), "BAD", "is there already")

	_, errs = step(1, "restore", file)
	want(errs, "at work on this database")
	out, _ = step(0, "backup", "list")
	want(out, "No daily backups are taken here")
	_, errs = step(1, "backup", "verify")
	want(errs, "no backup in the folder")
	_, errs = step(1, "restore", filepath.Join(t.TempDir(), "none"))
	want(errs, "can't be read")
	step(2, "restore")
	step(2, "restore", "-")
	step(2, "backup")
	step(2, "backup", "one", "two")
	out, _ = step(0, "backup", "-")
	if !strings.HasPrefix(out, "lobby backup 1\n") {
		t.Errorf("%.20q", out)
	}
}

// The disk is full, as the system itself says it.
func TestBackupToFullDevice(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 a backup that finds no room fails in words and is noted", func(t *testing.T) {
		t.Parallel()
		b := setupDesk(t)
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = full.Close() }()
		cmd := exec.CommandContext(t.Context(), boottest.Binary(t), "backup", "-")
		cmd.Env = append(os.Environ(), "DATABASE_URL="+b.url, "LOBBY_KEY="+b.key.Text())
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = full, &said
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "no space left on device") || strings.Contains(said.String(), "goroutine") {
			t.Errorf("%v, %s", err, said.String())
		}
		var problem string
		if err := b.db.NewRaw(`select problem from backups`).Scan(t.Context(), &problem); err != nil || !strings.Contains(problem, "no space left") {
			t.Errorf("%q, %v", problem, err)
		}
	})
}

func TestRestoreCommand(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	file := filepath.Join(t.TempDir(), "one.backup")
	if out, errs, code := b.lobby("backup", file); code != 0 {
		t.Fatal(out, errs)
	}
	other := *b
	other.url = dbtest.Empty(t)
	out, errs, code := other.lobby("restore", file)
	if code != 0 || !strings.Contains(out, "Everything is back") || !strings.Contains(out, "signs in anew") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if out, errs, code := other.lobby("audit", "verify"); code != 0 || !strings.Contains(out, "in order") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if out, errs, code := other.lobby("restore", file); code != 1 || !strings.Contains(errs, "it holds 1 rows in sites") {
		t.Errorf("%d %s%s", code, out, errs)
	}
}
