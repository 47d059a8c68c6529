package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"
	"github.com/valyala/fasthttp"

	"lobby/app/boot"
	"lobby/app/boot/demo"
	"lobby/app/kit/db"
	"lobby/app/kit/db/cluster"
)

const (
	million      = 1_000_000
	backupRounds = 3
	busyRounds   = 5
)

// backups measures a backup and a restore of a million tickets against PostgreSQL's own tools.
func backups(ctx context.Context, h *house) (chapter, error) {
	if err := h.fillTickets(ctx); err != nil {
		return chapter{}, err
	}
	found, err := cluster.Look(ctx, h.dir)
	if err != nil {
		return chapter{}, err
	}
	tool := func(name string, args ...string) func() error {
		return func() error { return run(ctx, nil, filepath.Join(found.Programs, name), args...) }
	}
	ours, theirs := filepath.Join(h.dir, "ours.backup"), filepath.Join(h.dir, "theirs.dump")
	env := func(database string) []string {
		return []string{"DATABASE_URL=" + h.at(database), "LOBBY_KEY=" + h.key}
	}
	var d, l, dy, ly []time.Duration
	var dr, lr []float64
	sizes := [2]int64{}
	for range backupRounds {
		a, err := timed(func() error { return run(ctx, env("lobby"), h.binary, "backup", ours) })
		if err != nil {
			return chapter{}, err
		}
		b, err := timed(tool("pg_dump", "-Fc", "-f", theirs, h.at("lobby")))
		if err != nil {
			return chapter{}, err
		}
		e, err := h.intoFresh(ctx, func(name string) error { return run(ctx, env(name), h.binary, "restore", ours) })
		if err != nil {
			return chapter{}, err
		}
		f, err := h.intoFresh(ctx, func(name string) error { return tool("pg_restore", "--no-owner", "-d", h.at(name), theirs)() })
		if err != nil {
			return chapter{}, err
		}
		d, dy, l, ly = append(d, a), append(dy, b), append(l, e), append(ly, f)
		for i, file := range []string{ours, theirs} {
			if sizes[i], err = sizeAndRemove(file); err != nil {
				return chapter{}, err
			}
		}
		dr, lr = append(dr, float64(a)/float64(b)), append(lr, float64(e)/float64(f))
	}
	seconds := func(all []time.Duration) string { return fmt.Sprintf("%.2f s", percentile(all, 50).Seconds()) }
	ratio := func(what string, a, b []time.Duration, r []float64) line {
		m := median(r)
		return line{What: what, Ours: seconds(a), Yardstick: seconds(b), Ratio: fmt.Sprintf("%.2f", m), Target: "≤ 1.2", Met: m <= 1.2}
	}
	return chapter{
		Title: "Backup and restore",
		How: fmt.Sprintf(`A million tickets, without their histories, and what else the bench has made. `+"`lobby backup FILE` and `lobby restore FILE`"+` as processes, from start to end
(the backup rests half as long again as it works; the restore proves the checksum first, checks keys and constraints, gathers statistics, seals the record),
beside `+"`pg_dump -Fc -f FILE` and `pg_restore --no-owner -d …`"+` of the same data, which do none of that, each into a new database. fsync is on. %d rounds in turn; medians.`, backupRounds),
		Lines: []line{
			ratio("backup", d, dy, dr),
			ratio("restore", l, ly, lr),
			{What: "size of the file", Ours: mib(sizes[0]), Yardstick: mib(sizes[1]), Ratio: fmt.Sprintf("%.2f", float64(sizes[0])/float64(sizes[1]))},
		},
	}, nil
}

func sizeAndRemove(file string) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), os.Remove(file)
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func timed(do func() error) (time.Duration, error) {
	began := time.Now()
	err := do()
	return time.Since(began), err
}

// run runs a program; what it says is told where it fails.
func run(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), args[0], err, out)
	}
	return nil
}

// at is the address of another database of the cluster.
func (h *house) at(database string) string {
	u, err := url.Parse(h.cluster.URL())
	if err != nil {
		panic(err) // the cluster's own address
	}
	u.Path = "/" + database
	return u.String()
}

