package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Oldest is the oldest major version of PostgreSQL that lobby works with.
const Oldest = 15

// programs are one installed version of PostgreSQL.
type programs struct {
	folder string
	major  int
}

func (p programs) path(name string) string { return filepath.Join(p.folder, name) }

// usual are the folders that packages install PostgreSQL's programs into, outside PATH.
var usual = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*", "/usr/lib/postgresql*/bin",
	"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/opt/local/lib/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin", "/usr/local/pgsql/bin",
}

// choose finds the version that fits: for a cluster that exists its own, for a new one the newest.
func choose(found []programs, p place) (programs, error) {
	if p.exists {
		return matching(found, p)
	}
	if best := newest(found); best.major >= Oldest {
		return best, nil
	}
	if len(found) > 0 {
		return programs{}, fmt.Errorf("PostgreSQL %d in %s is too old: lobby needs %d or newer. Install one with: %s",
			found[0].major, found[0].folder, Oldest, InstallCommand())
	}
	return programs{}, fmt.Errorf("PostgreSQL is not installed. Install it with: %s", InstallCommand())
}

// newest is the first of the newest major version.
func newest(found []programs) (best programs) {
	for _, one := range found {
		if one.major > best.major {
			best = one
		}
	}
	return best
}

// matching finds the version that made the cluster; another one can't read its files.
func matching(found []programs, p place) (programs, error) {
	raw, err := os.ReadFile(filepath.Join(p.data(), "PG_VERSION"))
	if err != nil {
		return programs{}, fmt.Errorf("the version of the database can't be read: %w", readable(err))
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return programs{}, fmt.Errorf("%s doesn't hold a version of PostgreSQL that lobby knows: %q", filepath.Join(p.data(), "PG_VERSION"), raw)
	}
	if i := slices.IndexFunc(found, func(one programs) bool { return one.major == major }); i >= 0 {
		return found[i], nil
	}
	if len(found) == 0 {
		return programs{}, fmt.Errorf("the database in %s was made by PostgreSQL %d, which is not installed. Install it with: %s",
			p.home, major, installVersion(major))
	}
	return programs{}, otherVersion(newest(found), major, p)
}

// otherVersion names both versions and what to do: the old one has to be there once more, to hand the data over.
func otherVersion(have programs, major int, p place) error {
	return fmt.Errorf(`the database in %s was made by PostgreSQL %d; this machine has only PostgreSQL %d (in %s), which can't read it. Nothing was touched. Install version %d beside it, and lobby goes on with that:
  %s
Then, to move the data to version %d, stop "lobby serve" and:
%s`, p.home, major, have.major, have.folder, major, installVersion(major), have.major, Move(p.dir, p.home, major))
}

// Move are the commands that move the cluster home of the data folder dir from a major version to the newest one that
// is installed. The key file stays where it is.
func Move(dir, home string, major int) string {
	old := strconv.Itoa(major)
	file := "lobby-" + old + ".backup"
	commands := "  lobby backup " + file + "      # still run by version " + old + "\n  mv " + home + " " + home + "." + old + "\n"
	if filepath.Dir(home) != dir {
		note := filepath.Join(dir, pathName)
		commands += "  mv " + note + " " + note + "." + old + "\n"
	}
	return commands + "  lobby restore " + file + "     # makes the database anew, run by the newest version\n" +
		"Keep " + home + "." + old + " until you have seen that everything is there."
}

// InstallCommand is the one command that installs PostgreSQL on this system.
func InstallCommand() string { return installer("postgresql", "postgresql-server", "postgresql@17") }

func installVersion(major int) string {
	v := strconv.Itoa(major)
	return installer("postgresql-"+v, "postgresql"+v+"-server", "postgresql@"+v)
}

func installer(debian, redhat, brew string) string {
	sudo := "sudo "
	if os.Geteuid() == 0 {
		sudo = ""
	}
	if runtime.GOOS == "darwin" {
		return "brew install " + brew
	}
	for tool, command := range map[string]string{
		"apt-get": "apt-get install -y " + debian,
		"dnf":     "dnf install -y " + redhat,
		"apk":     "apk add " + debian,
		"pacman":  "pacman -S postgresql",
	} {
		if _, err := exec.LookPath(tool); err == nil {
			return sudo + command
		}
	}
	return sudo + "apt-get install -y " + debian
}

// installed lists what is on the machine: PATH first, then pg_config, then the usual folders, newest first.
func installed(ctx context.Context, folders []string) []programs {
	if folders == nil {
		folders = candidates(ctx)
	}
	var out []programs
	seen := map[string]bool{}
	for _, folder := range folders {
		server, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
		if err != nil {
			continue
		}
		real := filepath.Dir(server)
		if seen[real] {
			continue
		}
		seen[real] = true
		if _, err := os.Stat(filepath.Join(real, "initdb")); err != nil {
			continue
		}
		if major, err := version(ctx, server); err == nil {
			out = append(out, programs{real, major})
		}
	}
	return out
}

func candidates(ctx context.Context) []string {
	out := filepath.SplitList(os.Getenv("PATH"))
	if raw, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		out = append(out, strings.TrimSpace(string(raw)))
	}
	for _, pattern := range usual {
		found, _ := filepath.Glob(pattern) // fails only for a malformed pattern
		slices.Reverse(found)
		out = append(out, found...)
	}
	return out
}

var versionRE = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func version(ctx context.Context, server string) (int, error) {
	raw, err := exec.CommandContext(ctx, server, "-V").Output()
	if err != nil {
		return 0, err
	}
	m := versionRE.FindSubmatch(raw)
	if m == nil {
		return 0, errors.New("no version of PostgreSQL")
	}
	return strconv.Atoi(string(m[1]))
}

// Installed tells whether a PostgreSQL that is new enough is on this machine.
func Installed(ctx context.Context) bool {
	for _, one := range installed(ctx, nil) {
		if one.major >= Oldest {
			return true
		}
	}
	return false
}
