// Package config holds the one struct of settings, read from environment and flags and passed down, never global.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Config is everything that is decided outside the program.
type Config struct {
	DatabaseURL string // DATABASE_URL: the pool; empty: an embedded cluster under Data
	DirectURL   string // DATABASE_DIRECT_URL: migrations and listening; by default the same as DatabaseURL
	Addr        string // LOBBY_ADDR: where to listen; by default :8080, in demo mode on loopback
	Data        string // LOBBY_DATA: folder of the embedded cluster and its key file
	Backups     string // LOBBY_BACKUP_DIR: where the daily backups go, or "off"; empty: see BackupFolder
	Key         string // LOBBY_KEY: wraps the key ring; required with DatabaseURL
	NewKey      string // LOBBY_NEW_KEY: what 'lobby key rewrap' wraps the ring with; nobody else reads it
	URL         string // LOBBY_URL: the public address, for links and QR codes
	MetricsAddr string // LOBBY_METRICS_ADDR: Prometheus, on an address of its own; empty: off
	Proxies     string // LOBBY_TRUSTED_PROXIES: addresses and ranges whose X-Forwarded-* headers are believed
	TLSCert     string // LOBBY_TLS_CERT: certificate file; with TLSKey the server speaks https itself
	TLSKey      string // LOBBY_TLS_KEY
	LogFormat   string // LOBBY_LOG: text or json
	Demo        bool   // --demo
	Pprof       bool   // --pprof: profiles beside the metrics
	Migrate     bool   // --migrate: run pending migrations at start; an embedded cluster always does
}

// FromEnv reads the environment; Bind adds flags, Validate finishes and judges.
func FromEnv(getenv func(string) string) *Config {
	or := func(name, fallback string) string {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			return v
		}
		return fallback
	}
	return &Config{
		DatabaseURL: or("DATABASE_URL", ""),
		DirectURL:   or("DATABASE_DIRECT_URL", ""),
		Addr:        or("LOBBY_ADDR", ""),
		Data:        or("LOBBY_DATA", "./var"),
		Backups:     or("LOBBY_BACKUP_DIR", ""),
		Key:         or("LOBBY_KEY", ""),
		NewKey:      or("LOBBY_NEW_KEY", ""),
		URL:         or("LOBBY_URL", ""),
		MetricsAddr: or("LOBBY_METRICS_ADDR", ""),
		Proxies:     or("LOBBY_TRUSTED_PROXIES", ""),
		TLSCert:     or("LOBBY_TLS_CERT", ""),
		TLSKey:      or("LOBBY_TLS_KEY", ""),
		LogFormat:   or("LOBBY_LOG", "text"),
	}
}

// BindServe adds the flags of `lobby serve`; a flag wins over its variable.
func (c *Config) BindServe(f *pflag.FlagSet) {
	f.StringVar(&c.Addr, "addr", c.Addr, "address to listen on (LOBBY_ADDR; default :8080, in demo mode 127.0.0.1:8080)")
	f.StringVar(&c.URL, "url", c.URL, "public address for links and QR codes (LOBBY_URL)")
	f.StringVar(&c.MetricsAddr, "metrics-addr", c.MetricsAddr, "address for Prometheus metrics, such as 127.0.0.1:9090 (LOBBY_METRICS_ADDR; off when empty)")
	f.StringVar(&c.Proxies, "trusted-proxies", c.Proxies, "addresses and ranges of reverse proxies, by comma (LOBBY_TRUSTED_PROXIES)")
	f.StringVar(&c.TLSCert, "tls-cert", c.TLSCert, "certificate file, PEM (LOBBY_TLS_CERT)")
	f.StringVar(&c.TLSKey, "tls-key", c.TLSKey, "key file of the certificate, PEM (LOBBY_TLS_KEY)")
	f.StringVar(&c.LogFormat, "log", c.LogFormat, "log format, text or json (LOBBY_LOG)")
	f.BoolVar(&c.Demo, "demo", c.Demo, "load the reference site and open the kiosk without pairing, on loopback")
	f.BoolVar(&c.Pprof, "pprof", c.Pprof, "serve profiles beside the metrics; needs --metrics-addr")
	f.BoolVar(&c.Migrate, "migrate", c.Migrate, "run pending migrations before serving (an embedded cluster always does)")
}

// Embedded tells whether the binary runs a PostgreSQL of its own.
func (c *Config) Embedded() bool { return c.DatabaseURL == "" }

