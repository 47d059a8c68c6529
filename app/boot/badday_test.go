package boot_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/web"
)

// PostgreSQL is restarted under load, in order and by a power cut, with two instances and a wall: whoever isn't
// answered sends the same entry again. What was acknowledged is there, once; refusals are words, never a stack trace;
// both instances are ready again by themselves.
func TestDatabaseRestartedUnderLoad(t *testing.T) {
	t.Parallel()
	server := dbtest.Private(t)
	h := boottest.New(t)
	h.URL = server.URL()
	instances := []string{h.Start(t).URL(), ""}
	app := h.Open(t)
	here := h.Site(t, app, "restart")
	second := h.Start(t)
	instances[1] = second.URL()
	token, _ := h.Device(t, app, here.ID, "kiosk")
	wallToken, _ := h.Device(t, app, here.ID, "wall")

	crowd := enter(t, token, instances...)
	crowd.more(t)
	server.Restart()
	crowd.more(t)
	server.Kill()
	server.Start()
	crowd.more(t)
	entered := crowd.end(t)

	for _, base := range instances {
		boottest.WaitReady(t, base)
	}
	allOnce(t, app, here.ID, entered)
	boottest.Screen(t, instances[1], wallToken).Get("/wall").Want(http.StatusOK).WantText(fmt.Sprint(entered))
}

// The program itself is killed (-9) under load, again and again: between commit and answer, between commit and
// notification, wherever it is. What was acknowledged is there, once, and the wall of another instance has all of it.
func TestProgramKilledUnderLoad(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	app := h.Open(t)
	here := h.Site(t, app, "killed")
	token, _ := h.Device(t, app, here.ID, "kiosk")
	wallToken, _ := h.Device(t, app, here.ID, "wall")
	addr := boottest.FreeAddr(t)
	program := h.Process(t, addr)
	witness := h.Start(t)
	screen := wall(t, witness.URL(), wallToken)
	crowd := enter(t, token, program.URL)
	for range 3 {
		crowd.more(t)
		program.Kill()
		program = h.Process(t, addr)
	}
	crowd.more(t)
	entered := crowd.end(t)
	allOnce(t, app, here.ID, entered)
	follow(t, screen, int64(entered))
	boottest.Screen(t, program.URL, wallToken).Get("/wall").Want(http.StatusOK).WantText(fmt.Sprint(entered))
}

// A thousand walls that never read, at the real server: visitors are entered and another wall is told, as if they
// weren't there.
func TestAThousandWallsThatNeverRead(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	here := h.Site(t, i.App, "deaf")
	token, _ := h.Device(t, i.App, here.ID, "kiosk")
	wallToken, _ := h.Device(t, i.App, here.ID, "wall")
	address := strings.TrimPrefix(i.URL(), "http://")
	handshake := "GET /live?view=wall&epoch=1&seq=0 HTTP/1.1\r\nHost: " + address + "\r\nOrigin: " + i.URL() + "\r\nCookie: " + web.DeviceCookie + "=" + wallToken +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n"
	deaf := make(chan net.Conn, 1000)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 50 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				deaf <- conn
				_, _ = conn.Write([]byte(handshake))
			}
		})
	}
	wg.Wait()
	close(deaf)
	t.Cleanup(func() {
		for conn := range deaf {
			_ = conn.Close()
		}
	})
	eventually(t, "a thousand are served", func() bool { return i.Hub.Stats().Watching == 1000 })
	screen := wall(t, i.URL(), wallToken)
	for n := range 20 {
		if code, _ := post(t, &http.Client{Timeout: 5 * time.Second}, i.URL()+"/kiosk/visit", token, arrival(uuid.Must(uuid.NewV7()), fmt.Sprintf("访客%d号", n))); code != http.StatusOK {
			t.Fatalf("visitor %d: %d", n, code)
		}
	}
	follow(t, screen, 20)
}
