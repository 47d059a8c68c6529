// Lobby runs the front desk of a residential compound or commercial building: kiosk, live wall, desk.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	// Time zones of sites, for machines that have no zone files of their own (an empty container).
	_ "time/tzdata"

	"lobby/app/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
