package live

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
)

const (
	confirmFirst = 5 * time.Millisecond // between the first two tries to hear the own voice, then longer and longer
	confirmWait  = 5 * time.Second      // after which a connection that stays silent is given up
	proveEvery   = 15 * time.Second     // between two proofs that the connection still hears
	livedLong    = 500 * time.Millisecond
)

var (
	errDeaf  = errors.New("live: the listening connection doesn't hear what is said")
	errEnded = errors.New("live: the listening connection has ended")
)

// listener keeps one direct connection that hears the wake-ups of all instances.
type listener struct {
	direct *bun.DB
	pool   *bun.DB
	own    string                    // payload of the own notifications, which the own reader needn't hear
	wake   func()                    // something may be new
	up     atomic.Bool               // confirmed and not known to be broken
	lost   func(err error, was bool) // for log and counters; was: it had been in force
}

// run listens until ctx ends, reconnecting for ever.
func (l *listener) run(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		err := l.listen(ctx)
		was := l.up.Swap(false)
		l.wake() // what was said meanwhile is read now
		if ctx.Err() != nil {
			return
		}
		l.lost(err, was)
		if time.Since(began) < livedLong { // else at once: it worked until a moment ago
			sleep(ctx, 50*time.Millisecond+jitter(200*time.Millisecond))
		}
	}
}

// listen opens a connection, proves that it hears, and waits on it until it breaks.
func (l *listener) listen(ctx context.Context) error {
	ln := pgdriver.NewListener(l.direct)
	open, cancel := context.WithTimeout(ctx, confirmWait)
	defer cancel()
	if err := ln.Listen(open, channel); err != nil {
		_ = ln.Close()
		return err
	}
	heard := make(chan string, 1)
	ended := make(chan struct{})
	var cause error
	go func() {
		defer close(ended)
		cause = receive(ln, heard, l.hear)
	}()
	err := l.prove(ctx, heard, ended)
	_ = ln.Close() // ends receive: cancelling a context doesn't end a read of pgdriver
	<-ended
	if errors.Is(err, errEnded) {
		return cause
	}
	return err
}

// prove sends a nonce now and then and expects to hear it. Listen returns before it is in force, so until the first
// nonce is back nothing may be relied on; later a connection cut in silence is found out that way.
func (l *listener) prove(ctx context.Context, heard <-chan string, ended <-chan struct{}) error {
	for {
		if err := l.confirm(ctx, heard, ended); err != nil || ctx.Err() != nil {
			return err
		}
		if !l.up.Swap(true) {
			l.wake()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ended:
			return errEnded
		case <-time.After(proveEvery):
		}
	}
}

func (l *listener) confirm(ctx context.Context, heard <-chan string, ended <-chan struct{}) error {
	sign := "?" + nonce()
	deadline := time.NewTimer(confirmWait)
	defer deadline.Stop()
	pause := confirmFirst
	again := time.NewTimer(pause)
	defer again.Stop()
	for {
		if err := notify(ctx, l.pool, sign); err != nil && ctx.Err() == nil {
			l.lost(err, false) // perhaps only the pool is in trouble: keep trying until the deadline
		}
		again.Reset(pause)
		pause = min(2*pause, time.Second)
	wait:
		for {
			select {
			case got := <-heard:
				if got == sign {
					return nil
				}
			case <-ended:
				return errEnded
			case <-deadline.C:
				return errDeaf
			case <-ctx.Done():
				return nil
			case <-again.C:
				break wait
			}
		}
	}
}

// hear is called for each notification that isn't a proof.
func (l *listener) hear(payload string) {
	if payload != l.own {
		l.wake()
	}
}

func receive(ln *pgdriver.Listener, heard chan string, hear func(string)) error {
	for {
		_, payload, err := ln.Receive(context.Background())
		if err != nil {
			return err
		}
		hear(payload)
		if !strings.HasPrefix(payload, "?") {
			continue
		}
		select { // the newest proof only
		case <-heard:
		default:
		}
		heard <- payload
	}
}
