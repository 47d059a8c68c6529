package db

import (
	"context"
	"io/fs"

	"github.com/uptrace/bun"
)

// MigrateFrom is Migrate with another tree of migrations.
func MigrateFrom(ctx context.Context, pool *bun.DB, fsys fs.FS) ([]string, error) {
	return SchemaFrom(fsys).Migrate(ctx, pool)
}

// RollbackFrom is Rollback with another tree of migrations.
func RollbackFrom(ctx context.Context, pool *bun.DB, fsys fs.FS, steps int) ([]string, error) {
	return SchemaFrom(fsys).Rollback(ctx, pool, steps)
}

// Files is the tree of this binary's migrations.
var Files fs.FS = files

// SchemaFrom is a schema of other migrations alone.
func SchemaFrom(fsys fs.FS) Schema { return Schema{[]fs.FS{fsys}} }

// PreparedMost is how many statements a pool keeps.
const PreparedMost = preparedMost
