package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What stands in a data folder is never removed, changed or covered by a new database.
func TestRefuse(t *testing.T) {
	t.Parallel()
	t.Run("a folder that holds something else", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		file := filepath.Join(dir, homeName, "letters.txt")
		write(t, file, "dear customer")
		_, err := Start(t.Context(), dir, quick(dir))
		wantError(t, err, filepath.Join(dir, homeName), "nothing in it was changed")
		if got, err := os.ReadFile(file); err != nil || string(got) != "dear customer" {
			t.Errorf("%s, %v", got, err)
		}
	})
	t.Run("data without PG_VERSION", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		file := filepath.Join(dir, homeName, "data", "base", "1", "1259")
		write(t, file, "rows")
		_, err := Start(t.Context(), dir, quick(dir))
		wantError(t, err, "PG_VERSION", "nothing in it was changed")
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	})
	t.Run("the data of another major version", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, quick(dir))
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		have := strconv.Itoa(c.programs.major)
		file := filepath.Join(c.place.data(), "PG_VERSION")
		overwrite(t, file, "9\n")
		_, err := Start(t.Context(), dir, quick(dir))
		wantError(t, err, "PostgreSQL 9", "PostgreSQL "+have, installVersion(9), "Nothing was touched",
			"lobby backup lobby-9.backup", "mv "+c.place.home+" "+c.place.home+".9", "lobby restore lobby-9.backup")
		ordered(t, err.Error(), installVersion(9), "lobby backup", "mv ", "lobby restore")
		none := quick(dir)
		none.Folders = []string{}
		_, err = Start(t.Context(), dir, none)
		wantError(t, err, "PostgreSQL 9", "not installed", installVersion(9))
		overwrite(t, file, have+"\n")
		if again := start(t, dir, quick(dir)); again.Created() {
			t.Error("made anew")
		}
	})
	t.Run("the password is gone, or another one", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, quick(dir))
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(c.place.passwordFile(), c.place.passwordFile()+".away"); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), dir, quick(dir))
		wantError(t, err, "password", c.place.home)
		write(t, c.place.passwordFile(), "another")
		_, err = Start(t.Context(), dir, quick(dir))
		wantError(t, err, "refuses the password", c.place.passwordFile())
		ended(t, c.place)
		if err := os.Rename(c.place.passwordFile()+".away", c.place.passwordFile()); err != nil {
			t.Fatal(err)
		}
		start(t, dir, quick(dir))
	})
	t.Run("a server that can't start says why", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, quick(dir))
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		broken := quick(dir)
		broken.Settings = map[string]string{"max_connections": "many"}
		_, err := Start(t.Context(), dir, broken)
		wantError(t, err, "can't be started", "max_connections")
		start(t, dir, quick(dir))
	})
}

func TestInstalled(t *testing.T) {
	t.Parallel()
	t.Run("not installed: the one command that installs it", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		none := quick(dir)
		none.Folders = []string{filepath.Join(dir, "nothing")}
		_, err := Start(t.Context(), dir, none)
		wantError(t, err, "not installed", InstallCommand())
	})
	t.Run("too old", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		old := filepath.Join(dir, "bin")
		for name, script := range map[string]string{"postgres": "#!/bin/sh\necho 'postgres (PostgreSQL) 14.9 (Debian 14.9-1)'\n", "initdb": "#!/bin/sh\n"} {
			write(t, filepath.Join(old, name), script)
			if err := os.Chmod(filepath.Join(old, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		o := quick(dir)
		o.Folders = []string{old}
		_, err := Start(t.Context(), dir, o)
		wantError(t, err, "PostgreSQL 14", "too old", fmt.Sprint(Oldest), InstallCommand())
	})
	t.Run("found in a folder that only pg_config or the usual places name", func(t *testing.T) {
		t.Parallel()
		if found := installed(t.Context(), candidates(t.Context())); len(found) == 0 || found[0].major < Oldest {
			t.Errorf("%v", found)
		}
	})
}

// As root the server runs as another account; an ordinary user's runs as that user.
func TestAccount(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(closed, "data")
	o := Options{Unsafe: true, fallback: filepath.Join(dir, "lib")}
	c := start(t, data, o)
	note, err := os.ReadFile(filepath.Join(data, pathName))
	if os.Geteuid() != 0 {
		if c.place.owner != nil || err == nil || c.Folder() != filepath.Join(data, homeName) {
			t.Errorf("runs as %v in %s, %v", c.place.owner, c.Folder(), err)
		}
		return
	}
	if c.place.owner == nil || !strings.HasPrefix(c.Folder(), o.fallback) || strings.TrimSpace(string(note)) != c.Folder() {
		t.Fatalf("runs as %v in %s; noted: %s", c.place.owner, c.Folder(), note)
	}
	execute(t, c.URL(), "create table kept as select 42 as n")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Run("the next start finds it, without the note too", func(t *testing.T) {
		for range 2 {
			again := start(t, data, o)
			if again.Created() || ask(t, again.URL(), "select n::text from kept") != "42" {
				t.Error("another database")
			}
			if err := again.Stop(); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(filepath.Join(data, pathName))
		}
	})
	t.Run("a note that leads nowhere is an error, not an empty database", func(t *testing.T) {
		write(t, filepath.Join(data, pathName), filepath.Join(dir, "unmounted")+"\n")
		_, err := Start(t.Context(), data, o)
		wantError(t, err, "unmounted", "is its disk mounted?")
	})
}

func TestLook(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	missing := filepath.Join(dir, "none")
	found, err := Look(t.Context(), missing)
	if err != nil || found.Exists || found.Running || found.Major < Oldest {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("looking made the folder")
	}
	c := start(t, dir, quick(dir))
	if found, err = Look(t.Context(), dir); err != nil || !found.Exists || !found.Running || found.Folder != c.Folder() {
		t.Errorf("%+v, %v", found, err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// overwrite keeps whom the file belongs to.
func overwrite(t *testing.T, path, content string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// ordered wants words in the order in which somebody will carry them out.
func ordered(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		_, rest, found := strings.Cut(text, word)
		if !found {
			t.Fatalf("%q does not come in its turn", word)
		}
		text = rest
	}
}
