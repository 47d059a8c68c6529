package backup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"

	"lobby/app/kit/db"
)

// session is one connection of our own. When its context ends the connection is cut: the driver itself would go on
// copying, and the server notices and takes everything back.
type session struct {
	pool *bun.DB
	conn bun.Conn
	line *pgdriver.Conn // the same, as the driver has it
	stop func() bool
}

func connect(ctx context.Context, address string) (_ *session, err error) {
	s := &session{stop: func() bool { return true }}
	if s.pool, err = db.OpenDirect(ctx, address); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.pool.Close())
		}
	}()
	if s.conn, err = s.pool.Conn(ctx); err != nil {
		return nil, err
	}
	err = s.conn.Raw(func(driver any) (err error) {
		var ours bool
		if s.line, ours = driver.(*pgdriver.Conn); !ours {
			err = errors.New("backup: another driver")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	// A statement that takes long, such as the making of an index, ends in the server too when we are gone.
	_, _ = s.conn.ExecContext(ctx, "set client_connection_check_interval = '1s'") // some systems can't
	s.stop = context.AfterFunc(ctx, func() { _ = s.line.Close() })
	return s, nil
}

func (s *session) close() {
	s.stop()
	_ = s.conn.Close()
	_ = s.pool.Close()
}

// out runs a COPY … TO STDOUT and gives the number of rows. Where w fails the connection is cut: the driver can't stop
// in the middle.
func (s *session) out(ctx context.Context, query string, w io.Writer) (int64, error) {
	guard := &guard{w: w, cut: s.line.Close}
	res, err := pgdriver.CopyTo(ctx, s.conn, guard, query)
	if guard.err != nil {
		return 0, guard.err
	}
	if err = errors.Join(ctx.Err(), err); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

type guard struct {
	w   io.Writer
	err error
	cut func() error
}

func (g *guard) Write(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	if _, g.err = g.w.Write(p); g.err != nil {
		_ = g.cut()
	}
	return len(p), g.err
}

// in runs a COPY … FROM STDIN with what next gives until it gives io.EOF, and tells the number of rows.
//
// The driver would send a message for every kilobyte. So the reader that it asks for more sends everything itself, in
// messages of the size in which it comes, and then says that there is no more.
func (s *session) in(ctx context.Context, query string, next func() ([]byte, error)) (int64, error) {
	feed := &feed{net: s.line.Conn(), next: next}
	res, err := pgdriver.CopyFrom(ctx, s.conn, feed, query)
	if feed.err != nil { // half a COPY stands on the line: nothing more can be said on it
		_ = s.line.Close()
		return 0, feed.err
	}
	if err = errors.Join(ctx.Err(), err); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

type feed struct {
	net  net.Conn
	next func() ([]byte, error)
	once sync.Once
	err  error
}

// Read implements io.Reader: it sends all there is, and gives nothing.
func (f *feed) Read([]byte) (int, error) {
	f.once.Do(f.send)
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

func (f *feed) send() {
	head := [5]byte{'d'} // CopyData
	for {
		rows, err := f.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			binary.BigEndian.PutUint32(head[1:], uint32(len(rows)+4))
			message := net.Buffers{head[:], rows}
			_, err = message.WriteTo(f.net)
		}
		if err != nil {
			f.err = fmt.Errorf("copying rows: %w", err)
			return
		}
	}
}
