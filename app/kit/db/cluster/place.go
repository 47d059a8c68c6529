package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	homeName = "postgres"      // the cluster's folder inside the data folder
	pathName = "postgres.path" // says where the cluster lies, if not there
	initName = ".postgres-init-"
	varLib   = "/var/lib/lobby"
)

// place is where a cluster lies and who runs its server.
type place struct {
	dir    string // the data folder, LOBBY_DATA
	home   string // holds data, password, run, start.log
	owner  *owner // whom the server runs as; nil: as this process
	exists bool   // false: to be initialised
	noted  bool   // home is outside dir
}

func (p place) data() string         { return filepath.Join(p.home, "data") }
func (p place) passwordFile() string { return filepath.Join(p.home, "password") }
func (p place) startLog() string     { return filepath.Join(p.home, "start.log") }

// owner is the account that PostgreSQL runs as where lobby runs as root, which PostgreSQL refuses.
type owner struct {
	name     string
	uid, gid uint32
}

// folder makes the data folder and gives its real, absolute path.
func folder(dir string) (string, error) {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // PostgreSQL's account has to pass through
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return "", fmt.Errorf("the data folder can't be made: %w", readable(err))
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", fmt.Errorf("the data folder can't be found: %w", readable(err))
	}
	return dir, nil
}

// locate finds the cluster of a data folder, or decides where a new one will lie. As root the server runs as the account
// that the folder belongs to; where that is root too, as another one, which may be unable to enter the data folder (a home of root's); the cluster then lies under /var/lib/lobby
// and the file postgres.path in the data folder says where.
func locate(ctx context.Context, dir, fallback string) (place, error) {
	if fallback == "" {
		fallback = varLib
	}
	sum := sha256.Sum256([]byte(dir))
	inside := place{dir: dir, home: filepath.Join(dir, homeName)}
	outside := place{dir: dir, home: filepath.Join(fallback, hex.EncodeToString(sum[:6])), noted: true}

	noted, err := os.ReadFile(filepath.Join(dir, pathName))
	switch {
	case err == nil:
		outside.home = strings.TrimSpace(string(noted))
		found, err := outside.look(ctx)
		if err == nil && !found.exists {
			err = fmt.Errorf("%s says that the database lies in %s, but there is none; bring that folder back (is its disk mounted?), or delete the file to begin with an empty database",
				filepath.Join(dir, pathName), outside.home)
		}
		return found, err
	case !errors.Is(err, os.ErrNotExist):
		return place{}, fmt.Errorf("where the database lies can't be read: %w", readable(err))
	}
	found, err := inside.look(ctx)
	if err != nil || found.exists || os.Geteuid() != 0 {
		return found, err
	}
	if there, err := outside.look(ctx); err != nil || there.exists {
		return there, err
	}
	if inside.owner = folderOwner(dir); inside.owner != nil && inside.owner.canEnter(ctx, dir) {
		return inside, nil
	}
	account, err := account()
	if err != nil {
		return place{}, err
	}
	inside.owner, outside.owner = account, account
	if account.canEnter(ctx, dir) {
		return inside, nil
	}
	return outside, nil
}

// look tells whether there is a cluster at the place, and whose. A folder that holds anything else is not touched.
func (p place) look(ctx context.Context) (place, error) {
	entries, err := os.ReadDir(p.home)
	if errors.Is(err, os.ErrNotExist) || (err == nil && len(entries) == 0) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("the database's folder can't be read: %w", readable(err))
	}
	info, err := os.Stat(filepath.Join(p.data(), "PG_VERSION"))
	if errors.Is(err, os.ErrPermission) {
		return p, fmt.Errorf("the database's folder can't be read: %w", readable(err))
	}
	if err != nil {
		return p, fmt.Errorf("%s is there, but holds no database (%s is missing); nothing in it was changed. If something should be there, bring it back; if not, move the folder away",
			p.home, filepath.Join(p.data(), "PG_VERSION"))
	}
	p.exists = true
	return p.belonging(ctx, info)
}

// belonging finds the account that the data belongs to: PostgreSQL runs as nobody else.
func (p place) belonging(ctx context.Context, info os.FileInfo) (place, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return p, errors.New("this system doesn't say whom a file belongs to")
	}
	me := os.Geteuid()
	if int(stat.Uid) == me && me != 0 {
		return p, nil
	}
	name := strconv.Itoa(int(stat.Uid))
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	if me != 0 {
		return p, fmt.Errorf("the database in %s belongs to %s; run lobby as the user that made it, or choose another folder with LOBBY_DATA", p.home, name)
	}
	if stat.Uid == 0 {
		return p, fmt.Errorf("the database in %s belongs to root, and PostgreSQL refuses to run as root; give it back to its user: chown -R postgres %s", p.home, p.data())
	}
	p.owner = &owner{name: name, uid: stat.Uid, gid: stat.Gid}
	if !p.owner.canEnter(ctx, p.home) {
		return p, fmt.Errorf("the database in %s belongs to %s, who can't enter that folder; allow it on each folder of the path: chmod o+x", p.home, name)
	}
	return p, nil
}

// account is postgres, else nobody.
func account() (*owner, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("the account %s: %w", name, err)
		}
		return &owner{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL can't run as root, and there is neither an account 'postgres' nor 'nobody' on this machine; run lobby as an ordinary user")
}

// canEnter asks the system itself whether the account gets into a folder: rights, access lists and mounts count.
func (o *owner) canEnter(ctx context.Context, dir string) bool {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `cd "$0"`, dir)
	o.become(cmd)
	return cmd.Run() == nil
}

// become makes a command run as the account (nil: as this process), with nothing of this process's environment that
// would change what PostgreSQL does.
func (o *owner) become(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C at the terminal is for lobby alone
	if o != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
}

// chown gives a file to the account.
func (o *owner) chown(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}

// uidOf is whom the server's files belong to.
func (o *owner) uidOf() uint32 {
	if o == nil {
		return uint32(os.Geteuid())
	}
	return o.uid
}
