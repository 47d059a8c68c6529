// Package dbtest gives each test a PostgreSQL database of its own: migrated, empty, gone at the end.
//
// All test processes of a user share one server without durability. The first one starts it (see keeper.go), it
// serves the packages after it, and ends by itself half a minute after the last test. A database is a copy of a
// template that is made once per schema. No PostgreSQL is a failure that says how to install it, never a skip.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/cluster"
)

// New gives a pool on a migrated database of the test's own. Both are gone when the test ends.
func New(t testing.TB) *bun.DB {
	t.Helper()
	return Open(t, URL(t))
}

// URL gives the address of a migrated database of the test's own; each call makes another one.
func URL(t testing.TB) string {
	t.Helper()
	return copied(t, template)
}

// Empty gives the address of a database without any table.
func Empty(t testing.TB) string {
	t.Helper()
	return copied(t, func(context.Context, *bun.DB, *cluster.Cluster) (string, error) { return "template0", nil })
}

// Open gives a further pool on a database, as another instance would have it.
func Open(t testing.TB, address string) *bun.DB {
	t.Helper()
	pool, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// EndBackends ends the server's side of all connections with an application name that belong to the pool's database,
// as a failing network or an operator would, waits until they are gone, and gives how many there were.
func EndBackends(t testing.TB, pool *bun.DB, application string) int {
	t.Helper()
	var n int
	err := pool.NewRaw(`select count(*) from (select pg_terminate_backend(pid, 10000) from pg_stat_activity
		where application_name = ? and datname = current_database() and pid <> pg_backend_pid()) ended`, application).
		Scan(t.Context(), &n)
	if err != nil {
		t.Fatalf("dbtest: ending backends: %v", err)
	}
	return n
}

var serial atomic.Int64

type source func(ctx context.Context, pool *bun.DB, c *cluster.Cluster) (string, error)

// copied makes a database from a template and drops it when the test ends.
func copied(t testing.TB, from source) string {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	name := fmt.Sprintf("%s%d_%d", testPrefix, os.Getpid(), serial.Add(1))
	err = maintain(c, func(ctx context.Context, pool *bun.DB) error {
		origin, err := from(ctx, pool, c)
		if err != nil {
			return err
		}
		_, err = pool.ExecContext(ctx, "create database ? template ? strategy file_copy", bun.Ident(name), bun.Ident(origin))
		return err
	})
	if err != nil {
		t.Fatalf("dbtest: making a database: %v", err)
	}
	t.Cleanup(func() {
		err := maintain(c, func(ctx context.Context, pool *bun.DB) error {
			_, err := pool.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(name))
			return err
		})
		if err != nil {
			t.Errorf("dbtest: dropping the database: %v", err)
		}
	})
	return address(c, name)
}

// maintain runs fn on a short-lived pool on the server's maintenance database: nothing of it outlives the call, so
// that tests can look for leaks.
func maintain(c *cluster.Cluster, fn func(ctx context.Context, pool *bun.DB) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	pool, err := db.OpenDirect(ctx, address(c, "postgres"))
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, pool), pool.Close())
}

const (
	testPrefix     = "test_"
	templatePrefix = "schema_"
)

// template gives the name of the migrated database for this binary's schema, making it where it is missing. Processes
// that come at the same time wait for each other.
func template(ctx context.Context, pool *bun.DB, c *cluster.Cluster) (string, error) {
	name := templatePrefix + db.SchemaHash()
	if there, err := exists(ctx, pool, name); err != nil || there {
		return name, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }() // the lock goes with it
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock(7011)"); err != nil {
		return "", err
	}
	defer func() { _, _ = conn.ExecContext(ctx, "select pg_advisory_unlock(7011)") }()
	if there, err := exists(ctx, pool, name); err != nil || there {
		return name, err
	}
	draft := name + "_draft"
	if _, err := conn.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(draft)); err != nil {
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "create database ? template template0", bun.Ident(draft)); err != nil {
		return "", err
	}
	if err := migrated(ctx, address(c, draft)); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "alter database ? rename to ?", bun.Ident(draft), bun.Ident(name))
	return name, err
}

func exists(ctx context.Context, pool bun.IDB, name string) (bool, error) {
	var there bool
	err := pool.NewRaw("select exists (select from pg_database where datname = ?)", name).Scan(ctx, &there)
	return there, err
}

func migrated(ctx context.Context, address string) error {
	pool, err := db.OpenDirect(ctx, address)
	if err != nil {
		return err
	}
	_, err = db.Migrate(ctx, pool)
	return errors.Join(err, pool.Close())
}

func address(c *cluster.Cluster, database string) string {
	u, err := url.Parse(c.URL())
	if err != nil {
		panic("dbtest: " + err.Error()) // the cluster's own address
	}
	u.Path = "/" + database
	return u.String()
}
