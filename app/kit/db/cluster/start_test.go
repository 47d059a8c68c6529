package cluster

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestStart(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	c := start(t, dir, Options{fallback: filepath.Join(dir, "elsewhere")})
	if !c.Created() || !c.Started() {
		t.Fatalf("created %t, started %t", c.Created(), c.Started())
	}
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"listen_addresses": "", "password_encryption": "scram-sha-256", "server_encoding": "UTF8", "lc_collate": "C.UTF-8",
		"log_min_error_statement": "panic", "log_error_verbosity": "terse", "TimeZone": "UTC",
	} {
		if got := ask(t, c.URL(), "select current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, not %q", setting, got, want)
		}
	}
	if got := ask(t, c.URL(), `select string_agg(n, '' order by n collate "zh-x-icu") from unnest('{张,王,李}'::text[]) n`); got != "李王张" {
		t.Errorf("names sort as %s", got)
	}
	hba, err := os.ReadFile(filepath.Join(c.place.data(), "pg_hba.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(hba)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !strings.HasSuffix(line, "scram-sha-256") {
			t.Errorf("pg_hba.conf lets somebody in without the password: %s", line)
		}
	}
	private := map[string]os.FileMode{c.place.data(): 0o700, c.sockets: 0o700, c.place.passwordFile(): 0o600}
	for path, mode := range private {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	t.Run("a wrong password is refused", func(t *testing.T) {
		u, _ := url.Parse(c.URL())
		u.User = url.UserPassword(role, "wrong")
		db := connect(t, u.String())
		defer func() { _ = db.Close() }()
		wantError(t, db.PingContext(t.Context()), "password authentication failed")
	})
	t.Run("what was stored is there after a stop and a start", func(t *testing.T) {
		execute(t, c.URL(), "create table kept as select 42 as n")
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		ended(t, c.place)
		if conn, err := net.Dial("unix", filepath.Join(c.sockets, ".s.PGSQL.5432")); err == nil {
			_ = conn.Close()
			t.Error("the socket still answers")
		}
		again := start(t, dir, Options{})
		if again.Created() || !again.Started() {
			t.Errorf("created %t, started %t", again.Created(), again.Started())
		}
		if got := ask(t, again.URL(), "select n::text from kept"); got != "42" {
			t.Errorf("kept: %s", got)
		}
	})
}

func TestJoin(t *testing.T) {
	t.Parallel()
	t.Run("a second process joins, and the last one out stops the server", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		first := startApp(t, dir)
		second := start(t, dir, quick(dir))
		if !first.started || second.Started() || first.url != second.URL() {
			t.Fatalf("first started %t, second %t", first.started, second.Started())
		}
		first.end(t)
		if got := ask(t, second.URL(), "select 1::text"); got != "1" {
			t.Fatal(got)
		}
		if err := second.Stop(); err != nil {
			t.Fatal(err)
		}
		ended(t, second.place)
	})
	t.Run("a subcommand's server is left to the server process that joined it", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		command := start(t, dir, quick(dir))
		server := startApp(t, dir)
		if server.started {
			t.Fatal("the second process started a server of its own")
		}
		if err := command.Stop(); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, server.url, "select 1::text"); got != "1" {
			t.Fatal(got)
		}
		server.end(t)
		ended(t, command.place)
	})
	t.Run("many processes at once on an empty folder make one cluster", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		apps := make([]*app, 6)
		var all sync.WaitGroup
		for i := range apps {
			all.Go(func() {
				a, err := launchApp(dir)
				if err != nil {
					t.Error(err)
				}
				apps[i] = a
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		started := 0
		for _, a := range apps {
			if a.started {
				started++
			}
			if a.url != apps[0].url {
				t.Errorf("another address: %s, %s", a.url, apps[0].url)
			}
		}
		if started != 1 {
			t.Errorf("%d started a server", started)
		}
		for _, a := range apps {
			all.Go(func() { a.end(t) })
		}
		all.Wait()
		c := start(t, dir, quick(dir))
		if c.Created() || !c.Started() {
			t.Errorf("afterwards: created %t, started %t", c.Created(), c.Started())
		}
	})
}

func TestStopTwice(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	c := start(t, dir, quick(dir))
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataFolder(t), strings.Repeat("long-", 20), strings.Repeat("path-", 20))
	c := start(t, dir, quick(dir))
	if !fits(c.sockets) || strings.HasPrefix(c.sockets, dir) {
		t.Errorf("the socket is in %s", c.sockets)
	}
	if got := ask(t, c.URL(), "select 1::text"); got != "1" {
		t.Error(got)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Run("a folder that somebody else has put there is refused", func(t *testing.T) {
		if err := os.RemoveAll(c.sockets); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(dir, c.sockets); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), dir, quick(dir))
		_ = os.Remove(c.sockets)
		wantError(t, err, c.sockets, "in the way")
	})
}
