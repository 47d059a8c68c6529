package boottest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is built once per test process.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lobby-bin-")
	if err != nil {
		return "", err
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	file := filepath.Join(dir, "lobby")
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Dir = string(bytes.TrimSpace(root))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w: %s", err, out)
	}
	return file, nil
})

// Binary gives the path of the program, built as it is shipped.
func Binary(t testing.TB) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatalf("boottest: %v", err)
	}
	return file
}

// Cleanup removes what Binary built; a TestMain calls it at its end.
func Cleanup() {
	if file, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
}

// FreeAddr is an address on loopback that nobody uses now, for a server that must come back at the same place.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Process is the real program running.
type Process struct {
	URL string

	t    testing.TB
	cmd  *exec.Cmd
	log  *lines
	done chan error
}

// lines keeps what a program says, safely while it still speaks.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is everything said so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Process starts the real program on the house's database at an address, and waits until it is ready.
func (h *House) Process(t testing.TB, addr string, args ...string) *Process {
	t.Helper()
	return Serve(t, addr, []string{"DATABASE_URL=" + h.URL, "LOBBY_KEY=" + h.Key}, args...)
}

// Serve starts `lobby serve` with an environment of its own, and waits until it is ready. It is ended at the end of
// the test.
func Serve(t testing.TB, addr string, env []string, args ...string) *Process {
	t.Helper()
	cmd := exec.Command(Binary(t), append([]string{"serve", "--addr", addr}, args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}, env...)
	return Run(t, cmd, "http://"+addr)
}

// Run starts a server that was put together elsewhere, and waits until it is ready. It is ended at the end of the test.
func Run(t testing.TB, cmd *exec.Cmd, url string) *Process {
	t.Helper()
	p := &Process{URL: url, t: t, cmd: cmd, log: &lines{}, done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("boottest: %v", err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.Stop() })
	p.waitReady()
	return p
}

func (p *Process) waitReady() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	for {
		if ready(ctx, p.URL) {
			return
		}
		select {
		case err := <-p.done:
			p.done <- err
			p.t.Fatalf("boottest: the program ended: %v\n%s", err, p.log)
		case <-ctx.Done():
			p.t.Fatalf("boottest: not ready after a minute\n%s", p.log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Log is what the program has said so far.
func (p *Process) Log() string { return p.log.String() }

// Kill ends the program at once (SIGKILL), as a power cut would, and waits until it is gone.
func (p *Process) Kill() {
	p.t.Helper()
	_ = p.cmd.Process.Kill()
	p.done <- <-p.done
}

// Stop asks the program to end (SIGTERM), waits for it and gives its error; a program that takes too long is killed.
func (p *Process) Stop() error {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-p.done:
		p.done <- err
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.log)
		}
		return nil
	case <-time.After(45 * time.Second):
		p.Kill()
		return fmt.Errorf("the program did not end\n%s", p.log)
	}
}
