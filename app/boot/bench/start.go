package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/valyala/fasthttp"
)

// start measures how long the built program takes from being started to its first 200, on a migrated database.
func start(ctx context.Context, h *house) (chapter, error) {
	info, err := os.Stat(h.binary)
	if err != nil {
		return chapter{}, fmt.Errorf("build the program first: %w", err)
	}
	var ours, bare []time.Duration
	for range 10 {
		took, err := firstAnswer(ctx, h)
		if err != nil {
			return chapter{}, err
		}
		ours = append(ours, took)
		began := time.Now()
		if err := exec.CommandContext(ctx, h.binary, "--help").Run(); err != nil {
			return chapter{}, err
		}
		bare = append(bare, time.Since(began))
	}
	m, y := percentile(ours, 50), percentile(bare, 50)
	return chapter{
		Title: "Start",
		How: "From starting the process to its first 200 on `/readyz`, on a migrated external database (schema checked, key ring opened, listener in force); " +
			"median of ten. Beside it the same binary doing nothing (`lobby --help`).",
		Lines: []line{
			{What: "start to first 200", Ours: ms(m), Yardstick: ms(y), Ratio: fmt.Sprintf("%.1f", float64(m)/float64(y)), Target: "≤ 100 ms", Met: m <= 100*time.Millisecond},
			{What: "slowest of the ten", Ours: ms(percentile(ours, 100)), Yardstick: ms(percentile(bare, 100))},
			{What: "binary", Ours: fmt.Sprintf("%.1f MiB", float64(info.Size())/(1<<20))},
		},
	}, nil
}

func firstAnswer(ctx context.Context, h *house) (time.Duration, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, h.binary, "serve")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+h.cluster.URL(), "LOBBY_KEY="+h.key, "LOBBY_ADDR="+addr)
	client := &fasthttp.HostClient{Addr: addr}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	for {
		status, _, err := client.Get(nil, "http://"+addr+"/readyz")
		took := time.Since(began)
		if err == nil && status == fasthttp.StatusOK {
			return took, errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait())
		}
		if took > 10*time.Second {
			return 0, errors.Join(fmt.Errorf("no answer within 10 s: status %d, %w", status, err), cmd.Process.Kill(), cmd.Wait())
		}
		time.Sleep(500 * time.Microsecond)
	}
}
