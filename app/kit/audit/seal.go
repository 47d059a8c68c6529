package audit

import (
	"context"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

const (
	// sealEvery keeps the promise that a committed row is sealed within five seconds.
	sealEvery = 2 * time.Second
	// sealBatch bounds one transaction of the sealer, in rows.
	sealBatch = 500
	// sealLock is the advisory lock that lets one sealer work at a time, over all instances.
	sealLock = 0x6175646974 // "audit"
)

// Seal chains new audit rows until ctx ends, and once more then. It writes the chain's head to the log when it starts
// and whenever a new day begins, so that a cut-off end can be found with 'lobby audit verify --head'.
func Seal(ctx context.Context, pool *bun.DB, key []byte, log *slog.Logger) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	var logged string
	for {
		if _, err := SealAll(ctx, pool, key); err != nil && ctx.Err() == nil {
			log.Warn("audit: sealing failed, will be tried again", "error", err)
		}
		if day := time.Now().UTC().Format(time.DateOnly); day != logged && logHead(ctx, pool, log) {
			logged = day
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), sealEvery)
			defer cancel()
			if _, err := SealAll(last, pool, key); err != nil {
				log.Warn("audit: sealing at the end failed; the next start does it", "error", err)
			}
			return
		}
	}
}

func logHead(ctx context.Context, pool *bun.DB, log *slog.Logger) bool {
	head, err := Head(ctx, pool)
	if err != nil {
		return false
	}
	log.Info("audit head", "head", head)
	return true
}

// SealAll chains what is settled now, and tells how many rows that were. Where another instance is at it, none.
func SealAll(ctx context.Context, pool *bun.DB, key []byte) (int, error) {
	total := 0
	for {
		n, err := db.Tx(ctx, pool, func(ctx context.Context, tx bun.Tx) (int, error) { return sealSome(ctx, tx, key) })
		total += n
		if err != nil || n < sealBatch {
			return total, err
		}
	}
}

func sealSome(ctx context.Context, tx bun.Tx, key []byte) (int, error) {
	var mine bool
	if err := tx.NewRaw(`select pg_try_advisory_xact_lock(?)`, sealLock).Scan(ctx, &mine); err != nil || !mine {
		return 0, err
	}
	last, err := lastLink(ctx, tx)
	if err != nil {
		return 0, err
	}
	rows, err := settled(ctx, tx, last)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	_, err = enchain(ctx, tx, last, rows, key)
	return len(rows), err
}

// enchain writes rows at the end of the chain, after last, and gives the new end.
func enchain(ctx context.Context, tx bun.Tx, last link, rows []link, key []byte) (link, error) {
	type chainRow struct {
		bun.BaseModel `bun:"table:audit_chain"`
		Seq           int64
		AuditID       int64
		Mac           []byte
		At            time.Time
		Horizon       string
	}
	chain := make([]chainRow, len(rows))
	for i := range rows {
		r := &rows[i]
		r.Seq, r.Prev = last.Seq+1, last.Mac
		r.Mac = r.seal(key)
		chain[i] = chainRow{Seq: r.Seq, AuditID: r.ID, Mac: r.Mac, At: r.SealedAt, Horizon: r.Horizon}
		last = *r
	}
	_, err := tx.NewInsert().Model(&chain).Exec(ctx)
	return last, err
}

// settled reads the next rows to chain: those whose transaction is below the snapshot's xmin, so that no row with a
// lower transaction id can still appear, in the order of transaction ids.
//
// Transaction ids mean nothing in another cluster. Where the end of the chain has an id that this cluster hasn't handed
// out yet, or there is no chain, the database may have been moved: then everything that isn't chained is looked for, and ids from the future count as
// settled.
func settled(ctx context.Context, tx bun.Tx, last link) ([]link, error) {
	var rows []link
	err := tx.NewRaw(`select `+rowColumns+`, clock_timestamp() as sealed_at, pg_snapshot_xmax(s)::text as horizon
		from pg_current_snapshot() s, audit_log a
		where (a.xid, a.id) > (?::xid8, ?) and a.xid < pg_snapshot_xmin(s) and ?::xid8 < pg_snapshot_xmax(s)
		and not exists (select from audit_chain c where c.audit_id = a.id)
		order by a.xid, a.id limit ?`, last.Xid, last.ID, last.Xid, sealBatch).Scan(ctx, &rows)
	if err != nil || len(rows) > 0 {
		return rows, err
	}
	err = tx.NewRaw(`select `+rowColumns+`, clock_timestamp() as sealed_at, pg_snapshot_xmax(s)::text as horizon
		from pg_current_snapshot() s, audit_log a
		where (?::xid8 >= pg_snapshot_xmax(s) or ? = 0) and (a.xid < pg_snapshot_xmin(s) or a.xid >= pg_snapshot_xmax(s))
		and not exists (select from audit_chain c where c.audit_id = a.id)
		order by a.xid >= pg_snapshot_xmax(s) desc, a.xid, a.id limit ?`, last.Xid, last.Seq, sealBatch).Scan(ctx, &rows)
	return rows, err
}
