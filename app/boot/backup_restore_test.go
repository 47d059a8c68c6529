package boot_test

import (
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/staff"
)

func TestRestoreKilled(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-8 a restore that is killed in the middle leaves the database empty, and a second one works", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		app := h.Open(t)
		ctx := asCLI(t.Context(), h.Site(t, app, "killed").ID)
		if _, err := app.Visits.Register(ctx, aGuest()); err != nil {
			t.Fatal(err)
		}
		_, err := app.DB.NewRaw(`insert into audit_log (actor_kind, verb, reason) select 'job', 'a.b', md5(n::text) from generate_series(1, 5000) n`).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file := saved(t, h)
		to := dbtest.Empty(t)
		gate := &gate{after: 300_000, reached: make(chan struct{}), open: make(chan struct{})}
		cmd := exec.Command(boottest.Binary(t), "restore", file)
		cmd.Env = append(os.Environ(), "DATABASE_URL="+gate.before(t, to), "LOBBY_KEY="+h.Key)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-gate.reached
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		close(gate.open)
		pool := dbtest.Open(t, to)
		var tables int
		eventually(t, "the server has noticed", func() bool {
			err := pool.NewRaw(`select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`).Scan(t.Context(), &tables)
			return err == nil && tables == 0
		})
		if err := pool.NewRaw(`select count(*) from pg_class where relnamespace = 'public'::regnamespace`).Scan(t.Context(), &tables); err != nil || tables != 0 {
			t.Errorf("%d things are left: %v", tables, err)
		}
		_ = pool.Close()
		must(t, []string{"DATABASE_URL=" + to, "LOBBY_KEY=" + h.Key}, "restore", file)
		must(t, []string{"DATABASE_URL=" + to, "LOBBY_KEY=" + h.Key}, "audit", "verify")
	})
}

// gate lets so many bytes through to the server, and then none until it is opened.
type gate struct {
	after   int64
	passed  atomic.Int64
	reached chan struct{}
	open    chan struct{}
}

func (g *gate) before(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
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
			out, err := net.Dial("unix", filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"))
			if err != nil {
				_ = in.Close()
				continue
			}
			go pipe(in, out)
			go pipe(out, &watched{in, g})
		}
	}()
	return (&url.URL{Scheme: "postgres", User: u.User, Host: l.Addr().String(), Path: u.Path, RawQuery: "sslmode=disable"}).String()
}

type watched struct {
	net.Conn
	g *gate
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p[:min(len(p), 4096)])
	if had := w.g.passed.Add(int64(n)); had > w.g.after {
		if had-int64(n) <= w.g.after {
			close(w.g.reached)
		}
		<-w.g.open
	}
	return n, err
}

func (w *watched) WriteTo(out io.Writer) (int64, error) { return io.Copy(out, struct{ io.Reader }{w}) }

func TestRestoreKey(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	h.Site(t, h.Open(t), "a")
	file := saved(t, h)
	for name, c := range map[string]struct {
		tweak func(*config.Config)
		want  []string
	}{
		"another key":    {func(c *config.Config) { c.Key = boottest.New(t).Key }, []string{"LOBBY_KEY does not open this backup", "Nothing was changed"}},
		"no key":         {func(c *config.Config) { c.Key = "" }, []string{"LOBBY_KEY is not set", "Nothing was changed"}},
		"a broken key":   {func(c *config.Config) { c.Key = c.Key[:20] }, []string{"LOBBY_KEY", "cut"}},
		"no key file":    {func(c *config.Config) { c.DatabaseURL, c.Key, c.Data = "", "", filepath.Join(t.TempDir(), "var") }, []string{"var/lobby.key", "Put your copy"}},
		"not the person": {nil, []string{"forbidden"}},
	} {
		t.Run("PRIVACY-8 a restore is refused without the backup's key, and says the way out: "+name, func(t *testing.T) {
			t.Parallel()
			cfg, ctx := h.Config(t), asCLI(t.Context(), 0)
			cfg.DatabaseURL = dbtest.Empty(t)
			cfg.DirectURL = cfg.DatabaseURL
			to := cfg.DatabaseURL
			if c.tweak == nil {
				ctx = actor.With(ctx, actor.Actor{Kind: actor.Person, ID: 1, May: map[actor.Permission]bool{staff.ManageStaff: true}})
			} else {
				c.tweak(cfg)
			}
			_, err := boot.Restore(ctx, cfg, file, silent)
			for _, part := range c.want {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%q is missing in: %v", part, err)
				}
			}
			var n int
			if err := dbtest.Open(t, to).NewRaw(`select count(*) from pg_class where relnamespace = 'public'::regnamespace`).Scan(t.Context(), &n); err != nil || n != 0 {
				t.Errorf("%d things were made: %v", n, err)
			}
			if _, err := os.Stat(cfg.Data); cfg.DatabaseURL == "" && err == nil {
				t.Error("a cluster was made")
			}
		})
	}
}
