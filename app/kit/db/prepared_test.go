package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

// alone gives a pool of one connection, so that its session can be looked into.
func alone(t *testing.T, more string) *bun.DB {
	t.Helper()
	return dbtest.Open(t, dbtest.URL(t)+"&pool_max=1"+more)
}

// held is what the pool's one session keeps prepared: how often each statement ran.
func held(t *testing.T, pool *bun.DB) (runs []int) {
	t.Helper()
	err := pool.NewRaw(`select custom_plans + generic_plans from pg_prepared_statements order by 1`).Scan(t.Context(), &runs)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestPrepared(t *testing.T) {
	t.Parallel()
	t.Run("values come as they are, and the statement is planned once", func(t *testing.T) {
		t.Parallel()
		pool := alone(t, "")
		at := time.Date(2026, 11, 23, 8, 30, 0, 123000, time.UTC)
		for n := range int64(9) {
			var got struct {
				N    int64
				Text string
				Raw  []byte
				At   time.Time
				Yes  bool
			}
			text := "它's ?0 $1 \\ " + strconv.FormatInt(n, 10)
			err := db.Prepared(pool, pool.NewRaw(`select ?0::bigint as n, ?1::text as text, ?2::bytea as raw, ?3::timestamptz as at, ?4::bool as yes`,
				db.Value(n), db.Value(text), db.Value([]byte{0, byte(n)}), db.Value(at), db.Value(n%2 == 0))).Scan(t.Context(), &got)
			if err != nil || got.N != n || got.Text != text || !bytes.Equal(got.Raw, []byte{0, byte(n)}) || !got.At.Equal(at) || got.Yes != (n%2 == 0) {
				t.Fatalf("%d: %+v, %v", n, got, err)
			}
		}
		if runs := held(t, pool); !slices.Equal(runs, []int{9}) {
			t.Errorf("the session ran its statements %v times", runs)
		}
	})
	t.Run("several values as one array", func(t *testing.T) {
		t.Parallel()
		pool := alone(t, "")
		texts, numbers := []string{"", "it's", `a "word"`, `back\slash`, "a,b", "{c}", "null", "漏水"}, []int64{-1, 0, 1 << 40}
		ask := func(texts []string, numbers []int64) {
			var got []string
			q := pool.NewRaw(`select t from unnest(?::text[]) t union all select n::text from unnest(?::bigint[]) n`, db.Values(texts), db.Values(numbers))
			want := slices.Clone(texts)
			for _, n := range numbers {
				want = append(want, strconv.FormatInt(n, 10))
			}
			if err := q.Scan(t.Context(), &got); err != nil || !slices.Equal(got, want) {
				t.Errorf("as text: %q, %v", got, err)
			}
			if err := db.Prepared(pool, q).Scan(t.Context(), &got); err != nil || !slices.Equal(got, want) {
				t.Errorf("prepared: %q, %v", got, err)
			}
		}
		ask(texts, numbers)
		ask([]string{}, []int64{})
		if runs := held(t, pool); !slices.Equal(runs, []int{2}) {
			t.Errorf("the session ran its statements %v times", runs)
		}
	})
	t.Run("a select with a model, also where nothing is found", func(t *testing.T) {
		t.Parallel()
		pool := alone(t, "")
		type topic struct {
			bun.BaseModel `bun:"table:topics"`
			Name          string
			Head          int64
		}
		if _, err := pool.NewRaw(`insert into topics (name, epoch, head) values ('a', 1, 7), ('b', 1, 8)`).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int64{"a": 7, "b": 8} {
			var got topic
			if err := db.Prepared(pool, pool.NewSelect().Model(&got).Where("name = ?", db.Value(name))).Scan(t.Context()); err != nil || got.Head != want {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		var none topic
		if err := db.Prepared(pool, pool.NewSelect().Model(&none).Where("name = ?", db.Value("c"))).Scan(t.Context()); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("what isn't there: %v", err)
		}
		if runs := held(t, pool); !slices.Equal(runs, []int{3}) {
			t.Errorf("the session ran its statements %v times", runs)
		}
	})
	t.Run("in a transaction, and where the address says no, it runs as it is", func(t *testing.T) {
		t.Parallel()
		ask := func(on bun.IDB) (n int, err error) {
			err = db.Prepared(on, on.NewRaw(`select ?::int`, db.Value(5))).Scan(t.Context(), &n)
			return n, err
		}
		pool := alone(t, "")
		if n, err := db.Read(t.Context(), pool, func(_ context.Context, tx bun.Tx) (int, error) { return ask(tx) }); err != nil || n != 5 {
			t.Error(n, err)
		}
		plain := alone(t, "&prepare=no")
		if n, err := ask(plain); err != nil || n != 5 {
			t.Error(n, err)
		}
		for _, p := range []*bun.DB{pool, plain} {
			if runs := held(t, p); len(runs) != 0 {
				t.Errorf("the session keeps %v", runs)
			}
		}
	})
	t.Run("many texts: those after the first are not kept", func(t *testing.T) {
		t.Parallel()
		pool := alone(t, "")
		for n := range db.PreparedMost + 20 {
			var got int
			if err := db.Prepared(pool, pool.NewRaw(`select ?0::int + `+strconv.Itoa(n), db.Value(n))).Scan(t.Context(), &got); err != nil || got != 2*n {
				t.Fatal(n, got, err)
			}
		}
		if runs := held(t, pool); len(runs) != db.PreparedMost {
			t.Errorf("the session keeps %d statements", len(runs))
		}
	})
}

// What breaks off halfway is not answered to whoever asks next.
func TestPreparedBrokenOff(t *testing.T) {
	t.Parallel()
	pool := alone(t, "")
	ask := func(ctx context.Context, secret string, sleep float64) (got string, err error) {
		err = db.Prepared(pool, pool.NewRaw(`select ?::text from pg_sleep(?)`, db.Value(secret), db.Value(sleep))).Scan(ctx, &got)
		return got, err
	}
	if got, err := ask(t.Context(), "first", 0); err != nil || got != "first" {
		t.Fatal(got, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if got, err := ask(short, "of somebody else", 0.5); err == nil {
		t.Fatal("answered in time", got)
	}
	if got, err := ask(t.Context(), "mine", 0); err != nil || got != "mine" {
		t.Errorf("after what broke off: %q, %v", got, err)
	}
	// A refusal of the server is an answer: the session goes on, and so does what it has prepared.
	session := func() (pid int) {
		t.Helper()
		if err := pool.NewRaw(`select pg_backend_pid()`).Scan(t.Context(), &pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	before := session()
	var n int
	if err := db.Prepared(pool, pool.NewRaw(`select 1 / ?::int`, db.Value(0))).Scan(t.Context(), &n); err == nil {
		t.Fatal("divided by nothing")
	}
	if err := db.Prepared(pool, pool.NewRaw(`select nothing from nowhere where ? = 1`, db.Value(1))).Scan(t.Context(), &n); err == nil {
		t.Fatal("a table that isn't there")
	}
	if got, err := ask(t.Context(), "mine", 0); err != nil || got != "mine" || session() != before {
		t.Errorf("after a refusal: %q, %v, session %d, then %d", got, err, before, session())
	}
}

func TestPreparedTogether(t *testing.T) {
	t.Parallel()
	pool, one := dbtest.New(t), alone(t, "")
	all := func(pool *bun.DB) {
		var wg sync.WaitGroup
		for n := range int64(40) {
			wg.Go(func() {
				var got int64
				err := db.Prepared(pool, pool.NewRaw(`select head + ? from topics where name = 'a'`, db.Value(n))).Scan(t.Context(), &got)
				if err != nil || got != 7+n {
					t.Error(n, got, err)
				}
			})
		}
		wg.Wait()
	}
	for _, p := range []*bun.DB{pool, one} {
		if _, err := p.NewRaw(`insert into topics (name, epoch, head) values ('a', 1, 7)`).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		all(p) // all at once, the first time
	}
	if runs := held(t, one); !slices.Equal(runs, []int{40}) {
		t.Errorf("the session ran its statements %v times", runs)
	}
	// A later release adds what this one doesn't know, and the database's server is started anew: neither is noticed.
	if _, err := pool.ExecContext(t.Context(), `alter table topics add column later int`); err != nil {
		t.Fatal(err)
	}
	all(pool)
	if dbtest.EndBackends(t, pool, "lobby") == 0 {
		t.Fatal("no session was ended")
	}
	all(pool)
}
