package backup

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// Left names the scratch database that a verification has left behind, since it was killed; "" where there is none, or
// where one is at work in it.
func Left(ctx context.Context, direct *bun.DB) (name string, err error) {
	_, err = alone(ctx, direct, scratchLock, func(conn bun.Conn) error {
		name, err = left(ctx, conn)
		return err
	})
	return name, db.Translate(err)
}

func left(ctx context.Context, conn bun.Conn) (name string, err error) {
	err = conn.NewRaw(`select coalesce((select datname from pg_database
		where datname = (select ? || oid from pg_database where datname = current_database())), '')`, scratchName).Scan(ctx, &name)
	return name, err
}

// DropLeft drops what Left names, and does nothing where a verification is at work.
func DropLeft(ctx context.Context, direct *bun.DB) error {
	_, err := alone(ctx, direct, scratchLock, func(conn bun.Conn) error {
		name, err := left(ctx, conn)
		if err != nil || name == "" {
			return err
		}
		_, err = conn.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(name))
		return err
	})
	return db.Translate(err)
}
