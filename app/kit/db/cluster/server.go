package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

// poll is how often a server that is starting or stopping is looked at.
const poll = 20 * time.Millisecond

// socketWait is how long a running server may be without its socket before it is started anew.
const socketWait = 5 * time.Second

// errStopping: an earlier server is on its way out.
var errStopping = errors.New("an earlier server on this data is still ending")

// errEnded: the server that was started has given up; its log says why.
var errEnded = errors.New("PostgreSQL ended at once")

// run joins the server that runs on the data, or starts one. A server that is on its way out, or parts of one that was
// killed, are waited for.
func (c *Cluster) run(ctx context.Context) error {
	deadline := time.Now().Add(2 * stopWait)
	for {
		var err error
		if m, ok := c.place.running(); ok {
			c.sockets = m.sockets
			err = c.await(ctx, m.pid, nil)
		} else {
			err = c.launch(ctx)
		}
		if !errors.Is(err, errStopping) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// launch starts a server and waits until it answers. Parts of an earlier server that are still ending make it give
// errStopping.
func (c *Cluster) launch(ctx context.Context) error {
	var err error
	if c.sockets, err = socketFolder(c.place); err != nil {
		return err
	}
	if err := c.place.clearStale(c.sockets); err != nil {
		return fmt.Errorf("a lock file that is out of date can't be removed: %w", err)
	}
	log, err := os.Create(c.place.startLog())
	if err != nil {
		return fmt.Errorf("the database can't be started: %w", readable(err))
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), c.programs.path("postgres"), c.arguments()...) // it outlives this call
	c.place.owner.become(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the database can't be started: %w", err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	err = c.await(ctx, cmd.Process.Pid, exited)
	if err == nil {
		c.started, c.exited = true, exited
		return nil
	}
	_ = cmd.Process.Signal(syscall.SIGINT) // fails where it has ended already
	<-exited
	if ctx.Err() != nil {
		return fmt.Errorf("the database did not start in time: %w", ctx.Err())
	}
	if !errors.Is(err, errEnded) {
		return err
	}
	said := c.place.said(cmd.Process.Pid)
	if full(said) || noRoom(c.place.data()) { // on a full disk it can't even write why
		return fmt.Errorf("the database in %s can't be started: its disk is full; make room, everything that was saved is there", c.place.home)
	}
	for _, passing := range []string{"pre-existing shared memory block", "already exists"} {
		if strings.Contains(said, passing) {
			err = errStopping
		}
	}
	return fmt.Errorf("the database can't be started: %w\n%s", err, said)
}

// await waits until the server answers to the password. exited is nil where this process is not the server's parent.
func (c *Cluster) await(ctx context.Context, pid int, exited <-chan struct{}) error {
	lost := time.Now().Add(socketWait)
	for {
		err := c.ping(ctx)
		var refused pgdriver.Error
		if err == nil {
			return nil
		}
		if errors.As(err, &refused) && refused.Field('C') == "28P01" {
			return fmt.Errorf("the database refuses the password in %s; bring back the file that belongs to %s", c.place.passwordFile(), c.place.data())
		}
		if exited == nil && !serves(pid, c.place.data()) {
			return errStopping
		}
		if exited == nil && errors.Is(err, syscall.ENOENT) && time.Now().After(lost) {
			// Somebody has cleaned the socket away: nobody can get in any more. Only a new start makes a new one.
			return errors.Join(errStopping, c.halt())
		}
		select {
		case <-exited:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w", errors.Join(ctx.Err(), err))
		case <-time.After(poll):
		}
	}
}

func (c *Cluster) ping(ctx context.Context) error {
	db := c.maintenance()
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

// maintenance connects to the database that every cluster has.
func (c *Cluster) maintenance() *sql.DB {
	return sql.OpenDB(pgdriver.NewConnector(
		pgdriver.WithNetwork("unix"), pgdriver.WithAddr(c.sockets+"/.s.PGSQL.5432"), pgdriver.WithInsecure(true),
		pgdriver.WithUser(role), pgdriver.WithPassword(c.password), pgdriver.WithDatabase("postgres"),
		pgdriver.WithApplicationName("lobby-cluster")))
}

func (c *Cluster) ensureDatabase(ctx context.Context) error {
	db := c.maintenance()
	defer func() { _ = db.Close() }()
	var there bool
	err := db.QueryRowContext(ctx, "select exists (select from pg_database where datname = 'lobby')").Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = db.ExecContext(ctx, "create database lobby template template0")
	return err
}

// arguments are the server's settings. They stand on its command line, not in its files, so that a new release of
// lobby brings its own.
func (c *Cluster) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "", // no network at all: the socket is the only way in
		"port":                    "5432",
		"unix_socket_directories": c.sockets,
		"unix_socket_permissions": "0700",
		"password_encryption":     "scram-sha-256",
		"max_connections":         "120",
		"shared_buffers":          buffers(memory()),
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"cluster_name":            "lobby",
		// The server's own log keeps a week. Statements and details of errors stay out of it: they hold what
		// people typed (PRIVACY-2).
		"logging_collector":                 "on",
		"log_destination":                   "stderr",
		"log_directory":                     "log",
		"log_filename":                      "postgres-%a.log",
		"log_file_mode":                     "0600",
		"log_truncate_on_rotation":          "on",
		"log_rotation_age":                  "1d",
		"log_rotation_size":                 "0",
		"log_statement":                     "none",
		"log_min_duration_statement":        "-1",
		"log_min_error_statement":           "panic",
		"log_error_verbosity":               "terse",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
	}
	if c.options.Unsafe {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	for name, value := range c.options.Settings {
		settings[name] = value
	}
	args := []string{"-D", c.place.data()}
	for name, value := range settings {
		args = append(args, "--"+name+"="+value)
	}
	slices.Sort(args[2:])
	return args
}

// halt stops the server and waits until it has ended.
func (c *Cluster) halt() error {
	m, ok := c.place.running()
	if !ok {
		return nil
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, stopWait},  // fast: open transactions are rolled back, everything is written
		{syscall.SIGQUIT, stopWait}, // at once: the next start recovers from the log
	} {
		if err := syscall.Kill(m.pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("the database (process %d) can't be stopped: %w", m.pid, err)
		}
		if c.gone(m.pid, step.wait) {
			return nil
		}
	}
	return fmt.Errorf("the database (process %d) does not stop", m.pid)
}

func (c *Cluster) gone(pid int, within time.Duration) bool {
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) {
		if !serves(pid, c.place.data()) {
			if c.exited != nil {
				<-c.exited
			}
			return true
		}
		time.Sleep(poll)
	}
	return false
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(5 * poll):
		return nil
	}
}

// Kill ends the server as a crash would, for tests of what comes after: the next start recovers.
func (c *Cluster) Kill() error {
	m, ok := c.place.running()
	if !ok {
		return nil
	}
	if err := syscall.Kill(m.pid, syscall.SIGKILL); err != nil {
		return err
	}
	if !c.gone(m.pid, stopWait) {
		return fmt.Errorf("the database (process %d) does not die", m.pid)
	}
	return nil
}
