package boot_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/db/dbtest"
)

// machine is a machine of the test's own for the real program with its embedded database. The test can refuse that
// PostgreSQL starts, and take room on its disk away.
type machine struct {
	t     *testing.T
	dir   string // of all
	env   []string
	house *boottest.House
	addr  string
	site  int64
	kiosk []string // tokens of the paired kiosks
	wall  string
}

// bare is a machine on which the program was never started.
func bare(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: dbtest.DataFolder(t), addr: boottest.FreeAddr(t)}
	m.env = []string{"LOBBY_DATA=" + m.data(), "PATH=" + m.programs() + string(filepath.ListSeparator) + os.Getenv("PATH")}
	return m
}

// newMachine starts the program once; the site and its screens are made through a second one that joins.
func newMachine(t *testing.T) (*machine, *boottest.Process, *boot.App) {
	t.Helper()
	m := bare(t)
	p := m.serve()
	m.house = boottest.New(t)
	m.house.URL, m.house.Key = "", ""
	m.house.Tweak = func(c *config.Config) { c.Data = m.data() }
	app := m.house.Open(t)
	m.site = m.house.Site(t, app, "machine").ID
	for range 4 {
		token, _ := m.house.Device(t, app, m.site, "kiosk")
		m.kiosk = append(m.kiosk, token)
	}
	m.wall, _ = m.house.Device(t, app, m.site, "wall")
	return m, p, app
}

func (m *machine) data() string { return filepath.Join(m.dir, "var") }

func (m *machine) serve() *boottest.Process { return boottest.Serve(m.t, m.addr, m.env) }

// programs are PostgreSQL's, with a word of the test's before them: what stands in "before" is run first, and the log
// is cut into pieces of a megabyte, so that a disk of two can be imitated.
func (m *machine) programs() string {
	m.t.Helper()
	found, err := cluster.Look(m.t.Context(), m.data())
	if err != nil {
		m.t.Fatal(err)
	}
	folder := filepath.Join(m.dir, "bin")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		m.t.Fatal(err)
	}
	for program, arguments := range map[string]string{"postgres": `"$@"`, "initdb": `"$@" --wal-segsize=1`} {
		script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = -V ] || [ ! -f %s ] || . %s\nexec %s %s\n", m.before(), m.before(), filepath.Join(found.Programs, program), arguments)
		if err := os.WriteFile(filepath.Join(folder, program), []byte(script), 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	return folder
}

func (m *machine) before() string { return filepath.Join(m.dir, "before") }

// first makes PostgreSQL's programs run a line of shell before, and go on only where it works; "" takes that away.
func (m *machine) first(line string) {
	m.t.Helper()
	err := os.Remove(m.before())
	if line != "" {
		err = os.WriteFile(m.before(), []byte(line+" || exit 1\n"), 0o644)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// lobby is a call of the program on this machine.
func (m *machine) lobby(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(m.t.Context(), boottest.Binary(m.t), args...)
	cmd.Env = m.env
	return cmd
}

// closed makes the data folder one that nobody may write.
func (m *machine) closed() {
	m.t.Helper()
	if err := errors.Join(os.MkdirAll(m.data(), 0o711), os.Chmod(m.data(), 0o555)); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = os.Chmod(m.data(), 0o755) })
}

// asNobody is a call of the program by somebody who is not root, as whom every folder can be written.
func (m *machine) asNobody(args ...string) *exec.Cmd {
	m.t.Helper()
	cmd := m.lobby(args...)
	if os.Geteuid() == 0 {
		cmd.Path = filepath.Join(m.dir, "lobby")
		copyFile(m.t, boottest.Binary(m.t), cmd.Path, 0o755)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

// wantLine wants one sentence with these words.
func wantLine(t *testing.T, out string, words ...string) {
	t.Helper()
	if strings.Count(out, "\n") != 1 {
		t.Errorf("not one line:\n%s", out)
	}
	for _, word := range words {
		if !strings.Contains(out, word) {
			t.Errorf("it does not say %q: %s", word, out)
		}
	}
}

// servers are the processes of PostgreSQL, the postmaster first.
func (m *machine) servers() []int {
	m.t.Helper()
	found, err := cluster.Look(m.t.Context(), m.data())
	if err != nil {
		m.t.Fatal(err)
	}
	data := filepath.Join(found.Folder, "data")
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	head, err := strconv.Atoi(first)
	if err != nil {
		m.t.Fatal(err)
	}
	out := []int{head}
	entries, err := fs.Glob(os.DirFS("/proc"), "[0-9]*")
	if err != nil {
		m.t.Fatal(err)
	}
	for _, name := range entries {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == head {
			continue
		}
		if cwd, err := os.Readlink("/proc/" + name + "/cwd"); err == nil && cwd == data {
			out = append(out, pid)
		}
	}
	return out
}

// room lets no file of PostgreSQL grow beyond size bytes ("unlimited": as large as it likes), as a full disk does: a
// write that goes beyond is cut short. The limit is set by an account that may, the server's own.
func (m *machine) room(size string) {
	m.t.Helper()
	for _, pid := range m.servers() {
		info, err := os.Stat("/proc/" + strconv.Itoa(pid))
		if err != nil {
			continue // it has just ended
		}
		cmd := exec.CommandContext(m.t.Context(), "prlimit", "--pid", strconv.Itoa(pid), "--fsize="+size+":unlimited")
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}}
		}
		if out, err := cmd.CombinedOutput(); err != nil && syscall.Kill(pid, 0) == nil {
			m.t.Fatalf("prlimit: %v\n%s", err, out)
		}
	}
}

// kill ends PostgreSQL at once.
func (m *machine) kill() {
	m.t.Helper()
	if err := syscall.Kill(m.servers()[0], syscall.SIGKILL); err != nil {
		m.t.Fatal(err)
	}
}
