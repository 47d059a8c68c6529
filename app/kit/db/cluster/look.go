package cluster

import (
	"context"
	"os"
	"path/filepath"
)

// Found is what Look sees.
type Found struct {
	Folder   string // where the cluster lies, or would
	Exists   bool
	Running  bool
	Killed   bool   // its server ended without stopping; the next start recovers
	Major    int    // of the PostgreSQL that would run it
	Programs string // the folder of that PostgreSQL
	Newest   int    // the newest major that is installed
}

// Look tells about the cluster of a data folder without making or starting anything. Its errors are those that Start
// would give.
func Look(ctx context.Context, dir string) (Found, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Found{}, err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	f := Found{Folder: filepath.Join(dir, homeName)}
	p := place{dir: dir, home: f.Folder}
	if _, err := os.Stat(dir); err == nil {
		if p, err = locate(ctx, dir, ""); err != nil {
			return f, err
		}
	}
	f.Folder, f.Exists = p.home, p.exists
	_, f.Running = p.running()
	_, noted := p.postmaster()
	f.Killed = noted && !f.Running
	all := installed(ctx, nil)
	with, err := choose(all, p)
	f.Major, f.Programs, f.Newest = with.major, with.folder, newest(all).major
	return f, err
}
