package boot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/pii"
)

// ErrNoBackups tells that there is none in the folder.
var ErrNoBackups = errors.New("there is no backup in the folder; take one with 'lobby backup FILE', or name the file")

// VerifyBackup shows that a backup brings everything back (PRIVACY-8): it is restored into a database of its own beside
// the real one, looked through, and dropped. Without a file it is the newest in the folder of the daily backups.
func VerifyBackup(ctx context.Context, cfg *config.Config, file string, report func(backup.Progress)) (done Restored, name string, err error) {
	if _, err := actor.Require(ctx, ManageBackups); err != nil {
		return done, "", err
	}
	if file == "" {
		all, err := backup.Folder(cfg.BackupFolder())
		if err != nil {
			return done, "", err
		}
		if len(all) == 0 {
			return done, "", ErrNoBackups
		}
		file = all[0].Path
	}
	app := prepare(cfg, Options{})
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.locate(ctx); err != nil {
		return done, file, err
	}
	direct, err := db.OpenDirect(ctx, app.direct)
	if err != nil {
		return done, file, err
	}
	app.atClose(direct.Close)
	done, err = app.verify(ctx, direct, file, report)
	return done, file, err
}

// verify restores a backup for trial, and notes what came of it.
func (a *App) verify(ctx context.Context, direct *bun.DB, file string, report func(backup.Progress)) (done Restored, err error) {
	f, err := backup.Open(ctx, file, report)
	if err != nil {
		return done, errors.Join(err, noteUnsound(ctx, direct, file, "", err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := restoring{cfg: a.Config, file: f, gentle: true, report: report}
	if err := r.keyAtHand(); err != nil {
		return done, err
	}
	err = backup.Scratch(ctx, a.direct, func(scratch string) (err error) {
		if done, err = r.into(ctx, scratch); err != nil {
			return err
		}
		return r.examine(ctx, scratch)
	})
	if err != nil {
		for _, innocent := range []error{backup.ErrBusy, errWrongKey, db.ErrNewerSchema} { // not the file's fault
			if errors.Is(err, innocent) {
				return done, err
			}
		}
		return done, errors.Join(err, noteUnsound(ctx, direct, file, f.Digest, err))
	}
	return done, note(ctx, direct, "backup.verify", f.Contents, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`insert into backups (digest, name, taken_at, size, verified_at) values (?, ?, ?, ?, ?)
			on conflict (digest) do update set verified_at = excluded.verified_at, problem = ''`,
			f.Digest, filepath.Base(file), f.Taken, f.Size, a.Now()).Exec(ctx)
		return err
	})
}

// noteUnsound notes that a backup did not stand its trial. A file that can't be read is known by its name only.
func noteUnsound(ctx context.Context, direct *bun.DB, file, digest string, failure error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // somebody stopped it
	}
	there, err := hasBackups(ctx, direct)
	if err != nil || !there {
		return err
	}
	_, err = direct.NewRaw(`update backups set problem = ?, verified_at = null
		where digest = ? or (? = '' and name = ?)`, problem(failure), digest, digest, filepath.Base(file)).Exec(ctx)
	return db.Translate(err)
}

// examine looks through a database that was restored for trial.
func (r *restoring) examine(ctx context.Context, address string) (err error) {
	pool, err := db.OpenDirect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	for _, look := range []struct {
		at string
		do func(context.Context, *bun.DB) error
	}{
		{"its schema", db.Check},
		{"its rows", r.countRows},
		{"its keys and constraints", constraintsHold},
		{"what is encrypted", r.openValues},
		{"its record", r.verifyRecord},
	} {
		if err := look.do(ctx, pool); err != nil {
			return fmt.Errorf("the backup was restored for trial, and %s is not as it should be: %w", look.at, err)
		}
	}
	return nil
}

// touched are the tables that a restore itself changes.
var touched = []string{"sessions", "topics", "audit_log", "audit_chain", "bun_migrations", "bun_migration_floors"}

func (r *restoring) countRows(ctx context.Context, pool *bun.DB) error {
	for _, c := range r.file.Tables {
		if slices.Contains(touched, c.Table) {
			continue
		}
		var n int64
		if err := pool.NewRaw(`select count(*) from ?`, bun.Ident(c.Table)).Scan(ctx, &n); err != nil {
			return err
		}
		if n != c.Rows {
			return fmt.Errorf("%s has %d rows where %d belong", c.Table, n, c.Rows)
		}
	}
	return nil
}

func constraintsHold(ctx context.Context, pool *bun.DB) error {
	var open []string
	err := pool.NewRaw(`select conrelid::regclass || ' ' || conname from pg_constraint where not convalidated
		union all select indexrelid::regclass::text from pg_index where not indisvalid limit 5`).Scan(ctx, &open)
	if err == nil && len(open) > 0 {
		err = fmt.Errorf("not validated: %v", open)
	}
	return err
}

// openValues opens the newest value of each encrypted column.
func (r *restoring) openValues(ctx context.Context, pool *bun.DB) error {
	vault, _, _, err := pii.Unlock(ctx, pool, r.cfg.Key, r.cfg.KeyFile(), false)
	if err != nil {
		return err
	}
	for _, c := range sealed() {
		var values [][]byte
		err := pool.NewRaw(`select ? from ? where length(?) > 0 order by id desc limit 1`,
			bun.Ident(c.Name), bun.Ident(c.Table), bun.Ident(c.Name)).Scan(ctx, &values)
		if err != nil {
			return err
		}
		for _, v := range values {
			if _, err := vault.Open(c.Kind, v); err != nil {
				return fmt.Errorf("%s: %w", c, err)
			}
		}
	}
	return nil
}

func (r *restoring) verifyRecord(ctx context.Context, pool *bun.DB) error {
	result, err := audit.Verify(ctx, pool, r.vault.AuditKey(), "")
	if err == nil && !result.OK() {
		err = fmt.Errorf("%d findings, the first: %s", int64(len(result.Findings))+result.More, result.Findings[0])
	}
	return err
}
