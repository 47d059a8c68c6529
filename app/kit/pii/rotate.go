package pii

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

const (
	// rotateBatch is how many values are sealed anew by one statement.
	rotateBatch = 200
	// closeWait is how long closing the old keys may wait for writers, who wait behind it; closeTries how often it is tried.
	closeWait  = "1s"
	closeTries = 60
	// namedMax is how many values that no key opens are named.
	namedMax = 10
)

// Column is a column of sealed values in a table with a numeric id.
type Column struct {
	Table, Name string
	Kind        Kind
}

// String is the column as people write it.
func (c Column) String() string { return c.Table + "." + c.Name }

// Progress is how far a rotation is: Done of Of values of a column are sealed anew; or, without a column, what it does.
type Progress struct {
	Column   Column
	Done, Of int64
	Doing    string // "key": the new key is in the ring; "settle"; "closed": nothing can be sealed by the old keys any more
}

// Rotated is what a rotation did.
type Rotated struct {
	Resumed bool  // it finished one that had been interrupted
	Values  int64 // sealed anew
	Removed int   // old keys that left the ring
}

// Rotation gives the ring a new key for encryption and seals everything anew, while instances serve. It can be
// interrupted anywhere: the next one finishes it. The keys of the index and of the record's chain stay.
//
// The order is what keeps every value readable. (1) The new key joins the ring; instances take the ring up by the
// control topic, or when they meet a value of a key they don't know. (2) Batches are sealed anew. (3) The old keys are
// closed: the database refuses what a program that slept through all this still seals with them. (4) What was written
// in between is sealed anew. (5) Only when nothing is sealed by an old key does it leave the ring.
type Rotation struct {
	Direct  *bun.DB // leads to PostgreSQL itself, without a time limit on statements
	Vault   *Vault
	Columns []Column
	Settle  time.Duration // what running instances get to take up a changed ring
	Record  Record
	Report  func(Progress)
}

// Run rotates, or finishes what an earlier one left. Only one runs at a time (ErrBusy).
func (r *Rotation) Run(ctx context.Context) (done Rotated, err error) {
	release, err := alone(ctx, r.Direct)
	if err != nil {
		return done, err
	}
	defer release()
	if done.Resumed, err = r.begin(ctx); err != nil {
		return done, err
	}
	r.Report(Progress{Doing: "key"})
	if err := r.sealAll(ctx, &done); err != nil {
		return done, err
	}
	if err := r.settle(ctx); err != nil {
		return done, err
	}
	if err := r.closeOld(ctx); err != nil {
		return done, err
	}
	r.Report(Progress{Doing: "closed"})
	if err := r.sealAll(ctx, &done); err != nil {
		return done, err
	}
	// Who read a value just before it was sealed anew may still be about to open it.
	if err := r.settle(ctx); err != nil {
		return done, err
	}
	done.Removed, err = r.dropOld(ctx)
	return done, err
}

// sealAll seals every value anew that is not sealed by the new key.
func (r *Rotation) sealAll(ctx context.Context, done *Rotated) error {
	for _, c := range r.Columns {
		n, err := r.sealColumn(ctx, c)
		done.Values += n
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return nil
}

func (r *Rotation) sealColumn(ctx context.Context, c Column) (done int64, err error) {
	newest := prefix(r.Vault.keys.Load().primary)
	column, table := bun.Ident(c.Name), bun.Ident(c.Table)
	p := Progress{Column: c}
	err = r.Direct.NewRaw(`select count(*) from ? where length(?) > 0 and substring(? for 5) <> ?`, table, column, column, newest).Scan(ctx, &p.Of)
	if err != nil || p.Of == 0 {
		return 0, err
	}
	var last int64
	for {
		start := time.Now()
		var rows []sealedRow
		err := r.Direct.NewRaw(`select id, ? as sealed from ? where id > ? and length(?) > 0 and substring(? for 5) <> ? order by id limit ?`,
			column, table, last, column, column, newest, rotateBatch).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return done, err
		}
		last = rows[len(rows)-1].ID
		n, err := r.sealBatch(ctx, c, rows)
		if err != nil {
			return done, err
		}
		done += n
		p.Done = done
		r.Report(p)
		// Four times as much rest as work: people at the desk come first.
		if err := pause(ctx, 4*time.Since(start)); err != nil {
			return done, err
		}
	}
}

type sealedRow struct {
	ID     int64
	Sealed []byte
}

// sealBatch stores the values sealed anew, each only where it is still the one that was read. A value that no key opens
// stays as it is; dropOld names it.
func (r *Rotation) sealBatch(ctx context.Context, c Column, rows []sealedRow) (int64, error) {
	ids, old, fresh := make([]int64, 0, len(rows)), make([][]byte, 0, len(rows)), make([][]byte, 0, len(rows))
	for _, row := range rows {
		text, err := r.Vault.Open(c.Kind, row.Sealed)
		if err != nil {
			continue
		}
		sealed, err := r.Vault.Seal(c.Kind, text)
		if err != nil {
			return 0, err
		}
		ids, old, fresh = append(ids, row.ID), append(old, row.Sealed), append(fresh, sealed)
	}
	column, table := bun.Ident(c.Name), bun.Ident(c.Table)
	res, err := r.Direct.NewRaw(`update ? t set ? = d.fresh from unnest(?::bigint[], ?::bytea[], ?::bytea[]) as d (id, old, fresh)
		where t.id = d.id and t.? = d.old`, table, column, pgdialect.Array(ids), bytesArray(old), bytesArray(fresh), column).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (r *Rotation) settle(ctx context.Context) error {
	r.Report(Progress{Doing: "settle"})
	return pause(ctx, r.Settle)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
