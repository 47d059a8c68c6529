package cluster

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Adopt gives a file that root made to whom its folder belongs: an administrator's command works on the data folder of a
// service, which runs as an account of its own and has to get at the file afterwards.
func Adopt(path string) error {
	o := folderOwner(filepath.Dir(path))
	if o == nil {
		return nil
	}
	return os.Lchown(path, int(o.uid), int(o.gid))
}

// folderOwner is the account that a folder belongs to, where this process is root and the folder isn't root's.
func folderOwner(dir string) *owner {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return nil
	}
	name := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return &owner{name: name, uid: stat.Uid, gid: stat.Gid}
}

// adopt gives what root made for the cluster of a data folder to whom that folder belongs.
func (p place) adopt() error {
	if folderOwner(p.dir) == nil || p.noted {
		return nil
	}
	err := Adopt(p.home)
	entries, readErr := os.ReadDir(p.home)
	err = errors.Join(err, readErr)
	for _, e := range entries {
		if one := Adopt(filepath.Join(p.home, e.Name())); !errors.Is(one, fs.ErrNotExist) {
			err = errors.Join(err, one)
		}
	}
	return err
}
