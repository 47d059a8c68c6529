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
func (p place) postmaster() (postmaster, bool) {
	raw, err := os.ReadFile(p.pidFile())
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

// clearStale removes postmaster.pid where its number now belongs to another program, which PostgreSQL itself would
// take for a running server and refuse to start. Nothing else is ever removed.
func (p place) clearStale() error {
	m, ok := p.postmaster()
	if !ok || errors.Is(syscall.Kill(m.pid, 0), syscall.ESRCH) || serves(m.pid, p.data()) || anyServes(p.data()) {
		return nil
	}
	return os.Remove(p.pidFile())
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
