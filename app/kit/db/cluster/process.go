package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// postmaster is what postmaster.pid says.
type postmaster struct {
	pid     int
	sockets string
}

// postmaster reads postmaster.pid; ok is false where there is none that can be read.
func (p place) postmaster() (postmaster, bool) { return readPostmaster(p.pidFile()) }

func readPostmaster(file string) (postmaster, bool) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return postmaster{}, false
	}
	m := postmaster{pid: pid}
	if len(lines) > 4 {
		m.sockets = strings.TrimSpace(lines[4])
	}
	return m, true
}

func (p place) pidFile() string { return filepath.Join(p.data(), "postmaster.pid") }

// running gives the server that runs on this data right now. After a reboot, or a kill of everything in a container,
// postmaster.pid may name a process that is something else altogether.
func (p place) running() (postmaster, bool) {
	m, ok := p.postmaster()
	return m, ok && serves(m.pid, p.data())
}

// clearStale removes postmaster.pid and the lock of the socket where their process now is another program (or has died
// and waits to be buried), which PostgreSQL itself would take for a running server and refuse to start. Where any
// process still serves the data, nothing is touched; nor is anything else ever removed.
func (p place) clearStale(sockets string) error {
	if anyServes(p.data()) {
		return nil
	}
	for _, file := range []string{p.pidFile(), filepath.Join(sockets, ".s.PGSQL.5432.lock")} {
		m, ok := readPostmaster(file)
		if !ok || errors.Is(syscall.Kill(m.pid, 0), syscall.ESRCH) {
			continue // PostgreSQL clears that itself
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

// serves tells whether a process is a server on the data folder: PostgreSQL's working directory is its data.
func serves(pid int, data string) bool {
	if runtime.GOOS == "linux" {
		cwd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
		return err == nil && cwd == data
	}
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), data)
}

// anyServes looks through all processes: a backend can outlive its postmaster for a moment.
func anyServes(data string) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && serves(pid, data) {
			return true
		}
	}
	return false
}

// said gives what a server that has ended had to say: at first to its standard error, then to its own log, where its
// lines carry its process number. What follows there is said by its children: it may be one of them that failed.
func (p place) said(pid int) string {
	first, _ := os.ReadFile(p.startLog()) // what can't be read can't be shown
	lines := strings.Split(strings.TrimSpace(string(first)), "\n")
	logs := filepath.Join(p.data(), "log")
	entries, _ := os.ReadDir(logs)
	for _, e := range entries {
		own, _ := os.ReadFile(filepath.Join(logs, e.Name()))
		begun := false
		for line := range strings.Lines(string(own)) {
			if begun = begun || strings.Contains(line, "["+strconv.Itoa(pid)+"]"); begun {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	if len(lines) > 12 {
		lines = lines[len(lines)-12:]
	}
	return strings.Join(append(lines, "More may stand in "+logs), "\n")
}
