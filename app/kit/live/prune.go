package live

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

const (
	// EventsKept is how long events stay in the log. Whoever was away longer gets a snapshot.
	EventsKept = 48 * time.Hour
	pruneEvery = 10 * time.Minute
	pruneBatch = 5000
	pruneLock  = 0x6c6f6262 // advisory lock: one instance at a time
)

// pruning deletes old events now and then until ctx ends.
func (h *Hub) pruning(ctx context.Context) {
	for {
		sleep(ctx, pruneEvery/2+jitter(pruneEvery))
		if ctx.Err() != nil {
			return
		}
		if _, err := Prune(ctx, h.cfg.DB, EventsKept); err != nil && ctx.Err() == nil {
			h.failed("pruning events", err)
		}
	}
}

// Prune deletes the events that are older than that, in batches, and tells how many. While another instance does it,
// it does nothing. The database's clock decides, since it wrote the times.
func Prune(ctx context.Context, pool *bun.DB, older time.Duration) (int64, error) {
	var total int64
	for {
		n, err := db.Tx(ctx, pool, func(ctx context.Context, tx bun.Tx) (int64, error) {
			var mine bool
			if err := tx.NewRaw(`select pg_try_advisory_xact_lock(?)`, int64(pruneLock)).Scan(ctx, &mine); err != nil || !mine {
				return 0, err
			}
			res, err := tx.NewRaw(`delete from events where ctid = any (array(
				select ctid from events where at < clock_timestamp() - make_interval(secs => ?) order by at limit ?))`,
				older.Seconds(), pruneBatch).Exec(ctx)
			if err != nil {
				return 0, err
			}
			return res.RowsAffected()
		})
		if total += n; err != nil || n < pruneBatch {
			return total, err
		}
	}
}
