package live

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Renew begins a new epoch of these topics and of all that the database knows, in the transaction that has brought a
// database back from a backup: whatever number a screen has seen since the backup was taken, it belongs to another
// epoch, and the screen starts from a snapshot. The epoch is the time in milliseconds, so that no restore, of whichever
// backup, ever begins one that was there before.
func Renew(ctx context.Context, tx bun.IDB, topics ...Topic) error {
	_, err := tx.NewRaw(`with fresh as (select greatest((extract(epoch from clock_timestamp()) * 1000)::bigint, max(epoch) + 1) as epoch from topics)
		insert into topics (name, epoch)
		select name, fresh.epoch from fresh, (select name from topics union select unnest(?::text[])) t (name)
		on conflict (name) do update set epoch = excluded.epoch`, pgdialect.Array(append(topics, Control))).Exec(ctx)
	return err
}