// intoFresh times fn on a new database, which is dropped afterwards.
func (h *house) intoFresh(ctx context.Context, fn func(name string) error) (took time.Duration, err error) {
	const name = "bench_restore"
	pool, err := db.OpenDirect(ctx, h.at("postgres"))
	if err != nil {
		return 0, err
	}
	defer func() {
		_, dropErr := pool.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(name))
		err = errors.Join(err, dropErr, pool.Close())
	}()
	if _, err := pool.ExecContext(ctx, "create database ? template template0", bun.Ident(name)); err != nil {
		return 0, err
	}
	if _, err := pool.ExecContext(ctx, "checkpoint"); err != nil {
		return 0, err
	}
	return timed(func() error { return fn(name) })
}

// fillTickets brings the demo site to a million tickets more, each with a phone, without their histories. The server is
// started anew for it.
func (h *house) fillTickets(ctx context.Context) error {
	if h.filled {
		return nil
	}
	h.filled = true
	if err := h.server.Stop(); err != nil {
		return err
	}
	if _, err := h.load(ctx, h.cluster.URL(), demo.Many{Tickets: million, Bare: true}); err != nil {
		return err
	}
	var err error
	h.server, err = h.serve(ctx)
	return err
}

// load fills a database with very many tickets. Nobody's term is over there, so that no job empties them meanwhile.
func (h *house) load(ctx context.Context, database string, many demo.Many) (made demo.Crowd, err error) {
	app, err := boot.Open(ctx, benchConfig(database, h.key), boot.Options{})
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if err := app.LoadDemo(ctx, io.Discard); err != nil {
		return made, err
	}
	if _, err := app.DB.ExecContext(ctx, `update sites set settings = settings || '{"ticket_term_days": 1100}'`); err != nil {
		return made, err
	}
	app.Sites.Forget(0)
	return app.LoadMany(ctx, io.Discard, many)
}

// busy measures registrations while a backup and a key rotation run, against the same without them.
func busy(ctx context.Context, h *house) (chapter, error) {
	if err := h.fillTickets(ctx); err != nil {
		return chapter{}, err
	}
	cookie, err := h.screen(ctx, "kiosk")
	if err != nil {
		return chapter{}, err
	}
	one := func(client *fasthttp.HostClient) error { return register(client, h, cookie) }
	var with, without, ratios []float64
	taken := 0
	for range busyRounds {
		a, err := round(ctx, one, h)
		if err != nil {
			return chapter{}, err
		}
		var b float64
		n, err := h.besides(ctx, func() (err error) { b, err = round(ctx, one, h); return err })
		if err != nil {
			return chapter{}, err
		}
		taken += n
		without, with, ratios = append(without, a), append(with, b), append(ratios, b/a)
	}
	ratio := median(ratios)
	return chapter{
		Title: "Registrations beside a backup and a key rotation",
		How: fmt.Sprintf(`Kiosk registrations as above, with a million tickets in the database: alone, and while `+"`lobby backup`"+` (one after the other) and
`+"`lobby key rotate`"+` (of a million phones, cut off at the end of the round and resumed in the next) run as processes of their own. %d rounds of %s
of each in turn; medians. Everything shares the machine's cores.`, busyRounds, roundLength),
		Lines: []line{{
			What: "registrations per second", Ours: fmt.Sprintf("%.0f", median(with)), Yardstick: fmt.Sprintf("%.0f", median(without)),
			Ratio: fmt.Sprintf("%.2f", ratio), Target: "≥ 0.7", Met: ratio >= 0.7,
		}},
		Notes: []string{fmt.Sprintf("%d backups were finished in the rounds.", taken)},
	}, nil
}

// besides runs fn while backups and a rotation run, and tells how many backups were finished.
func (h *house) besides(ctx context.Context, fn func() error) (taken int, err error) {
	ctx, cut := context.WithCancel(ctx)
	env := []string{"DATABASE_URL=" + h.cluster.URL(), "LOBBY_KEY=" + h.key}
	ended := make(chan error, 2)
	go func() {
		file := filepath.Join(h.dir, "busy.backup")
		var err error
		for ctx.Err() == nil && err == nil {
			if err = run(ctx, env, h.binary, "backup", file); err == nil {
				taken++
			}
			_, _ = os.Remove(file), os.Remove(file+".partial")
		}
		ended <- err
	}()
	go func() { ended <- run(ctx, env, h.binary, "key", "rotate") }()
	err = fn()
	early := len(ended) > 0
	cut()
	one, two := <-ended, <-ended
	if early {
		err = errors.Join(err, errors.New("the backup or the rotation ended before the round"), one, two)
	}
	return taken, err
}
