// Package cluster runs a private PostgreSQL for a lobby that was given no DATABASE_URL. The first process that needs it
// starts it, others on the same machine join, the last one out stops it. It listens on a Unix socket only, asks for a
// generated password, and keeps every byte that it ever stored: no folder with data is removed or initialised again.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// role and database are the names inside the cluster.
	role     = "lobby"
	database = "lobby"
	// patience is how long a start may take: recovery after a crash reads back the write-ahead log.
	patience = 10 * time.Minute
	// stopWait is how long a stop waits for the server to end by itself before it is told to stop at once.
	stopWait = 30 * time.Second
)

// Options change how the cluster runs. The zero value is right for real use.
type Options struct {
	// Unsafe turns durability off. Only for tests: what such a server has stored can be lost with the machine.
	Unsafe bool
	// Settings are further server settings, "max_connections" to "400".
	Settings map[string]string
	// Folders are searched for PostgreSQL's programs in place of PATH and the usual places.
	Folders []string

	fallback string // in place of /var/lib/lobby
}

// Cluster is one process's share in the running server.
type Cluster struct {
	place    place
	programs programs
	options  Options
	password string
	sockets  string // folder of the socket
	created  bool
	started  bool
	start    *lock      // held while starting and stopping
	users    *lock      // held, shared, while this process uses the server
	mu       sync.Mutex // over what a new start of the server changes
	exited   <-chan struct{}
	left     bool // the share was given back
	once     sync.Once
	stopErr  error
}

// Start joins the cluster of the data folder dir, starting the server, and making the cluster, where need be. Its
// errors are sentences for the terminal.
func Start(ctx context.Context, dir string, options Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dir, err := folder(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{options: options}
	if c.start, err = openLock(filepath.Join(dir, ".cluster.start")); err != nil {
		return nil, err
	}
	if c.users, err = openLock(filepath.Join(dir, ".cluster.users")); err != nil {
		c.start.close()
		return nil, err
	}
	if err := c.enter(ctx, dir); err != nil {
		c.users.close()
		c.start.close()
		return nil, err
	}
	return c, nil
}

// enter does the start itself, alone among all processes on this folder.
func (c *Cluster) enter(ctx context.Context, dir string) (err error) {
	if err := c.start.exclusive(ctx); err != nil {
		return fmt.Errorf("waiting for another lobby that is starting or stopping the database: %w", err)
	}
	defer c.start.release()
	if err := c.users.shared(ctx); err != nil {
		return err
	}
	if c.place, err = locate(ctx, dir, c.options.fallback); err != nil {
		return err
	}
	if c.programs, err = choose(installed(ctx, c.options.Folders), c.place); err != nil {
		return err
	}
	if !c.place.exists {
		if c.place, err = initialise(ctx, c.place, c.programs, c.options); err != nil {
			return err
		}
		c.created = true
	}
	password, err := os.ReadFile(c.place.passwordFile())
	if err != nil {
		return fmt.Errorf("the password of the database in %s can't be read: %w", c.place.home, readable(err))
	}
	c.password = string(password)
	if err := c.run(ctx); err != nil {
		return errors.Join(err, c.place.adopt())
	}
	if err := errors.Join(c.place.adopt(), c.ensureDatabase(ctx)); err != nil {
		if c.started {
			err = errors.Join(err, c.halt())
		}
		return err
	}
	return nil
}

// URL is the address of the database, as db.Open and PostgreSQL's own tools take it.
func (c *Cluster) URL() string { return c.address(database) }

func (c *Cluster) address(name string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, c.password), Path: "/" + name}
	u.RawQuery = url.Values{"host": {c.sockets}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// Created tells whether this Start made the cluster: it was empty then.
func (c *Cluster) Created() bool { return c.created }

// Started tells whether this Start started the server, rather than joining a running one.
func (c *Cluster) Started() bool { return c.started }

// Folder is where the cluster lies, which may be elsewhere than in the data folder (see the package's place.go).
func (c *Cluster) Folder() string { return c.place.home }

// Stop gives this process's share back; the last one out stops the server. Connections must be closed before.
func (c *Cluster) Stop() error {
	c.once.Do(func() { c.stopErr = c.leave(nil) })
	return c.stopErr
}

// leave gives the share back. before runs when this is the last share, just before the server is stopped.
func (c *Cluster) leave(before func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = true
	defer c.start.close()
	defer c.users.close()
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	if err := c.start.exclusive(ctx); err != nil {
		return nil // somebody else is starting or stopping for all this time: the server is theirs now
	}
	last, err := c.users.tryExclusive()
	if err != nil || !last {
		return err
	}
	if before != nil {
		before()
	}
	return c.halt()
}
