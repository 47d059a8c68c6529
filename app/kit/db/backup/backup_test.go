package backup_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"lobby/app/kit/db"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/db/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet(backup.Progress) {}

// filled is a migrated database with rows in some tables.
func filled(t *testing.T) (address string, pool *bun.DB) {
	t.Helper()
	address = dbtest.URL(t)
	pool = dbtest.Open(t, address)
	exec(t, pool, `insert into sites (code, name) values ('a', '翠园小区'), ('b', E'tab\tand\\backslash\nand line')`)
	exec(t, pool, `insert into staff (login, name, password_hash) select 'p' || n, '员' || n, '\x00' from generate_series(1, 300) n`)
	exec(t, pool, `insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, purpose, channel, pass_code, pass_token, pass_index, arrived_at)
		select (select min(id) from sites), gen_random_uuid(), sha256(n::text::bytea), 'V' || n, '访客' || n, sha256(n::text::bytea), sha256(n::text::bytea), '李', 'visit', 'kiosk',
			lpad(n::text, 6, '0'), sha256(n::text::bytea), int8send(n), now() from generate_series(1, 3000) n`)
	exec(t, pool, `insert into audit_log (actor_kind, verb, fields) values ('job', 'a.one', '{a,"b c",NULL}')`)
	return address, pool
}

