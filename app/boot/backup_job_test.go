package boot_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/backup"
)

// nightly is a house whose servers take daily backups into a folder, with a site in it, at noon.
func nightly(t *testing.T) (h *boottest.House, dir string) {
	t.Helper()
	h, dir = boottest.New(t), filepath.Join(t.TempDir(), "backups")
	h.Tweak = func(c *config.Config) { c.Backups = dir }
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(shanghai)
	h.Clock.Set(time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, shanghai))
	return h, dir
}

func backUp(t *testing.T, app *boot.App) (int, error) {
	t.Helper()
	return app.BackUp(actor.AsJob(t.Context(), "backup", 0))
}

func look(t *testing.T, app *boot.App) boot.Backups {
	t.Helper()
	b, known, err := boot.LookAtBackups(t.Context(), app.DB)
	if err != nil || !known {
		t.Fatalf("%v, %v", known, err)
	}
	return b
}

func TestDailyBackup(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 a server takes a backup every night by itself, catches up, and verifies the newest once a week by restoring it", func(t *testing.T) {
		t.Parallel()
		h, dir := nightly(t)
		app := h.Open(t)
		if n, err := backUp(t, app); n != 0 || err != nil {
			t.Errorf("without a site: %d, %v", n, err)
		}
		ctx := asCLI(t.Context(), h.Site(t, app, "a").ID)
		if _, err := app.Visits.Register(ctx, aGuest()); err != nil {
			t.Fatal(err)
		}
		if b := look(t, app); !b.Taken.IsZero() || !b.Verified.IsZero() {
			t.Errorf("%+v", b)
		}
		steps := []struct {
			pass     time.Duration
			taken    int
			verified bool // the newest one
		}{{0, 1, true}, {time.Hour, 0, true}, {13 * time.Hour, 0, true}, {2 * time.Hour, 1, false}, {5 * 24 * time.Hour, 1, false}, {36 * time.Hour, 1, true}}
		for i, s := range steps {
			h.Clock.Add(s.pass)
			n, err := backUp(t, app)
			if n != s.taken || err != nil {
				t.Errorf("step %d: %d taken, %v", i, n, err)
			}
			if b := look(t, app); b.Taken.Equal(b.Verified) != s.verified || !b.Failed.IsZero() {
				t.Errorf("step %d: %+v", i, b)
			}
		}
		all, err := backup.Folder(dir)
		if err != nil || len(all) != 4 {
			t.Fatalf("%v, %v", all, err)
		}
		for _, e := range all {
			if info, err := os.Stat(e.Path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
		if n := count(t, app, `select count(*) from audit_log where verb in ('backup.take', 'backup.verify') and actor_name = 'backup'`); n != 6 {
			t.Errorf("%d entries on record", n)
		}
		if n := count(t, app, `select count(*) from pg_database where datname = 'lobby_verify_' || (select oid from pg_database where datname = current_database())`); n != 0 {
			t.Error("the scratch database is left")
		}
	})
	t.Run("PRIVACY-8 several servers on one database take one", func(t *testing.T) {
		t.Parallel()
		h, dir := nightly(t)
		one, two := h.Open(t), h.Open(t)
		h.Site(t, one, "a")
		taken := make([]int, 2)
		var wg sync.WaitGroup
		for i, app := range []*boot.App{one, two} {
			wg.Go(func() {
				var err error
				if taken[i], err = backUp(t, app); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, err := backup.Folder(dir); err != nil || len(all) != 1 || taken[0]+taken[1] != 1 {
			t.Errorf("%v, %v, %v", taken, all, err)
		}
	})
	t.Run("PRIVACY-8 those past their time go, but never the last one that was verified, nor a file of somebody else's", func(t *testing.T) {
		t.Parallel()
		h, dir := nightly(t)
		app := h.Open(t)
		h.Site(t, app, "a")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		sound := ""
		for day := 1; day <= 60; day++ {
			sound = backup.Name(h.Clock.Now().AddDate(0, 0, -day))
			if err := os.WriteFile(filepath.Join(dir, sound), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"mine.backup", sound + ".partial"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := app.DB.NewRaw(`insert into backups (digest, name, taken_at, verified_at) values (repeat('0', 64), ?, ?, ?)`,
			sound, h.Clock.Now().AddDate(0, 0, -60), h.Clock.Now()).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := backUp(t, app); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		all, err := backup.Folder(dir)
		if err != nil || len(all) < 10 || len(all) > 12 || filepath.Base(all[len(all)-1].Path) != sound {
			t.Errorf("%d left: %v, %v", len(all), all, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != len(all)+1 {
			t.Errorf("%v, %v", left, err)
		}
	})
}

func TestDailyBackupFails(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 what goes wrong is known, and is over once a backup works again", func(t *testing.T) {
		t.Parallel()
		h, dir := nightly(t)
		app := h.Open(t)
		h.Site(t, app, "a")
		if err := os.MkdirAll(filepath.Join(dir, backup.Name(h.Clock.Now())), 0o700); err != nil { // something is in its way
			t.Fatal(err)
		}
		h.Clock.Set(h.Clock.Now().Truncate(time.Second)) // the name has seconds
		in := filepath.Join(dir, backup.Name(h.Clock.Now()))
		if err := os.MkdirAll(in, 0o700); err != nil {
			t.Fatal(err)
		}
		if n, err := backUp(t, app); n != 0 || err == nil || !strings.Contains(err.Error(), "tried again") {
			t.Errorf("%d, %v", n, err)
		}
		if b := look(t, app); b.Failed.IsZero() || !strings.Contains(b.Problem, "is there already") {
			t.Errorf("%+v", b)
		}
		h.Clock.Add(10 * time.Minute)
		if n, err := backUp(t, app); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if b := look(t, app); !b.Failed.IsZero() || b.Problem != "" || b.Verified.IsZero() {
			t.Errorf("%+v", b)
		}
	})
	t.Run("PRIVACY-8 a backup that doesn't stand its trial is not counted as verified", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		app := h.Open(t)
		ctx := asCLI(t.Context(), h.Site(t, app, "a").ID)
		if _, err := app.Visits.Register(ctx, aGuest()); err != nil {
			t.Fatal(err)
		}
		for what, spoil := range map[string]string{
			"a phone that no key opens": `update visits set phone = '\x0102030405060708'`,
			"a record that was altered": `set session_replication_role = replica; update audit_log set verb = 'x.y' where id = (select min(audit_id) from audit_chain)`,
		} {
			direct := h.Open(t)
			if _, err := direct.Tick(t.Context()); err != nil { // seals
				t.Fatal(err)
			}
			eventually(t, "something is sealed", func() bool {
				_, err := direct.Tick(t.Context())
				return err == nil && count(t, direct, `select count(*) from audit_chain`) > 0
			})
			if _, err := direct.DB.ExecContext(t.Context(), spoil); err != nil {
				t.Fatal(err)
			}
			file := saved(t, h)
			_, _, err := boot.VerifyBackup(asCLI(t.Context(), 0), h.Config(t), file, silent)
			if err == nil || !strings.Contains(err.Error(), "not as it should be") {
				t.Errorf("%s: %v", what, err)
			}
			if b := look(t, app); !b.Verified.IsZero() || b.Problem == "" {
				t.Errorf("%s: %+v", what, b)
			}
			if strings.Contains(look(t, app).Problem, "x.y") {
				t.Error("the note says too much")
			}
			if _, err := app.DB.ExecContext(t.Context(), `delete from visits`); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What stands between the demo's made-up people, or a house that says "off", and a backup of them.
func TestNoDailyBackup(t *testing.T) {
	t.Parallel()
	for name, tweak := range map[string]func(*config.Config){
		"demo": func(c *config.Config) { c.Demo = true },
		"off":  func(c *config.Config) { c.Backups = "off" },
		"a database of somebody's server, and nobody named a folder": func(c *config.Config) { c.Backups = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, dir := nightly(t)
			folder := h.Tweak
			h.Tweak = func(c *config.Config) { folder(c); tweak(c) }
			app := h.Open(t)
			h.Site(t, app, "a")
			if n, err := backUp(t, app); n != 0 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("a folder was made")
			}
		})
	}
}
