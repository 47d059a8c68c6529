package boot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// Restored is what a restore brought back.
type Restored struct {
	backup.Contents
	backup.Loaded
	Devices int // paired, as they were when the backup was taken
}

// Restore fills an empty database from a backup: a new embedded cluster, or the one of DATABASE_URL. The file is proven
// first; then it is all or nothing.
func Restore(ctx context.Context, cfg *config.Config, file string, report func(backup.Progress)) (done Restored, err error) {
	if _, err := actor.Require(ctx, ManageBackups); err != nil {
		return done, err
	}
	f, err := backup.Open(ctx, file, report)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := restoring{cfg: cfg, file: f, report: report}
	if err := r.keyAtHand(); err != nil {
		return done, err
	}
	app := prepare(cfg, Options{})
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.locate(ctx); err != nil {
		return done, err
	}
	return r.into(ctx, app.direct)
}

// restoring is one restore, for good or for trial.
type restoring struct {
	cfg    *config.Config
	file   *backup.File
	gentle bool
	report func(backup.Progress)

	vault   *pii.Vault
	devices int
}

func (r *restoring) into(ctx context.Context, address string) (Restored, error) {
	loaded, err := backup.Restore(ctx, address, r.file, backup.Load{
		Owners: []string{"sites", "staff"}, First: r.unlock, Last: r.settle, Gentle: r.gentle, Report: r.report,
	})
	return Restored{Contents: r.file.Contents, Loaded: loaded, Devices: r.devices}, err
}

// keyAtHand refuses a restore without any key before anything is made.
func (r *restoring) keyAtHand() error {
	const whose = "a backup opens only with the key of the database that it was taken from"
	switch {
	case r.cfg.Key != "":
		return nil
	case !r.cfg.Embedded():
		return fmt.Errorf("LOBBY_KEY is not set, and %s; set it, and call again. Nothing was changed", whose)
	}
	if _, err := os.Stat(r.cfg.KeyFile()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no key yet, and %s. Put your copy of the key file to %s (chmod 600), or set LOBBY_KEY, and call again. Nothing was changed",
			whose, r.cfg.KeyFile())
	}
	return nil
}

// unlock opens the key ring of the backup, as soon as it stands.
func (r *restoring) unlock(ctx context.Context, tx bun.Tx) (err error) {
	r.vault, _, _, err = pii.Unlock(ctx, tx, r.cfg.Key, r.cfg.KeyFile(), false)
	if !errors.Is(err, pii.ErrWrongKey) {
		return err
	}
	which, way := "LOBBY_KEY", "set LOBBY_KEY to the right one"
	if r.cfg.Key == "" {
		which = "the key file " + r.cfg.KeyFile()
		way = "put your copy of the right one in its place (chmod 600), or set LOBBY_KEY"
	}
	return fmt.Errorf("%s does not open this backup: %w. A backup opens with the key that was in use when it was taken, on %s; %s, and call again. Nothing was changed",
		which, errWrongKey, r.file.Taken.Format("2006-01-02 15:04 UTC"), way)
}

var errWrongKey = errors.New("it is another database's, or one from before or after a 'lobby key rewrap'")

// settle makes the restored database right for its new place, with the restore's last statements: nobody is signed in,
// every screen starts anew, and the record goes on, with this restore in it.
func (r *restoring) settle(ctx context.Context, tx bun.Tx) (err error) {
	if r.devices, err = staff.Restored(ctx, tx); err != nil {
		return err
	}
	var sites []int64
	if err := tx.NewRaw(`select id from sites order by id`).Scan(ctx, &sites); err != nil {
		return err
	}
	topics := make([]live.Topic, len(sites))
	for i, id := range sites {
		topics[i] = live.Site(id)
	}
	if err := live.Renew(ctx, tx, topics...); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, audit.Entry{Verb: "backup.restore", Subject: "backups", Reason: label(r.file.Contents)}); err != nil {
		return err
	}
	return audit.Settle(ctx, tx, r.vault.AuditKey())
}
