package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// unit is one transaction of the trade in progress: what must be written last, and what happens once it is committed.
type unit struct {
	last  map[any]flusher
	order []any
	after []func()
}

type flusher interface {
	flush(ctx context.Context, tx bun.Tx) error
}

type collection[T any] struct {
	items []T
	write func(ctx context.Context, tx bun.Tx, items []T) error
}

func (c *collection[T]) flush(ctx context.Context, tx bun.Tx) error { return c.write(ctx, tx, c.items) }

type unitKey struct{}

// Tx runs fn in one transaction: all of it is committed, or nothing. What was gathered with Collect is written just
// before the commit, what was registered with After runs once the commit is durable. Errors of the driver come back
// translated (see Translate). A Tx inside a Tx is a programming error and is refused.
func Tx[T any](ctx context.Context, pool *bun.DB, fn func(ctx context.Context, tx bun.Tx) (T, error)) (T, error) {
	var zero T
	if ctx.Value(unitKey{}) != nil {
		return zero, errors.New("db: a transaction inside a transaction")
	}
	u := &unit{last: map[any]flusher{}}
	var out T
	err := pool.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		ctx = context.WithValue(ctx, unitKey{}, u)
		var err error
		if out, err = fn(ctx, tx); err != nil {
			return err
		}
		for _, key := range u.order {
			if err := u.last[key].flush(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return zero, Translate(err)
	}
	for _, f := range u.after {
		f()
	}
	return out, nil
}

// Read runs fn in one repeatable-read, read-only transaction: everything it reads belongs to the same moment.
func Read[T any](ctx context.Context, pool *bun.DB, fn func(ctx context.Context, tx bun.Tx) (T, error)) (T, error) {
	var out, zero T
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err := pool.RunInTx(ctx, opts, func(ctx context.Context, tx bun.Tx) error {
		var err error
		out, err = fn(ctx, tx)
		return err
	})
	if err != nil {
		return zero, Translate(err)
	}
	return out, nil
}

// Collect gathers an item during the current transaction; write receives all items of the key as one of the last
// statements before the commit, keys in the order of their first item. Outside a transaction it does nothing and
// tells so.
func Collect[T any](ctx context.Context, key any, item T, write func(ctx context.Context, tx bun.Tx, items []T) error) (inTx bool) {
	u, _ := ctx.Value(unitKey{}).(*unit)
	if u == nil {
		return false
	}
	c, known := u.last[key].(*collection[T])
	if !known {
		c = &collection[T]{write: write}
		u.last[key] = c
		u.order = append(u.order, key)
	}
	c.items = append(c.items, item)
	return true
}

// After registers what runs once the current transaction is committed. Outside a transaction it does nothing and
// tells so.
func After(ctx context.Context, fn func()) (inTx bool) {
	u, _ := ctx.Value(unitKey{}).(*unit)
	if u == nil {
		return false
	}
	u.after = append(u.after, fn)
	return true
}
