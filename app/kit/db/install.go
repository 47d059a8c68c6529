package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// HoldSchema keeps migrations away as long as the connection stands; where one is under way, it waits for it. Call it
// before a transaction that must see one moment: what it waited for would be invisible in one that had begun.
func HoldSchema(ctx context.Context, conn bun.Conn) error {
	_, err := conn.ExecContext(ctx, "select pg_advisory_lock_shared(?)", lockKey)
	return err
}

// Applied lists the names of the applied migrations in their order; a database without the list has none.
func Applied(ctx context.Context, tx bun.IDB) ([]string, error) {
	var there bool
	if err := tx.NewRaw("select to_regclass('bun_migrations') is not null").Scan(ctx, &there); err != nil || !there {
		return nil, err
	}
	var names []string
	err := tx.NewRaw("select name from bun_migrations order by name").Scan(ctx, &names)
	return names, err
}

// Known refuses, with ErrNewerSchema, a list of migrations of which this binary doesn't know one.
func Known(names []string) error {
	all, err := Schema{}.migrations()
	if err != nil {
		return err
	}
	known := all.Sorted()
	for _, name := range names {
		if !slices.ContainsFunc(known, func(m migrate.Migration) bool { return m.Name == name }) {
			return fmt.Errorf("%w: it has migration %s", ErrNewerSchema, name)
		}
	}
	return nil
}

// Build makes the schema of just these migrations, in a database without tables and inside the caller's transaction,
// which also keeps every other migration away. The list of what is applied stays empty: it comes with the data.
func Build(ctx context.Context, tx bun.IDB, names []string) error {
	if _, err := tx.ExecContext(ctx, "select pg_advisory_xact_lock(?)", lockKey); err != nil {
		return err
	}
	_, err := tx.NewCreateTable().Model((*migrate.Migration)(nil)).ModelTableExpr("bun_migrations").Exec(ctx)
	if err == nil {
		_, err = tx.ExecContext(ctx, "create unique index bun_migrations_name_unique on bun_migrations (name)")
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, floorsTable)
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		if err == nil {
			err = perform(ctx, tx, name, "up")
		}
	}
	return err
}

// CatchUp applies inside the caller's transaction what this binary has beyond the applied migrations, marks it, and
// gives the names.
func CatchUp(ctx context.Context, tx bun.IDB) (done []string, err error) {
	have, err := Applied(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := Schema{}.migrations()
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, floorsTable); err != nil { // a database of before has none
		return nil, err
	}
	floors, err := Schema{}.floors()
	if err != nil {
		return nil, err
	}
	for _, m := range all.Sorted() {
		if slices.Contains(have, m.Name) {
			continue
		}
		if err := perform(ctx, tx, m.Name, "up"); err != nil {
			return done, err
		}
		m.GroupID = 1
		if err := floors.mark(ctx, tx, &m); err != nil {
			return done, err
		}
		done = append(done, m.Name)
	}
	return done, nil
}

// Clear takes a schema without data back, inside the caller's transaction: everything that the migrations made is gone.
func Clear(ctx context.Context, tx bun.IDB) error {
	have, err := Applied(ctx, tx)
	if err != nil {
		return err
	}
	for _, name := range slices.Backward(have) {
		if err := perform(ctx, tx, name, "down"); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "drop table if exists bun_migrations, bun_migration_locks, bun_migration_floors")
	return err
}

// perform runs one migration's file; way is up or down.
func perform(ctx context.Context, tx bun.IDB, name, way string) error {
	found, err := fs.Glob(files, "migrations/"+name+"_*.tx."+way+".sql")
	if err == nil && len(found) != 1 {
		err = errors.New("this program doesn't have it")
	}
	var text []byte
	if err == nil {
		text, err = files.ReadFile(found[0])
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, string(text))
	}
	if err != nil {
		return fmt.Errorf("migration %s: %w", name, err)
	}
	return nil
}
