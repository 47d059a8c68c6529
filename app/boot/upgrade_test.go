package boot_test

import (
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/boot/boottest"
	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
	"lobby/app/staff"
)

// later is the release after this one: it expands tables that every page reads, and adds one.
var later = fstest.MapFS{
	"29990101000000_later.tx.up.sql": {Data: []byte(`alter table visits add column lift text;
		alter table staff add column badge text not null default '';
		alter table devices add column floor int;
		alter table sites add column motto text not null default '';
		alter table tickets add column mood int not null default 0;
		create table laters (site_id bigint not null references sites, n int);`)},
	"29990101000000_later.tx.down.sql": {Data: []byte("drop table laters; alter table visits drop column lift;")},
}

// latest is the one after that: it takes away what the present one uses.
var latest = fstest.MapFS{
	"29990201000000_latest.tx.up.sql":   {Data: []byte("-- contract: 29990101000000\nalter table visits alter column company drop not null;")},
	"29990201000000_latest.tx.down.sql": {Data: []byte("update visits set company = '' where company is null; alter table visits alter column company set not null;")},
}

// A rolling upgrade: this program, as it is shipped, serves beside the next release, which has migrated; registrations
// through both, a wall at each. The release after that is too new for it, and it says so.
func TestNeighboursServeSideBySide(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	app := h.Open(t)
	here := h.Site(t, app, "rolling")
	token, _ := h.Device(t, app, here.ID, "kiosk")
	wallToken, _ := h.Device(t, app, here.ID, "wall")
	h.Person(t, app, here.ID, "desk", staff.Agent)
	old := h.Process(t, boottest.FreeAddr(t))

	h.Schema = db.Schema{}.And(later)
	migrate(t, app.DB, h.Schema)
	next := h.Start(t)
	boottest.WaitReady(t, old.URL) // the release of before goes on while it is being replaced
	walls := map[string]string{old.URL: "the old one's", next.URL(): "the new one's"}
	kiosk := boottest.Screen(t, old.URL, token)
	kiosk.Get("/kiosk").Want(http.StatusOK)
	n := int64(0)
	for range 3 {
		for base := range walls {
			n++
			if code, body := post(t, &http.Client{}, base+"/kiosk/visit", token, arrival(uuid.Must(uuid.NewV7()), "王小明")); code != http.StatusOK {
				t.Fatalf("%s: %d %s", walls[base], code, body)
			}
		}
	}
	desk := boottest.Browser(t, old.URL)
	desk.SignIn("desk", boottest.Password)
	desk.Get("/desk").Want(http.StatusOK).WantText("王小明")
	desk.Get("/desk/tickets").Want(http.StatusOK)
	token2, _ := h.Device(t, app, here.ID, "wall") // this program pairs on the new schema
	boottest.Screen(t, old.URL, token2).Get("/wall").Want(http.StatusOK)
	for base := range walls {
		follow(t, wall(t, base, wallToken), n)
		boottest.Screen(t, base, wallToken).Get("/wall").Want(http.StatusOK)
	}
	allOnce(t, app, here.ID, int(n))
	old.Kill()
	again := h.Process(t, boottest.FreeAddr(t)) // a machine of before that starts once more
	wantLog(t, again, "a later release has migrated this database")

	h.Schema = h.Schema.And(latest)
	migrate(t, app.DB, h.Schema)
	eventually(t, "it is no longer ready", func() bool {
		code, _ := get(t, http.DefaultClient, again.URL+"/readyz")
		return code == http.StatusServiceUnavailable
	})
	if code, _ := get(t, http.DefaultClient, next.URL()+"/readyz"); code != http.StatusOK {
		t.Errorf("the neighbour of the newest: %d", code)
	}
	out := refused(t, lobby(t, h, "serve", "--addr", boottest.FreeAddr(t)))
	for _, words := range []string{"newer than this program", "29990201000000", "29990101000000", "Run the newer program"} {
		if !strings.Contains(out, words) {
			t.Errorf("the refusal does not say %q: %s", words, out)
		}
	}
}

func migrate(t *testing.T, pool *bun.DB, schema db.Schema) {
	t.Helper()
	if _, err := schema.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

// lobby is a call of the real program on the house's database.
func lobby(t *testing.T, h *boottest.House, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), boottest.Binary(t), args...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+h.URL, "LOBBY_KEY="+h.Key)
	return cmd
}

// refused gives what a call says that must fail.
func refused(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("%v was not refused:\n%s", cmd.Args[1:], out)
	}
	return string(out)
}

