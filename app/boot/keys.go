package boot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/pii"
	"lobby/app/ticket"
	"lobby/app/visitor"
)

// ManageKeys is the permission to change the key ring. No role has it: it is the command line's, which has the key.
const ManageKeys actor.Permission = "key.manage"

// keysEvery is how often an instance looks at the key ring though nobody told it to.
const keysEvery = 15 * time.Second

// keyChanged wakes followKeys. It never waits.
func (a *App) keyChanged() {
	select {
	case a.keys <- struct{}{}:
	default: // woken already
	}
}

// followKeys takes up a key ring that was changed. The same trouble is told once.
func (a *App) followKeys(ctx context.Context) {
	tick := time.NewTicker(keysEvery)
	defer tick.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.keys:
		case <-tick.C:
		}
		err := a.Vault.Reload(ctx)
		if err == nil || ctx.Err() != nil {
			told = ""
			continue
		}
		if err.Error() != told {
			a.Log.Warn("key ring", "error", err)
		}
		told = err.Error()
	}
}

// sealed are all columns that hold encrypted values.
func sealed() []pii.Column { return slices.Concat(visitor.Sealed(), ticket.Sealed()) }

// RotateKey gives the key ring a new key and encrypts everything anew, while instances serve (see pii.Rotation).
func (a *App) RotateKey(ctx context.Context, settle time.Duration, report func(pii.Progress)) (done pii.Rotated, err error) {
	if _, err := actor.Require(ctx, ManageKeys); err != nil {
		return done, err
	}
	direct, err := db.OpenDirect(ctx, a.direct)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, direct.Close()) }()
	r := pii.Rotation{Direct: direct, Vault: a.Vault, Columns: sealed(), Settle: settle, Report: report, Record: record("key.rotate")}
	return r.Run(ctx)
}

func record(verb string) pii.Record {
	return func(ctx context.Context, tx bun.IDB, fields ...string) error {
		return audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "key_rings", ID: 1, Fields: fields})
	}
}

// Rewrapped is what a change of LOBBY_KEY did.
type Rewrapped struct {
	Already bool   // the ring was wrapped with the new key before
	File    string // the key file that holds the new key now; empty where the key is a variable
	Kept    string // the file in which the old key is kept
}

// ErrNoNewKey tells that nobody said which the new key is.
var ErrNoNewKey = errors.New("LOBBY_NEW_KEY is not set. Make a new key and keep a copy in a safe place: " +
	"export LOBBY_NEW_KEY=$(lobby key new); then call again with the old key in LOBBY_KEY")

// RewrapKey wraps the key ring with a new LOBBY_KEY: that of LOBBY_NEW_KEY, or, where the key is a file of the embedded
// cluster, a new one in its place. Killed anywhere, either the old key opens the ring, or the new one, which the next
// start finds.
func RewrapKey(ctx context.Context, cfg *config.Config, opt Options) (done Rewrapped, err error) {
	if _, err := actor.Require(ctx, ManageKeys); err != nil {
		return done, err
	}
	app := prepare(cfg, opt)
	defer func() { err = errors.Join(err, app.Close()) }()
	for _, step := range []func(context.Context) error{app.openDatabase, app.checkSchema} {
		if err := step(ctx); err != nil {
			return done, err
		}
	}
	if cfg.Key == "" { // an embedded cluster's key file; this also finishes a rewrap that was cut off
		if err := app.openVault(ctx); err != nil {
			return done, err
		}
		done.File = cfg.KeyFile()
	}
	from, _, err := pii.LoadKey(cfg.Key, cfg.KeyFile(), false)
	if err != nil {
		return done, err
	}
	to, err := newKey(cfg)
	if err != nil {
		return done, err
	}
	if done.File != "" {
		if err := pii.StageKey(done.File, to); err != nil {
			return done, err
		}
	}
	direct, err := db.OpenDirect(ctx, app.direct)
	if err != nil {
		return done, err
	}
	changed, err := pii.Rewrap(ctx, direct, from, to, record("key.rewrap"))
	if err = errors.Join(err, direct.Close()); err != nil {
		return done, err
	}
	done.Already = !changed
	if done.File != "" {
		done.Kept, err = pii.PromoteKey(done.File, app.Now())
	}
	return done, err
}

func newKey(cfg *config.Config) (pii.WrapKey, error) {
	switch {
	case cfg.NewKey != "":
		k, err := pii.ParseKey(cfg.NewKey)
		if err != nil {
			return k, errors.New("LOBBY_NEW_KEY: " + err.Error())
		}
		return k, nil
	case cfg.Key == "":
		return pii.NewKey(), nil
	}
	return pii.WrapKey{}, ErrNoNewKey
}
