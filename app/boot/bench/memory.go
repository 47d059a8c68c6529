package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"lobby/app/boot"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
)

const (
	idleWalls = 5000
	idleFor   = 20 * time.Second // longer than a heartbeat takes to reach everybody
)

// memory measures what a quiet wall costs the server, beside a bare Fiber websocket echo, each in a process of its own.
func memory(ctx context.Context, h *house) (chapter, error) {
	cookie, err := h.screen(ctx, "wall")
	if err != nil {
		return chapter{}, err
	}
	at, err := live.Head(ctx, h.server.App.DB, live.Site(h.site.ID))
	if err != nil {
		return chapter{}, err
	}
	o := order{Cookie: cookie, Sockets: idleWalls, Epoch: at.Epoch, Seq: at.Seq}
	bare, err := occupy(ctx, h, "echo", o)
	if err != nil {
		return chapter{}, err
	}
	ours, err := occupy(ctx, h, "lobby", o)
	if err != nil {
		return chapter{}, err
	}
	by := func(a, b float64) string { return strconv.FormatFloat(a/b, 'f', 2, 64) }
	both, bareBoth := ours.Heap+ours.Stack, bare.Heap+bare.Stack
	return chapter{
		Title: "Memory of an idle wall",
		How: fmt.Sprintf(`%d sockets, opened from another process, quiet for %s but for their heartbeats; then the growth of the process per
socket after garbage collection (runtime.MemStats, HeapInuse and StackInuse). The yardstick is a bare Fiber websocket echo with its defaults.`, idleWalls, idleFor),
		Lines: []line{
			{What: "heap and stack, bytes", Ours: whole(both), Yardstick: whole(bareBoth), Ratio: by(both, bareBoth), Target: "≤ 1.25", Met: both <= 1.25*bareBoth},
			{What: "heap", Ours: whole(ours.Heap), Yardstick: whole(bare.Heap), Ratio: by(ours.Heap, bare.Heap)},
			{What: "stack", Ours: whole(ours.Stack), Yardstick: whole(bare.Stack), Ratio: by(ours.Stack, bare.Stack)},
			{What: "resident set", Ours: whole(ours.Resident), Yardstick: whole(bare.Resident), Ratio: by(ours.Resident, bare.Resident)},
			{What: "goroutines", Ours: fmt.Sprintf("%.2f", ours.Goroutines), Yardstick: fmt.Sprintf("%.2f", bare.Goroutines), Ratio: by(ours.Goroutines, bare.Goroutines)},
		},
	}, nil
}

func whole(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }

// usage is what a process occupies.
type usage struct{ Heap, Stack, Resident, Goroutines float64 }

func (u usage) per(before usage, n float64) usage {
	return usage{(u.Heap - before.Heap) / n, (u.Stack - before.Stack) / n, (u.Resident - before.Resident) / n, (u.Goroutines - before.Goroutines) / n}
}

// occupy starts a server in a process of its own, opens the sockets from another one, and tells the growth per socket.
func occupy(ctx context.Context, h *house, part string, o order) (u usage, err error) {
	self, err := os.Executable()
	if err != nil {
		return u, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"="+part, "DATABASE_URL="+h.cluster.URL(), "LOBBY_KEY="+h.key)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe() // its end ends the process
	if err != nil {
		return u, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return u, err
	}
	if err := cmd.Start(); err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, in.Close(), cmd.Wait()) }()
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return u, err
	}
	var address, meter string
	if _, err := fmt.Sscan(said, &address, &meter); err != nil {
		return u, err
	}
	before, err := measure(ctx, meter)
	if err != nil {
		return u, err
	}
	o.URL = address
	eyes, err := open(ctx, o)
	if err != nil {
		return u, err
	}
	time.Sleep(idleFor)
	after, err := measure(ctx, meter)
	return after.per(before, float64(o.Sockets)), errors.Join(err, eyes.close())
}

func measure(ctx context.Context, meter string) (u usage, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, meter, nil)
	if err != nil {
		return u, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return u, err
	}
	defer func() { _ = res.Body.Close() }()
	return u, json.NewDecoder(res.Body).Decode(&u)
}

// serveMemory is the process that is measured. It tells its address and where its meter is, and ends with its input.
func serveMemory(part string) error {
	meter, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(occupied())
	})}
	go func() { _ = server.Serve(meter) }()
	serve := serveEcho
	if part == "lobby" {
		serve = serveLobby
	}
	address, stop, err := serve()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, address, "http://"+meter.Addr().String()); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return errors.Join(stop(), server.Close())
}

func serveLobby() (string, func() error, error) {
	if err := boot.SetHeap(); err != nil {
		return "", nil, err
	}
	cfg := benchConfig(os.Getenv("DATABASE_URL"), os.Getenv("LOBBY_KEY"))
	app, err := boot.Open(context.Background(), cfg, boot.Options{Log: slog.New(slog.DiscardHandler), Rates: web.Rates{Off: true}})
	if err != nil {
		return "", nil, err
	}
	i, err := app.Start(context.Background())
	if err != nil {
		return "", nil, errors.Join(err, app.Close())
	}
	return i.URL(), i.Stop, nil
}

// serveEcho is the yardstick: what one would write first.
func serveEcho() (string, func() error, error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/live", websocket.New(func(c *websocket.Conn) {
		for {
			kind, text, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, text) != nil {
				return
			}
		}
	}))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() { _ = app.Listener(ln) }()
	return "http://" + ln.Addr().String(), app.Shutdown, nil
}

// occupied is what this process holds after collecting garbage.
func occupied() usage {
	for range 3 { // finalizers, pools with two lives, stacks that shrink by half at a time
		debug.FreeOSMemory()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{float64(m.HeapInuse), float64(m.StackInuse), resident(), float64(runtime.NumGoroutine())}
}

// resident reads the resident set of this process; 0 where there is no /proc.
func resident() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024
		}
	}
	return 0
}
