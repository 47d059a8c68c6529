package staff

import (
	"context"

	"github.com/uptrace/bun"
)

// Restored closes, in the transaction that has brought a database back from a backup, what must not live again: sessions
// that may have ended since, and pairing codes that were never entered. Everybody signs in anew. It gives the number of
// devices that are paired as they were when the backup was taken.
func Restored(ctx context.Context, tx bun.IDB) (paired int, err error) {
	for _, statement := range []string{
		`delete from sessions`,
		`update devices set code_selector = null, code_hash = null, code_expires_at = null, code_tries = 0 where code_hash is not null`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	err = tx.NewRaw(`select count(*) from devices where token_hash is not null and revoked_at is null`).Scan(ctx, &paired)
	return paired, err
}
