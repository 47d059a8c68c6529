package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/db"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
)

// operator is a person at the command line, with variables of their own.
type operator struct {
	t   *testing.T
	env map[string]string
}

func (o operator) lobby(want int, args ...string) string {
	o.t.Helper()
	var out bytes.Buffer
	code := run(context.WithoutCancel(o.t.Context()), args, Streams{In: strings.NewReader(""), Out: &out, Err: &out}, func(name string) string { return o.env[name] })
	if code != want {
		o.t.Errorf("lobby %s: exit code %d, not %d:\n%s", strings.Join(args, " "), code, want, out.String())
	}
	return out.String()
}

func wantText(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("it does not say %q:\n%s", word, text)
		}
	}
}

func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	o := operator{t, map[string]string{"DATABASE_URL": address}} // a release step has no key
	wantText(t, o.lobby(0, "migrate", "status"), "missing", "lobby migrate up")
	wantText(t, o.lobby(0, "migrate", "up"), "Applied 20261122000001_kit")
	wantText(t, o.lobby(0, "migrate", "up"), "up to date")
	wantText(t, o.lobby(0, "migrate", "status"), "applied 20", "up to date")
	wantText(t, o.lobby(2, "migrate", "down"), "would take back", "--yes")
	wantText(t, o.lobby(2, "migrate", "down", "--steps", "0"), "--steps")
	wantText(t, o.lobby(0, "migrate", "down", "--yes"), "Took back")
	wantText(t, o.lobby(0, "migrate", "status"), "missing")
	wantText(t, o.lobby(0, "migrate", "up"), "Applied")
	wantText(t, o.lobby(2, "migrate"), "up", "down", "status")
	wantText(t, o.lobby(2, "migrate", "sideways"), "unknown command")
	pool := dbtest.Open(t, address)
	t.Run("PRIVACY-4 changes of the schema are on record, by the command line's user", func(t *testing.T) {
		var n int
		err := pool.NewRaw("select count(*) from audit_log where verb in ('schema.up', 'schema.down') and actor_name like 'cli:%'").Scan(t.Context(), &n)
		if err != nil || n != 3 {
			t.Errorf("%d entries, %v", n, err)
		}
	})
	if _, err := pool.ExecContext(t.Context(), "insert into bun_migrations (name, group_id) values ('29990101000000', 99)"); err != nil {
		t.Fatal(err)
	}
	// A later release that has only expanded: this program goes on.
	wantText(t, o.lobby(0, "migrate", "up"), "up to date")
	wantText(t, o.lobby(1, "migrate", "down", "--yes"), "newer than this program")
	wantText(t, o.lobby(0, "migrate", "status"), "newer program", "works with it")
	wantText(t, o.lobby(1, "doctor"), "note  schema", "later release")
	if _, err := pool.ExecContext(t.Context(), "insert into bun_migration_floors (name, floor) values ('29990101000000', '29980101000000')"); err != nil {
		t.Fatal(err)
	}
	wantText(t, o.lobby(1, "migrate", "up"), "newer than this program", "29990101000000", "29980101000000")
	wantText(t, o.lobby(1, "migrate", "down", "--yes"), "newer than this program")
	wantText(t, o.lobby(0, "migrate", "status"), "newer program")
	wantText(t, o.lobby(1, "doctor"), "BAD   schema", "newer")
}

func TestMigrateUnreachable(t *testing.T) {
	t.Parallel()
	o := operator{t, map[string]string{"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/x?sslmode=disable", "LOBBY_KEY": pii.NewKey().Text()}}
	for _, command := range []string{"migrate up", "doctor"} {
		text := o.lobby(1, strings.Fields(command)...)
		wantText(t, text, "can't be reached")
		if strings.Contains(text, "secret") {
			t.Errorf("%s shows the password: %s", command, text)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	t.Run("a database in use, with its key and with another", func(t *testing.T) {
		t.Parallel()
		address, key := dbtest.URL(t), pii.NewKey()
		pool := dbtest.Open(t, address)
		o := operator{t, map[string]string{"DATABASE_URL": address, "LOBBY_KEY": key.Text(), "LOBBY_URL": "http://lobby.example.com"}}
		// The tests' server runs without durability, and that is what doctor has to see.
		text := o.lobby(1, "doctor")
		wantText(t, text, "BAD   database", "fsync", "plain http", "note  key", "ok    schema", "ok    clock", "ok    disk")
		if _, err := pii.OpenVault(t.Context(), pool, key); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.ExecContext(t.Context(), "insert into sites (code, name, time_zone) values ('a', 'A', 'Asia/Taipei')"); err != nil {
			t.Fatal(err)
		}
		wantText(t, o.lobby(1, "doctor"), "ok    key", "ok    sites", "Asia/Taipei")
		o.env["LOBBY_KEY"] = pii.NewKey().Text()
		wantText(t, o.lobby(1, "doctor"), "BAD   key", "bring back the key")
		if _, err := pool.ExecContext(t.Context(), "update sites set time_zone = 'Asia/Nowhere'"); err != nil {
			t.Fatal(err)
		}
		wantText(t, o.lobby(1, "doctor"), "BAD   sites", "Asia/Nowhere")
	})
	t.Run("a new machine: nothing is made by looking, and nothing is wrong", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "var")
		o := operator{t, map[string]string{"LOBBY_DATA": dir}}
		wantText(t, o.lobby(0, "doctor"), "there is no database yet", "lobby serve")
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the data folder was made: %v", err)
		}
	})
	t.Run("an embedded database, stopped", func(t *testing.T) {
		t.Parallel()
		dir := dbtest.DataFolder(t)
		o := operator{t, map[string]string{"LOBBY_DATA": dir}}
		o.lobby(0, "migrate", "up")
		text := o.lobby(0, "doctor")
		wantText(t, text, "ok    cluster", "not running", "ok    database", "ok    schema", "note  key")
		if strings.Contains(text, "BAD") || strings.Contains(text, "its log may hold") {
			t.Error(text)
		}
		if found, err := cluster.Look(t.Context(), dir); err != nil || found.Running {
			t.Errorf("left behind: %+v, %v", found, err)
		}
	})
	t.Run("wrong settings are named, and the database is looked at all the same", func(t *testing.T) {
		t.Parallel()
		o := operator{t, map[string]string{"DATABASE_URL": dbtest.Empty(t), "LOBBY_URL": "lobby"}}
		wantText(t, o.lobby(1, "doctor"), "BAD   settings", "LOBBY_KEY", "LOBBY_URL", "BAD   schema", "lobby migrate up")
	})
}

func TestDoctorJudges(t *testing.T) {
	t.Parallel()
	for ahead, mark := range map[time.Duration]string{0: "ok", -2 * time.Second: "note", 2 * time.Second: "note", -time.Minute: "BAD", time.Hour: "BAD"} {
		var out bytes.Buffer
		if _, err := report(&out, []finding{clocks(ahead)}); err != nil || !strings.HasPrefix(out.String(), mark) {
			t.Errorf("%s: %s (%v)", ahead, out.String(), err)
		}
	}
	facts, err := db.Inspect(t.Context(), dbtest.New(t))
	if err != nil || facts.Number < cluster.Oldest*10000 || facts.Encoding != "UTF8" || !facts.Names || facts.LogsInput || facts.Durable {
		t.Errorf("%+v, %v", facts, err)
	}
}
