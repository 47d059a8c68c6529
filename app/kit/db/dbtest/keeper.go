package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db/cluster"
)

// keeperVariable makes a test binary a keeper: a process in the background that starts the shared server and stops it
// once it has been idle. The server is nobody's child that way, a test process may end as it likes.
const keeperVariable = "LOBBY_DBTEST_KEEPER"

const idle = 30 * time.Second

// The number of connections covers several packages of parallel tests.
var options = cluster.Options{Unsafe: true, Settings: map[string]string{"max_connections": "600", "autovacuum": "off", "shared_buffers": "128MB"}}

func init() {
	if os.Getenv(keeperVariable) == "" {
		return
	}
	if err := keep(os.Getenv(keeperVariable)); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// keep is the keeper's whole life.
func keep(dir string) error {
	c, err := cluster.Start(context.Background(), dir, options)
	if err != nil && cluster.Installed(context.Background()) && c == nil && abandoned(dir) {
		// Without durability a machine's crash leaves data that can't be recovered. It is only tests' data.
		if err := os.RemoveAll(filepath.Join(dir, "postgres")); err != nil {
			return err
		}
		c, err = cluster.Start(context.Background(), dir, options)
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Println(ready); err != nil {
		return err
	}
	_, _ = os.Stdout.Close(), os.Stderr.Close() // whoever waits for this output must not wait for the keeper's end
	release, alone := only(dir)
	if !alone {
		return nil // another keeper watches already; this share ends with the process
	}
	return c.Linger(context.Background(), idle, func() { sweep(c) }, release)
}

// only makes this keeper the only one that stays. The earlier one may be about to leave, and lets go first, so this
// one tries for a while.
func only(dir string) (release func(), alone bool) {
	f, err := os.OpenFile(filepath.Join(dir, ".keeper"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false
	}
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			return func() { _ = f.Close() }, true
		}
	}
	_ = f.Close()
	return nil, false
}

const ready = "ready"

// abandoned tells whether no server runs on the folder.
func abandoned(dir string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return true
	}
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(raw), "\n", 2)[0]))
	return err != nil || syscall.Kill(pid, 0) == syscall.ESRCH
}

// sweep drops what killed tests have left, and the templates of schemas that have been replaced.
func sweep(c *cluster.Cluster) {
	_ = maintain(c, func(ctx context.Context, pool *bun.DB) error { // what stays is swept next time
		var names []string
		err := pool.NewRaw(`select datname from pg_database where datname like 'test\_%' union all
			(select datname from pg_database where datname like 'schema\_%' order by oid desc offset 3)`).Scan(ctx, &names)
		for _, name := range names {
			if _, err := pool.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(name)); err != nil {
				return err
			}
		}
		return err
	})
}

// shared gives this process's share of the shared server; it is given back by the end of the process.
var shared = sync.OnceValues(func() (*cluster.Cluster, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("lobby-test-%d", os.Geteuid()))
	if err := own(dir); err != nil {
		return nil, err
	}
	if err := startKeeper(dir); err != nil {
		return nil, err
	}
	return cluster.Start(context.Background(), dir, options)
})

// own makes the folder, or refuses one that somebody else has put there.
func own(dir string) error {
	if err := os.Mkdir(dir, 0o711); err == nil || !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is in the way: it should be a folder of this user's", dir)
	}
	return nil
}

// startKeeper starts this very binary as keeper and waits until the server is there.
func startKeeper(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	var said strings.Builder
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	cmd.Stdout, cmd.Stderr = in, in
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		_ = in.Close()
		return err
	}
	_ = in.Close()
	_ = cmd.Process.Release()
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		said.Write(buf[:n])
		if strings.Contains(said.String(), ready) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("PostgreSQL for the tests: %s", strings.TrimSpace(said.String()))
		}
	}
}
