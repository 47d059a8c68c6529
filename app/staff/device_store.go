package staff

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// insertDevice stores a device with its open code, unless another open code has the same selector. A code that is over
// gives its selector free.
func insertDevice(ctx context.Context, tx bun.IDB, d *Device, now time.Time) (bool, error) {
	_, err := tx.NewRaw(`update devices set code_selector = null, code_hash = null where code_selector = ? and code_expires_at <= ?`, *d.CodeSelector, now).Exec(ctx)
	if err != nil {
		return false, err
	}
	err = tx.NewInsert().Model(d).On("conflict do nothing").Returning("id").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// lockCode gives the device whose code is open and begins with selector, locked for this transaction, or nil.
func lockCode(ctx context.Context, tx bun.IDB, selector string, now time.Time) (*Device, error) {
	d := &Device{}
	return oneDevice(d, tx.NewSelect().Model(d).
		Where("code_selector = ? and code_hash is not null and code_expires_at > ? and code_tries < ? and revoked_at is null", selector, now, codeTries).
		For("update").Scan(ctx))
}

func countTry(ctx context.Context, tx bun.IDB, id int64) error {
	_, err := tx.NewRaw(`update devices set code_tries = code_tries + 1 where id = ?`, id).Exec(ctx)
	return err
}

func pairDevice(ctx context.Context, tx bun.IDB, id int64, token []byte, now time.Time) error {
	_, err := tx.NewRaw(`update devices set token_hash = ?, code_selector = null, code_hash = null, code_expires_at = null, paired_at = ?, seen_at = ? where id = ?`,
		token, now, now, id).Exec(ctx)
	return err
}

func findDevice(ctx context.Context, tx bun.IDB, token []byte) (*Device, error) {
	d := &Device{}
	return oneDevice(d, db.Prepared(tx, tx.NewSelect().Model(d).Where("token_hash = ?", db.Value(token))).Scan(ctx))
}

func touchDevice(ctx context.Context, tx bun.IDB, id int64, now time.Time) error {
	_, err := tx.NewRaw(`update devices set seen_at = ? where id = ?`, now, id).Exec(ctx)
	return db.Translate(err)
}

// devices lists the devices of a site, or all with site 0; those that wait for their code too.
func devices(ctx context.Context, tx bun.IDB, site int64) ([]Device, error) {
	list := []Device{}
	err := tx.NewSelect().Model(&list).Where("? = 0 or site_id = ?", site, site).OrderExpr("site_id, kind, name, id").Scan(ctx)
	return list, db.Translate(err)
}

func revokeDevice(ctx context.Context, tx bun.IDB, id, site int64, now time.Time) (*Device, error) {
	d := &Device{}
	return oneDevice(d, tx.NewRaw(`update devices set revoked_at = coalesce(revoked_at, ?), code_selector = null, code_hash = null
		where id = ? and (? = 0 or site_id = ?) returning *`, now, id, site, site).Scan(ctx, d))
}

func oneDevice(d *Device, err error) (*Device, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, db.Translate(err)
	}
	return d, nil
}
