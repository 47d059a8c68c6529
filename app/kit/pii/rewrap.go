package pii

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// ErrSameKey tells that the new LOBBY_KEY is the old one.
var ErrSameKey = errors.New("the new key is the old one; 'lobby key new' prints a new one")

// Rewrap wraps the ring with another LOBBY_KEY; what the ring holds stays, so nothing is encrypted anew and running
// instances go on. It is one transaction: before it only the old key opens the ring, after it only the new one. A ring
// that the new key opens already is left as it is, and done is false.
func Rewrap(ctx context.Context, direct *bun.DB, from, to WrapKey, record Record) (done bool, err error) {
	if from == to {
		return false, ErrSameKey
	}
	oldWrap, err1 := from.aead()
	newWrap, err2 := to.aead()
	if err := errors.Join(err1, err2); err != nil {
		return false, fmt.Errorf("pii: %w", err)
	}
	release, err := alone(ctx, direct)
	if err != nil {
		return false, err
	}
	defer release()
	err = changeRing(ctx, direct, oldWrap, func(ctx context.Context, tx bun.Tx, row ringRow, sets keysets) (*ringRow, error) {
		var err error
		if row.Wrapped, err = sets.wrapped(newWrap); err != nil {
			return nil, err
		}
		if row.Canary, err = newCanary(newWrap); err != nil {
			return nil, err
		}
		return &row, record(ctx, tx, "rewrapped")
	})
	if !errors.Is(err, ErrWrongKey) {
		return err == nil, err
	}
	_, canary, readErr := readRing(ctx, direct)
	if readErr == nil && opens(newWrap, canary) {
		return false, nil
	}
	return false, err
}