func exec(t *testing.T, pool *bun.DB, statement string) {
	t.Helper()
	if _, err := pool.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// taken is a backup of a database.
func taken(t *testing.T, address string) (string, backup.Contents) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "one.backup")
	var c backup.Contents
	err := backup.Save(file, func(w io.Writer) (err error) {
		c, err = backup.Write(t.Context(), address, w, backup.Dump{Build: "test", First: []string{"key_rings"}, Report: quiet})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return file, c
}

func opened(t *testing.T, file string) *backup.File {
	t.Helper()
	f, err := backup.Open(t.Context(), file, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func load() backup.Load {
	return backup.Load{Owners: []string{"sites", "staff"}, Report: quiet, Last: func(context.Context, bun.Tx) error { return nil }}
}

func restore(t *testing.T, address, file string) (backup.Loaded, error) {
	t.Helper()
	return backup.Restore(t.Context(), address, opened(t, file), load())
}

// texts reads one column.
func texts(t *testing.T, address, query string) (out []string) {
	t.Helper()
	pool := dbtest.Open(t, address)
	if err := pool.NewRaw(query).Scan(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

const things = `select coalesce(string_agg(relname, ' ' order by relname), '') from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'S')`

func isEmpty(t *testing.T, address string) {
	t.Helper()
	if got := texts(t, address, things); got[0] != "" {
		t.Errorf("it is no longer empty: %s", got)
	}
}

// shape is everything that a schema consists of.
const shape = `select 'i ' || pg_get_indexdef(indexrelid) || indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid where relnamespace = 'public'::regnamespace
	union all select 'c ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated from pg_constraint where connamespace = 'public'::regnamespace
	union all select 't ' || pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
	union all select 'a ' || attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull || attidentity::text || attgenerated::text
		from pg_attribute a join pg_class c on c.oid = attrelid where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped and relname <> 'bun_migration_locks'
	union all select 'f ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
	order by 1`

func without(all []string, part string) (out []string) {
	for _, s := range all {
		if !strings.Contains(s, part) {
			out = append(out, s)
		}
	}
	return out
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 a restored database has every row, sequence, key, index, trigger and function of the one that was saved", func(t *testing.T) {
		t.Parallel()
		from, _ := filled(t)
		file, c := taken(t, from)
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || info.Size() != c.Size {
			t.Errorf("%v, %v", info, err)
		}
		if c.Rows("visits") != 3000 || c.Rows("sites") != 2 {
			t.Errorf("%+v", c.Tables)
		}
		to := dbtest.Empty(t)
		done, err := restore(t, to, file)
		if err != nil || len(done.Migrated)+len(done.Left) > 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		if diff := cmp.Diff(without(texts(t, from, shape), "bun_migration_locks"), texts(t, to, shape)); diff != "" {
			t.Error(diff)
		}
		for _, table := range texts(t, from, `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'bun_migration_locks'`) {
			rows := `select md5(coalesce(string_agg(r::text, '|' order by r::text), '')) || count(*) from ` + table + ` r`
			if a, b := texts(t, from, rows), texts(t, to, rows); a[0] != b[0] {
				t.Errorf("%s differs: %s and %s", table, a, b)
			}
		}
		stands := `select sequencename || coalesce(last_value, 0) from pg_sequences where sequencename not like 'bun_migration_locks%' order by 1`
		if diff := cmp.Diff(texts(t, from, stands), texts(t, to, stands)); diff != "" {
			t.Error(diff)
		}
		pool := dbtest.Open(t, to)
		if err := db.Check(t.Context(), pool); err != nil {
			t.Error(err)
		}
		if _, err := db.Migrate(t.Context(), pool); err != nil {
			t.Error(err)
		}
	})
	t.Run("a database in which lobby was only started counts as empty", func(t *testing.T) {
		t.Parallel()
		from, _ := filled(t)
		file, _ := taken(t, from)
		to := dbtest.URL(t)
		if _, err := restore(t, to, file); err != nil {
			t.Fatal(err)
		}
		if got := texts(t, to, `select count(*)::text from visits`); got[0] != "3000" {
			t.Error(got)
		}
	})
}

func TestEarlierRelease(t *testing.T) {
	t.Parallel()
	t.Run("a backup of an earlier release is brought up to this one", func(t *testing.T) {
		t.Parallel()
		from, pool := filled(t)
		exec(t, pool, `delete from audit_chain`)
		taken3, err := db.Rollback(t.Context(), pool, 3)
		if err != nil || len(taken3) != 3 {
			t.Fatalf("%v, %v", taken3, err)
		}
		file, _ := taken(t, from)
		to := dbtest.Empty(t)
		done, err := restore(t, to, file)
		if err != nil || len(done.Migrated) != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		if diff := cmp.Diff(without(texts(t, dbtest.URL(t), shape), "bun_migration_locks"), texts(t, to, shape)); diff != "" {
			t.Error(diff)
		}
		if err := db.Check(t.Context(), dbtest.Open(t, to)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a backup of a newer release is refused in words before anything is written", func(t *testing.T) {
		t.Parallel()
		from, pool := filled(t)
		exec(t, pool, `insert into bun_migrations (name, group_id) values ('29990101000000', 99)`)
		file, _ := taken(t, from)
		to := dbtest.Empty(t)
		if _, err := restore(t, to, file); !errors.Is(err, db.ErrNewerSchema) || !strings.Contains(err.Error(), "newer") {
			t.Error(err)
		}
		isEmpty(t, to)
	})
	t.Run("somebody else's table is left out and named", func(t *testing.T) {
		t.Parallel()
		from, pool := filled(t)
		exec(t, pool, `create table aaa_theirs (a int); insert into aaa_theirs select generate_series(1, 5000)`)
		file, _ := taken(t, from)
		to := dbtest.Empty(t)
		done, err := restore(t, to, file)
		if err != nil || len(done.Left) != 1 || done.Left[0] != "aaa_theirs" {
			t.Fatalf("%+v, %v", done, err)
		}
	})
}

func TestNotEmpty(t *testing.T) {
	t.Parallel()
	from, _ := filled(t)
	file, _ := taken(t, from)
	t.Run("a database with a site is refused, and says what it holds", func(t *testing.T) {
		t.Parallel()
		to, pool := filled(t)
		_ = pool.Close()
		before := texts(t, to, `select xmin::text || id from sites order by id`)
		if _, err := restore(t, to, file); !errors.Is(err, backup.ErrNotEmpty) || !strings.Contains(err.Error(), "2 rows in sites, 300 rows in staff") {
			t.Error(err)
		}
		if diff := cmp.Diff(before, texts(t, to, `select xmin::text || id from sites order by id`)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("somebody else's database is refused", func(t *testing.T) {
		t.Parallel()
		to := dbtest.Empty(t)
		texts(t, to, `create table theirs (a int)`)
		if _, err := restore(t, to, file); !errors.Is(err, backup.ErrNotEmpty) || !strings.Contains(err.Error(), "the table theirs") {
			t.Error(err)
		}
	})
	t.Run("a database on which a server is at work is refused", func(t *testing.T) {
		t.Parallel()
		to := dbtest.URL(t)
		server := dbtest.Open(t, to)
		if _, err := restore(t, to, file); !errors.Is(err, backup.ErrInUse) {
			t.Error(err)
		}
		_ = server.Close()
		if _, err := restore(t, to, file); err != nil {
			t.Error(err)
		}
	})
}

func TestCutOff(t *testing.T) {
	t.Parallel()
	t.Run("a backup that is stopped leaves nothing", func(t *testing.T) {
		t.Parallel()
		from, _ := filled(t)
		dir := t.TempDir()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		err := backup.Save(filepath.Join(dir, "one"), func(w io.Writer) error {
			_, err := backup.Write(ctx, from, w, backup.Dump{Report: func(p backup.Progress) {
				if p.Table == "staff" {
					stop()
				}
			}})
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	})
	t.Run("a restore that is stopped leaves the database empty, and can be called again", func(t *testing.T) {
		t.Parallel()
		from, _ := filled(t)
		file, _ := taken(t, from)
		to := dbtest.Empty(t)
		for _, at := range []string{"visits", "last"} {
			ctx, stop := context.WithCancel(t.Context())
			how := load()
			how.Report = func(p backup.Progress) {
				if p.Table == at {
					stop()
				}
			}
			how.Last = func(ctx context.Context, _ bun.Tx) error {
				stop()
				return ctx.Err()
			}
			if _, err := backup.Restore(ctx, to, opened(t, file), how); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", at, err)
			}
			stop()
			isEmpty(t, to)
		}
		if _, err := restore(t, to, file); err != nil {
			t.Error(err)
		}
	})
}
