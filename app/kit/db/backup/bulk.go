package backup

import (
	"context"

	"github.com/uptrace/bun"
)

// bulkMemory is how much the server may take to make one index.
const bulkMemory = "256MB"

// Bulk lets fill add very many rows at once inside tx: indexes, keys and triggers are taken off all tables before and
// put back after it, by which the server checks that all rows fit together. Nobody else can work with the database
// meanwhile; where somebody is at it, it gives up after ten seconds.
func Bulk(ctx context.Context, tx bun.Tx, fill func(ctx context.Context) error) error {
	if _, err := tx.ExecContext(ctx, "set local lock_timeout = '10s'"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "select set_config('maintenance_work_mem', ?, true)", bulkMemory); err != nil {
		return err
	}
	changes, err := strip(ctx, tx)
	if err != nil {
		return err
	}
	if err := fill(ctx); err != nil {
		return err
	}
	if err := putBack(ctx, tx, changes); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "analyze")
	return err
}
