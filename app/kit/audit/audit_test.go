package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

var key = []byte("a key that is not in the database")

// act appends one entry in a transaction of its own and gives its id.
func act(t *testing.T, pool *bun.DB, verb string) int64 {
	t.Helper()
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: 7, Site: 3, Name: "王小明"})
	id, err := db.Tx(ctx, pool, func(ctx context.Context, tx bun.Tx) (id int64, err error) {
		if err := audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "visits", ID: 12, Fields: []string{"phone"}, Reason: "遗失物品"}); err != nil {
			return 0, err
		}
		return id, tx.NewRaw(`select max(id) from audit_log where xid = pg_current_xact_id()`).Scan(ctx, &id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// sealAll seals until n rows are in the chain. Other tests' transactions in the same cluster hold the horizon back, so
// one pass may come too early.
func sealAll(t *testing.T, pool *bun.DB, n int64) {
	t.Helper()
	eventually(t, func() bool {
		if _, err := audit.SealAll(t.Context(), pool, key); err != nil {
			t.Fatal(err)
		}
		return count(t, pool, "audit_chain") >= n
	})
}

func count(t *testing.T, pool *bun.DB, table string) (n int64) {
	t.Helper()
	if err := pool.NewRaw(`select count(*) from ?`, bun.Ident(table)).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("did not happen in time")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// attack is what somebody with the database's own superuser does, triggers and foreign keys off.
func attack(t *testing.T, pool *bun.DB, statements ...string) {
	t.Helper()
	err := pool.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		for _, s := range append([]string{`set local session_replication_role = replica`}, statements...) {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, pool *bun.DB, head string) *audit.Result {
	t.Helper()
	r, err := audit.Verify(t.Context(), pool, key, head)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sealed is a database with n sealed rows.
func sealed(t *testing.T, n int) (*bun.DB, string) {
	t.Helper()
	pool := dbtest.New(t)
	for i := range n {
		act(t, pool, fmt.Sprintf("visit.register%d", i))
	}
	sealAll(t, pool, int64(n))
	head, err := audit.Head(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, pool, head); !r.OK() || r.Sealed != int64(n) || r.Head != head {
		t.Fatalf("before any attack: %+v", r)
	}
	return pool, head
}

func TestTamper(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attack []string
		want   []audit.Flaw
		head   bool // found only with the head that was kept
	}{
		"the name of the act":     {attack: []string{`update audit_log set verb = 'visit.view' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"who did it":              {attack: []string{`update audit_log set actor_id = 8 where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"what sort of actor":      {attack: []string{`update audit_log set actor_kind = 'job' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the name of a job":       {attack: []string{`update audit_log set actor_name = 'x' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the time":                {attack: []string{`update audit_log set at = at + interval '1 microsecond' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the site":                {attack: []string{`update audit_log set site_id = null where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the kind of record":      {attack: []string{`update audit_log set subject = 'tickets' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the record":              {attack: []string{`update audit_log set subject_id = 13 where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the opened fields":       {attack: []string{`update audit_log set fields = '{plate}' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"a field cut in two":      {attack: []string{`update audit_log set fields = '{pho,ne}' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the reason":              {attack: []string{`update audit_log set reason = '' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the transaction":         {attack: []string{`update audit_log set xid = '5' where id = 3`}, want: []audit.Flaw{audit.Changed}},
		"the time of the seal":    {attack: []string{`update audit_chain set at = at - interval '1 day' where seq = 3`}, want: []audit.Flaw{audit.Changed}},
		"the seal":                {attack: []string{`update audit_chain set mac = sha256(mac) where seq = 3`}, want: []audit.Flaw{audit.Changed, audit.Changed}},
		"two rows swapped":        {attack: []string{`update audit_chain set audit_id = 7 - audit_id + 1000 where seq in (3, 4)`, `update audit_chain set audit_id = audit_id - 1000 where audit_id > 1000`}, want: []audit.Flaw{audit.Changed, audit.Changed}},
		"a row deleted":           {attack: []string{`delete from audit_log where id = 3`}, want: []audit.Flaw{audit.Deleted}},
		"a row and its link":      {attack: []string{`delete from audit_log where id = 3`, `delete from audit_chain where seq = 3`}, want: []audit.Flaw{audit.Gap, audit.Changed}},
		"closed up after it":      {attack: []string{`delete from audit_log where id = 3`, `delete from audit_chain where seq = 3`, `update audit_chain set seq = seq - 1 where seq > 3`}, want: []audit.Flaw{audit.Changed, audit.Changed, audit.Changed, audit.Cut}},
		"the first rows":          {attack: []string{`delete from audit_log where id < 3`, `delete from audit_chain where seq < 3`}, want: []audit.Flaw{audit.Gap, audit.Changed}},
		"a row before the others": {attack: []string{`insert into audit_log (id, xid, actor_kind, verb) overriding system value select 1000, '4', 'job', 'x'`}, want: []audit.Flaw{audit.Inserted}},
		"a link in the middle":    {attack: []string{`update audit_chain set seq = seq + 100 where seq > 3`, `update audit_chain set seq = seq - 99 where seq > 100`, `insert into audit_log (actor_kind, verb) values ('job', 'x')`, `insert into audit_chain select 4, (select max(id) from audit_log), mac, at, horizon from audit_chain where seq = 3`}, want: []audit.Flaw{audit.Changed, audit.Changed, audit.Changed, audit.Replaced, audit.Changed}},
		"the end cut off":         {attack: []string{`delete from audit_chain where seq > 4`, `delete from audit_log where id > 4`}, want: []audit.Flaw{audit.Cut}, head: true},
		"everything emptied":      {attack: []string{`truncate audit_chain, audit_log`}, want: []audit.Flaw{audit.Cut}, head: true},
	} {
		t.Run("PRIVACY-4 nobody changes the record unseen: "+name, func(t *testing.T) {
			t.Parallel()
			pool, head := sealed(t, 6)
			attack(t, pool, c.attack...)
			r := verify(t, pool, head)
			var flaws []audit.Flaw
			for _, f := range r.Findings {
				flaws = append(flaws, f.Flaw)
			}
			if !slices.Equal(flaws, c.want) {
				t.Fatalf("found %v, want %v", r.Findings, c.want)
			}
			if without := verify(t, pool, ""); without.OK() != c.head {
				t.Fatalf("without head: %v", without.Findings)
			}
		})
	}
}

func TestInsertedAmongOlder(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-4 a row that takes a free number among older ones is found, sealed as it is", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		act(t, pool, "a.one")
		if _, err := pool.ExecContext(t.Context(), `select nextval(pg_get_serial_sequence('audit_log', 'id'))`); err != nil {
			t.Fatal(err)
		}
		act(t, pool, "a.three")
		sealAll(t, pool, 2)
		attack(t, pool, `insert into audit_log (id, actor_kind, verb) overriding system value values (2, 'job', 'a.two')`)
		sealAll(t, pool, 3)
		r := verify(t, pool, "")
		if len(r.Findings) != 1 || r.Findings[0].Flaw != audit.Inserted || r.Findings[0].AuditID != 2 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestAppendOnly(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-4 the record and its seal refuse change, deletion and emptying", func(t *testing.T) {
		t.Parallel()
		pool, _ := sealed(t, 2)
		for _, s := range []string{`update audit_log set verb = 'x'`, `delete from audit_log`, `truncate audit_log cascade`,
			`update audit_chain set mac = ''`, `delete from audit_chain`, `truncate audit_chain`} {
			if _, err := pool.ExecContext(t.Context(), s); err == nil || !strings.Contains(err.Error(), "can only be added to") {
				t.Errorf("%s: %v", s, err)
			}
		}
	})
}

func TestSealer(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-4 a committed row is sealed without being asked, also at the end, and the head goes to the log", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		ctx, stop := context.WithCancel(t.Context())
		var log safeBuffer
		done := make(chan struct{})
		go func() {
			defer close(done)
			audit.Seal(ctx, pool, key, slog.New(slog.NewTextHandler(&log, nil)))
		}()
		eventually(t, func() bool { return strings.Contains(log.String(), "head=0") })
		act(t, pool, "visit.register")
		eventually(t, func() bool { return count(t, pool, "audit_chain") == 1 })
		act(t, pool, "visit.end")
		stop()
		<-done
		sealAll(t, pool, 2) // the last pass may have met another test's transaction
		if r := verify(t, pool, ""); !r.OK() || r.Sealed != 2 {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("PRIVACY-4 no row is missed or sealed twice while many write and several instances seal", func(t *testing.T) {
		t.Parallel()
		address := dbtest.URL(t)
		writers, one, two := dbtest.Open(t, address), dbtest.Open(t, address), dbtest.Open(t, address)
		ctx, stop := context.WithCancel(t.Context())
		var sealers, wg sync.WaitGroup
		for _, pool := range []*bun.DB{one, two} {
			sealers.Go(func() {
				for ctx.Err() == nil {
					if _, err := audit.SealAll(ctx, pool, key); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 6 {
			wg.Go(func() {
				for range 30 {
					act(t, writers, "visit.register")
				}
			})
		}
		wg.Wait()
		sealAll(t, writers, 180)
		stop()
		sealers.Wait()
		if r := verify(t, writers, ""); !r.OK() || r.Sealed != 180 || r.Pending != 0 {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("PRIVACY-4 a row that commits late is sealed after its transaction, not skipped", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		slow, err := pool.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.Append(t.Context(), slow, audit.Entry{Verb: "slow.act"}); err != nil {
			t.Fatal(err)
		}
		act(t, pool, "fast.act")
		if n, err := audit.SealAll(t.Context(), pool, key); err != nil || n != 0 {
			t.Fatalf("%d sealed before an older transaction ended: %v", n, err)
		}
		if r := verify(t, pool, ""); r.Pending != 1 || r.Oldest.IsZero() || !r.OK() {
			t.Fatalf("%+v", r)
		}
		if err := slow.Commit(); err != nil {
			t.Fatal(err)
		}
		sealAll(t, pool, 2)
		if r := verify(t, pool, ""); !r.OK() || r.Sealed != 2 {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("PRIVACY-4 in another cluster, where transaction ids begin anew, sealing goes on", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		attack(t, pool, `insert into audit_log (xid, actor_kind, verb) values ('900000000001', 'job', 'old.one'), ('900000000002', 'job', 'old.two')`)
		sealAll(t, pool, 2)
		attack(t, pool, `insert into audit_log (xid, actor_kind, verb) values ('900000000003', 'job', 'old.unsealed')`)
		act(t, pool, "new.one")
		sealAll(t, pool, 4)
		act(t, pool, "new.two")
		sealAll(t, pool, 5)
		if r := verify(t, pool, ""); !r.OK() || r.Sealed != 5 || r.Pending != 0 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	t.Run("an empty record is in order, and its head is 0", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		if r := verify(t, pool, "0"); !r.OK() || r.Head != "0" {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("a head of another chain is told apart from a cut end", func(t *testing.T) {
		t.Parallel()
		pool, _ := sealed(t, 3)
		r := verify(t, pool, "2-"+strings.Repeat("0f", 12))
		if len(r.Findings) != 1 || r.Findings[0].Flaw != audit.Replaced {
			t.Fatalf("%+v", r)
		}
		if r := verify(t, pool, "9-"+strings.Repeat("0f", 12)); len(r.Findings) != 1 || r.Findings[0].Flaw != audit.Cut {
			t.Fatalf("%+v", r)
		}
		for _, bad := range []string{"x", "-1-00", "3", "3-zz", "3-0f0f"} {
			if _, err := audit.Verify(t.Context(), pool, key, bad); err == nil {
				t.Errorf("%q was taken for a head", bad)
			}
		}
	})
	t.Run("another key opens nothing: every row is named, the list is bounded", func(t *testing.T) {
		t.Parallel()
		pool, _ := sealed(t, 120)
		r, err := audit.Verify(t.Context(), pool, []byte("another key"), "")
		if err != nil || len(r.Findings) != 100 || r.More != 20 {
			t.Fatalf("%d and %d: %v", len(r.Findings), r.More, err)
		}
	})
	t.Run("PRIVACY-4 every column of the record is under the seal", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		var columns []string
		err := pool.NewRaw(`select column_name from information_schema.columns where table_name = 'audit_log' order by ordinal_position`).Scan(t.Context(), &columns)
		want := []string{"id", "xid", "at", "site_id", "actor_kind", "actor_id", "actor_name", "verb", "subject", "subject_id", "fields", "reason"}
		if err != nil || !slices.Equal(columns, want) {
			t.Fatalf("%v (%v): a new column belongs into chain.go and verify.go, and into TestTamper", columns, err)
		}
	})
}

// safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
