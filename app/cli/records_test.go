package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/xuri/excelize/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/visitor"
)

// deskBundle is a database as an operator finds it: one site, one visitor, a key.
type deskBundle struct {
	t   *testing.T
	url string
	key pii.WrapKey
	db  *bun.DB
}

func setupDesk(t *testing.T) *deskBundle {
	t.Helper()
	b := &deskBundle{t: t, url: dbtest.URL(t), key: pii.NewKey()}
	b.db = dbtest.Open(t, b.url)
	vault, err := pii.OpenVault(t.Context(), b.db, b.key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:setup", All: true})
	s, err := (&site.Service{DB: b.db, Now: time.Now}).Add(ctx, site.Add{Code: "riverside", Name: "滨河花园", TimeZone: "Asia/Shanghai", Accent: "#0b6e5f"})
	if err != nil {
		t.Fatal(err)
	}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:setup", All: true, Site: s.ID})
	visits := &visitor.Service{DB: b.db, Vault: vault, Sites: site.NewDirectory(b.db), Now: time.Now}
	_, err = visits.Register(ctx, visitor.Register{EntryKey: uuid.New(), Name: piitest.Canary.Name, Phone: piitest.Canary.Phone, Plate: piitest.Canary.Plate,
		Place: "18#2单元201", Purpose: "visit", People: 1, Channel: visitor.Counter})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lobby runs one command line as an operator would.
func (b *deskBundle) lobby(args ...string) (out, errs string, code int) {
	b.t.Helper()
	env := map[string]string{"DATABASE_URL": b.url, "LOBBY_KEY": b.key.Text(), "LANG": "en_US.UTF-8"}
	var o, e bytes.Buffer
	code = run(context.WithoutCancel(b.t.Context()), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e}, func(k string) string { return env[k] })
	return o.String(), e.String(), code
}

// waitSealed verifies until the act is sealed: transactions of other tests on the same server can hold it back.
func (b *deskBundle) waitSealed(verb string) {
	b.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var sealed bool
		err := b.db.NewRaw(`select exists (select from audit_chain c join audit_log a on a.id = c.audit_id where a.verb = ?)`, verb).Scan(b.t.Context(), &sealed)
		if err != nil {
			b.t.Fatal(err)
		}
		if sealed {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatal("not sealed in time")
		}
		if _, errs, code := b.lobby("audit", "verify"); code != 0 {
			b.t.Fatal(errs)
		}
	}
}

