// Package backup copies a whole database into one file and back (PRIVACY-8): as one moment of the database, streamed in
// constant memory, under a checksum; and all of it or nothing.
//
// The file holds data and nothing that is executed: rows as PostgreSQL's COPY writes them, and the names of the
// migrations that their tables come from. A restore builds the tables by these same migrations, which every later
// program still has, and lets the rest of them follow. So a file that somebody has tampered with can't run a command,
// the server may have another version than the one before, and no program of PostgreSQL's is needed.
package backup

import (
	"errors"
	"fmt"
	"time"
)

// Header stands at the beginning of a backup.
type Header struct {
	Taken  time.Time `json:"taken"`  // the moment that it shows, by the database's clock
	Build  string    `json:"build"`  // the program that wrote it
	Server string    `json:"server"` // the version of PostgreSQL that it came from
	Schema []string  `json:"schema"` // the migrations that were applied
}

// Count is how many rows of a table are in a backup.
type Count struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// Footer stands at the end: what the backup should hold.
type Footer struct {
	Tables []Count `json:"tables"`
	Bytes  int64   `json:"bytes"` // of all rows, before compression
}

// Rows is how many rows of a table are in the backup.
func (f Footer) Rows(table string) int64 {
	for _, c := range f.Tables {
		if c.Table == table {
			return c.Rows
		}
	}
	return 0
}

// Contents are what a backup holds.
type Contents struct {
	Header
	Footer
	Digest string // SHA-256 of the file, in hex
	Size   int64  // of the file, in bytes
}

// Progress is how far a backup or restore is. Of is 0 where the end isn't known before.
type Progress struct {
	Doing string // "prove", or "copy" with the table that is being copied, or "build"
	Table string
	Bytes int64
	Of    int64
}

// The refusals. Each comes wrapped in a sentence that says what to do.
var (
	// ErrDamaged tells that a file is not what was once written: it is cut off, or something in it was altered.
	ErrDamaged = errors.New("its checksum does not fit")
	// ErrForeign tells that a file is no backup of this program's.
	ErrForeign = errors.New("it is no backup of lobby's")
	// ErrNotEmpty tells that a database holds something already.
	ErrNotEmpty = errors.New("the database is not empty")
	// ErrInUse tells that a program is at work on the database that is to be filled.
	ErrInUse = errors.New("a lobby is at work on this database")
	// ErrBusy tells that somebody else is at the same.
	ErrBusy = errors.New("another lobby is at the same on this database; wait until it is done, and call again")
)

func damaged(name string, err error) error {
	if err != nil {
		err = fmt.Errorf("%w (%w)", ErrDamaged, err)
	} else {
		err = ErrDamaged
	}
	return fmt.Errorf("%s is damaged, %w: it was cut off or altered since it was written. Nothing was changed; take another copy of it, or an earlier backup", name, err)
}
