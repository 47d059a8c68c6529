package audit

import (
	"context"

	"github.com/uptrace/bun"
)

// Settle seals everything that isn't sealed yet, in the transaction that has just brought a record into another
// database, and last of all the row that this transaction itself has written. Transaction ids of the old cluster mean
// nothing in this one, and rows of both would get into each other's way: what is brought is settled, so it is all sealed
// here, and the end of the chain has an id of this cluster, from which the sealer goes on. Nobody else may be able to
// write the record before the transaction ends.
func Settle(ctx context.Context, tx bun.Tx, key []byte) error {
	last, err := lastLink(ctx, tx)
	if err != nil {
		return err
	}
	for {
		var rows []link
		err := tx.NewRaw(`select `+rowColumns+`, clock_timestamp() as sealed_at, (pg_current_xact_id()::text::bigint + 1)::text as horizon
			from audit_log a where not exists (select from audit_chain c where c.audit_id = a.id)
			order by a.xid = pg_current_xact_id() and a.id = (select max(id) from audit_log), a.xid, a.id limit ?`, sealBatch).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		if last, err = enchain(ctx, tx, last, rows, key); err != nil {
			return err
		}
	}
}
