package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
	"github.com/uptrace/bun/migrate"
)

//go:embed migrations/*.sql
var files embed.FS

// lockKey is the advisory lock that migrations take, so that two instances never migrate at once.
const lockKey = 0x6c6f626279 // "lobby"

// Migration is one step of the schema.
type Migration struct {
	Name    string    // "20261122000001"
	Comment string    // "kit"; empty where this binary doesn't know the migration
	Applied time.Time // zero: not applied
	Known   bool      // false: a newer binary applied it
}

// Migrate applies what is missing, each migration in one transaction together with its mark, and gives the names of
// those applied. Instances that start at the same time wait for each other. A schema that is too new for this binary is
// refused with ErrNewerSchema; one that a later release has only expanded is left as it is.
func Migrate(ctx context.Context, pool *bun.DB) ([]string, error) {
	return Schema{}.Migrate(ctx, pool)
}

// Rollback takes the last steps migrations back, newest first, each in one transaction together with its mark, and gives
// the names of those taken back; fewer when fewer are applied. The data in what they made is gone. Where a later release
// has migrated, only that one can take its migrations back: ErrNewerSchema.
func Rollback(ctx context.Context, pool *bun.DB, steps int) ([]string, error) {
	return Schema{}.Rollback(ctx, pool, steps)
}

// Status lists all migrations, those of a newer binary too, in their order. It changes nothing.
func Status(ctx context.Context, pool *bun.DB) ([]Migration, error) {
	return Schema{}.Status(ctx, pool)
}

// Check tells whether this program works with the database's schema: ErrNewerSchema, or an error that names how many
// migrations are missing.
func Check(ctx context.Context, pool *bun.DB) error {
	fit, err := Schema{}.Fit(ctx, pool)
	if err != nil {
		return err
	}
	return fit.Err()
}

// SchemaHash names this binary's schema by the content of its migrations; databases made from the same files can be
// copied for each other.
func SchemaHash() string {
	h := sha256.New()
	_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error { // an embedded tree can't fail
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(path)
		_, _ = fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Schema is a chain of migrations. The zero value is this program's own.
type Schema struct{ trees []fs.FS }

// And gives the schema with further migrations after it, as a later release has them: tests stand in for that release.
func (s Schema) And(later fs.FS) Schema { return Schema{append(slices.Clone(s.chain()), later)} }

func (s Schema) chain() []fs.FS {
	if s.trees == nil {
		return []fs.FS{files}
	}
	return s.trees
}

func (s Schema) migrations() (*migrate.Migrations, error) {
	m := migrate.NewMigrations()
	for _, tree := range s.chain() {
		if err := m.Discover(tree); err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
	}
	return m, nil
}

// Migrate is the package's Migrate with this schema.
func (s Schema) Migrate(ctx context.Context, pool *bun.DB) (names []string, err error) {
	err = s.locked(ctx, pool, func(fit Fit, m *migrate.Migrator) error {
		if err := fit.Err(); errors.Is(err, ErrNewerSchema) {
			return err
		}
		all, err := m.MigrationsWithStatus(ctx)
		if err != nil {
			return err
		}
		group := all.LastGroupID() + 1
		missing := all.Unapplied()
		for i := range missing {
			one := &missing[i]
			one.GroupID = group
			if err := one.Up(ctx, m, one); err != nil {
				return failed(one, err)
			}
			names = append(names, one.String())
		}
		return nil
	})
	return names, err
}

// Rollback is the package's Rollback with this schema.
func (s Schema) Rollback(ctx context.Context, pool *bun.DB, steps int) (names []string, err error) {
	err = s.locked(ctx, pool, func(fit Fit, m *migrate.Migrator) error {
		if len(fit.Later) > 0 {
			return fit.newer()
		}
		all, err := m.MigrationsWithStatus(ctx)
		if err != nil {
			return err
		}
		applied := all.Applied()
		for i := range applied[:min(steps, len(applied))] {
			one := &applied[i]
			if one.Down == nil {
				return fmt.Errorf("%s can't be taken back", one)
			}
			if err := one.Down(ctx, m, one); err != nil {
				return failed(one, err)
			}
			names = append(names, one.String())
		}
		return nil
	})
	return names, err
}

// failed names the migration that went wrong, and what that means for the database.
func failed(one *migrate.Migration, err error) error {
	var refused pgdriver.Error
	if errors.As(err, &refused) {
		return fmt.Errorf("migration %s failed, and nothing of it was applied; the program of before goes on working with this database: %w", one, err)
	}
	return fmt.Errorf("migration %s was cut off; call again, it is applied whole or not at all: %w", one, err)
}

// locked runs fn alone among all instances.
func (s Schema) locked(ctx context.Context, pool *bun.DB, fn func(Fit, *migrate.Migrator) error) error {
	migrations, err := s.migrations()
	if err != nil {
		return err
	}
	floors, err := s.floors()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return Translate(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock(?)", lockKey); err != nil {
		return fmt.Errorf("waiting for another migration: %w", err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock(?)", lockKey) }()
	m := migrate.NewMigrator(pool, migrations, migrate.WithUpsert(true), migrate.BeforeMigration(patience), migrate.AfterMigration(floors.mark))
	if err := m.Init(ctx); err != nil {
		return fmt.Errorf("the list of migrations: %w", err)
	}
	if _, err := conn.ExecContext(ctx, floorsTable); err != nil {
		return fmt.Errorf("the list of migrations: %w", err)
	}
	fit, err := s.Fit(ctx, pool)
	if err != nil {
		return err
	}
	return fn(fit, m)
}

// patience lets a migration take its time, but not wait for ever behind somebody's open transaction.
func patience(ctx context.Context, tx bun.IConn, _ *migrate.Migration) error {
	_, err := tx.ExecContext(ctx, "set local statement_timeout = 0; set local lock_timeout = '30s'")
	return err
}

// Status is the package's Status with this schema.
func (s Schema) Status(ctx context.Context, pool *bun.DB) ([]Migration, error) {
	migrations, err := s.migrations()
	if err != nil {
		return nil, err
	}
	applied, err := applied(ctx, pool)
	if err != nil {
		return nil, err
	}
	return merge(migrations.Sorted(), applied), nil
}

// applied reads the marks by name; a database without the list has none.
func applied(ctx context.Context, pool *bun.DB) (map[string]time.Time, error) {
	var there sql.NullString
	if err := pool.NewRaw("select to_regclass('bun_migrations')::text").Scan(ctx, &there); err != nil {
		return nil, Translate(err)
	}
	out := map[string]time.Time{}
	if !there.Valid {
		return out, nil
	}
	var rows []struct {
		Name       string
		MigratedAt time.Time
	}
	if err := pool.NewRaw("select name, migrated_at from bun_migrations").Scan(ctx, &rows); err != nil {
		return nil, Translate(err)
	}
	for _, r := range rows {
		out[r.Name] = r.MigratedAt
	}
	return out, nil
}
