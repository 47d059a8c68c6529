package boot_test

import (
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	"lobby/app/visitor"
)

// asCLI acts as the command line does.
func asCLI(ctx context.Context, site int64) context.Context {
	return actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:test", All: true, Site: site})
}

func aGuest() visitor.Register {
	return visitor.Register{EntryKey: uuid.New(), Name: "王小明", Phone: "13812345678", Place: "18#2单元201", Purpose: "visit",
		People: 1, Plate: "粤B12345", Channel: visitor.Counter}
}

// primary is the key by which the newest visit is sealed.
func primary(t *testing.T, pool bun.IDB) string {
	t.Helper()
	var sealed []byte
	if err := pool.NewRaw(`select phone from visits order by id desc limit 1`).Scan(t.Context(), &sealed); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sealed[:5])
}

func TestRotateWhileServing(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-3 while the key is rotated two servers register and open without a fault, and take up the new key by themselves", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		first, second := h.Start(t).App, h.Start(t).App
		ctx := asCLI(t.Context(), h.Site(t, first, "a").ID)
		desk := actor.With(t.Context(), actor.Actor{Kind: actor.Person, Site: actor.From(ctx).Site,
			May: map[actor.Permission]bool{staff.ViewVisits: true, actor.Reveal: true}})
		if _, err := first.Visits.Register(ctx, aGuest()); err != nil {
			t.Fatal(err)
		}
		before := primary(t, first.DB)
		stop := make(chan struct{})
		var people sync.WaitGroup
		for _, server := range []*visitor.Service{first.Visits, second.Visits} {
			people.Go(func() {
				for {
					pass, err := server.Register(ctx, aGuest())
					if err != nil {
						t.Errorf("register: %v", err)
						return
					}
					if got, err := second.Visits.Reveal(desk, pass.Visit.ID, "phone", "访客遗失物品"); err != nil || got != "+8613812345678" {
						t.Errorf("open: %q, %v", got, err)
						return
					}
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond):
					}
				}
			})
		}
		done, err := h.Open(t).RotateKey(ctx, time.Second, func(pii.Progress) {})
		close(stop)
		people.Wait()
		if err != nil || done.Removed != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		for _, app := range []*visitor.Service{first.Visits, second.Visits} {
			eventually(t, "it seals with the new key", func() bool {
				if _, err := app.Register(ctx, aGuest()); err != nil {
					t.Fatal(err)
				}
				return primary(t, first.DB) != before
			})
		}
		var record []string
		err = first.DB.NewRaw(`select fields[1] from audit_log where verb = 'key.rotate' and actor_name = 'cli:test' order by id`).Scan(t.Context(), &record)
		if err != nil || strings.Join(record, " ") != "added closed removed" {
			t.Errorf("on record: %v, %v", record, err)
		}
	})
}

func TestRotateKilled(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-3 a rotation killed in the middle is finished by the next call", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		app := h.Open(t)
		site := h.Site(t, app, "a").ID
		if _, err := app.Visits.Register(asCLI(t.Context(), site), aGuest()); err != nil {
			t.Fatal(err)
		}
		before := primary(t, app.DB)
		_, err := app.DB.NewRaw(`insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, purpose,
				channel, pass_code, pass_token, pass_index, arrived_at)
			select site_id, gen_random_uuid(), '', 'X' || n, name, phone, phone_index, host || '李', purpose, channel, lpad(n::text, 6, '0'),
				pass_token, int8send(n), arrived_at from visits, generate_series(1, 20000) n where pass_code <> lpad(n::text, 6, '0')`).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rotate := func() *exec.Cmd {
			cmd := exec.CommandContext(t.Context(), boottest.Binary(t), "key", "rotate", "--settle", "10ms")
			cmd.Env = append(os.Environ(), "DATABASE_URL="+h.URL, "LOBBY_KEY="+h.Key)
			return cmd
		}
		left := func() (n int) {
			err := app.DB.NewRaw(`select count(*) from visits where encode(substring(phone for 5), 'hex') = ?`, before).Scan(t.Context(), &n)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		cut := rotate()
		if err := cut.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it has begun", func() bool { return left() < 20000 })
		if err := cut.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cut.Wait() // killed
		if n := left(); n == 0 {
			t.Fatal("it was not killed in the middle")
		}
		out, err := rotate().CombinedOutput()
		if err != nil || !strings.Contains(string(out), "an earlier rotation was interrupted") || !strings.Contains(string(out), "1 old keys removed") {
			t.Fatalf("%v\n%s", err, out)
		}
		if n := left(); n != 0 {
			t.Errorf("%d values are still sealed by the old key", n)
		}
		if strings.Contains(string(out), "13812345678") {
			t.Error("the terminal shows a phone")
		}
	})
}

// Every column of bytes is either one that a rotation seals anew, or one that holds no sealed value.
func TestSealedColumns(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-3 no sealed column is forgotten by a rotation", func(t *testing.T) {
		t.Parallel()
		known := map[string]bool{
			"visits.entry_hash": true, "visits.phone_index": true, "visits.plate_index": true, "visits.pass_index": true,
			"tickets.entry_hash": true, "tickets.phone_index": true, // keyed hashes
			"audit_chain.mac": true, "key_rings.wrapped": true, "key_rings.canary": true,
			"sessions.token_hash": true, "devices.token_hash": true, "devices.code_hash": true, "sign_in_failures.key": true, "first_links.token_hash": true, // hashes
			"callbacks.entry_hash": true, "ratings.person": true, "rating_links.token_hash": true, // hashes too
			"import_drafts.rows": true,                                            // places, nothing of persons
			"files.bytes":        true, "files.small": true, "pictures.sum": true, // pictures, encoded anew, and the hash of what came in
		}
		for _, c := range append(visitor.Sealed(), pii.Column{Table: "tickets", Name: "phone"}) {
			known[c.String()] = true
		}
		var columns []string
		err := dbtest.New(t).NewRaw(`select table_name || '.' || column_name from information_schema.columns
			where table_schema = 'public' and data_type = 'bytea'`).Scan(t.Context(), &columns)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			if !known[c] {
				t.Errorf("%s is neither sealed anew by a rotation nor known as something else", c)
			}
		}
	})
}
