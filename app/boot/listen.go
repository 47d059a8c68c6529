package boot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"lobby/app/config"
)

// open listens on the configured address, with TLS where a certificate is given.
func open(ctx context.Context, cfg *config.Config) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; choose another address with LOBBY_ADDR", cfg.Addr)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("%s needs more rights than this user has; choose a port from 1024 on with LOBBY_ADDR", cfg.Addr)
	}
	if err != nil || cfg.TLSCert == "" {
		return ln, err
	}
	pair := &certificate{cert: cfg.TLSCert, key: cfg.TLSKey}
	if _, err := pair.get(nil); err != nil {
		return nil, errors.Join(fmt.Errorf("the certificate can't be used: %w", err), ln.Close())
	}
	return tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}), nil
}

// certificate is read anew when its file has changed, so that a renewed one needs no restart.
type certificate struct {
	cert, key string

	mu   sync.Mutex
	at   time.Time
	pair *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.cert)
	if err == nil && c.pair != nil && info.ModTime().Equal(c.at) {
		return c.pair, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(c.cert, c.key)
	if err = errors.Join(err, loadErr); err != nil {
		if c.pair != nil {
			return c.pair, nil // half-written by its renewal: the old one still counts
		}
		return nil, err
	}
	c.at, c.pair = info.ModTime(), &pair
	return c.pair, nil
}

// loopback tells whether only this machine can reach an address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
