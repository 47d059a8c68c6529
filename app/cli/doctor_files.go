package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lobby/app/kit/db/cluster"
)

const (
	// quiet is how long a file that is being written may rest before it counts as left behind.
	quiet = time.Hour
	// logBig is how large PostgreSQL's own log of a week may become before it is worth a word.
	logBig = 512 * mebibyte
)

// files examines the data folder of an embedded cluster: who gets at it, and what was left behind.
func (e *env) files(ctx context.Context) []finding {
	dir := e.cfg.Data
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil // a first start makes it
	}
	if err != nil {
		return []finding{{what: "files", bad: err.Error(), remedy: "run lobby as the user that the data folder belongs to, or choose another one with LOBBY_DATA"}}
	}
	out := []finding{}
	if err := syscall.Access(dir, 2); err != nil {
		out = append(out, finding{what: "files", bad: fmt.Sprintf("%s can't be written: %v", dir, err), remedy: "give it to this user, mount its disk for writing, or choose another folder with LOBBY_DATA"})
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		out = append(out, restrict(dir, mode, mode&^0o022, "changed"))
	}
	for _, key := range keyFiles(e.cfg.KeyFile()) {
		if info, err := os.Stat(key); err == nil && info.Mode().Perm()&0o077 != 0 {
			out = append(out, restrict(key, info.Mode().Perm(), 0o600, "read"))
		}
	}
	repairs, _ := cluster.Repairs(ctx, dir) // its error is told by embedded
	for _, r := range repairs {
		out = append(out, finding{what: "files", bad: r.What, mends: "put it right", mend: func(context.Context) error { return r.Do() }})
	}
	out = append(out, e.leftFiles()...)
	if len(out) == 0 {
		out = append(out, finding{what: "files", good: "nobody else gets at " + dir + ", and nothing was left behind"})
	}
	return out
}

// keyFiles are the key, and older ones that were kept for old backups.
func keyFiles(key string) []string {
	kept, _ := filepath.Glob(key + ".until-*") // fails only for a malformed pattern
	return append([]string{key, key + ".new"}, kept...)
}

func restrict(path string, have, want os.FileMode, how string) finding {
	return finding{what: "files", bad: fmt.Sprintf("%s can be %s by others (mode %04o)", path, how, have), remedy: fmt.Sprintf("chmod %o %s", want, path),
		mends: fmt.Sprintf("give %s the mode %04o", path, want), mend: func(context.Context) error { return os.Chmod(path, want) }}
}

// leftFiles are half-written files that nobody has written to for a while.
func (e *env) leftFiles() (out []finding) {
	patterns := []string{filepath.Join(e.cfg.Data, ".key-*")}
	if folder := e.cfg.BackupFolder(); folder != "" {
		patterns = append(patterns, filepath.Join(folder, "*.partial"))
	}
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(pattern) // fails only for a malformed pattern
		for _, path := range paths {
			info, err := os.Lstat(path)
			if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < quiet {
				continue
			}
			out = append(out, finding{what: "files", bad: path + " was left half-written by a program that was killed", remedy: "rm " + path,
				mends: "remove " + path, mend: func(context.Context) error { return os.Remove(path) }})
		}
	}
	return out
}

// embedded looks for the embedded cluster; ready tells whether there is one to be asked further.
func (e *env) embedded(ctx context.Context) (out []finding, ready bool) {
	f := finding{what: "cluster"}
	found, err := cluster.Look(ctx, e.cfg.Data)
	if err != nil {
		f.bad, f.remedy = err.Error(), "do what the message says; no data was touched"
		return []finding{f}, false
	}
	with := fmt.Sprintf("PostgreSQL %d in %s", found.Major, found.Programs)
	if !found.Exists {
		f.note, f.remedy = "there is no database yet; "+with+" will run it", "lobby serve makes it"
		return []finding{f}, false
	}
	state := "not running, started for this check"
	switch {
	case found.Running:
		state = "running"
	case found.Killed:
		state = "its server was killed, recovered for this check"
	}
	f.good = fmt.Sprintf("%s, %s, run by %s", found.Folder, state, with)
	out = []finding{f}
	if found.Newest > found.Major {
		dir, _ := filepath.Abs(e.cfg.Data) // the message is for people
		out = append(out, finding{what: "cluster", note: fmt.Sprintf("PostgreSQL %d is installed too; the data stays with %d until you move it, so keep both", found.Newest, found.Major),
			remedy: "when it suits you, with lobby serve stopped:\n" + cluster.Move(dir, found.Folder, found.Major)})
	}
	if !strings.HasPrefix(found.Folder, filepath.Clean(e.cfg.Data)) {
		out = append(out, freeDisk(found.Folder))
	}
	return append(out, logs(filepath.Join(found.Folder, "data", "log"))), true
}

// logs says how much PostgreSQL has written of itself, and where lobby's own lines go.
func logs(folder string) finding {
	var size int64
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
	}
	f := finding{what: "logs", remedy: "look into it for what repeats; lobby's own lines go to its standard error, so limit the journal too: SystemMaxUse in journald.conf"}
	switch {
	case err != nil:
		f.note = "PostgreSQL's own can't be read: " + err.Error()
	case size > logBig:
		f.note = fmt.Sprintf("PostgreSQL's own of the last week has grown to %d MiB in %s", size/mebibyte, folder)
	default:
		f.good = fmt.Sprintf("PostgreSQL's own keeps a week, %d MiB now; lobby's go to its standard error, the journal for a service", size/mebibyte)
	}
	return f
}
