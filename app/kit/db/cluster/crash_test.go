package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestCrash(t *testing.T) {
	t.Parallel()
	t.Run("kill -9 of the app: the next start takes the orphaned server over", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		first := startApp(t, dir)
		execute(t, first.url, "create table kept as select 42 as n")
		first.kill(t)
		c := start(t, dir, quick(dir))
		if c.Started() || c.Created() {
			t.Errorf("started %t, created %t: the orphan was not taken over", c.Started(), c.Created())
		}
		if got := ask(t, c.URL(), "select n::text from kept"); got != "42" {
			t.Errorf("kept: %s", got)
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		ended(t, c.place)
	})
	t.Run("kill -9 of app and server: the next start recovers", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		first := startApp(t, dir)
		execute(t, first.url, "create table kept as select 42 as n")
		data := filepath.Join(filepath.Dir(socketOf(t, first.url)), "data")
		m, ok := place{home: filepath.Dir(data)}.running()
		if !ok {
			t.Fatal("no server")
		}
		if err := syscall.Kill(m.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		first.kill(t)
		c := start(t, dir, quick(dir))
		if !c.Started() || c.Created() {
			t.Errorf("started %t, created %t", c.Started(), c.Created())
		}
		if got := ask(t, c.URL(), "select n::text from kept"); got != "42" {
			t.Errorf("kept: %s", got)
		}
	})
	t.Run("a server killed under a running app is started by the next process", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		startApp(t, dir)
		c := start(t, dir, quick(dir))
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
		again := start(t, dir, quick(dir))
		if !again.Started() {
			t.Error("not started")
		}
		if got := ask(t, c.URL(), "select 1::text"); got != "1" {
			t.Error(got)
		}
	})
	t.Run("postmaster.pid names a process that is another program by now", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, quick(dir))
		raw, err := os.ReadFile(c.place.pidFile())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		other := exec.Command("sleep", "600")
		c.place.owner.become(other)
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
		_, rest, _ := strings.Cut(string(raw), "\n")
		if err := os.WriteFile(c.place.pidFile(), []byte(strconv.Itoa(other.Process.Pid)+"\n"+rest), 0o600); err != nil {
			t.Fatal(err)
		}
		socketLock := filepath.Join(c.sockets, ".s.PGSQL.5432.lock")
		write(t, socketLock, strconv.Itoa(other.Process.Pid)+"\n"+rest)
		for _, file := range []string{c.place.pidFile(), socketLock} {
			if err := c.place.owner.chown(file); err != nil {
				t.Fatal(err)
			}
		}
		again := start(t, dir, quick(dir))
		if !again.Started() {
			t.Error("not started")
		}
		if err := syscall.Kill(other.Process.Pid, 0); err != nil {
			t.Errorf("the other program was ended: %v", err)
		}
	})
	t.Run("a start that was killed half-way leaves nothing in the way", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		half := filepath.Join(dir, initName+homeName+"-123", "data")
		if err := os.MkdirAll(half, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if c := start(t, dir, quick(dir)); !c.Created() {
			t.Error("not created")
		}
		if _, err := os.Stat(half); err == nil {
			t.Error("the half-made cluster is still there")
		}
	})
	t.Run("a socket that was cleaned away: the server is started anew", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		first := startApp(t, dir)
		execute(t, first.url, "create table kept as select 42 as n")
		if err := os.Remove(filepath.Join(socketOf(t, first.url), ".s.PGSQL.5432")); err != nil {
			t.Fatal(err)
		}
		first.kill(t)
		c := start(t, dir, quick(dir))
		if got := ask(t, c.URL(), "select n::text from kept"); got != "42" {
			t.Errorf("kept: %s", got)
		}
	})
}

func socketOf(t *testing.T, address string) string {
	t.Helper()
	_, host, ok := strings.Cut(address, "host=")
	host, _, _ = strings.Cut(strings.ReplaceAll(host, "%2F", "/"), "&")
	if !ok || !strings.HasPrefix(host, "/") {
		t.Fatalf("no socket in %s", address)
	}
	return host
}
