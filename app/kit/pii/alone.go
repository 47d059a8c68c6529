package pii

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/live"
)

// Changed is the kind of the control event by which running instances take up a changed ring.
const Changed = "key.changed"

const (
	// ringLock is the advisory lock of whoever changes the ring.
	ringLock = 0x6c6f6262796b6579 // "lobbykey"
	// lockWait is how long one waits for it: the connection of a program that was killed is gone in a moment.
	lockWait = 2 * time.Second
	lockTry  = 100 * time.Millisecond
)

// ErrBusy tells that somebody else is changing the ring.
var ErrBusy = errors.New("another 'lobby key rotate' or 'lobby key rewrap' is at work on this database; wait until it is done, and call again")

// Record puts a step on record, in the transaction of the step: who, when, what; no keys.
type Record func(ctx context.Context, tx bun.IDB, fields ...string) error

// alone holds the lock of the ring until release. It is a session's lock, so the pool must lead to PostgreSQL itself.
func alone(ctx context.Context, direct *bun.DB) (release func(), err error) {
	conn, err := direct.Conn(ctx)
	if err != nil {
		return nil, db.Translate(err)
	}
	deadline := time.Now().Add(lockWait)
	for {
		var got bool
		if err := conn.NewRaw(`select pg_try_advisory_lock(?)`, int64(ringLock)).Scan(ctx, &got); err != nil {
			return nil, errors.Join(db.Translate(err), conn.Close())
		}
		if got {
			return func() {
				_, _ = conn.NewRaw(`select pg_advisory_unlock(?)`, int64(ringLock)).Exec(context.WithoutCancel(ctx))
				_ = conn.Close()
			}, nil
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(ErrBusy, conn.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), conn.Close())
		case <-time.After(lockTry):
		}
	}
}

// ringRow is the ring's row while it is being changed.
type ringRow struct {
	Wrapped, Canary []byte
	Retired         [][]byte `bun:",array"`
}

// changeRing runs fn on the ring in one transaction, alone, and stores what fn gives: the row, or nil where nothing
// changes. The other instances hear of it.
func changeRing(ctx context.Context, pool *bun.DB, wrap tink.AEAD,
	fn func(ctx context.Context, tx bun.Tx, row ringRow, sets keysets) (*ringRow, error)) error {
	_, err := db.Tx(ctx, pool, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		var none struct{}
		var row ringRow
		err := tx.NewRaw(`select wrapped, canary, retired from key_rings where id = 1 for update`).Scan(ctx, &row)
		if err != nil {
			return none, fmt.Errorf("pii: key ring: %w", err)
		}
		if !opens(wrap, row.Canary) {
			return none, ErrWrongKey
		}
		sets, err := unwrapRing(row.Wrapped, wrap)
		if err != nil {
			return none, err
		}
		changed, err := fn(ctx, tx, row, sets)
		if err != nil || changed == nil {
			return none, err
		}
		_, err = tx.NewRaw(`update key_rings set wrapped = ?, canary = ?, retired = ?::bytea[], updated_at = clock_timestamp() where id = 1`,
			changed.Wrapped, changed.Canary, bytesArray(changed.Retired)).Exec(ctx)
		if err != nil {
			return none, err
		}
		live.Publish(ctx, live.Control, Changed, 0)
		return none, nil
	})
	return err
}
