package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/db/backup"
	"lobby/app/kit/db/dbtest"
)

var shanghai = time.FixedZone("CST", 8*3600)

func TestKept(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 the newest of each of seven days and of four weeks are kept, and nothing else", func(t *testing.T) {
		t.Parallel()
		now := time.Date(2026, 11, 22, 3, 0, 0, 0, shanghai) // a Sunday, the last day of its week
		var all []backup.Entry
		for day := range 60 {
			all = append(all, backup.Entry{At: now.AddDate(0, 0, -day)}, backup.Entry{At: now.AddDate(0, 0, -day).Add(-time.Hour)})
		}
		spent := backup.Spent(all, shanghai)
		var kept []string
		for _, e := range all {
			if !slices.Contains(spent, e) {
				kept = append(kept, e.At.Format("01-02 15"))
			}
		}
		want := []string{"11-22 03", "11-21 03", "11-20 03", "11-19 03", "11-18 03", "11-17 03", "11-16 03", "11-15 03", "11-08 03", "11-01 03"}
		if !slices.Equal(kept, want) {
			t.Errorf("%v", kept)
		}
	})
	t.Run("after a long rest the old ones stay until there are newer", func(t *testing.T) {
		t.Parallel()
		var all []backup.Entry
		for n := range 9 { // one every three months
			all = append(all, backup.Entry{At: time.Date(2026, 11, 1, 3, 0, 0, 0, shanghai).AddDate(0, -3*n, 0)})
		}
		if spent := backup.Spent(all, shanghai); len(spent) != 2 || spent[0] != all[7] {
			t.Errorf("%v", spent)
		}
		if backup.Spent(all[:1], shanghai) != nil || backup.Spent(nil, shanghai) != nil {
			t.Error("the only one would go")
		}
	})
}

func TestDue(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, shanghai) }
	for name, c := range map[string]struct {
		last, now time.Time
		want      bool
	}{
		"never yet":                            {time.Time{}, at(22, 15, 0), true},
		"this night's stands":                  {at(22, 3, 0), at(22, 23, 59), false},
		"before three":                         {at(21, 3, 5), at(22, 2, 59), false},
		"at three":                             {at(21, 3, 5), at(22, 3, 0), true},
		"by hand in the evening":               {at(21, 20, 0), at(22, 3, 0), true},
		"the machine was off at night":         {at(21, 9, 0), at(22, 9, 0), true},
		"off for a week":                       {at(15, 9, 0), at(22, 2, 0), true},
		"the clock was set back":               {at(23, 3, 0), at(22, 9, 0), false},
		"before three, yesterday's is missing": {at(20, 3, 5), at(22, 1, 0), true},
	} {
		t.Run("PRIVACY-8 "+name, func(t *testing.T) {
			t.Parallel()
			if got := backup.Due(c.last.UTC(), c.now.UTC(), shanghai); got != c.want {
				t.Errorf("due: %v", got)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, shanghai)
	for _, name := range []string{backup.Name(now), backup.Name(now.AddDate(0, 0, -1)), "mine.backup", "lobby-2026.backup",
		backup.Name(now.AddDate(0, 0, 1)) + ".partial", "mine.backup.partial"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := backup.Folder(dir)
	if err != nil || len(all) != 2 || !all[0].At.Equal(now) || filepath.Base(all[0].Path) != "lobby-20261121T190000Z.backup" {
		t.Errorf("%v, %v", all, err)
	}
	if err := backup.Clear(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 5 {
		t.Errorf("%v, %v", left, err)
	}
	if all, err := backup.Folder(filepath.Join(dir, "none")); err != nil || len(all) != 0 || backup.Clear(filepath.Join(dir, "none")) != nil {
		t.Errorf("%v, %v", all, err)
	}
}

func TestScratch(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t)
	find := `select coalesce((select datname from pg_database d where d.datname = 'lobby_verify_' || (select oid from pg_database where datname = current_database())), '')`
	err := backup.Scratch(t.Context(), address, func(one string) error {
		texts(t, one, `create table left_over (a int)`)
		if texts(t, address, find)[0] == "" {
			t.Error("it has another name")
		}
		if err := backup.Scratch(t.Context(), address, func(string) error { return nil }); !errors.Is(err, backup.ErrBusy) {
			t.Errorf("a second one at once: %v", err)
		}
		return errors.New("this went wrong")
	})
	if err == nil || err.Error() != "this went wrong" || texts(t, address, find)[0] != "" {
		t.Errorf("%v, %s", err, texts(t, address, find))
	}
}

// What a run that was killed has left is cleared away by the next.
func TestScratchLeftOver(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t)
	pool := dbtest.Open(t, address)
	var make string
	if err := pool.NewRaw(`select 'create database lobby_verify_' || oid || ' template template0' from pg_database where datname = current_database()`).Scan(t.Context(), &make); err != nil {
		t.Fatal(err)
	}
	exec(t, pool, make)
	if err := backup.Scratch(t.Context(), address, func(one string) error { isEmpty(t, one); return nil }); err != nil {
		t.Fatal(err)
	}
	exec(t, pool, make) // it was free again
	exec(t, pool, strings.Replace(strings.TrimSuffix(make, " template template0"), "create", "drop", 1))
}
