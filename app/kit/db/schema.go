package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// ErrNewerSchema is the refusal of a database that a later release has changed in a way this program can't live with.
var ErrNewerSchema = errors.New("the database's schema is newer than this program")

// Fit tells how a program and a database's schema go together. Two neighbouring releases serve side by side while one
// replaces the other: a migration that expands leaves the program of before at work, one that contracts says how new a
// program must be, and what it says stays in the database as the floor.
type Fit struct {
	Newest  string   // the newest migration that this program knows
	Missing []string // what this program needs and the database lacks
	Later   []string // what a later release has applied, oldest first
	Floor   string   // a program has to know this migration; empty where nothing was ever contracted
}

// Err is nil where this program works with the schema; else ErrNewerSchema, or what is missing.
func (f Fit) Err() error {
	switch {
	case len(f.Later) > 0 && (f.Newest < f.Floor || len(f.Missing) > 0):
		return f.newer()
	case len(f.Missing) > 0:
		return fmt.Errorf("the database's schema lacks %d migrations; run: lobby migrate up", len(f.Missing))
	}
	return nil
}

func (f Fit) newer() error {
	last := f.Later[len(f.Later)-1]
	why := fmt.Sprintf("this program knows migrations up to %s", f.Newest)
	switch {
	case len(f.Missing) > 0:
		why = fmt.Sprintf("this program needs migration %s, which is not applied", f.Missing[0])
	case f.Newest < f.Floor:
		why = fmt.Sprintf("it takes a program that knows %s, and this one's newest is %s", f.Floor, f.Newest)
	}
	return fmt.Errorf("%w: it has migration %s, and %s. Run the newer program, or take its migrations back with it: lobby migrate down", ErrNewerSchema, last, why)
}

// Fit compares this schema with the database's. It changes nothing.
func (s Schema) Fit(ctx context.Context, pool *bun.DB) (f Fit, err error) {
	migrations, err := s.migrations()
	if err != nil {
		return f, err
	}
	marks, err := applied(ctx, pool)
	if err != nil {
		return f, err
	}
	for _, m := range migrations.Sorted() {
		f.Newest = m.Name
		if _, there := marks[m.Name]; !there {
			f.Missing = append(f.Missing, m.Name)
		}
		delete(marks, m.Name)
	}
	if len(marks) == 0 { // no later release was here, so no floor can lie above this program
		return f, nil
	}
	f.Later = slices.Sorted(maps.Keys(marks))
	f.Floor, err = floor(ctx, pool)
	return f, err
}

// floor reads the highest floor; a database of before has no table of them.
func floor(ctx context.Context, pool *bun.DB) (highest string, err error) {
	var there bool
	err = pool.NewRaw("select to_regclass('bun_migration_floors') is not null").Scan(ctx, &there)
	if err == nil && there {
		err = pool.NewRaw("select coalesce(max(floor), '') from bun_migration_floors").Scan(ctx, &highest)
	}
	return highest, Translate(err)
}

const floorsTable = "create table if not exists bun_migration_floors (name text primary key, floor text not null)"

// floors are the migrations that contract, by name, each with the newest migration that a program has to know at least
// to work with what is left.
type floors map[string]string

// contract is the first line of a migration that takes away what an older program uses.
var contract = regexp.MustCompile(`^-- contract: (\d{14})\n`)

func (s Schema) floors() (floors, error) {
	out := floors{}
	for _, tree := range s.chain() {
		err := fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".up.sql") {
				return err
			}
			text, err := fs.ReadFile(tree, file)
			if m := contract.FindSubmatch(text); m != nil {
				name, _, _ := strings.Cut(path.Base(file), "_")
				out[name] = string(m[1])
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
	}
	return out, nil
}

// mark records a migration, or that it was taken back, in the migration's own transaction. bun by itself does it
// afterwards on another connection: killed in between, it would try the same migration again.
func (f floors) mark(ctx context.Context, tx bun.IConn, m *migrate.Migration) error {
	if m.IsApplied() { // it was taken back
		_, err1 := tx.ExecContext(ctx, "delete from bun_migration_floors where name = ?", m.Name)
		_, err2 := tx.ExecContext(ctx, "delete from bun_migrations where name = ?", m.Name)
		return errors.Join(err1, err2)
	}
	if _, err := tx.ExecContext(ctx, "insert into bun_migrations (name, group_id) values (?, ?)", m.Name, m.GroupID); err != nil {
		return err
	}
	if f[m.Name] == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, "insert into bun_migration_floors (name, floor) values (?, ?)", m.Name, f[m.Name])
	return err
}
