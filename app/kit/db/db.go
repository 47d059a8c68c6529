// Package db connects to PostgreSQL, runs transactions, turns errors of the driver into faults, hands out numbers for
// people, and keeps the schema: the migrations are embedded here.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"
	"github.com/uptrace/bun/schema"
)

const (
	// statementTimeout ends a statement in the server. Cancelling a context only makes the driver drop the
	// connection: the query would run on.
	statementTimeout = 15 * time.Second
	// idleInTransaction ends a transaction whose program has gone silent, so that it can't hold a topic's head.
	idleInTransaction = 30 * time.Second
	// readTimeout is longer than statementTimeout, so that the server's own clear error comes first.
	readTimeout = statementTimeout + 5*time.Second
	// poolSize is the default number of connections; "pool_max=N" in the address changes it, as "prepare=no" has no
	// statement prepared.
	poolSize = 16
)

// Open gives a pool for the daily work: statements end after 15 s, sessions are in UTC. The address is a postgres://
// URL whose sslmode is disable or verify-full; a Unix socket (?host=/folder) needs none. The connection is tried, so
// that a wrong address is told at the start.
func Open(ctx context.Context, address string) (*bun.DB, error) {
	dsn, set, err := dsn(address)
	if err != nil {
		return nil, err
	}
	return open(ctx, dsn, set, pgdriver.WithReadTimeout(readTimeout), pgdriver.WithWriteTimeout(readTimeout), params(map[string]any{
		"statement_timeout":                   milliseconds(statementTimeout),
		"idle_in_transaction_session_timeout": milliseconds(idleInTransaction),
		"timezone":                            "UTC",
	}))
}

// OpenDirect gives a pool without time limits on statements, for migrations, the sealing of records and other long
// work, which prepares nothing. Its address must lead to PostgreSQL itself, not to a pooler that swaps sessions.
func OpenDirect(ctx context.Context, address string) (*bun.DB, error) {
	dsn, set, err := dsn(address)
	if err != nil {
		return nil, err
	}
	set.plain = true
	return open(ctx, dsn, set, pgdriver.WithReadTimeout(0), pgdriver.WithWriteTimeout(0),
		params(map[string]any{"statement_timeout": "0", "timezone": "UTC"}))
}

func open(ctx context.Context, dsn string, set settings, opts ...pgdriver.Option) (*bun.DB, error) {
	from, err := newConnector(dsn, append(opts, pgdriver.WithResetSessionFunc(alive))...)
	if err != nil {
		return nil, err
	}
	std := sql.OpenDB(set.connector(from))
	std.SetMaxOpenConns(set.size)
	std.SetMaxIdleConns(set.size)
	std.SetConnMaxIdleTime(5 * time.Minute)
	// A later release may have added columns: what this program doesn't know it passes over, and so works beside that one.
	pool := bun.NewDB(std, set.dialect(), bun.WithDiscardUnknownColumns())
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("the database can't be reached: %w", err)
	}
	return pool, nil
}

// newConnector wraps the driver's own reading of the address, which panics where a certificate file is missing.
func newConnector(dsn string, opts ...pgdriver.Option) (c *pgdriver.Connector, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("DATABASE_URL: %v", r)
		}
	}()
	app := pgdriver.WithApplicationName("lobby")
	return pgdriver.NewConnector(append([]pgdriver.Option{app, pgdriver.WithDSN(dsn)}, opts...)...), nil
}

// params adds session settings to those that the address brings; what the address says wins.
func params(settings map[string]any) pgdriver.Option {
	return func(c *pgdriver.Config) {
		for name, value := range c.ConnParams {
			settings[name] = value
		}
		c.ConnParams = settings
	}
}

// settings are what an address says to this package rather than to the driver.
type settings struct {
	size  int  // of the pool
	plain bool // statements aren't prepared
}

func (s settings) dialect() schema.Dialect {
	if s.plain {
		return pgdialect.New()
	}
	return newPreparing()
}

func (s settings) connector(from *pgdriver.Connector) driver.Connector {
	if s.plain {
		return from
	}
	return connector{from}
}

// read takes the settings out of what an address asks for.
func (s *settings) read(q url.Values) (err error) {
	s.size = poolSize
	if raw := q.Get("pool_max"); raw != "" {
		if s.size, err = strconv.Atoi(raw); err != nil || s.size < 1 {
			return fmt.Errorf("DATABASE_URL has pool_max=%s; it must be a whole number from 1", raw)
		}
	}
	switch raw := q.Get("prepare"); raw {
	case "", "yes":
	case "no":
		s.plain = true
	default:
		return fmt.Errorf("DATABASE_URL has prepare=%s; it must be yes or no", raw)
	}
	q.Del("pool_max")
	q.Del("prepare")
	return nil
}

// dsn checks an address and gives it as the driver wants it, with what it says of the pool.
func dsn(address string) (string, settings, error) {
	var set settings
	u, err := url.Parse(address)
	if err != nil {
		return "", set, errors.New("DATABASE_URL is not an address like postgres://user:password@host:5432/name?sslmode=verify-full") // the cause would print the password
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", set, fmt.Errorf("DATABASE_URL begins with %q; it must begin with postgres://", u.Scheme)
	}
	q := u.Query()
	if err := set.read(q); err != nil {
		return "", set, err
	}
	switch host := q.Get("host"); {
	case strings.HasPrefix(host, "/"):
		q.Set("host", socket(host, q.Get("port")))
		q.Set("sslmode", "disable") // TLS has no meaning on a Unix socket
	case host == "" && u.Host == "":
		return "", set, errors.New("DATABASE_URL names no host")
	default:
		if err := checkTLS(q); err != nil {
			return "", set, err
		}
	}
	q.Del("port")
	u.RawQuery = q.Encode()
	return u.String(), set, nil
}

// checkTLS refuses the modes with which the driver encrypts without verifying whom it talks to.
func checkTLS(q url.Values) error {
	switch mode := q.Get("sslmode"); mode {
	case "disable":
		return nil
	case "verify-full":
		if cert := q.Get("sslrootcert"); cert != "" {
			if _, err := os.Stat(cert); err != nil {
				return fmt.Errorf("DATABASE_URL: sslrootcert can't be read: %w", err)
			}
		}
		return nil
	default:
		return fmt.Errorf("DATABASE_URL has sslmode=%q; say sslmode=verify-full (encrypted, the server's certificate checked) or sslmode=disable (plain, for a trusted network)", mode)
	}
}

// socket gives the file of a socket from the folder that PostgreSQL's own tools take as host.
func socket(host, port string) string {
	if strings.HasPrefix(path.Base(host), ".s.PGSQL.") {
		return host
	}
	if port == "" {
		port = "5432"
	}
	return path.Join(host, ".s.PGSQL."+port)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
