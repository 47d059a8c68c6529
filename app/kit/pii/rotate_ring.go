package pii

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/fault"
)

// begin puts a new key into the ring, unless an earlier rotation left one half done: then there are several.
func (r *Rotation) begin(ctx context.Context) (resumed bool, err error) {
	err = changeRing(ctx, r.Direct, r.Vault.wrap, func(ctx context.Context, tx bun.Tx, row ringRow, sets keysets) (*ringRow, error) {
		if sets.seal.Len() > 1 {
			resumed = true
			return nil, r.Record(ctx, tx, "resumed")
		}
		manager := keyset.NewManagerFromHandle(sets.seal)
		id, err := manager.Add(aead.AES256GCMKeyTemplate())
		for err == nil && containsBytes(row.Retired, prefix(id)) { // 32 bits drawn at random
			id, err = manager.Add(aead.AES256GCMKeyTemplate())
		}
		if err != nil {
			return nil, fmt.Errorf("pii: new key: %w", err)
		}
		if err := manager.SetPrimary(id); err != nil {
			return nil, fmt.Errorf("pii: new key: %w", err)
		}
		if sets.seal, err = manager.Handle(); err != nil {
			return nil, fmt.Errorf("pii: new key: %w", err)
		}
		if row.Wrapped, err = sets.wrapped(r.Vault.wrap); err != nil {
			return nil, err
		}
		return &row, r.Record(ctx, tx, "added")
	})
	if err != nil {
		return resumed, err
	}
	return resumed, r.Vault.Reload(ctx)
}

// closeOld makes the database refuse whatever is sealed by an old key from now on. The tables are locked for the moment
// of the change, so that who was let through before has been committed, and is found by the second round.
func (r *Rotation) closeOld(ctx context.Context) (err error) {
	for range closeTries {
		err = changeRing(ctx, r.Direct, r.Vault.wrap, r.retire)
		if !fault.Is(err, fault.Unavailable) {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("the old keys can't be closed, since somebody writes without a pause; call again, and it goes on from here: %w", err)
}

func (r *Rotation) retire(ctx context.Context, tx bun.Tx, row ringRow, sets keysets) (*ringRow, error) {
	if _, err := tx.NewRaw(`select set_config('lock_timeout', ?, true)`, closeWait).Exec(ctx); err != nil {
		return nil, err
	}
	var tables []string
	for _, c := range r.Columns {
		tables = append(tables, c.Table)
	}
	slices.Sort(tables)
	for _, table := range slices.Compact(tables) {
		if _, err := tx.NewRaw(`lock table ? in share mode`, bun.Ident(table)).Exec(ctx); err != nil {
			return nil, err
		}
	}
	for _, id := range oldKeys(sets.seal) {
		if !containsBytes(row.Retired, prefix(id)) {
			row.Retired = append(row.Retired, prefix(id))
		}
	}
	return &row, r.Record(ctx, tx, "closed")
}

// dropOld takes the old keys out of the ring once nothing is sealed by them.
func (r *Rotation) dropOld(ctx context.Context) (removed int, err error) {
	err = changeRing(ctx, r.Direct, r.Vault.wrap, func(ctx context.Context, tx bun.Tx, row ringRow, sets keysets) (*ringRow, error) {
		left, err := r.left(ctx, tx, prefix(sets.seal.KeysetInfo().GetPrimaryKeyId()))
		if err != nil {
			return nil, err
		}
		if len(left) > 0 {
			return nil, fmt.Errorf("these values are opened by no key of the ring, so the old keys stay in it: %s. "+
				"Bring the rows back from a backup, or empty the columns; then call again", strings.Join(left, ", "))
		}
		manager := keyset.NewManagerFromHandle(sets.seal)
		for _, id := range oldKeys(sets.seal) {
			if !containsBytes(row.Retired, prefix(id)) {
				return nil, errors.New("pii: a key that is still in use can't leave the ring; call again")
			}
			if err := manager.Delete(id); err != nil {
				return nil, fmt.Errorf("pii: old key: %w", err)
			}
			removed++
		}
		if sets.seal, err = manager.Handle(); err != nil {
			return nil, fmt.Errorf("pii: old key: %w", err)
		}
		if row.Wrapped, err = sets.wrapped(r.Vault.wrap); err != nil {
			return nil, err
		}
		return &row, r.Record(ctx, tx, "removed")
	})
	if err != nil {
		return 0, err
	}
	return removed, r.Vault.Reload(ctx)
}

// left names values that are not sealed by the newest key.
func (r *Rotation) left(ctx context.Context, tx bun.Tx, newest []byte) (named []string, err error) {
	for _, c := range r.Columns {
		var ids []int64
		err := tx.NewRaw(`select id from ? where length(?) > 0 and substring(? for 5) <> ? order by id limit ?`,
			bun.Ident(c.Table), bun.Ident(c.Name), bun.Ident(c.Name), newest, namedMax).Scan(ctx, &ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			named = append(named, fmt.Sprintf("%s of id %d", c, id))
		}
	}
	return named, nil
}

// oldKeys are the keys that open but no longer seal.
func oldKeys(h *keyset.Handle) (ids []uint32) {
	info := h.KeysetInfo()
	for _, k := range info.GetKeyInfo() {
		if k.GetKeyId() != info.GetPrimaryKeyId() {
			ids = append(ids, k.GetKeyId())
		}
	}
	return ids
}

func containsBytes(all [][]byte, one []byte) bool {
	return slices.ContainsFunc(all, func(b []byte) bool { return string(b) == string(one) })
}

// bytesArray is an array of bytes for SQL; none is an empty array and not NULL.
func bytesArray(all [][]byte) any {
	if all == nil {
		all = [][]byte{}
	}
	return pgdialect.Array(all)
}
