package boot_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/db/dbtest"
	"lobby/app/staff"
)

func silent(backup.Progress) {}

// say runs the program as an operator would, and gives what it said and its exit code.
func say(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), boottest.Binary(t), args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("lobby %v: %v", args, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// must is say where nothing may go wrong.
func must(t *testing.T, env []string, args ...string) string {
	t.Helper()
	out, code := say(t, env, args...)
	if code != 0 {
		t.Fatalf("lobby %v: %d\n%s", args, code, out)
	}
	return out
}

func (h houseOf) env() []string { return []string{"DATABASE_URL=" + h.URL, "LOBBY_KEY=" + h.Key} }

type houseOf struct{ *boottest.House }

// saved takes a backup of a house.
func saved(t *testing.T, h *boottest.House) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "one.backup")
	if _, err := boot.Backup(asCLI(t.Context(), 0), h.Config(t), file, nil, silent); err != nil {
		t.Fatal(err)
	}
	return file
}

// elsewhere is a house with the same key on a database that was restored from a backup.
func elsewhere(t *testing.T, h *boottest.House, file string) *boottest.House {
	t.Helper()
	other := boottest.New(t)
	other.URL, other.Key, other.Clock = dbtest.Empty(t), h.Key, h.Clock
	if _, err := boot.Restore(asCLI(t.Context(), 0), other.Config(t), file, silent); err != nil {
		t.Fatal(err)
	}
	return other
}

// count reads one number.
func count(t *testing.T, app *boot.App, query string) (n int64) {
	t.Helper()
	if err := app.DB.NewRaw(query).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// inOrder fails where the record isn't.
func inOrder(t *testing.T, app *boot.App, head string) {
	t.Helper()
	r, err := audit.Verify(t.Context(), app.DB, app.Vault.AuditKey(), head)
	if err != nil || !r.OK() {
		t.Errorf("the record: %+v, %v", r, err)
	}
}

func TestRestoredElsewhere(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 an external database comes back as an embedded one, and that as an external one, with everything but sessions", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		app := h.Open(t)
		here := h.Site(t, app, "moved")
		h.Person(t, app, here.ID, "li.ming", staff.Agent)
		if _, err := app.Staff.SignIn(t.Context(), staff.SignIn{Login: "li.ming", Password: boottest.Password}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := app.Staff.Pair(asCLI(t.Context(), here.ID), staff.Pair{Kind: "wall", Name: "code not entered"}); err != nil {
			t.Fatal(err)
		}
		ctx := asCLI(t.Context(), here.ID)
		pass, err := app.Visits.Register(ctx, aGuest())
		if err != nil {
			t.Fatal(err)
		}
		head, err := audit.Head(t.Context(), app.DB)
		if err != nil {
			t.Fatal(err)
		}
		one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
		must(t, houseOf{h}.env(), "backup", one)

		data := dbtest.DataFolder(t)
		if err := os.WriteFile(filepath.Join(data, "lobby.key"), []byte(h.Key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		env := []string{"LOBBY_DATA=" + data}
		if out := must(t, env, "restore", one); !strings.Contains(out, "1 visits") || !strings.Contains(out, "0 paired devices") {
			t.Error(out)
		}
		if out := must(t, env, "audit", "verify", "--head", head); !strings.Contains(out, "in order") {
			t.Error(out)
		}
		must(t, env, "backup", two)

		back := elsewhere(t, h, two).Open(t)
		inOrder(t, back, head)
		desk := actor.With(t.Context(), actor.Actor{Kind: actor.Person, Site: here.ID, May: map[actor.Permission]bool{staff.ViewVisits: true, actor.Reveal: true}})
		if got, err := back.Visits.Reveal(desk, pass.Visit.ID, "phone", "访客遗失物品"); err != nil || got != "+8613812345678" {
			t.Errorf("%q, %v", got, err)
		}
		if n := count(t, back, `select (select count(*) from sessions) + (select count(*) from devices where code_hash is not null)`); n != 0 {
			t.Errorf("%d sessions and open codes came back", n)
		}
		if n := count(t, back, `select count(*) from audit_log where verb = 'backup.restore'`); n != 2 {
			t.Errorf("%d restores are on record", n)
		}
		if _, err := back.Visits.Leave(ctx, pass.Code); err != nil {
			t.Error(err)
		}
		if _, err := back.Staff.SignIn(t.Context(), staff.SignIn{Login: "li.ming", Password: boottest.Password}); err != nil {
			t.Error(err)
		}
	})
}

func TestRecordGoesOnElsewhere(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-4 the record goes on in a cluster whose transaction numbers are about those of the old one", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		app := h.Open(t)
		// The end of the old chain has numbers that come in the new cluster only in a while; some rows aren't sealed.
		const ahead = 5000
		for n := range 3 {
			_, err := app.DB.NewRaw(`insert into audit_log (xid, actor_kind, verb) values ((pg_current_xact_id()::text::bigint + ?)::text::xid8, 'job', 'old.act')`, ahead+n).Exec(t.Context())
			if err != nil {
				t.Fatal(err)
			}
		}
		if n, err := audit.SealAll(t.Context(), app.DB, app.Vault.AuditKey()); err != nil || n != 3 {
			t.Fatalf("%d sealed, %v", n, err)
		}
		ctx := asCLI(t.Context(), h.Site(t, app, "a").ID)
		register := func(app *boot.App) {
			t.Helper()
			if _, err := app.Visits.Register(ctx, aGuest()); err != nil {
				t.Fatal(err)
			}
		}
		register(app)
		other := elsewhere(t, h, saved(t, h)).Open(t)
		inOrder(t, other, "")
		for range 5 {
			register(other)
		}
		if _, err := other.DB.ExecContext(t.Context(), `do $$ begin for n in 1..6000 loop perform pg_current_xact_id(); commit; end loop; end $$`); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			register(other)
		}
		eventually(t, "everything is sealed", func() bool {
			if _, err := audit.SealAll(t.Context(), other.DB, other.Vault.AuditKey()); err != nil {
				t.Fatal(err)
			}
			return count(t, other, `select count(*) from audit_log a where not exists (select from audit_chain c where c.audit_id = a.id)`) == 0
		})
		inOrder(t, other, "")
	})
}

