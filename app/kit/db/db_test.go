package db_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for address, word := range map[string]string{
		"postgres://u:secret@host/db":                                                   "sslmode",
		"postgres://u:secret@host/db?sslmode=prefer":                                    "verify-full",
		"postgres://u:secret@host/db?sslmode=require":                                   "verify-full",
		"postgres://u:secret@host/db?sslmode=verify-full&sslrootcert=/no/such/file.pem": "sslrootcert",
		"postgres://u:secret@host/db?sslmode=disable&pool_max=none":                     "pool_max",
		"postgres://u:secret@host/db?sslmode=disable&prepare=perhaps":                   "prepare",
		"postgres:///db?sslmode=disable":                                                "no host",
		"mysql://u:secret@host/db":                                                      "postgres://",
		"postgres://u:secret@host:port/db":                                              "not an address",
		"postgres://u:secret@127.0.0.1:1/db?sslmode=disable":                            "can't be reached",
		"postgres://u:secret@/db?host=/no/such/folder":                                  "can't be reached",
	} {
		_, err := db.Open(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("sessions are in UTC, named, and limited", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		for setting, want := range map[string]string{"timezone": "UTC", "application_name": "lobby", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "30s"} {
			var got string
			if err := pool.NewRaw("select current_setting(?)", setting).Scan(t.Context(), &got); err != nil || got != want {
				t.Errorf("%s is %s, not %s (%v)", setting, got, want, err)
			}
		}
	})
	t.Run("what the address says wins, and a long statement is Unavailable", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.Open(t, with(t, dbtest.URL(t), "statement_timeout", "20"))
		_, err := pool.ExecContext(t.Context(), "select pg_sleep(60)")
		if err = db.Translate(err); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
	t.Run("direct connections have no limit", func(t *testing.T) {
		t.Parallel()
		pool, err := db.OpenDirect(t.Context(), dbtest.URL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = pool.Close() }()
		var got string
		if err := pool.NewRaw("show statement_timeout").Scan(t.Context(), &got); err != nil || got != "0" {
			t.Errorf("%s, %v", got, err)
		}
	})
	t.Run("pool_max limits the connections", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.Open(t, with(t, dbtest.URL(t), "pool_max", "3"))
		if got := pool.Stats().MaxOpenConnections; got != 3 {
			t.Error(got)
		}
	})
}

func with(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// Connections that died while idle are replaced before anybody's request meets them.
func TestPoolHeals(t *testing.T) {
	t.Parallel()
	t.Run("backends were ended", func(t *testing.T) {
		t.Parallel()
		address := dbtest.URL(t)
		pool, other := dbtest.Open(t, address), dbtest.Open(t, with(t, address, "application_name", "operator"))
		warm(t, pool.PingContext, 8)
		if n := dbtest.EndBackends(t, other, "lobby"); n == 0 {
			t.Fatal("no backend was ended")
		}
		for range 20 {
			if err := pool.PingContext(t.Context()); err != nil {
				t.Errorf("a dead connection was handed out: %v", err)
			}
		}
	})
	t.Run("PostgreSQL was restarted, and killed", func(t *testing.T) {
		t.Parallel()
		server := dbtest.Private(t)
		pool := dbtest.Open(t, server.URL())
		if _, err := pool.ExecContext(t.Context(), "insert into sites (code, name) values ('a', 'A')"); err != nil {
			t.Fatal(err)
		}
		for _, step := range []func(){server.Restart, func() { server.Kill(); server.Start() }} {
			warm(t, pool.PingContext, 8)
			step()
			var n int
			if err := pool.NewRaw("select count(*) from sites").Scan(t.Context(), &n); err != nil || n != 1 {
				t.Fatalf("%d sites, %v", n, err)
			}
		}
		server.Stop()
		if _, err := pool.ExecContext(t.Context(), "select 1"); !fault.Is(db.Translate(err), fault.Unavailable) {
			t.Errorf("while it is down: %v", err)
		}
		server.Start()
	})
}

// warm fills the pool with n connections.
func warm(t *testing.T, ping func(context.Context) error, n int) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if err := ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	t.Run("no row is not found", func(t *testing.T) {
		var id int64
		err := db.Translate(pool.NewRaw("select id from sites where false").Scan(t.Context(), &id))
		if !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
	t.Run("a broken constraint is named", func(t *testing.T) {
		add := func() error {
			_, err := pool.ExecContext(t.Context(), "insert into sites (code, name) values ('a', 'A')")
			return err
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
		err := db.Translate(add())
		if _, isFault := fault.As(err); isFault || db.Constraint(err) != "sites_code_key" {
			t.Errorf("%v, %q", err, db.Constraint(err))
		}
		if db.Constraint(errors.New("other")) != "" {
			t.Error("a constraint out of nothing")
		}
	})
	t.Run("a fault passes through, wrapped or not", func(t *testing.T) {
		want := fault.New(fault.Conflict, "x")
		if err := db.Translate(fmt.Errorf("wrapped: %w", want)); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	})
	t.Run("an asker who went away is no fault", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := pool.ExecContext(ctx, "select 1")
		if err = db.Translate(err); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("a deadline that passed is unavailable", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := pool.ExecContext(ctx, "select pg_sleep(1)")
		if err = db.Translate(err); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
	t.Run("nothing is nothing", func(t *testing.T) {
		if err := db.Translate(nil); err != nil {
			t.Error(err)
		}
	})
}

func TestNumber(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	day := time.Date(2026, 11, 22, 23, 30, 0, 0, time.FixedZone("CST", 8*3600))
	var mu sync.Mutex
	var all sync.WaitGroup
	var got []string
	for range 8 {
		all.Go(func() {
			for range 25 {
				n, err := db.Number(t.Context(), pool, 1, "T", day)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				got = append(got, n)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(got)
	if len(slices.Compact(got)) != 200 || got[0] != "T261122-0001" || got[199] != "T261122-0200" {
		t.Errorf("%d numbers from %s to %s", len(got), got[0], got[len(got)-1])
	}
	for what, next := range map[string]func() (string, error){
		"V261122-0001": func() (string, error) { return db.Number(t.Context(), pool, 1, "V", day) },
		"T261123-0001": func() (string, error) { return db.Number(t.Context(), pool, 1, "T", day.Add(time.Hour)) },
		"T261122-0001": func() (string, error) { return db.Number(t.Context(), pool, 2, "T", day) },
	} {
		if n, err := next(); err != nil || n != what {
			t.Errorf("%s, not %s (%v)", n, what, err)
		}
	}
}
