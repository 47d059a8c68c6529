package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

type none struct{}

func addSite(ctx context.Context, tx bun.IDB, code string) error {
	_, err := tx.NewRaw("insert into sites (code, name) values (?, ?)", code, code).Exec(ctx)
	return err
}

func codes(t *testing.T, pool bun.IDB) (out []string) {
	t.Helper()
	if err := pool.NewRaw("select code from sites order by id").Scan(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTx(t *testing.T) {
	t.Parallel()
	t.Run("what was collected is written last, by kind in order of the first", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		write := func(ctx context.Context, tx bun.Tx, items []string) error {
			for _, item := range items {
				if err := addSite(ctx, tx, item); err != nil {
					return err
				}
			}
			return nil
		}
		after := 0
		_, err := db.Tx(t.Context(), pool, func(ctx context.Context, tx bun.Tx) (none, error) {
			for _, item := range []string{"a1", "b1", "a2"} {
				db.Collect(ctx, item[:1], item, write)
			}
			db.After(ctx, func() { after = len(codes(t, pool)) })
			return none{}, addSite(ctx, tx, "first")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := codes(t, pool); !slices.Equal(got, []string{"first", "a1", "a2", "b1"}) {
			t.Error(got)
		}
		if after != 4 {
			t.Errorf("After ran with %d rows to be seen by others", after)
		}
	})
	t.Run("an error, of the work or of what was collected, leaves nothing and runs no After", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		broken := errors.New("broken")
		for _, late := range []bool{false, true} {
			_, err := db.Tx(t.Context(), pool, func(ctx context.Context, tx bun.Tx) (none, error) {
				db.After(ctx, func() { t.Error("After ran") })
				if err := addSite(ctx, tx, "x"); err != nil || !late {
					return none{}, errors.Join(err, broken)
				}
				db.Collect(ctx, "k", 1, func(context.Context, bun.Tx, []int) error { return broken })
				return none{}, nil
			})
			if !errors.Is(err, broken) || len(codes(t, pool)) != 0 {
				t.Errorf("late %t: %v, %v", late, err, codes(t, pool))
			}
		}
	})
	t.Run("a transaction or a number inside a transaction is refused", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		_, err := db.Tx(t.Context(), pool, func(ctx context.Context, _ bun.Tx) (none, error) {
			if _, err := db.Tx(ctx, pool, func(context.Context, bun.Tx) (none, error) { return none{}, nil }); err == nil {
				t.Error("a transaction inside a transaction")
			}
			if _, err := db.Number(ctx, pool, 1, "T", time.Now()); err == nil {
				t.Error("a number inside a transaction")
			}
			return none{}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if db.Collect(t.Context(), "k", 1, nil) || db.After(t.Context(), nil) {
			t.Error("collected outside a transaction")
		}
	})
	t.Run("a panic leaves nothing, and the connection goes back", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.Open(t, with(t, dbtest.URL(t), "pool_max", "1"))
		func() {
			defer func() { _ = recover() }()
			_, _ = db.Tx(t.Context(), pool, func(ctx context.Context, tx bun.Tx) (none, error) {
				_ = addSite(ctx, tx, "x")
				panic("here")
			})
		}()
		if got := codes(t, pool); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := db.Read(t.Context(), pool, func(ctx context.Context, tx bun.Tx) (none, error) {
		if got := codes(t, tx); len(got) != 0 {
			t.Error(got)
		}
		if err := addSite(ctx, pool, "meanwhile"); err != nil {
			return none{}, err
		}
		if got := codes(t, tx); len(got) != 0 {
			t.Errorf("the moment has moved on: %v", got)
		}
		return none{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Read(t.Context(), pool, func(ctx context.Context, tx bun.Tx) (none, error) {
		return none{}, addSite(ctx, tx, "x")
	})
	if err == nil {
		t.Error("a read has written")
	}
}
