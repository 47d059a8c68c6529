package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// partial is the ending of a file that is still being written.
const partial = ".partial"

// Save writes a file whole or not at all: beside its place first, onto the disk, and only then under its name. A file
// that is there already is left alone. Only its owner may read it.
func Save(name string, write func(io.Writer) error) error { return save(name, write, openNew) }

// target is the file as it is written.
type target interface {
	io.Writer
	Sync() error
	Close() error
}

func openNew(name string) (target, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func save(name string, write func(io.Writer) error, open func(string) (target, error)) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s is there already, and a backup is never written over; choose another name", name)
	}
	draft := name + partial
	out, err := open(draft)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: another backup is being written to that place, or one was cut off. Remove it in the second case", draft)
	}
	if err != nil {
		return fmt.Errorf("the backup can't be written: %w", err)
	}
	err = write(out)
	if err == nil {
		err = out.Sync()
	}
	err = errors.Join(err, out.Close())
	if err == nil {
		err = place(draft, name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(draft))
		return fmt.Errorf("the backup was not written, and nothing is left of it: %w", err)
	}
	return syncFolder(filepath.Dir(name))
}

// place gives a finished file its name, and doesn't write over one that has come meanwhile.
func place(draft, name string) error {
	err := os.Link(draft, name)
	switch {
	case err == nil:
		return os.Remove(draft)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	return os.Rename(draft, name) // a file system without second names
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