// kill -9 in the middle of a migration: nothing of it stands. Then two at once: one migrates, the other waits and finds
// it done.
func TestMigrateKilled(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	pool := dbtest.Open(t, h.URL)
	all, err := db.Status(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	const back = 3
	if _, err := db.Rollback(t.Context(), pool, back); err != nil {
		t.Fatal(err)
	}
	// The first of them gets as far as its mark, and waits there behind this transaction.
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "insert into bun_migrations (name, group_id) values (?, 1)", all[len(all)-back].Name); err != nil {
		t.Fatal(err)
	}
	cut := lobby(t, h, "migrate", "up")
	if err := cut.Start(); err != nil {
		t.Fatal(err)
	}
	waiting := func() bool {
		var n int
		err := pool.NewRaw(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%bun_migrations%'`).Scan(t.Context(), &n)
		return err == nil && n > 0
	}
	eventually(t, "it is in the middle", waiting)
	if err := cut.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cut.Wait() // killed
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server notices", func() bool { return !waiting() })
	list, err := db.Status(t.Context(), pool)
	if err != nil || !list[len(list)-back].Applied.IsZero() {
		t.Errorf("half applied: %+v, %v", list, err)
	}

	calls := []*exec.Cmd{lobby(t, h, "migrate", "up"), lobby(t, h, "migrate", "up")}
	said := make([]strings.Builder, len(calls))
	for n, cmd := range calls {
		cmd.Stdout, cmd.Stderr = &said[n], &said[n]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	applied := 0
	for n, cmd := range calls {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, said[n].String())
		}
		applied += strings.Count(said[n].String(), "Applied ")
	}
	if applied != back {
		t.Errorf("%d were applied by both together, not %d:\n%s%s", applied, back, said[0].String(), said[1].String())
	}
	if err := db.Check(t.Context(), pool); err != nil {
		t.Error(err)
	}
}

// A migration that fails, of the real program: nothing is half applied, it is named in words, the program of before
// goes on serving and starts again.
func TestMigrationFails(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	app := h.Open(t)
	here := h.Site(t, app, "fails")
	token, _ := h.Device(t, app, here.ID, "kiosk")
	old := h.Process(t, boottest.FreeAddr(t))
	next := db.Schema{}.And(later).And(fstest.MapFS{
		"29990102000000_bad.tx.up.sql": {Data: []byte("create table half (id int); alter table visits add column half int; select 1 / 0;")},
	})
	names, err := next.Migrate(t.Context(), app.DB)
	for _, words := range []string{"29990102000000_bad", "nothing of it was applied", "the program of before", "division by zero"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error does not say %q: %v", words, err)
		}
	}
	if !slices.Equal(names, []string{"29990101000000_later"}) {
		t.Errorf("applied: %v", names)
	}
	var half int
	err = app.DB.NewRaw("select count(*) from information_schema.columns where table_name = 'half' or column_name = 'half'").Scan(t.Context(), &half)
	if err != nil || half != 0 {
		t.Errorf("half applied: %d, %v", half, err)
	}
	for _, p := range []*boottest.Process{old, h.Process(t, boottest.FreeAddr(t))} {
		if code, body := post(t, &http.Client{}, p.URL+"/kiosk/visit", token, arrival(uuid.Must(uuid.NewV7()), "王小明")); code != http.StatusOK {
			t.Errorf("the program of before: %d %s", code, body)
		}
	}
}

// The same, by the real program's own migration and words.
func TestReleaseCommandFails(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	pool := dbtest.Open(t, h.URL)
	back, err := db.Rollback(t.Context(), pool, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.ExecContext(t.Context(), `create function refuse() returns event_trigger language plpgsql as $$ begin
			if exists (select from pg_event_trigger_ddl_commands() where object_identity not like '%bun\_%') then
				raise exception 'refused by the test';
			end if;
		end $$;
		create event trigger refuse on ddl_command_end execute function refuse()`)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range [][]string{{"migrate", "up"}, {"serve", "--migrate", "--addr", boottest.FreeAddr(t)}} {
		out := refused(t, lobby(t, h, call...))
		for _, words := range []string{"migration " + back[0] + " failed", "refused by the test", "nothing of it was applied"} {
			if !strings.Contains(out, words) {
				t.Errorf("%v does not say %q: %s", call, words, out)
			}
		}
	}
	if _, err := pool.ExecContext(t.Context(), "drop event trigger refuse"); err != nil {
		t.Fatal(err)
	}
	if out, err := lobby(t, h, "migrate", "up").CombinedOutput(); err != nil || !strings.Contains(string(out), "Applied "+back[0]) {
		t.Errorf("mended: %v\n%s", err, out)
	}
}
