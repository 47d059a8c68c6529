package cluster

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// An administrator who works as root in the data folder of a service leaves nothing there that the service can't use:
// everything belongs to whom the folder belongs to, and PostgreSQL runs as that account.
func TestFolderOfAnotherAccount(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataFolder(t), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	want := uint32(os.Geteuid())
	if want == 0 {
		const daemon = 1 // neither of the accounts that a folder of root's would lead to
		want = daemon
		if err := os.Chown(dir, daemon, daemon); err != nil {
			t.Fatal(err)
		}
	}
	c := start(t, dir, quick(t.TempDir()))
	if got := c.place.owner.uidOf(); got != want || c.place.noted {
		t.Errorf("the server runs as %d in %s, want %d in the folder", got, c.Folder(), want)
	}
	file := filepath.Join(dir, "note")
	write(t, file, "made by root")
	if err := Adopt(file); err != nil {
		t.Fatal(err)
	}
	belongs := func() {
		t.Helper()
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Uid != want {
				t.Errorf("%s belongs to %d, want %d", path, stat.Uid, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	belongs()
	if err := start(t, dir, quick(t.TempDir())).Stop(); err != nil {
		t.Fatal(err)
	}
	belongs()
}
