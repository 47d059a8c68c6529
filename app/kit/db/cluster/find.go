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

// choose finds the version that fits: for a cluster that exists its own, for a new one the first that is new enough.
func choose(ctx context.Context, folders []string, p place) (programs, error) {
	found := installed(ctx, folders)
	if p.exists {
		return matching(found, p)
	}
	for _, one := range found {
		if one.major >= Oldest {
			return one, nil
		}
	}
	if len(found) > 0 {
		return programs{}, fmt.Errorf("PostgreSQL %d in %s is too old: lobby needs %d or newer. Install one with: %s",
			found[0].major, found[0].folder, Oldest, InstallCommand())
	}
	return programs{}, fmt.Errorf("PostgreSQL is not installed. Install it with: %s", InstallCommand())
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
	return programs{}, otherVersion(found[0], major, p)
}

// otherVersion names both versions and the commands that move the data from one to the other.
func otherVersion(have programs, major int, p place) error {
	who := ""
	if p.owner != nil {
		who = "sudo -u " + p.owner.name + " "
	}
	data, fresh, old := p.data(), p.data()+"-"+strconv.Itoa(have.major), "/usr/lib/postgresql/"+strconv.Itoa(major)+"/bin"
	return fmt.Errorf(`the database in %s was made by PostgreSQL %d, but this machine has PostgreSQL %d in %s, which can't read it.
Either install version %d beside it, and lobby goes on with that:
  %s
or move the data to version %d with both installed (the old data stays in %s.old):
  cd %s && install -d -m 700%s %s
  %s%s -D %s --username=%s --encoding=UTF8 --locale=C.UTF-8 --data-checksums
  cp -p %s/pg_hba.conf %s.hba
  printf 'local all all trust\n' > %s/pg_hba.conf && printf 'local all all trust\n' > %s/pg_hba.conf
  %s%s -b %s -B %s -d %s -D %s -U %s
  cp -p %s.hba %s/pg_hba.conf && mv %s %s.old && mv %s %s`,
		p.home, major, have.major, have.folder,
		major, installVersion(major),
		have.major, data,
		p.home, ownerFlag(p), fresh,
		who, have.path("initdb"), fresh, role,
		data, data,
		data, fresh,
		who, have.path("pg_upgrade"), old, have.folder, data, fresh, role,
		data, fresh, data, data, fresh, data)
}

func ownerFlag(p place) string {
	if p.owner == nil {
		return ""
	}
	return " -o " + p.owner.name
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
