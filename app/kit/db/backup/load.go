package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// Load says how a backup is brought back.
type Load struct {
	Owners []string                                   // tables on which all data hangs: where they hold no row, a schema counts as empty
	First  func(ctx context.Context, tx bun.Tx) error // called when the tables that come first are filled, and before all others
	Last   func(ctx context.Context, tx bun.Tx) error // called when everything stands and the schema is this program's, before the commit
	Gentle bool                                       // rest as long as there was work, since people are served on the same machine
	Report func(Progress)
}

// Loaded is what a restore did.
type Loaded struct {
	Migrated []string // migrations that the backup didn't have yet
	Left     []string // tables in the backup that are not lobby's
}

// Restore fills an empty database from a backup, in one transaction: cut off anywhere, the database is as empty as
// before. The tables are made by the migrations that the backup names; those that came later follow.
func Restore(ctx context.Context, address string, f *File, how Load) (done Loaded, err error) {
	if err := known(f); err != nil {
		return done, err
	}
	s, err := connect(ctx, address)
	if err != nil {
		return done, err
	}
	defer s.close()
	err = s.conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		l := &loading{session: s, tx: tx, file: f, how: how, done: &done}
		for _, step := range []func(context.Context) error{l.empty, l.build, l.data, l.finish, l.migrate} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return how.Last(ctx, tx)
	})
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause // the connection was cut for it
	}
	return done, err
}

func known(f *File) error {
	err := db.Known(f.Schema)
	if errors.Is(err, db.ErrNewerSchema) {
		return fmt.Errorf("the backup was taken by a newer program (%s), and this one can't read its tables: %w. Restore it with that program, or a newer one", f.Build, err)
	}
	return err
}

type loading struct {
	*session
	tx      bun.Tx
	file    *File
	how     Load
	done    *Loaded
	changes []change
}

// empty refuses a database that holds anything, or on which somebody is at work, and clears a schema without data away.
func (l *loading) empty(ctx context.Context) error {
	var others int
	err := l.tx.NewRaw(`select count(*) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid() and application_name like 'lobby%'`).Scan(ctx, &others)
	if err != nil {
		return err
	}
	if others > 0 {
		return fmt.Errorf("%w (%d connections); stop it first, call again, and start it when the restore is done", ErrInUse, others)
	}
	if _, err := l.tx.ExecContext(ctx, "set local lock_timeout = '30s'"); err != nil {
		return err
	}
	schema, err := db.Applied(ctx, l.tx)
	if err != nil {
		return err
	}
	found, err := l.holds(ctx, len(schema) > 0)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%w: it holds %s. Nothing was changed. A backup is restored into an empty database only: give it another "+
			"LOBBY_DATA, or a new database in DATABASE_URL, and keep this one until everything is as it should be", ErrNotEmpty, strings.Join(found, ", "))
	}
	if len(schema) == 0 {
		return nil
	}
	return db.Clear(ctx, l.tx) // a program was started here, and nothing was done with it
}

// holds names what a database holds: rows in the tables on which everything hangs, or, without a schema of ours,
// somebody else's tables.
func (l *loading) holds(ctx context.Context, ours bool) (found []string, err error) {
	if !ours {
		err = l.tx.NewRaw(`select 'the table ' || relname from pg_class where relnamespace = 'public'::regnamespace
			and relkind in ('r', 'p', 'v', 'm', 'f') and relname not in ('bun_migrations', 'bun_migration_locks', 'bun_migration_floors')
			order by 1 limit 5`).Scan(ctx, &found)
		if err == nil && len(found) == 0 { // the empty lists of a migration that was cut off
			_, err = l.tx.ExecContext(ctx, "drop table if exists bun_migrations, bun_migration_locks, bun_migration_floors")
		}
		return found, err
	}
	for _, name := range l.how.Owners {
		var n int64
		if err := l.tx.NewRaw("select count(*) from ?", bun.Ident(name)).Scan(ctx, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%d rows in %s", n, name))
		}
	}
	return found, nil
}

func (l *loading) build(ctx context.Context) (err error) {
	if err := db.Build(ctx, l.tx, l.file.Schema); err != nil {
		return err
	}
	if l.changes, err = strip(ctx, l.tx); err != nil {
		return err
	}
	return truncate(ctx, l.tx)
}

// data fills the tables in the order of the file.
func (l *loading) data(ctx context.Context) error {
	b, err := l.file.body()
	if err != nil {
		return err
	}
	defer b.close()
	rows := map[string]int64{}
	buf := make([]byte, chunkSize)
	for n := 0; ; n++ {
		kind, content, err := b.next(buf)
		if err != nil {
			return damaged(l.file.file.Name(), err)
		}
		switch kind {
		case beginTable:
			var t tableRecord
			if err := json.Unmarshal(content, &t); err != nil {
				return err
			}
			if rows[t.Name], err = l.table(ctx, b, t, buf); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
		case sequences:
			var all []sequenceRecord
			if err := json.Unmarshal(content, &all); err != nil {
				return err
			}
			if err := setSequences(ctx, l.tx, all); err != nil {
				return err
			}
		case theEnd:
			return l.counted(rows)
		default:
			return damaged(l.file.file.Name(), fmt.Errorf("a record of kind %q", kind))
		}
		if n == 0 && l.how.First != nil {
			if err := l.how.First(ctx, l.tx); err != nil {
				return err
			}
		}
	}
}

// table copies one table's rows.
func (l *loading) table(ctx context.Context, b *body, t tableRecord, buf []byte) (int64, error) {
	query, err := fill(ctx, l.tx, t)
	if err != nil {
		return 0, err
	}
	p := pace{last: time.Now()}
	next := func() ([]byte, error) {
		if l.how.Gentle {
			p.rest()
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		kind, content, err := b.next(buf)
		switch {
		case err != nil:
			return nil, damaged(l.file.file.Name(), err)
		case kind == endTable:
			return nil, io.EOF
		case kind != someRows:
			return nil, damaged(l.file.file.Name(), fmt.Errorf("a record of kind %q among rows", kind))
		}
		l.how.Report(Progress{Doing: "copy", Table: t.Name, Bytes: b.read(), Of: l.file.end - l.file.start})
		return content, nil
	}
	if query != "" {
		return l.in(ctx, query, next)
	}
	l.done.Left = append(l.done.Left, t.Name)
	for {
		if _, err := next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return l.file.Rows(t.Name), err
		}
	}
}

// counted holds the rows that were filled in against those that the backup should have.
func (l *loading) counted(rows map[string]int64) error {
	for _, c := range l.file.Tables {
		if rows[c.Table] != c.Rows {
			return damaged(l.file.file.Name(), fmt.Errorf("%s has %d rows where %d belong", c.Table, rows[c.Table], c.Rows))
		}
	}
	return nil
}

// finish makes keys, indexes and triggers, by which the server checks that all rows fit together, and gathers the
// statistics that make it quick.
func (l *loading) finish(ctx context.Context) error {
	l.how.Report(Progress{Doing: "build", Bytes: l.file.Size, Of: l.file.Size})
	if err := putBack(ctx, l.tx, l.changes); err != nil {
		return err
	}
	_, err := l.tx.ExecContext(ctx, "analyze")
	return err
}

func (l *loading) migrate(ctx context.Context) (err error) {
	l.done.Migrated, err = db.CatchUp(ctx, l.tx)
	return err
}
