package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// socketFolder gives the private folder of the server's socket: inside the cluster's, or, where that path is too long
// for a socket, a short one of its own under the temporary folder.
func socketFolder(p place) (string, error) {
	dir := filepath.Join(p.home, "run")
	if fits(dir) {
		return dir, private(dir, p.owner)
	}
	sum := sha256.Sum256([]byte(p.home))
	name := "lobby-" + hex.EncodeToString(sum[:6])
	for _, base := range []string{os.TempDir(), "/tmp"} {
		if dir = filepath.Join(base, name); fits(dir) {
			return dir, private(dir, p.owner)
		}
	}
	return "", fmt.Errorf("no folder with a short enough path for the database's socket; %s is too long", dir)
}

// fits tells whether a socket in dir has a path that the system can take: 107 bytes on Linux, 103 on macOS.
func fits(dir string) bool {
	limit := 107
	if runtime.GOOS != "linux" {
		limit = 103
	}
	return len(dir)+len("/.s.PGSQL.5432") <= limit
}

// private makes a folder for the server's account alone. One that somebody else has put there is refused.
func private(dir string, o *owner) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return o.chown(dir)
	}
	if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the folder of the database's socket can't be made: %w", readable(err))
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("the folder of the database's socket: %w", readable(err))
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || stat.Uid != o.uidOf() {
		return fmt.Errorf("%s is in the way: it should be a folder of the database's own account", dir)
	}
	if info.Mode().Perm() != 0o700 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}
