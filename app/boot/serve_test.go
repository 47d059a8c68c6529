package boot_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/uptrace/bun"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
)

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// wall opens the socket of a paired wall.
func wall(t *testing.T, base, token string) *websocket.Conn {
	t.Helper()
	return wallAt(t, base, token, 1, 0)
}

// wallAt opens it where it left off.
func wallAt(t *testing.T, base, token string, epoch, seq int64) *websocket.Conn {
	t.Helper()
	header := http.Header{"Cookie": {web.DeviceCookie + "=" + token}, "Origin": {base}}
	//nolint:bodyclose // after a handshake the body is the socket
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(base, "http")+fmt.Sprintf("/live?view=wall&epoch=%d&seq=%d", epoch, seq), header)
	if err != nil {
		t.Fatalf("socket: %v, %v", err, res)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// closed reads a socket until the server closes it, and gives the code.
func closed(t *testing.T, conn *websocket.Conn) int {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		_, _, err := conn.ReadMessage()
		var end *websocket.CloseError
		if errors.As(err, &end) {
			return end.Code
		}
		if err != nil {
			t.Fatalf("the socket ended without a word: %v", err)
		}
	}
}

// Stopping: sockets are told to come again (1012), and what the instance held is given back.
func TestStop(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	here := h.Site(t, i.App, "stop")
	token, _ := h.Device(t, i.App, here.ID, "wall")
	conn := wall(t, i.URL(), token)
	code := make(chan int, 1)
	go func() { code <- closed(t, conn) }()
	eventually(t, "the socket is served", func() bool { return i.Hub.Stats().Watching == 1 })
	if err := i.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != websocket.CloseServiceRestart {
		t.Errorf("the socket was closed with %d, want 1012", got)
	}
	if err := i.Ready(t.Context()); err == nil {
		t.Error("it says to be ready after it was stopped")
	}
	if err := i.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
}

// A stop without open sockets is quick: nothing waits for nobody.
func TestIdleStopIsQuick(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	start := time.Now()
	if err := i.Stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// Two instances on one database: what one changes, the other applies.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	one, two := h.Start(t), h.Start(t)
	here := h.Site(t, one.App, "two")
	token, device := h.Device(t, one.App, here.ID, "wall")
	if _, err := two.App.Sites.Get(t.Context(), here.ID); err != nil { // remembered by two from now on
		t.Fatal(err)
	}
	conn := wall(t, two.URL(), token)
	eventually(t, "the socket is served", func() bool { return two.Hub.Stats().Watching == 1 })
	boottest.Screen(t, two.URL(), token).Get("/wall").Want(200)

	_, err := one.App.DB.NewRaw(`update sites set name = '改名' where id = ?`, here.ID).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, one.App, "site.changed", here.ID)
	eventually(t, "the other instance forgets the old settings", func() bool {
		s, err := two.App.Sites.Get(t.Context(), here.ID)
		return err == nil && s.Name == "改名"
	})
	if _, err := one.App.Staff.Revoke(actor.AsJob(t.Context(), "test", here.ID), device); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if got := closed(t, conn); got != live.CloseRevoked {
		t.Errorf("the revoked device's socket was closed with %d, want %d", got, live.CloseRevoked)
	}
	t.Logf("revoked on the other instance after %s", time.Since(start).Round(time.Millisecond))
	boottest.Screen(t, two.URL(), token).Get("/wall").Want(http.StatusSeeOther)
}

func publish(t *testing.T, app *boot.App, kind string, id int64) {
	t.Helper()
	_, err := db.Tx(t.Context(), app.DB, func(ctx context.Context, _ bun.Tx) (struct{}, error) {
		live.Publish(ctx, live.Control, kind, id)
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An external database is not touched by serving: pending migrations are the release step's, unless --migrate says so.
func TestPendingMigrations(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	h.URL = dbtest.Empty(t)
	_, err := boot.Open(t.Context(), h.Config(t), boot.Options{})
	if err == nil || !strings.Contains(err.Error(), "lobby migrate up") {
		t.Fatalf("serving an empty database: %v", err)
	}
	h.Tweak = func(c *config.Config) { c.Migrate = true }
	i := h.Start(t)
	if err := db.Check(t.Context(), i.App.DB); err != nil {
		t.Errorf("after --migrate: %v", err)
	}
	if _, err := db.Rollback(t.Context(), i.App.DB, 1); err != nil {
		t.Fatal(err)
	}
	if code, body := get(t, http.DefaultClient, i.URL()+"/readyz"); code != 503 || !strings.Contains(body, "database") {
		t.Errorf("/readyz on a schema that was taken back: %d %s", code, body)
	}
	if code, _ := get(t, http.DefaultClient, i.URL()+"/healthz"); code != 200 {
		t.Errorf("/healthz: %d", code)
	}
}

// A key that doesn't belong to the database refuses the start: nothing is encrypted with it.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	h.Open(t)
	h.Key = pii.NewKey().Text()
	if _, err := boot.Open(t.Context(), h.Config(t), boot.Options{}); !errors.Is(err, pii.ErrWrongKey) {
		t.Fatalf("another key: %v", err)
	}
}

// Metrics have an address of their own, profiles only where asked, and routes are named as declared.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	addr := boottest.FreeAddr(t)
	h.Tweak = func(c *config.Config) { c.MetricsAddr = addr }
	i := h.Start(t)
	h.Site(t, i.App, "garden")
	get(t, http.DefaultClient, i.URL()+"/p/abcdefghijklmnopqrstuv?phone=13800001234")
	code, text := get(t, http.DefaultClient, "http://"+addr+"/metrics")
	if code != 200 {
		t.Fatalf("/metrics: %d", code)
	}
	for _, want := range []string{"lobby_build_info", "lobby_due_lag_seconds 0", `route="/readyz"`, `route="/p/:token"`, "go_sql_open_connections", "lobby_live_watching 0", "go_goroutines"} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	for _, never := range []string{"13800001234", "abcdefghijklmnopqrstuv"} {
		if strings.Contains(text, never) {
			t.Errorf("/metrics tells %s", never)
		}
	}
	if code, _ := get(t, http.DefaultClient, "http://"+addr+"/debug/pprof/"); code != 404 {
		t.Errorf("profiles without --pprof: %d", code)
	}
	if code, _ := get(t, http.DefaultClient, i.URL()+"/metrics"); code != 404 {
		t.Errorf("metrics on the public address: %d", code)
	}
}

// A browser keeps connections ready on which it has asked for nothing: they make no stop a failed one.
func TestStopWithASpareConnection(t *testing.T) {
	t.Parallel()
	i := boottest.New(t).Start(t)
	spare, err := net.Dial("tcp", strings.TrimPrefix(i.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = spare.Close() }()
	get(t, http.DefaultClient, i.URL()+"/readyz") // the server has taken the connection before this one
	if err := i.Stop(); err != nil {
		t.Error(err)
	}
}
