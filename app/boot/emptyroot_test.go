package boot_test

import (
	"debug/elf"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lobby/app/boot/boottest"
)

// The image of the Dockerfile, shown without a way to build one: the static binary, as nobody, in a root that holds
// only its files.
func TestEmptyRoot(t *testing.T) {
	t.Parallel()
	file := boottest.Binary(t)
	static(t, file)
	root := t.TempDir()
	for name, mode := range map[string]os.FileMode{".": 0o755, "etc": 0o755} {
		if err := os.MkdirAll(filepath.Join(root, name), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(root, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	copyFile(t, file, filepath.Join(root, "lobby"), 0o755)
	if err := os.WriteFile(filepath.Join(root, "etc/passwd"), []byte("nobody:x:65534:65534:nobody:/:/sbin/nologin\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := boottest.New(t)
	addr := boottest.FreeAddr(t)
	env := []string{"DATABASE_URL=" + overTCP(t, h.URL), "LOBBY_KEY=" + h.Key, "LOBBY_ADDR=" + addr, "LOBBY_LOG=json"}
	migrate := exec.CommandContext(t.Context(), "/lobby", "migrate", "up")
	migrate.Env, migrate.SysProcAttr, migrate.Dir = env, asNobody(root), "/"
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("the release command: %v\n%s", err, out)
	}
	h.Site(t, h.Open(t), "garden")
	serve := exec.Command("/lobby", "serve")
	serve.Env, serve.SysProcAttr, serve.Dir = env, asNobody(root), "/"
	p := boottest.Run(t, serve, "http://"+addr)
	boottest.Browser(t, p.URL).Get("/login").Want(200)
	if err := p.Stop(); err != nil {
		t.Errorf("stopping: %v\n%s", err, p.Log())
	}
	left, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 2 {
		t.Errorf("it wrote files beside its own: %v", left)
	}
}

// static fails where the binary wants a loader or libraries of the system.
func static(t *testing.T, file string) {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Fatal("the binary is not static")
		}
	}
}

// asNobody puts a process into the root as nobody; who isn't root does it in a user namespace of their own.
func asNobody(root string) *syscall.SysProcAttr {
	const nobody = 65534
	attr := &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: os.Geteuid() != 0}}
	if os.Geteuid() != 0 {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, raw, mode); err != nil {
		t.Fatal(err)
	}
}

// overTCP gives an address of the test's database that can be reached from an empty root: its socket can't.
func overTCP(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	socket := u.Query().Get("host")
	if !strings.HasPrefix(path.Base(socket), ".s.PGSQL.") {
		socket = path.Join(socket, ".s.PGSQL.5432")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", socket)
			if err != nil {
				_ = in.Close()
				continue
			}
			go pipe(in, out)
			go pipe(out, in)
		}
	}()
	return (&url.URL{Scheme: "postgres", User: u.User, Host: l.Addr().String(), Path: u.Path, RawQuery: "sslmode=disable"}).String()
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}
