package backup_test

import (
	"os"
	"syscall"
)

var errNoSpace error = syscall.ENOSPC

// limited is a file on a disk with so many bytes left.
type limited struct {
	file *os.File
	left int
	last error // of what the system wrote only at the end
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		n, _ := l.file.Write(p[:l.left])
		l.left = 0
		return n, &os.PathError{Op: "write", Path: l.file.Name(), Err: errNoSpace}
	}
	l.left -= len(p)
	return l.file.Write(p)
}

func (l *limited) Sync() error {
	if l.last != nil {
		return &os.PathError{Op: "sync", Path: l.file.Name(), Err: l.last}
	}
	return l.file.Sync()
}

func (l *limited) Close() error { return l.file.Close() }
