package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// Dump says how a backup is written.
type Dump struct {
	Build  string         // the program's own version
	First  []string       // tables that a restore wants to see before all others
	Report func(Progress) // told now and then
}

// oneMoment is how a backup reads: everything as it was when it began.
var oneMoment = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}

// reportEvery is after how many bytes progress is told.
const reportEvery = 1 << 20

// Write copies the whole database to out, as it is at one moment. Whoever writes meanwhile isn't held up; only
// migrations wait. It works and rests in turn (see pace).
func Write(ctx context.Context, address string, out io.Writer, how Dump) (c Contents, err error) {
	s, err := connect(ctx, address)
	if err != nil {
		return c, err
	}
	defer s.close()
	if err := db.HoldSchema(ctx, s.conn); err != nil {
		return c, err
	}
	err = s.conn.RunInTx(ctx, oneMoment, func(ctx context.Context, tx bun.Tx) error {
		if c.Header, err = describe(ctx, tx, how.Build); err != nil {
			return err
		}
		w, err := newWriter(out, c.Header)
		if err != nil {
			return err
		}
		d := &dumping{session: s, w: w, rows: chunks{w: w, pace: pace{last: time.Now()}}, report: how.Report}
		if err = d.all(ctx, tx, how.First); err == nil {
			c.Footer = d.footer
			c.Digest, c.Size, err = w.finish(d.footer)
		}
		if err != nil {
			w.abandon()
		}
		return err
	})
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause // the connection was cut for it
	}
	return c, err
}

// ErrNoSchema tells that there is nothing to be saved.
var ErrNoSchema = errors.New("this database holds nothing of lobby's yet, so there is nothing to back up")

func describe(ctx context.Context, tx bun.IDB, build string) (h Header, err error) {
	h.Build = build
	if err := tx.NewRaw("select clock_timestamp(), current_setting('server_version')").Scan(ctx, &h.Taken, &h.Server); err != nil {
		return h, err
	}
	h.Taken = h.Taken.UTC()
	if h.Schema, err = db.Applied(ctx, tx); err == nil && len(h.Schema) == 0 {
		err = ErrNoSchema
	}
	return h, err
}

type dumping struct {
	*session
	w      *writer
	rows   chunks
	footer Footer
	report func(Progress)
}

func (d *dumping) all(ctx context.Context, tx bun.Tx, first []string) error {
	list, err := tables(ctx, tx, first)
	if err != nil {
		return err
	}
	for _, t := range list {
		if err := d.table(ctx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	stands, err := readSequences(ctx, tx)
	if err != nil {
		return err
	}
	return d.w.recordJSON(sequences, stands)
}

func (d *dumping) table(ctx context.Context, t table) error {
	if err := d.w.recordJSON(beginTable, tableRecord{Name: t.Name, Columns: t.Columns}); err != nil {
		return err
	}
	var told int64
	d.rows.wrote = func(n int) error {
		d.footer.Bytes += int64(n)
		if told += int64(n); told >= reportEvery {
			told = 0
			d.report(Progress{Doing: "copy", Table: t.Name, Bytes: d.footer.Bytes})
		}
		return ctx.Err()
	}
	n, err := d.out(ctx, t.Copy, &d.rows)
	if err == nil {
		err = d.rows.flush()
	}
	if err != nil {
		return err
	}
	d.footer.Tables = append(d.footer.Tables, Count{t.Name, n})
	d.report(Progress{Doing: "copy", Table: t.Name, Bytes: d.footer.Bytes})
	return d.w.record(endTable, nil)
}

// chunks gathers rows into records.
type chunks struct {
	w     *writer
	buf   []byte
	pace  pace
	wrote func(n int) error
}

// Write implements io.Writer.
func (c *chunks) Write(p []byte) (int, error) {
	if c.buf = append(c.buf, p...); len(c.buf) < chunkSize {
		return len(p), nil
	}
	return len(p), c.flush()
}

func (c *chunks) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	if err := c.w.record(someRows, c.buf); err != nil {
		return err
	}
	n := len(c.buf)
	c.buf = c.buf[:0]
	c.pace.rest()
	return c.wrote(n)
}

// pace rests half as long again as there was work since the last rest. So a backup beside people at work takes two
// fifths of a core or so from them, and needs about as long as PostgreSQL's own tool, whose compression costs it more.
type pace struct{ last time.Time }

// restMost bounds one rest: what took long was somebody else's, such as a slow disk.
const restMost = 20 * time.Millisecond

func (p *pace) rest() {
	time.Sleep(min(3*time.Since(p.last)/2, restMost))
	p.last = time.Now()
}
