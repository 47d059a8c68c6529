package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/boot"
	"lobby/app/config"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/db/dbtest"
)

// What is safe to mend is mended, and said; the second time there is nothing left to do.
func TestDoctorFix(t *testing.T) {
	t.Parallel()
	dir := dbtest.DataFolder(t)
	o := operator{t, map[string]string{"LOBBY_DATA": dir, "LOBBY_URL": "https://lobby.example.com", "LOBBY_ADDR": "127.0.0.1:8080"}}
	o.lobby(0, "site", "add", "--code", "a", "--name", "A") // makes database and key
	o.lobby(0, "migrate", "down", "--yes")
	scratch := leaveScratch(t, dir)
	found, err := cluster.Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * quiet)
	data, key := filepath.Join(found.Folder, "data"), filepath.Join(dir, "lobby.key")
	half, writing := filepath.Join(dir, "backups", "a.partial"), filepath.Join(dir, "backups", "b.partial")
	started, tried := filepath.Join(filepath.Dir(found.Folder), ".postgres-init-"+filepath.Base(found.Folder)+"-7"), filepath.Join(dir, ".key-7")
	for _, make := range []func() error{
		func() error { return os.Chmod(key, 0o644) },
		func() error { return os.Chmod(dir, 0o777) },
		func() error { return os.Chmod(data, 0o777) },
		func() error { return os.MkdirAll(filepath.Join(dir, "backups"), 0o700) },
		func() error { return os.MkdirAll(filepath.Join(started, "data"), 0o700) },
		func() error { return os.WriteFile(half, nil, 0o600) },
		func() error { return os.WriteFile(writing, nil, 0o600) },
		func() error { return os.WriteFile(tried, nil, 0o600) },
		func() error { return os.Chtimes(half, long, long) },
		func() error { return os.Chtimes(tried, long, long) },
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, o.lobby(1, "doctor"), "BAD   files", "chmod 600 "+key, data, half, started, tried, "lobby doctor --fix")
	text := o.lobby(0, "doctor", "--fix")
	wantText(t, text, "done  give "+key+" the mode 0600", "done  give "+dir, "done  remove "+half, "done  remove "+tried, "done  apply them", "done  drop it", "ok    files", "ok    schema")
	for _, path := range []string{half, started, tried} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	if _, err := os.Stat(writing); err != nil {
		t.Errorf("what is being written was removed: %v", err)
	}
	if again := o.lobby(0, "doctor", "--fix"); strings.Contains(again, "done") || strings.Contains(again, "BAD") {
		t.Errorf("the second time:\n%s", again)
	}
	withCluster(t, dir, func(direct *bun.DB) {
		var n int
		if err := direct.NewRaw("select count(*) from pg_database where datname = ?", scratch).Scan(t.Context(), &n); err != nil || n != 0 {
			t.Errorf("%s is still there: %v", scratch, err)
		}
	})
}

// leaveScratch leaves what a killed verification leaves.
func leaveScratch(t *testing.T, dir string) (name string) {
	t.Helper()
	withCluster(t, dir, func(direct *bun.DB) {
		if err := direct.NewRaw("select 'lobby_verify_' || oid from pg_database where datname = current_database()").Scan(t.Context(), &name); err != nil {
			t.Fatal(err)
		}
		if _, err := direct.ExecContext(t.Context(), "create database ?", bun.Ident(name)); err != nil {
			t.Fatal(err)
		}
	})
	return name
}

func withCluster(t *testing.T, dir string, fn func(direct *bun.DB)) {
	t.Helper()
	cfg := config.FromEnv(func(name string) string { return map[string]string{"LOBBY_DATA": dir}[name] })
	direct, done, err := boot.Connect(context.WithoutCancel(t.Context()), cfg)
	if err != nil {
		t.Fatal(err)
	}
	fn(direct)
	if err := done(); err != nil {
		t.Fatal(err)
	}
}

// What can't be mended by itself stays wrong, and is not touched.
func TestDoctorFixLeavesTheRest(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	o := operator{t, map[string]string{"DATABASE_URL": address, "LOBBY_URL": "lobby"}}
	text := o.lobby(1, "doctor", "--fix")
	wantText(t, text, "BAD   settings", "BAD   schema", "lobby migrate up")
	if strings.Contains(text, "done") {
		t.Errorf("it mended somebody's server:\n%s", text)
	}
}

func TestDoctorInUse(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t)
	pool := dbtest.Open(t, address)
	o := operator{t, map[string]string{"DATABASE_URL": address, "LOBBY_ADDR": ":8080"}}
	if text := o.lobby(1, "doctor"); strings.Contains(text, "kiosks") || strings.Contains(text, "a clock was set back") {
		t.Error(text)
	}
	_, err := pool.ExecContext(t.Context(), `insert into sites (code, name) values ('a', 'A');
		insert into devices (site_id, kind, name, paired_at) select id, 'kiosk', 'k', now() from sites;
		insert into audit_log (at, actor_kind, actor_name, verb, subject) values (now() + interval '1 day', 'job', 'job:test', 'a.b', 'sites')`)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, o.lobby(1, "doctor"), "note  kiosks", "1 paired", "LOBBY_URL", "a clock was set back")
	o.env["LOBBY_URL"] = "https://lobby.example.com"
	text := o.lobby(1, "doctor")
	wantText(t, text, ":8080 answers other machines in plain http")
	if strings.Contains(text, "kiosks") {
		t.Error(text)
	}
	o.env["LOBBY_ADDR"] = "127.0.0.1:8080"
	wantText(t, o.lobby(1, "doctor"), "ok    address")
}
