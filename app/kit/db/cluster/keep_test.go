package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kept runs Keep beside a test and gives what stops it.
func kept(t *testing.T, c *Cluster) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { c.Keep(ctx, slog.New(slog.DiscardHandler)) })
	stop = func() { cancel(); done.Wait() }
	t.Cleanup(stop)
	return stop
}

// alive tells whether the server answers, between two starts of it by Keep.
func alive(t *testing.T, c *Cluster) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ping(t.Context()) == nil
}

// answers waits until the server answers again.
func answers(t *testing.T, c *Cluster, old int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		if m, ok := c.place.running(); ok && m.pid != old && alive(t, c) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the server was not started again")
		}
		time.Sleep(poll)
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	t.Run("a server that is killed runs again, with what was stored; a stop is a stop", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, Options{fallback: filepath.Join(dir, "elsewhere")}) // durable: what was stored has to be there
		stop := kept(t, c)
		address := c.URL()
		for n := range 2 {
			execute(t, address, fmt.Sprintf("create table kept%d as select 42 as n", n))
			m, _ := c.place.running()
			if err := syscall.Kill(m.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			answers(t, c, m.pid)
		}
		if got := ask(t, address, "select (kept0.n + kept1.n)::text from kept0, kept1"); got != "84" {
			t.Errorf("kept: %s", got)
		}
		stop()
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		ended(t, c.place)
	})
	t.Run("a server that another process has started is used", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, quick(dir))
		m, _ := c.place.running()
		if err := c.start.exclusive(t.Context()); err != nil { // another process is at it
			t.Fatal(err)
		}
		if err := syscall.Kill(m.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-c.exited
		c.start.release()
		other := startApp(t, dir)
		kept(t, c)
		answers(t, c, m.pid)
		if other.started == false || other.url != c.URL() {
			t.Errorf("started %t at %s, not %s", other.started, other.url, c.URL())
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]time.Duration{0: 0, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 6: slowest, 500: slowest} {
		if got := backoff(tries); got != want {
			t.Errorf("try %d after %s, not %s", tries, got, want)
		}
	}
}

// A data folder that can't be written says in one sentence what to do.
func TestUnusableFolder(t *testing.T) {
	t.Parallel()
	for cause, words := range map[error]string{
		syscall.EROFS: "for writing", syscall.ENOSPC: "make room", syscall.EDQUOT: "make room", syscall.EACCES: "another user", os.ErrPermission: "another user",
	} {
		err := readable(&os.PathError{Op: "open", Path: "/data/.cluster.start", Err: cause})
		wantError(t, err, words, "LOBBY_DATA", "/data")
		if !errors.Is(err, cause) {
			t.Errorf("%v hides its cause", err)
		}
	}
	for room, want := range map[syscall.Statfs_t]bool{{Blocks: 100, Bavail: 100, Bsize: 4096}: false, {Blocks: 100, Bavail: 3, Bsize: 4096}: true, {Bsize: 4096}: false} {
		if spent(room) != want {
			t.Errorf("%d of %d blocks free: full is %t", room.Bavail, room.Blocks, !want)
		}
	}
	t.Run("initdb finds the disk full", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		_, err := Start(t.Context(), dir, wrapped(t, dir, "initdb", "cat /dev/zero > /dev/full"))
		wantError(t, err, "is full", "make room", "LOBBY_DATA", dir)
		if entries, err := filepath.Glob(filepath.Join(dir, initName+"*")); err != nil || len(entries) > 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	})
	t.Run("the server finds the disk full: no word of another folder, the data is here", func(t *testing.T) {
		t.Parallel()
		dir := dataFolder(t)
		c := start(t, dir, quick(dir))
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), dir, wrapped(t, dir, "postgres", `[ "$1" = -V ] || cat /dev/zero > /dev/full`))
		wantError(t, err, c.place.home, "is full", "make room", "is there")
		start(t, dir, quick(dir))
	})
}

// wrapped gives PostgreSQL's programs, one of them with a line of shell before it that ends it where it fails.
func wrapped(t *testing.T, dir, name, line string) Options {
	t.Helper()
	have := newest(installed(t.Context(), candidates(t.Context())))
	folder := filepath.Join(dir, "bin-"+name)
	for _, program := range []string{"postgres", "initdb"} {
		script := "#!/bin/sh\n"
		if program == name {
			script += line + " || exit 1\n"
		}
		write(t, filepath.Join(folder, program), script+`exec "`+have.path(program)+`" "$@"`+"\n")
		if err := os.Chmod(filepath.Join(folder, program), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o := quick(dir)
	o.Folders = []string{folder}
	return o
}