// TrustedProxies lists the ranges of Proxies; an address counts as a range of one.
func (c *Config) TrustedProxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range strings.FieldsFunc(c.Proxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p.Masked())
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("LOBBY_TRUSTED_PROXIES: %q is neither an address nor a range such as 10.0.0.0/8", text)
		}
		out = append(out, netip.PrefixFrom(a, a.BitLen()))
	}
	return out, nil
}

// KeyFile is where the key of an embedded cluster lies; empty with DATABASE_URL, where LOBBY_KEY is required.
func (c *Config) KeyFile() string {
	if !c.Embedded() {
		return ""
	}
	return filepath.Join(c.Data, "lobby.key")
}

// BackupFolder is where the daily backups go: for an embedded cluster beside it, where nobody says otherwise; for a
// database of somebody's server only where somebody does. Empty: none are taken.
func (c *Config) BackupFolder() string {
	switch {
	case c.Backups == "off":
		return ""
	case c.Backups == "" && c.Embedded():
		return filepath.Join(c.Data, "backups")
	}
	return c.Backups
}

// Validate fills what follows from something else and names everything that is wrong, one sentence each.
func (c *Config) Validate() error {
	return errors.Join(c.ValidateKeyless(), c.checkKey())
}

// ValidateKeyless is Validate for what opens nothing that is encrypted: a release step migrates without LOBBY_KEY.
func (c *Config) ValidateKeyless() error {
	c.fill()
	return errors.Join(c.checkDatabase(), c.checkAddrs(), c.checkURL(), c.checkProxies(), c.checkTLS(), c.checkRest())
}

func (c *Config) fill() {
	if c.DirectURL == "" {
		c.DirectURL = c.DatabaseURL
	}
	if c.Addr == "" {
		c.Addr = ":8080"
		if c.Demo {
			c.Addr = "127.0.0.1:8080"
		}
	}
	c.URL = strings.TrimRight(c.URL, "/")
}

func (c *Config) checkDatabase() error {
	if c.DatabaseURL == "" {
		if c.DirectURL != "" {
			return errors.New("DATABASE_DIRECT_URL is set without DATABASE_URL; set both, or neither for the embedded cluster")
		}
		return nil
	}
	for _, a := range []struct{ name, raw string }{{"DATABASE_URL", c.DatabaseURL}, {"DATABASE_DIRECT_URL", c.DirectURL}} {
		u, err := url.Parse(a.raw)
		// The address may hold a password, so it is never repeated here.
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return fmt.Errorf("%s must be an address such as postgres://user:password@host:5432/lobby?sslmode=verify-full", a.name)
		}
	}
	return nil
}

func (c *Config) checkKey() error {
	if c.DatabaseURL != "" && c.Key == "" {
		return errors.New("LOBBY_KEY is required with DATABASE_URL; for a new database make one with 'lobby key new' and keep a copy in a safe place")
	}
	return nil
}

func (c *Config) checkAddrs() error {
	for name, addr := range map[string]string{"LOBBY_ADDR": c.Addr, "LOBBY_METRICS_ADDR": c.MetricsAddr} {
		if addr == "" {
			continue
		}
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return fmt.Errorf("%s must be host:port or :port, such as 127.0.0.1:8080", name)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%s has a port that is not one; use a number from 0 to 65535", name)
		}
	}
	return nil
}

func (c *Config) checkURL() error {
	if c.URL == "" {
		return nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return errors.New("LOBBY_URL must be the public address without a path, such as https://lobby.example.com")
	}
	return nil
}

func (c *Config) checkProxies() error {
	_, err := c.TrustedProxies()
	return err
}

func (c *Config) checkTLS() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together; give both or neither")
	}
	for _, file := range []string{c.TLSCert, c.TLSKey} {
		if file == "" {
			continue
		}
		if f, err := os.Open(file); err != nil {
			return fmt.Errorf("the TLS file %s can't be read: %w", file, errors.Unwrap(err))
		} else if err := f.Close(); err != nil {
			return fmt.Errorf("the TLS file %s can't be read: %w", file, err)
		}
	}
	return nil
}

func (c *Config) checkRest() error {
	if c.Pprof && c.MetricsAddr == "" {
		return errors.New("--pprof needs --metrics-addr, such as 127.0.0.1:9090")
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return errors.New("LOBBY_LOG must be text or json")
	}
	return nil
}
