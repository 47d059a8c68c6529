package staff

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/netip"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/patience"
)

// An account is one person's; behind an address sits a whole office.
var (
	ofAccount = patience.Patience{Free: 5, First: 30 * time.Second, Longest: 15 * time.Minute, Forget: 24 * time.Hour}
	ofAddress = patience.Patience{Free: 20, First: 30 * time.Second, Longest: 15 * time.Minute, Forget: time.Hour}
	ofPairing = patience.Patience{Free: 8, First: 30 * time.Second, Longest: 15 * time.Minute, Forget: time.Hour}
)

// next counts one try at now, or says how long to wait and counts nothing. A try counts before its password is looked
// at, so that many at once are no more than many in a row.
func next(p patience.Patience, t patience.Tries, now time.Time) (after patience.Tries, wait time.Duration) {
	if t, wait = p.Wait(t, now); wait > 0 {
		return t, wait
	}
	return p.Fail(t, now), 0
}

// try counts a try for the key, in a transaction of its own: what follows may fail, the count stays.
func (s *Service) try(ctx context.Context, key []byte, p patience.Patience) (time.Duration, error) {
	now := s.now()
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (time.Duration, error) {
		first := p.Fail(patience.Tries{}, now)
		res, err := tx.NewRaw(`insert into sign_in_failures (key, failures, last_at, locked_until) values (?, ?, ?, ?) on conflict (key) do nothing`,
			key, first.Failures, first.LastAt, first.LockedUntil).Exec(ctx)
		if err != nil {
			return 0, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return 0, err
		}
		var t patience.Tries
		err = tx.NewRaw(`select failures, last_at, locked_until from sign_in_failures where key = ? for update`, key).Scan(ctx, &t)
		if errors.Is(err, sql.ErrNoRows) { // forgiven in between
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		after, wait := next(p, t, now)
		_, err = tx.NewRaw(`update sign_in_failures set failures = ?, last_at = ?, locked_until = ? where key = ?`,
			max(after.Failures, 1), after.LastAt, after.LockedUntil, key).Exec(ctx)
		return wait, err
	})
}

// forgive forgets the failures of a key.
func forgive(ctx context.Context, tx bun.IDB, key []byte) error {
	_, err := tx.NewRaw(`delete from sign_in_failures where key = ?`, key).Exec(ctx)
	return err
}

// uncount takes one counted try back: it was no failure. It doesn't forgive the others, or somebody with an account of
// their own could guess at another's from the same address for ever.
func uncount(ctx context.Context, tx bun.IDB, key []byte) error {
	if _, err := tx.NewRaw(`delete from sign_in_failures where key = ? and failures <= 1`, key).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw(`update sign_in_failures set failures = failures - 1, locked_until = last_at where key = ? and failures > 1`, key).Exec(ctx)
	return err
}

// Keys are hashed: the table holds neither logins nor addresses.
func accountKey(login string) []byte    { return hashed("account:" + login) }
func addressKey(from netip.Addr) []byte { return hashed("address:" + from.String()) }
func pairingKey(from netip.Addr) []byte { return hashed("pairing:" + from.String()) }
func hashed(s string) []byte            { h := sha256.Sum256([]byte(s)); return h[:] }
