package boot_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
)

// public is where people reach the proxy of these tests.
const public = "https://lobby.example"

// proxy is a reverse proxy that speaks https in front of a server, as nginx and Caddy do in the README: it passes Host
// and sockets on, and says who asked, behind what the caller claims.
type proxy struct {
	front *httptest.Server
}

// openProxy puts a proxy for one caller's address before the server at addr.
func openProxy(t *testing.T, addr, caller string) *proxy {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: addr}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header["X-Forwarded-For"] = append(r.In.Header.Values("X-Forwarded-For"), caller)
		r.Out.Header.Set("X-Forwarded-Proto", "https")
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }})
	front.StartTLS()
	t.Cleanup(front.Close)
	return &proxy{front: front}
}

func (p *proxy) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, p.front.Listener.Addr().String())
}

func (p *proxy) tls() *tls.Config {
	pool := p.front.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // httptest says so
	return &tls.Config{RootCAs: pool, ServerName: "example.com"}                 // as the certificate of httptest is named
}

// browser is somebody who opens the public address.
func (p *proxy) browser(t *testing.T) *webtest.Client {
	t.Helper()
	c := webtest.At(t, public)
	transport := &http.Transport{DialContext: p.dial, TLSClientConfig: p.tls(), DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	c.HTTP.Transport = transport
	return c
}

// wall opens the socket of a paired wall.
func (p *proxy) wall(t *testing.T, token string) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: p.dial, TLSClientConfig: p.tls()}
	header := http.Header{"Cookie": {web.DeviceCookie + "=" + token}, "Origin": {public}}
	//nolint:bodyclose // after a handshake the body is the socket
	conn, res, err := dialer.DialContext(t.Context(), "wss"+strings.TrimPrefix(public, "https")+"/live?view=wall&epoch=1&seq=0", header)
	if err != nil {
		t.Fatalf("socket: %v, %v", err, res)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Behind a reverse proxy that speaks https: everything as on the own machine, and callers are who the proxy says.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	addr := boottest.FreeAddr(t)
	h.Tweak = func(c *config.Config) { c.Addr, c.URL, c.Proxies = addr, public, "127.0.0.1" }
	i := h.Start(t)
	here := h.Site(t, i.App, "proxied")
	h.Person(t, i.App, here.ID, "agent", staff.Agent)
	p, other := openProxy(t, addr, "203.0.113.7"), openProxy(t, addr, "203.0.113.8")

	t.Run("signing in gives a cookie for https only, and no page warns", func(t *testing.T) {
		agent := p.browser(t)
		page := agent.Post("/login", url.Values{"login": {"agent"}, "password": {boottest.Password}}).Want(http.StatusSeeOther)
		if cookie := page.Header.Get("Set-Cookie"); !strings.Contains(strings.ToLower(cookie), "; secure") || !strings.Contains(cookie, "HttpOnly") {
			t.Errorf("cookie %s", cookie)
		}
		desk := agent.Get("/desk").Want(http.StatusOK).WantNo("warning-bar")
		if desk.Header.Get("Strict-Transport-Security") == "" {
			t.Error("the browser isn't told to stay with https")
		}
		form := strings.NewReader("login=agent&password=" + boottest.Password)
		foreign := agent.Request(http.MethodPost, "/login", form)
		foreign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		foreign.Header.Set("Origin", "https://evil.example")
		agent.Do(foreign).Want(http.StatusForbidden)
	})
	t.Run("what is too large is refused on a page of ours", func(t *testing.T) {
		p.browser(t).Post("/login", url.Values{"login": {strings.Repeat("x", web.BodyLimit)}}).Want(http.StatusRequestEntityTooLarge).WantText("内容太多")
	})
	t.Run("wrong codes count for who the proxy says sent them, whatever the caller claims", func(t *testing.T) {
		guesser := p.browser(t)
		refused := false
		for n := 0; n < 20 && !refused; n++ {
			guesser.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", n))
			refused = guesser.Post("/pair", url.Values{"code": {fmt.Sprintf("%08d", n)}}).Status == http.StatusTooManyRequests
		}
		if !refused {
			t.Error("twenty wrong codes from one address, each with another claim, are all looked at")
		}
		code, _, err := i.App.Staff.Pair(actor.AsJob(t.Context(), "test", here.ID), staff.Pair{Kind: "kiosk", Name: "大堂"})
		if err != nil {
			t.Fatal(err)
		}
		kiosk := other.browser(t)
		kiosk.Post("/pair", url.Values{"code": {code}}).Want(http.StatusSeeOther).WantLocation("/kiosk")
		kiosk.Get("/kiosk").Want(http.StatusOK)
	})
	t.Run("a wall is live through the proxy, and comes back after a restart", func(t *testing.T) {
		token, _ := h.Device(t, i.App, here.ID, "wall")
		kiosk, _ := h.Device(t, i.App, here.ID, "kiosk")
		screen := p.wall(t, token)
		client := p.browser(t).HTTP
		const visitors = 3
		for n := range visitors {
			if code, body := post(t, client, public+"/kiosk/visit", kiosk, arrival(uuid.Must(uuid.NewV7()), fmt.Sprintf("访客%d", n))); code != http.StatusOK {
				t.Fatalf("answered with %d: %s", code, body)
			}
		}
		follow(t, screen, visitors)
		if err := i.Stop(); err != nil {
			t.Fatal(err)
		}
		if got := closed(t, screen); got != websocket.CloseServiceRestart {
			t.Errorf("closed with %d, want 1012", got)
		}
		p.browser(t).Get("/login").Want(http.StatusBadGateway)
		h.Start(t)
		follow(t, p.wall(t, token), visitors)
	})
}
