package pii

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db/cluster"
)

// stagedSuffix marks the key file of a rewrap that is under way.
const stagedSuffix = ".new"

// Unlock finds the wrapping key as LoadKey does and opens the vault with it. A rewrap that was cut off between the
// database and the key file has left the right key beside the file: then staged is true, and PromoteKey finishes it.
func Unlock(ctx context.Context, db bun.IDB, env, keyFile string, create bool) (v *Vault, notice string, staged bool, err error) {
	key, notice, err := LoadKey(env, keyFile, create)
	if err != nil {
		return nil, "", false, err
	}
	v, err = OpenVault(ctx, db, key)
	if !errors.Is(err, ErrWrongKey) || strings.TrimSpace(env) != "" {
		return v, notice, false, err
	}
	next, readErr := readKey(keyFile + stagedSuffix)
	if readErr != nil {
		return nil, "", false, err
	}
	if v, nextErr := OpenVault(ctx, db, next); nextErr == nil {
		return v, notice, true, nil
	}
	return nil, "", false, err
}

// StageKey writes a key beside the key file, durably, before the ring is wrapped with it.
func StageKey(keyFile string, k WrapKey) error {
	tmp, err := os.CreateTemp(filepath.Dir(keyFile), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(k.Text() + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close(), cluster.Adopt(tmp.Name())); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := os.Rename(tmp.Name(), keyFile+stagedSuffix); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return syncFolder(keyFile)
}

// PromoteKey puts the staged key in the place of the key file, and keeps the old one under a name with the time, since
// backups of before need it. Done already by another program, it does nothing and gives no name.
func PromoteKey(keyFile string, now time.Time) (kept string, err error) {
	if _, err := os.Stat(keyFile + stagedSuffix); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	kept = keyFile + ".until-" + now.UTC().Format("20060102T150405Z")
	if err := os.Link(keyFile, kept); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("key file: %w", err)
	}
	if err := os.Rename(keyFile+stagedSuffix, keyFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("key file: %w", err)
	}
	return kept, syncFolder(keyFile)
}

func syncFolder(file string) error {
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}
