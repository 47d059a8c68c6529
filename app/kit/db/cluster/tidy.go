package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Repair is something about a cluster's files that is not as it should be, and can be put right without any danger to
// what is stored.
type Repair struct {
	What string // in words, with the file
	Do   func() error
}

// Repairs lists what can be put right in the cluster of a data folder: files that more people can get at than should,
// which PostgreSQL refuses to work with, and what a killed start has left. It changes nothing by itself.
func Repairs(ctx context.Context, dir string) ([]Repair, error) {
	found, err := Look(ctx, dir)
	if found.Folder == "" || !found.Exists {
		return leftovers(dir, found), nil // what is wrong with it, Look itself says
	}
	p := place{home: found.Folder}
	var out []Repair
	for _, f := range []struct {
		path string
		mode os.FileMode
	}{{p.data(), 0o700}, {filepath.Join(p.home, "run"), 0o700}, {p.passwordFile(), 0o600}} {
		info, statErr := os.Stat(f.path)
		if statErr != nil || info.Mode().Perm()&^f.mode == 0 {
			continue // what is missing is told elsewhere
		}
		out = append(out, Repair{
			What: fmt.Sprintf("%s can be entered or read by others (mode %04o)", f.path, info.Mode().Perm()),
			Do:   func() error { return os.Chmod(f.path, f.mode) },
		})
	}
	return append(out, leftovers(dir, found)...), err
}

// leftovers are what initialise and writeFile leave when they are killed. While another lobby starts they are at work.
func leftovers(dir string, found Found) []Repair {
	unlock, free := still(dir)
	if !free {
		return nil
	}
	defer unlock()
	var out []Repair
	for _, pattern := range []string{
		filepath.Join(filepath.Dir(found.Folder), initName+filepath.Base(found.Folder)+"-*"),
		filepath.Join(found.Folder, ".password-*"), filepath.Join(dir, "."+pathName+"-*"),
	} {
		paths, _ := filepath.Glob(pattern) // fails only for a malformed pattern
		for _, path := range paths {
			out = append(out, Repair{What: path + " was left by a start that was killed", Do: func() error {
				unlock, free := still(dir)
				if !free {
					return errors.New("another lobby is starting or stopping the database just now")
				}
				defer unlock()
				return os.RemoveAll(path)
			}})
		}
	}
	return out
}

// still holds the start lock where nobody starts or stops the cluster of the folder. A folder that was never used has
// no lock, and gets none by looking.
func still(dir string) (unlock func(), free bool) {
	f, err := os.OpenFile(filepath.Join(dir, ".cluster.start"), os.O_RDWR, 0)
	if err != nil {
		return func() {}, errors.Is(err, os.ErrNotExist)
	}
	l := &lock{f}
	free, err = l.tryExclusive()
	if err != nil || !free {
		l.close()
		return func() {}, false
	}
	return l.close, true
}
