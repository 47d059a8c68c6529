package db_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
)

// Three releases: the second expands, the third contracts what only the first one used.
var releases = []fstest.MapFS{
	{
		"20300101000001_one.tx.up.sql":   file("create table things (id int, old text);"),
		"20300101000001_one.tx.down.sql": file("drop table things;"),
	},
	{
		"20300201000001_two.tx.up.sql":   file("alter table things add column fresh text;"),
		"20300201000001_two.tx.down.sql": file("alter table things drop column fresh;"),
	},
	{
		"20300301000001_three.tx.up.sql":   file("-- contract: 20300201000001\nalter table things drop column old;"),
		"20300301000001_three.tx.down.sql": file("alter table things add column old text;"),
	},
}

// release gives the schema of the n-th release.
func release(n int) db.Schema { return db.SchemaFrom(releases[0]).And(merged(releases[1:n]...)) }

func merged(trees ...fstest.MapFS) fstest.MapFS {
	out := fstest.MapFS{}
	for _, tree := range trees {
		maps.Copy(out, tree)
	}
	return out
}

func migrated(t *testing.T, pool *bun.DB, s db.Schema) {
	t.Helper()
	if _, err := s.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

// The neighbour of before works on while a release expands, and is refused in words once a release contracts.
func TestNeighbouringReleases(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	migrated(t, pool, release(1))
	migrated(t, pool, release(2))
	before := catalog(t, pool)
	fit, err := release(1).Fit(t.Context(), pool)
	if err != nil || fit.Err() != nil || !slices.Equal(fit.Later, []string{"20300201000001"}) {
		t.Fatalf("the release of before beside one that expanded: %+v, %v, %v", fit, fit.Err(), err)
	}
	if names, err := release(1).Migrate(t.Context(), pool); err != nil || len(names) != 0 {
		t.Errorf("its migrations: %v, %v", names, err)
	}
	if _, err := release(1).Rollback(t.Context(), pool, 1); !errors.Is(err, db.ErrNewerSchema) {
		t.Errorf("it takes back below a later release: %v", err)
	}
	if diff := cmp.Diff(before, catalog(t, pool)); diff != "" {
		t.Errorf("the release of before changed the schema:\n%s", diff)
	}

	migrated(t, pool, release(3))
	for n, want := range map[int]bool{1: false, 2: true, 3: true} {
		fit, err := release(n).Fit(t.Context(), pool)
		if err != nil || (fit.Err() == nil) != want {
			t.Errorf("release %d beside the third: %v, %v", n, fit.Err(), err)
		}
	}
	_, err = release(1).Migrate(t.Context(), pool)
	for _, words := range []string{"newer than this program", "20300301000001", "20300201000001", "20300101000001", "lobby migrate down"} {
		if !errors.Is(err, db.ErrNewerSchema) || !strings.Contains(err.Error(), words) {
			t.Errorf("the refusal does not say %s: %v", words, err)
		}
	}
	if _, err := release(3).Rollback(t.Context(), pool, 1); err != nil {
		t.Fatal(err)
	}
	if fit, err := release(1).Fit(t.Context(), pool); err != nil || fit.Err() != nil {
		t.Errorf("the floor stays after its migration was taken back: %v, %v", fit.Err(), err)
	}
}

// What a program needs and a later release doesn't have: they are of different lines.
func TestOtherLine(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	other := db.SchemaFrom(releases[0]).And(fstest.MapFS{"20300215000001_other.tx.up.sql": file("create table other (id int);")})
	migrated(t, pool, other)
	fit, err := release(2).Fit(t.Context(), pool)
	if err != nil || !errors.Is(fit.Err(), db.ErrNewerSchema) || !strings.Contains(fit.Err().Error(), "needs migration 20300201000001") {
		t.Errorf("%v, %v", fit.Err(), err)
	}
}

// A program of today reads rows of a table to which a later release has added a column.
func TestUnknownColumns(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	var got struct{ ID int }
	if err := pool.NewRaw("select 7 as id, 'new' as something_later").Scan(t.Context(), &got); err != nil || got.ID != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	later := db.Schema{}.And(fstest.MapFS{
		"29990101000000_later.tx.up.sql":   file("-- contract: 29980101000000\ncreate table later (id int);"),
		"29990101000000_later.tx.down.sql": file("drop table later;"),
	})
	migrated(t, pool, later)
	before := catalog(t, pool)
	for what, try := range map[string]func(context.Context, *bun.DB) error{
		"check": db.Check,
		"up":    func(ctx context.Context, pool *bun.DB) error { _, err := db.Migrate(ctx, pool); return err },
		"down":  func(ctx context.Context, pool *bun.DB) error { _, err := db.Rollback(ctx, pool, 1); return err },
	} {
		if err := try(t.Context(), pool); !errors.Is(err, db.ErrNewerSchema) || !strings.Contains(err.Error(), "29990101000000") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if diff := cmp.Diff(before, catalog(t, pool)); diff != "" {
		t.Errorf("the schema was changed:\n%s", diff)
	}
	list, err := db.Status(t.Context(), pool)
	if last := list[len(list)-1]; err != nil || last.Known || last.Applied.IsZero() {
		t.Errorf("status: %+v, %v", last, err)
	}
}