func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 a backup at full speed holds up nobody, has all that was acknowledged before, and is one moment", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		i := h.Start(t)
		here := h.Site(t, i.App, "busy")
		token, _ := h.Device(t, i.App, here.ID, "kiosk")
		crowd := enter(t, token, i.URL())
		crowd.more(t)
		before := crowd.acknowledged.Load()
		file := filepath.Join(t.TempDir(), "one.backup")
		var during atomic.Int64
		_, err := boot.Backup(asCLI(t.Context(), 0), h.Config(t), file, nil, func(p backup.Progress) {
			if p.Table == "visits" && during.CompareAndSwap(0, 1) { // with the snapshot taken they go on
				crowd.more(t)
			}
		})
		if err != nil || during.Load() == 0 {
			t.Fatal(err)
		}
		acknowledged := crowd.end(t)
		app := elsewhere(t, h, file).Open(t)
		visits := count(t, app, `select count(*) from visits`)
		if visits < before || visits > int64(acknowledged)-20 {
			t.Errorf("%d visits, where %d were acknowledged before and %d in the end", visits, before, acknowledged)
		}
		for what, query := range map[string]string{
			"events":  `select count(distinct ref) from events where kind = 'visit.arrived'`,
			"records": `select count(distinct subject_id) from audit_log where verb = 'visit.register'`,
		} {
			if n := count(t, app, query); n != visits {
				t.Errorf("%d visits and %d %s: not one moment", visits, n, what)
			}
		}
		inOrder(t, app, "")
	})
}

// A wall is open while the house moves to a restored database: what it had seen belongs to another epoch, also where
// the numbers meet again, so it starts from a snapshot.
func TestWallAcrossRestore(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	addr := boottest.FreeAddr(t)
	first := h.Process(t, addr)
	app := h.Open(t)
	here := h.Site(t, app, "epoch")
	token, _ := h.Device(t, app, here.ID, "kiosk")
	wallToken, _ := h.Device(t, app, here.ID, "wall")
	arrive := func() {
		t.Helper()
		if code, body := post(t, &http.Client{}, "http://"+addr+"/kiosk/visit", token, arrival(uuid.Must(uuid.NewV7()), "王小明")); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
	}
	arrive()
	file := saved(t, h)
	arrive()
	screen := wall(t, first.URL, wallToken)
	follow(t, screen, 2)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if closed(t, screen) != 1012 {
		t.Error("it was not told to come again")
	}
	second := elsewhere(t, h, file).Process(t, addr)
	arrive() // the second of the new epoch
	arrive()
	var frame struct {
		Epoch    int64
		Seq      *int64
		Snapshot bool
	}
	again := wallAt(t, second.URL, wallToken, 1, 2)
	if err := again.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for frame.Seq == nil {
		if err := again.ReadJSON(&frame); err != nil {
			t.Fatal(err)
		}
	}
	if !frame.Snapshot || frame.Epoch <= 1 || *frame.Seq != 3 {
		t.Errorf("it got %+v, number %d", frame, *frame.Seq)
	}
}
