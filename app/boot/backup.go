package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/db/cluster"
)

// ManageBackups is the permission to take backups and to bring them back. No role has it: it is the command line's and
// the server's own.
const ManageBackups actor.Permission = "backup.manage"

// ringFirst makes the key ring the first table of a backup, so that a restore with the wrong key ends before it has
// begun.
var ringFirst = []string{"key_rings"}

// Backup copies the whole database into a file that isn't there yet, or, with "-", to out. It needs no key: what is
// encrypted stays so, and the key ring is copied as it is wrapped.
func Backup(ctx context.Context, cfg *config.Config, file string, out io.Writer, report func(backup.Progress)) (c backup.Contents, err error) {
	if _, err := actor.Require(ctx, ManageBackups); err != nil {
		return c, err
	}
	if cfg.Embedded() { // nothing is made here only to be found empty
		if found, err := cluster.Look(ctx, cfg.Data); err == nil && !found.Exists {
			return c, fmt.Errorf("%w (%s)", backup.ErrNoSchema, found.Folder)
		}
	}
	app := prepare(cfg, Options{})
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.locate(ctx); err != nil {
		return c, err
	}
	direct, err := db.OpenDirect(ctx, app.direct)
	if err != nil {
		return c, err
	}
	app.atClose(direct.Close)
	return backupTo(ctx, app.direct, direct, file, out, report)
}

// backupTo takes one backup and notes that it was taken, or why not.
func backupTo(ctx context.Context, address string, direct *bun.DB, file string, out io.Writer, report func(backup.Progress)) (c backup.Contents, err error) {
	write := func(w io.Writer) (err error) {
		c, err = backup.Write(ctx, address, w, backup.Dump{Build: Version(), First: ringFirst, Report: report})
		return err
	}
	if file == "-" {
		err = write(out)
	} else {
		err = backup.Save(file, write)
	}
	if err != nil {
		return c, errors.Join(err, noteFailure(ctx, direct, file, err))
	}
	if err := noteTaken(ctx, direct, file, c); err != nil {
		return c, fmt.Errorf("the backup is written, and whole; that it was taken could not be noted: %w", err)
	}
	return c, nil
}

// keepNotes is how long it is remembered that a backup was taken.
const keepNotes = 400 * 24 * time.Hour

func noteTaken(ctx context.Context, direct *bun.DB, file string, c backup.Contents) error {
	return note(ctx, direct, "backup.take", c, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`delete from backups where taken_at < ?`, c.Taken.Add(-keepNotes)).Exec(ctx)
		if err == nil {
			_, err = tx.NewRaw(`insert into backups (digest, name, taken_at, size) values (?, ?, ?, ?)`,
				c.Digest, filepath.Base(file), c.Taken, c.Size).Exec(ctx)
		}
		return err
	})
}

// note puts what was done with a backup on record, where there is a record: a database from before this release has none
// of backups until it is migrated.
func note(ctx context.Context, direct *bun.DB, verb string, c backup.Contents, write func(context.Context, bun.Tx) error) error {
	if there, err := hasBackups(ctx, direct); err != nil || !there {
		return err
	}
	_, err := db.Tx(ctx, direct, func(ctx context.Context, tx bun.Tx) (none struct{}, err error) {
		if err := write(ctx, tx); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "backups", Reason: label(c)})
	})
	return err
}

func hasBackups(ctx context.Context, direct bun.IDB) (there bool, err error) {
	err = direct.NewRaw(`select to_regclass('backups') is not null`).Scan(ctx, &there)
	return there, err
}

// label names a backup on record: its moment and the beginning of its digest.
func label(c backup.Contents) string {
	return fmt.Sprintf("%s %.12s", c.Taken.Format(time.RFC3339), c.Digest)
}

// noteFailure notes why there is no backup, where the database still takes a note.
func noteFailure(ctx context.Context, direct *bun.DB, file string, failure error) error {
	if ctx.Err() != nil || errors.Is(failure, backup.ErrNoSchema) {
		return nil //nolint:nilerr // somebody stopped it
	}
	there, err := hasBackups(ctx, direct)
	if err != nil || !there {
		return err
	}
	_, err = direct.NewRaw(`insert into backups (name, taken_at, problem) values (?, clock_timestamp(), ?)`,
		filepath.Base(file), problem(failure)).Exec(ctx)
	return db.Translate(err)
}

// problemMax is how much of an error is kept.
const problemMax = 400

func problem(err error) string {
	text := []rune(strings.ToValidUTF8(err.Error(), "?"))
	return string(text[:min(len(text), problemMax)])
}
