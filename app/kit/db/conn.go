package db

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/uptrace/bun/driver/pgdriver"
)

// connector makes connections on which prepared statements are safe.
type connector struct{ *pgdriver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	cn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := cn.(*pgdriver.Conn)
	if !ok {
		return nil, errors.Join(errors.New("db: a connection of another driver"), cn.Close())
	}
	return conn{inner}, nil
}

// conn is a connection that is closed where a prepared statement broke off halfway, as when the request's time is over. The
// driver does that for plain queries only; such a connection would give the late answer to whoever asks next.
type conn struct{ *pgdriver.Conn }

// PrepareContext implements driver.ConnPrepareContext.
func (c conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	s, err := c.Conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, c.closeUnlessAnswered(err)
	}
	asking, ok := s.(statement)
	if !ok {
		return nil, errors.Join(errors.New("db: a statement of another driver"), c.Close())
	}
	return guarded{asking, c}, nil
}

// closeUnlessAnswered closes the connection unless the server has answered to the end, if only with an error.
func (c conn) closeUnlessAnswered(err error) error {
	var answer pgdriver.Error
	if errors.As(err, &answer) && answer.Field('V') == "ERROR" {
		return err
	}
	return errors.Join(err, c.Close())
}

// statement is a prepared statement of the driver.
type statement interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

// guarded is one on a conn.
type guarded struct {
	statement
	on conn
}

// Close implements driver.Stmt. A statement ends with its session: to end it by itself would be one more question on a
// connection that is given up.
func (g guarded) Close() error { return nil }

// QueryContext implements driver.StmtQueryContext.
func (g guarded) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := g.statement.QueryContext(ctx, args)
	if err != nil {
		return nil, g.on.closeUnlessAnswered(err)
	}
	return rows, nil
}

// ExecContext implements driver.StmtExecContext.
func (g guarded) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	res, err := g.statement.ExecContext(ctx, args)
	if err != nil {
		return nil, g.on.closeUnlessAnswered(err)
	}
	return res, nil
}
