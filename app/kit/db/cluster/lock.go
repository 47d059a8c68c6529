package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// lockPoll is how often a lock held by another process is tried again.
const lockPoll = 20 * time.Millisecond

// lock is a file lock between processes. The system drops it when its process ends, however it ends.
type lock struct{ file *os.File }

func openLock(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder can't be used: %w", readable(err))
	}
	if err := Adopt(path); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("the data folder can't be used: %w", readable(err))
	}
	return &lock{f}, nil
}

func (l *lock) exclusive(ctx context.Context) error { return l.take(ctx, syscall.LOCK_EX) }
func (l *lock) shared(ctx context.Context) error    { return l.take(ctx, syscall.LOCK_SH) }

func (l *lock) take(ctx context.Context, how int) error {
	for {
		ok, err := l.try(how)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

func (l *lock) tryExclusive() (bool, error) { return l.try(syscall.LOCK_EX) }

func (l *lock) try(how int) (bool, error) {
	for {
		err := syscall.Flock(int(l.file.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, fmt.Errorf("locking %s: %w", l.file.Name(), err)
		}
	}
}

func (l *lock) release() { _ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN) }

func (l *lock) close() { _ = l.file.Close() }

// readable adds to a refusal of the system what to do about it.
func readable(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w; it belongs to another user: run lobby as that user, or choose another folder with LOBBY_DATA", err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; mount that disk for writing, or choose another folder with LOBBY_DATA", err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w; make room on that disk, or choose another folder with LOBBY_DATA", err)
	}
	return err
}

// noRoom tells whether the disk of a folder has no room for an account that is not root.
func noRoom(folder string) bool {
	var s syscall.Statfs_t
	return syscall.Statfs(folder, &s) == nil && spent(s)
}

// spent: PostgreSQL wants to write some pages at every start. File systems without size have no blocks at all.
func spent(s syscall.Statfs_t) bool {
	return s.Blocks > 0 && uint64(s.Bavail)*uint64(s.Bsize) < 64<<10 //nolint:unconvert // the types differ between systems
}

// full tells whether PostgreSQL's programs speak of a disk without room.
func full(said string) bool {
	for _, words := range []string{"No space left on device", "Disk quota exceeded", "File too large"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}
