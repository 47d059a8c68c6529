package dbtest_test

import (
	"testing"

	"go.uber.org/goleak"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("is migrated and empty", func(t *testing.T) {
		t.Parallel()
		pool := dbtest.New(t)
		if err := db.Check(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := pool.NewRaw("select count(*) from sites").Scan(t.Context(), &n); err != nil || n != 0 {
			t.Fatalf("sites: %d, %v", n, err)
		}
	})
	t.Run("each test has its own", func(t *testing.T) {
		t.Parallel()
		one, two := dbtest.New(t), dbtest.New(t)
		if _, err := one.ExecContext(t.Context(), "insert into sites (code, name) values ('a', 'A')"); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := two.NewRaw("select count(*) from sites").Scan(t.Context(), &n); err != nil || n != 0 {
			t.Fatalf("sites in the other database: %d, %v", n, err)
		}
	})
	t.Run("two pools on one database", func(t *testing.T) {
		t.Parallel()
		address := dbtest.URL(t)
		one, two := dbtest.Open(t, address), dbtest.Open(t, address)
		if _, err := one.ExecContext(t.Context(), "insert into sites (code, name) values ('a', 'A')"); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := two.NewRaw("select count(*) from sites").Scan(t.Context(), &n); err != nil || n != 1 {
			t.Fatalf("sites through the other pool: %d, %v", n, err)
		}
	})
}
