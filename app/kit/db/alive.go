package db

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"syscall"

	"github.com/uptrace/bun/driver/pgdriver"
)

// alive looks at an idle connection before it is used again: one that the server has closed, or on which it has said
// something unasked (its farewell), is thrown away and replaced. Without it, each pooled connection would fail one
// request after PostgreSQL was restarted.
func alive(_ context.Context, cn *pgdriver.Conn) error {
	conn := cn.Conn()
	encrypted := false
	if t, ok := conn.(*tls.Conn); ok {
		conn, encrypted = t.NetConn(), true
	}
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return driver.ErrBadConn
	}
	dead := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR): // nothing to read: as it should be
		case err != nil, n == 0:
			dead = true
		default:
			dead = !encrypted // session tickets of TLS may lie unread
		}
	})
	if err != nil || dead {
		return driver.ErrBadConn
	}
	return nil
}
