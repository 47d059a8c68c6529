package db

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"
)

// preparedMost is how many statements a pool prepares at most: each costs memory in each connection. There are a few dozen
// in the program; a text that holds a changing value without Value would make them many.
const preparedMost = 200

// Prepared has a query run as a prepared statement: PostgreSQL plans it once for each connection instead of each time, which
// for a small read takes longer than reading. It is for what every page asks. Values that change from one call to the next
// are given by Value; whatever else stands in the query is part of its text. on is what the query was made with. In a
// transaction the query runs as it is (to prepare it would take a second connection), and so it does where a pooler stands
// between (prepare=no in the address).
func Prepared[Q query[Q]](on bun.IDB, q Q) Q {
	pool, ok := on.(*bun.DB)
	if !ok {
		return q
	}
	d, ok := pool.Dialect().(*preparing)
	if !ok {
		return q
	}
	return q.Conn(asked{DB: pool, dialect: d, query: q})
}

// query is a select or raw query of bun.
type query[Q any] interface {
	schema.QueryAppender
	Conn(bun.IConn) Q
}

// Value is a value of a Prepared query. In any other query it is written like every value.
func Value(v any) schema.QueryAppender { return valued(v, v) }

// Values are several as one array, for `= any(?)` and unnest.
func Values[T int64 | string](list []T) schema.QueryAppender {
	text := make([]string, len(list))
	for i, v := range list {
		text[i] = `"` + escapes.Replace(fmt.Sprint(v)) + `"`
	}
	return valued("{"+strings.Join(text, ",")+"}", pgdialect.Array(list))
}

// escapes are of the text of an array.
var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// valued is a value as a statement is given it, and as it is written into a text.
func valued(given, written any) schema.QueryAppender {
	return appender(func(gen schema.QueryGen, b []byte) ([]byte, error) {
		c, ok := gen.Dialect().(*collecting)
		if !ok {
			return gen.Append(b, written), nil
		}
		c.values = append(c.values, given)
		return strconv.AppendInt(append(b, '$'), int64(len(c.values)), 10), nil
	})
}

type appender func(gen schema.QueryGen, b []byte) ([]byte, error)

func (f appender) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) { return f(gen, b) }

// preparing is the dialect of a pool that keeps prepared statements.
type preparing struct {
	*pgdialect.Dialect
	making     sync.Mutex // one statement at a time, so that none is prepared twice
	mu         sync.Mutex
	statements map[string]planned // by their text; kept as long as the pool
}

// planned is a statement of a pool, whose connections prepare it when they are first asked it.
type planned interface {
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

func newPreparing() *preparing {
	return &preparing{Dialect: pgdialect.New(), statements: map[string]planned{}}
}

// statement gives the pool's statement of a text; nil once there are too many.
func (d *preparing) statement(ctx context.Context, pool *sql.DB, text string) (planned, error) {
	if known, full := d.known(text); known != nil || full {
		return known, nil
	}
	d.making.Lock()
	defer d.making.Unlock()
	if known, full := d.known(text); known != nil || full { // somebody else was faster
		return known, nil
	}
	made, err := pool.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statements[text] = made
	return made, nil
}

// known gives the statement of a text, nil where there is none yet, and whether there are as many as may be.
func (d *preparing) known(text string) (s planned, full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.statements[text], len(d.statements) >= preparedMost
}

// collecting is the dialect by which a query is written with its values left out.
type collecting struct {
	schema.Dialect
	values []any
}

// asked is the connection of a Prepared query: it is handed the query as text, and runs it as a statement.
type asked struct {
	*bun.DB
	dialect *preparing
	query   schema.QueryAppender
}

// QueryContext runs the statement of the query. plain is the same with its values written in.
func (a asked) QueryContext(ctx context.Context, plain string, args ...any) (*sql.Rows, error) {
	c := &collecting{Dialect: a.dialect}
	text, err := a.query.AppendQuery(schema.NewQueryGen(c), nil)
	if err != nil {
		return nil, err
	}
	s, err := a.dialect.statement(ctx, a.DB.DB, string(text))
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return a.DB.QueryContext(ctx, plain, args...)
	}
	return s.QueryContext(ctx, c.values...)
}
