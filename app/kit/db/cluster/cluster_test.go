package cluster

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
	"go.uber.org/goleak"
)

// childVariable makes the test binary a lobby of its own: it starts the cluster of a folder, says so, and stops when
// its input ends. Killing it is killing the app.
const childVariable = "LOBBY_CLUSTER_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := child(dir); err != nil {
			_, _ = fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// The reaper of a server lives as long as the server, which another process may have kept, or is just stopping.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("lobby/app/kit/db/cluster.(*Cluster).launch.func2"))
}

func child(dir string) error {
	c, err := Start(context.Background(), dir, quick(dir))
	if err != nil {
		return err
	}
	_, _ = fmt.Printf("%t %s\n", c.Started(), c.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return c.Stop()
}

// quick leaves durability out: what these tests prove about processes doesn't depend on it.
func quick(dir string) Options {
	return Options{Unsafe: true, fallback: filepath.Join(dir, "elsewhere")}
}

// place for a test's cluster: PostgreSQL's account has to be able to enter it.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lobby-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, dir string, options Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// app is another process that uses the cluster.
type app struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	started bool
	url     string
}

func startApp(t *testing.T, dir string) *app {
	t.Helper()
	a, err := launchApp(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.kill(t) })
	return a
}

func launchApp(dir string) (*app, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return nil, err
	}
	a := &app{cmd: cmd, in: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scan := fmt.Sscanf(line, "%t %s", &a.started, &a.url); scan != nil {
		rest, _ := io.ReadAll(out)
		return nil, fmt.Errorf("the other process: %s%s (%w)", line, rest, errors.Join(err, cmd.Wait()))
	}
	return a, nil
}

// end lets the app end in order.
func (a *app) end(t *testing.T) {
	t.Helper()
	_ = a.in.Close()
	if err := a.cmd.Wait(); err != nil {
		t.Fatalf("the other process: %v", err)
	}
}

// kill is kill -9.
func (a *app) kill(t *testing.T) {
	t.Helper()
	if a.cmd.ProcessState == nil {
		_ = a.cmd.Process.Kill()
		_ = a.cmd.Wait()
	}
}

func execute(t *testing.T, address, statement string) {
	t.Helper()
	db := connect(t, address)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func ask(t *testing.T, address, query string) string {
	t.Helper()
	db := connect(t, address)
	defer func() { _ = db.Close() }()
	var out string
	if err := db.QueryRowContext(t.Context(), query).Scan(&out); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

func connect(t *testing.T, address string) *sql.DB {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", q.Get("host")+"/.s.PGSQL.5432")
	u.RawQuery = q.Encode()
	return sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(u.String())))
}

// ended waits until nothing serves the data any more.
func ended(t *testing.T, p place) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for anyServes(p.data()) {
		if time.Now().After(deadline) {
			t.Fatal("a process still serves the data")
		}
		time.Sleep(poll)
	}
}

func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, err)
		}
	}
}
