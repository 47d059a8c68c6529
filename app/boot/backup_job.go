package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/db/cluster"
)

// verifyEvery is how often the newest daily backup is shown to be sound by restoring it.
const verifyEvery = 7 * 24 * time.Hour

// backUp takes the day's backup where it is due, removes those that are no longer kept, and verifies the newest once a
// week (PRIVACY-8). It tells how many it took.
func (a *App) backUp(ctx context.Context) (taken int, err error) {
	dir := a.Config.BackupFolder()
	if dir == "" || a.Config.Demo {
		return 0, nil
	}
	sites, err := a.Sites.All(ctx)
	if err != nil || len(sites) == 0 {
		return 0, err
	}
	direct, err := db.OpenDirect(ctx, a.direct)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, direct.Close()) }()
	_, err = backup.Alone(ctx, direct, func() error {
		taken, err = a.backUpInto(ctx, direct, dir, sites[0].Location())
		return errors.Join(err, a.verifyNewest(ctx, direct, dir))
	})
	return taken, err
}

func (a *App) backUpInto(ctx context.Context, direct *bun.DB, dir string, zone *time.Location) (int, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("the folder of the backups can't be made: %w", err)
	}
	if err := cluster.Adopt(dir); err != nil {
		return 0, fmt.Errorf("the folder of the backups: %w", err)
	}
	all, err := backup.Folder(dir)
	if err != nil {
		return 0, err
	}
	now := a.Now()
	if len(all) > 0 && !backup.Due(all[0].At, now, zone) {
		return 0, nil
	}
	if err := backup.Clear(dir); err != nil {
		return 0, err
	}
	began, file := time.Now(), filepath.Join(dir, backup.Name(now))
	c, err := backupTo(ctx, a.direct, direct, file, nil, func(backup.Progress) {})
	if err != nil {
		return 0, fmt.Errorf("the daily backup failed and will be tried again: %w", err)
	}
	if err := cluster.Adopt(file); err != nil {
		return 0, fmt.Errorf("the daily backup: %w", err)
	}
	a.Log.Info("backup taken", "file", file, "bytes", c.Size, "took", time.Since(began).Round(time.Millisecond))
	return 1, a.dropSpent(ctx, direct, dir, zone)
}

// dropSpent removes backups that are no longer kept; the last one that was verified always is.
func (a *App) dropSpent(ctx context.Context, direct *bun.DB, dir string, zone *time.Location) error {
	all, err := backup.Folder(dir)
	if err != nil {
		return err
	}
	var sound []string
	err = direct.NewRaw(`select name from backups where verified_at is not null and problem = '' order by taken_at desc limit 1`).Scan(ctx, &sound)
	if err != nil {
		return err
	}
	for _, e := range backup.Spent(all, zone) {
		if len(sound) > 0 && filepath.Base(e.Path) == sound[0] {
			continue
		}
		if err := os.Remove(e.Path); err != nil {
			return fmt.Errorf("a backup that is no longer kept can't be removed: %w", err)
		}
		a.Log.Info("backup removed", "file", e.Path)
	}
	return nil
}

// verifyNewest verifies the newest daily backup, where none was for a week.
func (a *App) verifyNewest(ctx context.Context, direct *bun.DB, dir string) error {
	all, err := backup.Folder(dir)
	if err != nil || len(all) == 0 {
		return err
	}
	var last bun.NullTime
	if err := direct.NewRaw(`select max(verified_at) from backups`).Scan(ctx, &last); err != nil {
		return err
	}
	if !last.IsZero() && a.Now().Sub(last.Time) < verifyEvery {
		return nil
	}
	began := time.Now()
	if _, err := a.verify(ctx, direct, all[0].Path, func(backup.Progress) {}); err != nil {
		return fmt.Errorf("the backup %s did not stand a restore for trial: %w", all[0].Path, err)
	}
	a.Log.Info("backup verified", "file", all[0].Path, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// Backups is what is known of this installation's backups.
type Backups struct {
	Taken    time.Time // the moment that the newest one shows; zero: there is none
	Verified time.Time // the same of the newest one that was verified by a restore
	Failed   time.Time // when the newest one failed, or one that doesn't stand its trial was taken; zero: none since Taken
	Problem  string    // why
}

// LookAtBackups tells what is known of the backups; known is false where the database isn't migrated yet.
func LookAtBackups(ctx context.Context, direct bun.IDB) (b Backups, known bool, err error) {
	if known, err = hasBackups(ctx, direct); err != nil || !known {
		return b, known, err
	}
	var taken, verified, failed bun.NullTime
	err = direct.NewRaw(`select (select max(taken_at) from backups where digest is not null),
			(select max(taken_at) from backups where verified_at is not null),
			(select max(taken_at) from backups where problem <> ''),
			coalesce((select problem from backups where problem <> '' order by taken_at desc limit 1), '')`).
		Scan(ctx, &taken, &verified, &failed, &b.Problem)
	b.Taken, b.Verified, b.Failed = taken.Time, verified.Time, failed.Time
	if b.Failed.Before(b.Taken) {
		b.Failed, b.Problem = time.Time{}, ""
	}
	return b, true, db.Translate(err)
}

// backupAge gives how old the newest backup is, and the newest verified one, in seconds; -1 where there is none.
func (a *App) backupAge(verified bool) float64 {
	ctx, cancel := context.WithTimeout(context.Background(), readyWait)
	defer cancel()
	b, _, err := LookAtBackups(ctx, a.DB)
	if err != nil {
		a.Log.Warn("metrics: age of backups", "error", err)
		return -1
	}
	at := b.Taken
	if verified {
		at = b.Verified
	}
	if at.IsZero() {
		return -1
	}
	return max(0, a.Now().Sub(at).Seconds())
}

// VerifiedBackups lists the verified backups by their digests, with the time of the verification.
func VerifiedBackups(ctx context.Context, direct bun.IDB) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	if there, err := hasBackups(ctx, direct); err != nil || !there {
		return out, err
	}
	var rows []struct {
		Digest     string
		VerifiedAt time.Time
	}
	err := direct.NewRaw(`select digest, verified_at from backups where verified_at is not null`).Scan(ctx, &rows)
	for _, r := range rows {
		out[r.Digest] = r.VerifiedAt
	}
	return out, db.Translate(err)
}
