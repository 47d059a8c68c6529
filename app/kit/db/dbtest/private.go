package dbtest

import (
	"context"
	"os"
	"testing"
	"time"

	"lobby/app/kit/db/cluster"
)

// Server is a PostgreSQL of one test's own, which the test may restart and kill: for bad days. It keeps its data
// safely, as in real use. Starting one takes about two seconds.
type Server struct {
	t   testing.TB
	c   *cluster.Cluster
	dir string
	url string
}

// Private starts a server for the test, with one migrated database; both are gone when the test ends.
func Private(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, dir: DataFolder(t)}
	s.start()
	t.Cleanup(func() { _ = s.stop() })
	s.url = s.c.URL()
	if err := migrated(t.Context(), s.url); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return s
}

// URL is the address of the migrated database; it stays the same through restarts.
func (s *Server) URL() string { return s.url }

// Restart stops the server in order, as an operator would with connections open, and starts it again.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.Start()
}

// Stop stops the server; its connections are cut.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.stop(); err != nil {
		s.t.Fatalf("dbtest: stopping: %v", err)
	}
}

// Start starts it again after Stop or Kill.
func (s *Server) Start() {
	s.t.Helper()
	s.start()
}

// Kill ends the server like a failing machine would: at once, nothing written down.
func (s *Server) Kill() {
	s.t.Helper()
	if err := s.c.Kill(); err != nil {
		s.t.Fatalf("dbtest: killing: %v", err)
	}
	_ = s.stop()
}

func (s *Server) start() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := cluster.Start(ctx, s.dir, cluster.Options{})
	if err != nil {
		s.t.Fatalf("dbtest: starting: %v", err)
	}
	s.c = c
}

func (s *Server) stop() error {
	if s.c == nil {
		return nil
	}
	err := s.c.Stop()
	s.c = nil
	return err
}

// DataFolder gives a data folder for an embedded cluster, gone when the test ends. Unlike the test's own temporary
// folder, the account that PostgreSQL runs as can enter it when the tests run as root.
func DataFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lobby-data-")
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return dir
}