func TestReportCommand(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	t.Run("PRIVACY-2 the command line's reports are masked in every format, and on record as cli", func(t *testing.T) {
		for _, format := range []string{"table", "csv", "json"} {
			for _, name := range []string{"visitors", "tickets"} {
				for _, register := range []string{"--register=false", "--register"} {
					out, errs, code := b.lobby("report", name, "--format", format, register)
					if code != 0 || errs != "" || out == "" {
						t.Fatalf("%s %s: %d %s", name, format, code, errs)
					}
					if found := piitest.Found(out, piitest.Canary.Values()...); len(found) > 0 {
						t.Errorf("%s %s shows %q", name, format, found)
					}
				}
			}
		}
		var who []string
		err := b.db.NewRaw(`select distinct actor_kind || ' ' || actor_name from audit_log where verb like 'report.%'`).Scan(t.Context(), &who)
		if err != nil || len(who) != 1 || !strings.HasPrefix(who[0], "cli cli:") || who[0] == "cli cli:" {
			t.Fatalf("%q, %v", who, err)
		}
		piitest.AssertAbsent(t, b.db, piitest.Canary.Values()...)
	})
	t.Run("FORM-1 the visitor register goes into a file as a workbook under its own name, readable by its owner only", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "visitors.xlsx")
		if out, errs, code := b.lobby("report", "visitors", "--register", "--output", file, "--language", "zh-TW"); code != 0 || out != "" {
			t.Fatalf("%d %s %s", code, out, errs)
		}
		f, err := excelize.OpenFile(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows(f.GetSheetName(0))
		if err != nil || len(rows) < 3 || !strings.HasPrefix(rows[0][0], "訪客登記表") || rows[2][2] != "欧阳**" {
			t.Fatalf("%q, %v", rows, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatal(info.Mode(), err)
		}
	})
	t.Run("exit codes: 2 for a wrong call, 1 for what goes wrong", func(t *testing.T) {
		for _, c := range []struct {
			code int
			says string
			args []string
		}{
			{2, "needs one of", []string{"report"}},
			{2, "unknown command", []string{"report", "moon"}},
			{2, "no format", []string{"report", "visitors", "--format", "pdf"}},
			{2, "no language", []string{"report", "visitors", "--language", "fr"}},
			{2, "Write a date like", []string{"report", "visitors", "--from", "yesterday"}},
			{2, "after the last", []string{"report", "tickets", "--from", "2026-11-02", "--to", "2026-11-01"}},
			{2, "unknown flag", []string{"report", "tickets", "--moon"}},
			{1, "no site", []string{"report", "tickets", "--site", "moon"}},
			{1, "--output", []string{"report", "tickets", "--output", "/nowhere/at/all.csv"}},
			{0, "Examples", []string{"report", "visitors", "--help"}},
		} {
			out, errs, code := b.lobby(c.args...)
			if code != c.code || !strings.Contains(out+errs, c.says) {
				t.Errorf("%v: %d %s %s", c.args, code, out, errs)
			}
		}
	})
}

func TestAuditCommand(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	head := regexp.MustCompile(`Head: +(\S+)`)
	out, errs, code := b.lobby("audit", "verify")
	if code != 0 || !strings.Contains(out, "in order") || head.FindStringSubmatch(out) == nil {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	b.waitSealed("visit.register")
	out, _, _ = b.lobby("audit", "verify")
	kept := head.FindStringSubmatch(out)[1]
	t.Run("PRIVACY-4 audit verify is itself on record, and accepts the head it printed", func(t *testing.T) {
		if out, errs, code := b.lobby("audit", "verify", "--head", kept); code != 0 {
			t.Fatalf("%d %s %s", code, out, errs)
		}
		var n int
		if err := b.db.NewRaw(`select count(*) from audit_log where verb = 'audit.verify' and actor_name like 'cli:%'`).Scan(t.Context(), &n); err != nil || n < 2 {
			t.Fatal(n, err)
		}
	})
	t.Run("exit codes: 2 for a head that is none", func(t *testing.T) {
		if _, errs, code := b.lobby("audit", "verify", "--head", "x"); code != 2 || !strings.Contains(errs, "is no head") {
			t.Fatal(code, errs)
		}
	})
	t.Run("PRIVACY-4 audit verify ends with 1 and names the row that was changed", func(t *testing.T) {
		b.waitSealed("visit.register")
		err := b.db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `set local session_replication_role = replica; update audit_log set actor_id = 77 where verb = 'visit.register'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		out, errs, code := b.lobby("audit", "verify")
		if code != 1 || !strings.Contains(out, "FOUND changed") || !strings.Contains(errs, "not as it was sealed") {
			t.Fatalf("%d %s %s", code, out, errs)
		}
	})
}

func TestKeyCommand(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	t.Run("key new prints a key that can be used", func(t *testing.T) {
		out, _, code := b.lobby("key", "new")
		if _, err := pii.ParseKey(out); code != 0 || err != nil {
			t.Fatal(code, err)
		}
	})
	t.Run("PRIVACY-3 another key than the database's refuses the start in words", func(t *testing.T) {
		b := *b
		b.t, b.key = t, pii.NewKey()
		_, errs, code := b.lobby("report", "visitors")
		if code != 1 || !strings.Contains(errs, "does not belong to this database") {
			t.Fatal(code, errs)
		}
	})
}
