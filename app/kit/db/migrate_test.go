package db_test

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

// empty gives a pool on a database without schema.
func empty(t *testing.T) *bun.DB {
	t.Helper()
	return dbtest.Open(t, dbtest.Empty(t))
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestMigrateThereAndBack(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	before := catalog(t, pool)
	up, err := db.Migrate(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	full := catalog(t, pool)
	for i := range up {
		down, err := db.Rollback(t.Context(), pool, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := up[len(up)-1-i]; len(down) != 1 || down[0] != want {
			t.Fatalf("took back %v, not %s", down, want)
		}
	}
	if diff := cmp.Diff(before, catalog(t, pool)); diff != "" {
		t.Errorf("taking everything back leaves something, or takes too much:\n%s", diff)
	}
	if down, err := db.Rollback(t.Context(), pool, 1); err != nil || len(down) != 0 {
		t.Errorf("nothing left to take back: %v, %v", down, err)
	}
	if _, err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, catalog(t, pool)); diff != "" {
		t.Errorf("the second way up leads elsewhere:\n%s", diff)
	}
	if again, err := db.Migrate(t.Context(), pool); err != nil || len(again) != 0 {
		t.Errorf("migrating a complete schema: %v, %v", again, err)
	}
}

// catalog lists everything that migrations make, in words.
func catalog(t *testing.T, pool *bun.DB) []string {
	t.Helper()
	var out []string
	err := pool.NewRaw(`
		with mine as (select oid from pg_namespace where nspname = 'public')
		select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
				case when a.attnotnull then ' not null' else '' end || a.attidentity::text || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
			from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
			where c.relnamespace in (select oid from mine) and c.relkind in ('r', 'v', 'm', 'p') and a.attnum > 0 and not a.attisdropped and c.relname not like 'bun\_%'
		union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
			from pg_constraint where connamespace in (select oid from mine) and conrelid::regclass::text not like 'bun\_%'
		union all select 'index ' || indexdef from pg_indexes where schemaname = 'public' and tablename not like 'bun\_%'
		union all select 'trigger ' || pg_get_triggerdef(g.oid) from pg_trigger g join pg_class c on c.oid = g.tgrelid
			where c.relnamespace in (select oid from mine) and not g.tgisinternal
		union all select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace in (select oid from mine) and prokind = 'f'
		union all select 'view ' || viewname || ' ' || definition from pg_views where schemaname = 'public'
		union all select 'type ' || typname from pg_type t where typnamespace in (select oid from mine) and typtype in ('e', 'd', 'r')
		union all select 'sequence ' || sequencename from pg_sequences where schemaname = 'public' and sequencename not like 'bun\_%'
		union all select 'extension ' || extname from pg_extension
		order by 1`).Scan(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMigrateFails(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	tree := fstest.MapFS{
		"20300101000001_good.tx.up.sql":   file("create table good (id int);"),
		"20300101000001_good.tx.down.sql": file("drop table good;"),
		"20300101000002_bad.tx.up.sql":    file("create table half (id int);\ninsert into half values (1);\nselect 1 / 0;"),
		"20300101000002_bad.tx.down.sql":  file("drop table half;"),
	}
	names, err := db.MigrateFrom(t.Context(), pool, tree)
	if err == nil || !strings.Contains(err.Error(), "20300101000002") || !strings.Contains(err.Error(), "division by zero") {
		t.Fatalf("the error does not name migration and cause: %v", err)
	}
	if !slices.Equal(names, []string{"20300101000001_good"}) {
		t.Errorf("applied: %v", names)
	}
	if got := tables(t, pool); !slices.Equal(got, []string{"good"}) {
		t.Errorf("tables: %v", got)
	}
	if got := marks(t, pool); !slices.Equal(got, []string{"20300101000001"}) {
		t.Errorf("marked: %v", got)
	}
	tree["20300101000002_bad.tx.up.sql"] = file("create table half (id int);")
	if names, err := db.MigrateFrom(t.Context(), pool, tree); err != nil || !slices.Equal(names, []string{"20300101000002_bad"}) {
		t.Fatalf("mended: %v, %v", names, err)
	}
	tree["20300101000002_bad.tx.down.sql"] = file("drop table half;\nselect 1 / 0;")
	if _, err := db.RollbackFrom(t.Context(), pool, tree, 1); err == nil {
		t.Error("a failing way down gives no error")
	}
	if got := tables(t, pool); !slices.Equal(got, []string{"good", "half"}) {
		t.Errorf("after a failing way down: tables %v", got)
	}
	if got := marks(t, pool); len(got) != 2 {
		t.Errorf("after a failing way down: marked %v", got)
	}
}

// The mark is part of the migration's own transaction: they stand or fall together. Here the mark is made to fail.
func TestMigrateMarksInItsTransaction(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	tree := fstest.MapFS{
		"20300101000001_one.tx.up.sql": file(`create table one (id int);
			create function refuse() returns trigger language plpgsql as $$ begin raise exception 'ended here'; end $$;
			create trigger refuse before insert on bun_migrations for each row execute function refuse();`),
		"20300101000001_one.tx.down.sql": file("drop table one;"),
	}
	if _, err := db.MigrateFrom(t.Context(), pool, tree); err == nil || !strings.Contains(err.Error(), "ended here") {
		t.Fatal(err)
	}
	if got := append(marks(t, pool), tables(t, pool)...); len(got) != 0 {
		t.Errorf("half applied: %v", got)
	}
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	address := dbtest.Empty(t)
	known, err := fs.Glob(db.Files, "migrations/*.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var applied []string
	for range 4 {
		pool := dbtest.Open(t, address)
		all.Go(func() {
			names, err := db.Migrate(t.Context(), pool)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, names...)
		})
	}
	all.Wait()
	if slices.Sort(applied); len(applied) != len(known) || len(slices.Compact(applied)) != len(known) {
		t.Errorf("applied %v, known %v", applied, known)
	}
}

func TestCheckMissing(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	if err := db.Check(t.Context(), pool); err == nil || !strings.Contains(err.Error(), "lobby migrate up") {
		t.Errorf("an empty database: %v", err)
	}
}

// Every migration runs in a transaction and can be taken back.
func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(db.Files, "migrations/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		other := strings.NewReplacer(".up.", ".down.", ".down.", ".up.").Replace(name)
		if !strings.Contains(name, ".tx.") || !slices.Contains(names, other) {
			t.Errorf("%s has no transaction or no other half", name)
		}
	}
}

// Everything of a site's data has the site on its row. The exceptions are not a site's.
func TestSiteID(t *testing.T) {
	t.Parallel()
	exempt := map[string]string{
		"sites":               "is the site",
		"staff":               "people can work for several sites; their roles are per site",
		"sign_in_failures":    "counted before anybody is known",
		"pass_tries":          "by device",
		"topics":              "the site is in the name",
		"events":              "ids only, by topic",
		"audit_chain":         "the seal over all sites' records",
		"key_rings":           "one for the whole database",
		"backups":             "the installation's, of all sites together",
		"first_links":         "from before there is a site",
		"temporary_passwords": "a person's, as staff",
	}
	var without []string
	err := dbtest.New(t).NewRaw(`select relname from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
		and relname not like 'bun\_%' and not exists (select from pg_attribute where attrelid = c.oid and attname = 'site_id') order by 1`).
		Scan(t.Context(), &without)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range without {
		if exempt[name] == "" {
			t.Errorf("table %s has no site_id", name)
		}
		delete(exempt, name)
	}
	for name := range exempt {
		t.Errorf("table %s is named as an exception and is none", name)
	}
}

func tables(t *testing.T, pool *bun.DB) (out []string) {
	t.Helper()
	err := pool.NewRaw(`select tablename from pg_tables where schemaname = 'public' and tablename not like 'bun\_%' order by 1`).Scan(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func marks(t *testing.T, pool *bun.DB) (out []string) {
	t.Helper()
	if err := pool.NewRaw("select name from bun_migrations order by 1").Scan(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
