package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/uptrace/bun/driver/pgdriver"

	"lobby/app/kit/fault"
)

// Translate turns an error of the driver into what a person may be told: no row is NotFound, trouble with the
// connection (or a statement that took too long) or with the server's disk is Unavailable. A fault passes through; so
// does anything else, a broken constraint for example (see Constraint), and web answers it as an internal error.
func Translate(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(err, fault.NotFound, "fault.not_found")
	case errors.Is(err, context.Canceled): // the asker went away; nobody reads the answer
		return err
	case full(err):
		return fault.Wrap(err, fault.Unavailable, "fault.full")
	case unavailable(err):
		return fault.Wrap(err, fault.Unavailable, "fault.unavailable")
	}
	return err
}

// full tells whether the server's disk has no room: nothing was saved, reading goes on.
func full(err error) bool {
	var pg pgdriver.Error
	return errors.As(err, &pg) && pg.Field('C') == "53100"
}

func unavailable(err error) bool {
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		return passing(pg.Field('C'))
	}
	var network net.Error
	switch {
	case errors.As(err, &network),
		errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, driver.ErrBadConn),
		errors.Is(err, sql.ErrConnDone),
		errors.Is(err, sql.ErrTxDone),
		errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.EPIPE),
		errors.Is(err, syscall.ECONNRESET):
		return true
	}
	return false
}

// passing tells the errors of PostgreSQL that go away by themselves: connection (08), resources (53), operator's
// intervention and timeouts (57), deadlock and serialisation (40), locks (55P03), idle timeout (25P03).
func passing(code string) bool {
	switch code {
	case "55P03", "25P03":
		return true
	}
	for _, class := range []string{"08", "40", "53", "57"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

// Constraint gives the name of the constraint that err says was broken, or "".
func Constraint(err error) string {
	var pg pgdriver.Error
	if errors.As(err, &pg) && pg.IntegrityViolation() {
		return pg.Field('n')
	}
	return ""
}
