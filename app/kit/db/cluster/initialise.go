package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// initialise makes a new cluster beside its place and then renames it there in one step, so that a machine that dies
// half-way leaves no cluster rather than half of one.
func initialise(ctx context.Context, p place, with programs, options Options) (place, error) {
	parent := filepath.Dir(p.home)
	if err := os.MkdirAll(parent, 0o711); err != nil {
		return p, fmt.Errorf("no folder can be made for the database: %w", readable(err))
	}
	leftovers, _ := filepath.Glob(filepath.Join(parent, initName+filepath.Base(p.home)+"-*")) // fails only for a malformed pattern
	for _, dir := range leftovers {
		_ = os.RemoveAll(dir) // begun by a start that was killed; no lobby ever used it, and this one holds the lock
	}
	work, err := os.MkdirTemp(parent, initName+filepath.Base(p.home)+"-")
	if err != nil {
		return p, fmt.Errorf("no folder can be made for the database: %w", readable(err))
	}
	defer func() { _ = os.RemoveAll(work) }() // after the rename there is nothing of that name
	if err := fill(ctx, place{home: work, owner: p.owner}, with, options); err != nil {
		return p, err
	}
	if err := os.Rename(work, p.home); err != nil {
		return p, fmt.Errorf("the new database can't be put into place: %w", err)
	}
	syncFolder(parent)
	p.exists = true
	if p.noted {
		if err := writeFile(filepath.Join(p.dir, pathName), p.home+"\n"); err != nil {
			return p, fmt.Errorf("where the database lies can't be noted: %w", err)
		}
	}
	return p, nil
}

// fill runs initdb and leaves home with data and password.
func fill(ctx context.Context, p place, with programs, options Options) error {
	if p.owner != nil {
		if err := os.Chmod(p.home, 0o711); err != nil {
			return err
		}
	}
	if err := os.Mkdir(p.data(), 0o700); err != nil {
		return err
	}
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails
	password := hex.EncodeToString(secret)
	handover := filepath.Join(p.home, "handover") // initdb reads the password as the server's account
	if err := os.WriteFile(handover, []byte(password), 0o600); err != nil {
		return err
	}
	for _, path := range []string{p.data(), handover} {
		if err := p.owner.chown(path); err != nil {
			return err
		}
	}
	if err := initdb(ctx, p, with, options, handover); err != nil {
		return err
	}
	if err := os.Remove(handover); err != nil {
		return err
	}
	return writeFile(p.passwordFile(), password)
}

// initdb uses C.UTF-8: bytes order the indexes, for ever the same; names are sorted by zh-x-icu where people read them.
func initdb(ctx context.Context, p place, with programs, options Options, handover string) error {
	locales := []string{"C.UTF-8", "C"} // a system without C.UTF-8: C, with UTF-8 as encoding all the same
	if runtime.GOOS == "darwin" {
		locales = []string{"C"}
	}
	var out bytes.Buffer
	var err error
	for _, locale := range locales {
		args := []string{"-D", p.data(), "--username=" + role, "--pwfile=" + handover, "--auth=scram-sha-256",
			"--encoding=UTF8", "--locale=" + locale, "--data-checksums", "--no-instructions"}
		if options.Unsafe {
			args = append(args, "--no-sync")
		}
		out.Reset()
		cmd := exec.CommandContext(ctx, with.path("initdb"), args...)
		p.owner.become(cmd)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err = cmd.Run(); err == nil || !strings.Contains(out.String(), "locale") {
			break
		}
	}
	if err != nil && full(out.String()) {
		return fmt.Errorf("the new database can't be made: the disk of %s is full; make room, or choose another folder with LOBBY_DATA", filepath.Dir(p.home))
	}
	if err != nil {
		return fmt.Errorf("the new database can't be made: %w\n%s", err, strings.TrimSpace(out.String()))
	}
	return nil
}

// writeFile writes a small file of this process's own, whole or not at all.
func writeFile(path, content string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename there is nothing of that name
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// syncFolder makes a rename last; a file system that can't do it has other ways.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
