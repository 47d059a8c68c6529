package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func from(env map[string]string) *Config {
	return FromEnv(func(name string) string { return env[name] })
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := from(nil)
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Addr != ":8080" || c.Data != "./var" || !c.Embedded() || c.KeyFile() != "var/lobby.key" || c.MetricsAddr != "" {
		t.Errorf("defaults: %+v", c)
	}
	demo := from(nil)
	demo.Demo = true
	if err := demo.Validate(); err != nil || demo.Addr != "127.0.0.1:8080" {
		t.Errorf("the demo listens on %s (%v), not on loopback", demo.Addr, err)
	}
	open := from(map[string]string{"LOBBY_ADDR": ":9000"})
	open.Demo = true
	if err := open.Validate(); err != nil || open.Addr != ":9000" {
		t.Errorf("LOBBY_ADDR doesn't win over the demo: %s (%v)", open.Addr, err)
	}
}

func TestFlagsWin(t *testing.T) {
	t.Parallel()
	c := from(map[string]string{"LOBBY_ADDR": ":9000", "LOBBY_URL": "https://a.example/"})
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c.BindServe(f)
	if err := f.Parse([]string{"--addr", "127.0.0.1:1", "--trusted-proxies", "10.1.2.3/8, ::1"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:1" || c.URL != "https://a.example" {
		t.Errorf("addr %s, url %s", c.Addr, c.URL)
	}
	proxies, err := c.TrustedProxies()
	if err != nil || len(proxies) != 2 || proxies[0].String() != "10.0.0.0/8" || proxies[1].String() != "::1/128" {
		t.Errorf("proxies %v, %v", proxies, err)
	}
}

func TestWrong(t *testing.T) {
	t.Parallel()
	db := "postgres://lobby:hunter2@db/lobby?sslmode=verify-full"
	cert := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(cert, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  map[string]string
		says string
	}{
		"no key":          {map[string]string{"DATABASE_URL": db}, "LOBBY_KEY is required"},
		"direct alone":    {map[string]string{"DATABASE_DIRECT_URL": db}, "without DATABASE_URL"},
		"other database":  {map[string]string{"DATABASE_URL": "mysql://a:hunter2@b/c", "LOBBY_KEY": "k"}, "DATABASE_URL must be an address"},
		"no address":      {map[string]string{"DATABASE_URL": "host=db password=hunter2", "LOBBY_KEY": "k"}, "DATABASE_URL must be an address"},
		"addr":            {map[string]string{"LOBBY_ADDR": "8080"}, "LOBBY_ADDR must be host:port"},
		"port":            {map[string]string{"LOBBY_ADDR": ":99999"}, "LOBBY_ADDR has a port"},
		"metrics":         {map[string]string{"LOBBY_METRICS_ADDR": "x"}, "LOBBY_METRICS_ADDR"},
		"url with path":   {map[string]string{"LOBBY_URL": "https://a.example/lobby"}, "LOBBY_URL must be"},
		"url of a file":   {map[string]string{"LOBBY_URL": "file:///etc"}, "LOBBY_URL must be"},
		"proxies":         {map[string]string{"LOBBY_TRUSTED_PROXIES": "10.0.0.0/8,nginx"}, `"nginx" is neither`},
		"half tls":        {map[string]string{"LOBBY_TLS_CERT": cert}, "go together"},
		"tls not there":   {map[string]string{"LOBBY_TLS_CERT": cert, "LOBBY_TLS_KEY": "/nowhere/key.pem"}, "can't be read"},
		"log":             {map[string]string{"LOBBY_LOG": "xml"}, "LOBBY_LOG must be"},
		"several at once": {map[string]string{"LOBBY_LOG": "xml", "LOBBY_ADDR": "x"}, "LOBBY_ADDR must be host:port or :port, such as 127.0.0.1:8080\nLOBBY_LOG must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := from(c.env).Validate()
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("says %v, want %q", err, c.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("it tells the password: %v", err)
			}
		})
	}
	pprof := from(nil)
	pprof.Pprof = true
	if err := pprof.Validate(); err == nil {
		t.Error("profiles without an address of their own")
	}
}
