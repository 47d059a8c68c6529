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
	"time"

	"github.com/uptrace/bun"
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

// ErrNewerSchema is the refusal of a database whose schema is newer than this binary.
var ErrNewerSchema = errors.New("the database's schema is newer than this program")

// Migrate applies what is missing, each migration in one transaction together with its mark, and gives the names of
// those applied. Instances that start at the same time wait for each other. A schema that is newer than this binary
// is refused with ErrNewerSchema.
func Migrate(ctx context.Context, pool *bun.DB) ([]string, error) {
	return sources(files).up(ctx, pool)
}

// Rollback takes the last steps migrations back, newest first, each in one transaction together with its mark, and gives
// the names of those taken back; fewer when fewer are applied. The data in what they made is gone.
func Rollback(ctx context.Context, pool *bun.DB, steps int) ([]string, error) {
	return sources(files).down(ctx, pool, steps)
}

// Status lists all migrations, those of a newer binary too, in their order. It changes nothing.
func Status(ctx context.Context, pool *bun.DB) ([]Migration, error) {
	return sources(files).status(ctx, pool)
}

// Check tells whether the schema is the one that this binary was made for: ErrNewerSchema, or an error that names how
// many migrations are missing.
func Check(ctx context.Context, pool *bun.DB) error {
	list, err := Status(ctx, pool)
	if err != nil {
		return err
	}
	missing := 0
	for _, m := range list {
		if !m.Known {
			return newer(m.Name)
		}
		if m.Applied.IsZero() {
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("the database's schema lacks %d migrations; run: lobby migrate up", missing)
	}
	return nil
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

// set is a tree of migrations; tests bring trees of their own.
type set struct{ fsys fs.FS }

func sources(fsys fs.FS) set { return set{fsys} }

func (s set) migrations() (*migrate.Migrations, error) {
	m := migrate.NewMigrations()
	if err := m.Discover(s.fsys); err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return m, nil
}

func (s set) up(ctx context.Context, pool *bun.DB) (names []string, err error) {
	err = s.locked(ctx, pool, mark, func(m *migrate.Migrator) error {
		group, err := m.Migrate(ctx)
		names = done(group, err)
		return err
	})
	return names, err
}

func (s set) down(ctx context.Context, pool *bun.DB, steps int) (names []string, err error) {
	err = s.locked(ctx, pool, unmark, func(m *migrate.Migrator) error {
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
				return fmt.Errorf("%s: %w", one, err)
			}
			names = append(names, one.String())
		}
		return nil
	})
	return names, err
}

// done names the migrations of a group that took effect; the last one did not where there was an error.
func done(group *migrate.MigrationGroup, err error) []string {
	var names []string
	for _, m := range group.Migrations {
		names = append(names, m.String())
	}
	if err != nil && len(names) > 0 {
		names = names[:len(names)-1]
	}
	return names
}

// locked runs fn alone among all instances, on a schema that this binary knows.
func (s set) locked(ctx context.Context, pool *bun.DB, after migrate.MigrationHook, fn func(*migrate.Migrator) error) error {
	migrations, err := s.migrations()
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
	m := migrate.NewMigrator(pool, migrations, migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true),
		migrate.BeforeMigration(patience), migrate.AfterMigration(after))
	if err := m.Init(ctx); err != nil {
		return fmt.Errorf("the list of migrations: %w", err)
	}
	unknown, err := m.MissingMigrations(ctx)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return newer(unknown[0].Name)
	}
	return fn(m)
}

// patience lets a migration take its time, but not wait for ever behind somebody's open transaction.
func patience(ctx context.Context, tx bun.IConn, _ *migrate.Migration) error {
	_, err := tx.ExecContext(ctx, "set local statement_timeout = 0; set local lock_timeout = '30s'")
	return err
}

// mark records the migration in the migration's own transaction. bun by itself does it afterwards on another
// connection: killed in between, it would try the same migration again.
func mark(ctx context.Context, tx bun.IConn, m *migrate.Migration) error {
	_, err := tx.ExecContext(ctx, "insert into bun_migrations (name, group_id) values (?, ?) on conflict (name) do update set group_id = excluded.group_id", m.Name, m.GroupID)
	return err
}

func unmark(ctx context.Context, tx bun.IConn, m *migrate.Migration) error {
	_, err := tx.ExecContext(ctx, "delete from bun_migrations where name = ?", m.Name)
	return err
}

func newer(name string) error {
	return fmt.Errorf("%w: it has migration %s, which this program doesn't know. Run the newer program, or take the migration back with it: lobby migrate down", ErrNewerSchema, name)
}

func (s set) status(ctx context.Context, pool *bun.DB) ([]Migration, error) {
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
