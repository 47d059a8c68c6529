package boot_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// emptied is a PATH with nothing but what a bare system has, and with programs that a test makes up.
type emptied struct {
	*testing.T
	path string
}

func emptyPath(t *testing.T, fakes map[string]string) emptied {
	t.Helper()
	m := emptied{t, t.TempDir()}
	for _, name := range []string{"uname", "id", "tr", "sed", "cut", "head", "env", "ls", "cat", "mkdir", "tee", "chmod"} {
		real, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(real, filepath.Join(m.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range fakes {
		m.install(name, script)
	}
	return m
}

func (m emptied) install(name, script string) {
	m.Helper()
	file := filepath.Join(m.path, name)
	_ = os.Remove(file)
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		m.Fatal(err)
	}
}

// need runs .ci/need on the machine and gives what it says and its exit code.
func (m emptied) need(things ...string) (said string, code int) {
	m.Helper()
	cmd := exec.CommandContext(m.Context(), "/bin/sh", append([]string{"../../.ci/need"}, things...)...)
	cmd.Env = []string{"PATH=" + m.path, "LC_ALL=C"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// What a make target needs and can't get, it says in one sentence, with what to type.
func TestNeed(t *testing.T) {
	t.Parallel()
	goOf := func(version string) string {
		return `[ "$1" = env ] && echo ` + version + " || echo go version " + version + " linux/amd64"
	}
	const (
		linux  = `case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac`
		mac    = `case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac`
		nobody = `echo 1000`
		root   = `echo 0`
		apt    = `[ "$1" = install ] || exit 0; printf '#!/bin/sh\n' >"${0%/*}/curl"; chmod +x "${0%/*}/curl"`
	)
	for _, tc := range []struct {
		name   string
		fakes  map[string]string
		things string
		code   int
		says   []string
	}{
		{"no Go", map[string]string{"uname": linux, "id": nobody}, "go", 1,
			[]string{"there is no Go on this machine", "https://go.dev/dl/go1.26", "linux-amd64.tar.gz | sudo sh"}},
		{"no Go, and root needs no sudo", map[string]string{"uname": linux, "id": root}, "go", 1, []string{"linux-amd64.tar.gz | sh -c"}},
		{"no Go on a Mac", map[string]string{"uname": mac}, "go", 1, []string{"brew install go"}},
		{"Debian's old Go", map[string]string{"uname": linux, "go": goOf("go1.19.8")}, "go", 1, []string{"/go is go1.19.8", "too old", "https://go.dev/dl/"}},
		{"a Go too old to know its version that way", map[string]string{"uname": linux, "go": `[ "$1" = version ] && echo go version go1.9 linux/amd64`}, "go", 1, []string{"is go1.9 "}},
		{"the right Go", map[string]string{"go": goOf("go1.26.0")}, "go", 0, nil},
		{"a newer Go", map[string]string{"go": goOf("go1.30.1")}, "go", 0, nil},
		{"a Go from source", map[string]string{"go": goOf("devel go1.28-abc")}, "go", 0, nil},
		{"all there", map[string]string{"uname": linux, "curl": "", "chromium": "", "gcc": "exit 0"}, "curl chromium gcc", 0, nil},
		{"a Mac", map[string]string{"uname": mac}, "curl", 1, []string{"Missing on this Mac: curl", "brew install curl"}},
		{"no apt", map[string]string{"uname": linux, "id": root}, "curl gcc", 1, []string{"Missing: curl gcc", "this system's package manager", "curl ca-certificates gcc libc6-dev"}},
		{"neither root nor sudo", map[string]string{"uname": linux, "id": nobody, "apt-get": apt}, "curl", 1,
			[]string{"this user may not install it", "as root: apt-get install -y curl ca-certificates"}},
		{"sudo that asks for a password, and nobody to type it", map[string]string{"uname": linux, "id": nobody, "apt-get": apt, "sudo": "exit 1"}, "curl", 1,
			[]string{"this user may not install it"}},
		{"sudo that may not", map[string]string{"uname": linux, "id": nobody, "apt-get": "exit 100", "sudo": `[ "$1" = -n ] && exit 0; exec "$@"`}, "curl", 1,
			[]string{"could not be refreshed", "could not be installed; try it by hand: sudo apt-get install -y curl"}},
		{"installed by root", map[string]string{"uname": linux, "id": root, "apt-get": apt}, "curl", 0, []string{"Installing curl ca-certificates"}},
		{"installed through sudo", map[string]string{"uname": linux, "id": nobody, "apt-get": apt, "sudo": `[ "$1" = -n ] && exit 0; exec "$@"`}, "curl", 0,
			[]string{"Installing curl ca-certificates"}},
		{"installed, and still not there: Ubuntu's empty Chromium", map[string]string{"uname": linux, "id": root, "apt-get": apt}, "chromium", 1, []string{"snap install chromium"}},
		{"a shell of a Chromium", map[string]string{"uname": linux, "id": nobody, "apt-get": apt, "chromium-browser": "exit 1"}, "chromium", 1, []string{"Missing: chromium"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			said, code := emptyPath(t, tc.fakes).need(strings.Fields(tc.things)...)
			if code != tc.code {
				t.Errorf("exit code %d, want %d:\n%s", code, tc.code, said)
			}
			for _, want := range tc.says {
				if !strings.Contains(said, want) {
					t.Errorf("it doesn't say %q:\n%s", want, said)
				}
			}
			if tc.says == nil && said != "" {
				t.Errorf("it says %q", said)
			}
			if tc.code != 0 && len(tc.fakes["apt-get"]) == 0 && strings.Count(strings.TrimSpace(said), "\n") > 0 {
				t.Errorf("more than one sentence:\n%s", said)
			}
		})
	}
}
