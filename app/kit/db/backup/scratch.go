package backup

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// The advisory locks: one schedule and one verification at a time on a database, whatever the number of programs.
const (
	scheduleLock = 0x6c6f6262796261 // "lobbyba"
	scratchLock  = 0x6c6f6262797665 // "lobbyve"
)

// scratchName is how a scratch database is called: by the number of the database that it stands beside.
const scratchName = "lobby_verify_"

// Alone runs fn while no other program runs one on the same database; where one does, ran is false.
func Alone(ctx context.Context, direct *bun.DB, fn func() error) (ran bool, err error) {
	return alone(ctx, direct, scheduleLock, func(bun.Conn) error { return fn() })
}

func alone(ctx context.Context, direct *bun.DB, key int64, fn func(bun.Conn) error) (ran bool, err error) {
	conn, err := direct.Conn(ctx)
	if err != nil {
		return false, db.Translate(err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.NewRaw("select pg_try_advisory_lock(?)", key).Scan(ctx, &ran); err != nil || !ran {
		return false, err
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock(?)", key) // goes with the connection at the latest
	}()
	return true, fn(conn)
}

// Scratch makes an empty database beside the one of the address, runs fn with its address, and drops it. One that a run
// before has left, since it was killed, is dropped first.
func Scratch(ctx context.Context, address string, fn func(scratch string) error) error {
	direct, err := db.OpenDirect(ctx, address)
	if err != nil {
		return err
	}
	ran, err := alone(ctx, direct, scratchLock, func(conn bun.Conn) error { return inScratch(ctx, conn, address, fn) })
	if err == nil && !ran {
		err = ErrBusy
	}
	return errors.Join(err, direct.Close())
}

func inScratch(ctx context.Context, conn bun.Conn, address string, fn func(string) error) (err error) {
	var name, collate, ctype string
	err = conn.NewRaw(`select ? || oid, datcollate, datctype from pg_database where datname = current_database()`, scratchName).Scan(ctx, &name, &collate, &ctype)
	if err != nil {
		return err
	}
	drop := func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "drop database if exists ? with (force)", bun.Ident(name))
		return err
	}
	if err := drop(); err != nil {
		return fmt.Errorf("the database %s, left by an earlier verification, can't be dropped: %w", name, err)
	}
	_, err = conn.ExecContext(ctx, "create database ? template template0 encoding 'UTF8' lc_collate ? lc_ctype ?", bun.Ident(name), collate, ctype)
	if err != nil {
		return fmt.Errorf("no database can be made beside this one to restore into (the account in DATABASE_URL needs the right: alter role … createdb): %w", err)
	}
	defer func() { err = errors.Join(err, drop()) }()
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address of the database can't be read") // the cause would print the password
	}
	u.Path = "/" + name
	return fn(u.String())
}
