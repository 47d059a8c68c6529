package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/pii"
)

const (
	mebibyte = 1 << 20
	// diskBad and diskLow are free space: below the first the database is about to stop, below the second soon.
	diskBad, diskLow = 256 * mebibyte, 2048 * mebibyte
	// skewBad and skewLow are differences of clocks: countdowns and limits go by them.
	skewBad, skewLow = 10 * time.Second, time.Second
)

// address says what a plain http address costs: browsers give it no service worker, and a session can be read on the way.
func (e *env) address() finding {
	f := finding{what: "address"}
	u, err := url.Parse(e.cfg.URL)
	switch {
	case e.cfg.URL == "":
		f.note, f.todo = "LOBBY_URL is not set: links and QR codes on passes can't lead anywhere", "set it to the address that visitors' phones reach, such as https://lobby.example.com"
	case err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1":
		f.note, f.todo = "LOBBY_URL is plain http: what is typed can be read on the way, and cookies are not marked Secure", "use https: --tls-cert and --tls-key, or a reverse proxy in front"
	default:
		f.good = e.cfg.URL
	}
	return f
}

func zones(what string, names ...string) finding {
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			return finding{what: what, bad: fmt.Sprintf("there is no data for the time zone %s: %v", name, err), todo: "use a name such as Asia/Shanghai, or update lobby: it brings its own data"}
		}
	}
	return finding{what: what, good: strings.Join(names, ", ")}
}

// freeDisk looks at the file system of the data folder, or of the nearest folder above that exists.
func freeDisk(dir string) finding {
	f := finding{what: "disk", todo: "make room, or move LOBBY_DATA to a larger disk while lobby is stopped"}
	dir, err := filepath.Abs(dir)
	for err == nil {
		if _, missing := os.Stat(dir); missing == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var s syscall.Statfs_t
	if err == nil {
		err = syscall.Statfs(dir, &s)
	}
	if err != nil {
		f.bad = "the free space can't be read: " + err.Error()
		return f
	}
	free := int64(min(uint64(s.Bavail)*uint64(s.Bsize), math.MaxInt64)) //nolint:unconvert // the types differ between systems
	text := fmt.Sprintf("%d MiB free where %s lies", free/mebibyte, dir)
	switch {
	case free < diskBad:
		f.bad = text
	case free < diskLow:
		f.note = text
	default:
		f.good = text
	}
	return f
}

// embedded looks for the embedded cluster; ready tells whether there is one to be asked further.
func (e *env) embedded(ctx context.Context) (f finding, ready bool) {
	f.what = "cluster"
	found, err := cluster.Look(ctx, e.cfg.Data)
	if err != nil {
		f.bad, f.todo = err.Error(), "do what the message says; no data was touched"
		return f, false
	}
	with := fmt.Sprintf("PostgreSQL %d in %s", found.Major, found.Programs)
	if !found.Exists {
		f.note, f.todo = "there is no database yet; "+with+" will run it", "lobby serve makes it"
		return f, false
	}
	state := "not running, started for this check"
	if found.Running {
		state = "running"
	}
	f.good = fmt.Sprintf("%s, %s, run by %s", found.Folder, state, with)
	return f, true
}

func server(ctx context.Context, direct *bun.DB) []finding {
	facts, err := db.Inspect(ctx, direct)
	if err != nil {
		return []finding{{what: "database", bad: err.Error(), todo: "look at the database server's log"}}
	}
	text := fmt.Sprintf("PostgreSQL %s, %d MiB, up to %d connections", facts.Version, facts.Size/mebibyte, facts.Connections)
	out := []finding{{what: "database", good: text}}
	add := func(wrong bool, bad, todo string) {
		if wrong {
			out = append(out, finding{what: "database", bad: bad, todo: todo})
		}
	}
	add(facts.Number < cluster.Oldest*10000, fmt.Sprintf("PostgreSQL %s is too old: lobby needs %d or newer", facts.Version, cluster.Oldest), "move the data to a newer server with pg_dump and psql")
	add(facts.Encoding != "UTF8", "its encoding is "+facts.Encoding+", which can't hold every name", "make the database anew: create database lobby encoding 'UTF8' template template0")
	add(!facts.Durable, "fsync, full_page_writes or synchronous_commit is off: what was confirmed to a visitor can be lost", "switch them on in the server's settings")
	add(!facts.Names, "it was built without ICU: names can't be sorted as people expect (zh-x-icu)", "use a PostgreSQL built with ICU, as the usual packages are")
	if facts.LogsInput {
		out = append(out, finding{what: "database", note: "its log may hold what people typed, in statements and details of errors",
			todo: "set log_min_error_statement = panic, log_error_verbosity = terse, log_statement = none, log_min_duration_statement = -1 on the server"})
	}
	return append(out, clocks(facts.Ahead))
}

func clocks(ahead time.Duration) finding {
	text := fmt.Sprintf("the database's clock differs from this machine's by %s", ahead.Abs().Round(time.Millisecond))
	f := finding{what: "clock", todo: "switch time synchronisation on, here and there: timedatectl set-ntp true"}
	switch {
	case ahead.Abs() > skewBad:
		f.bad = text
	case ahead.Abs() > skewLow:
		f.note = text
	default:
		f.good = text
	}
	return f
}

func schema(ctx context.Context, direct *bun.DB) []finding {
	err := db.Check(ctx, direct)
	f := finding{what: "schema", good: "fits this program, " + db.SchemaHash()}
	switch {
	case errors.Is(err, db.ErrNewerSchema):
		f = finding{what: "schema", bad: err.Error(), todo: "put the newer program in place"}
	case err != nil:
		f = finding{what: "schema", bad: err.Error(), todo: "lobby migrate up"}
	}
	return []finding{f}
}

// key tells whether the key opens this database's personal data, without making a key or a ring.
func (e *env) key(ctx context.Context, direct *bun.DB) finding {
	f := finding{what: "key"}
	ring, err := hasRing(ctx, direct)
	switch {
	case errors.Is(err, errNoSchema) || (err == nil && !ring):
		f.note, f.todo = "the database holds no key ring yet", "the first start makes it; keep a copy of the key in a safe place"
		return f
	case err != nil:
		f.bad, f.todo = err.Error(), "look at the database server's log"
		return f
	}
	if _, _, _, err := pii.Unlock(ctx, direct, e.cfg.Key, e.cfg.KeyFile(), false); err != nil {
		f.bad, f.todo = err.Error(), "bring back the key with which this database was first started"
		return f
	}
	f.good = "opens the database's key ring"
	return f
}

func hasRing(ctx context.Context, direct *bun.DB) (ring bool, err error) {
	if err = direct.NewRaw("select to_regclass('key_rings') is not null").Scan(ctx, &ring); err != nil {
		return false, err
	}
	if !ring {
		return false, errNoSchema
	}
	err = direct.NewRaw("select exists (select from key_rings)").Scan(ctx, &ring)
	return ring, err
}

func siteZones(ctx context.Context, direct *bun.DB) finding {
	const what = "sites"
	var there bool
	if err := direct.NewRaw("select to_regclass('sites') is not null").Scan(ctx, &there); err != nil || !there {
		return finding{what: what, note: "there are none yet", todo: "lobby site add, or lobby serve --demo to look around"}
	}
	var names []string
	if err := direct.NewRaw("select distinct time_zone from sites order by 1").Scan(ctx, &names); err != nil {
		return finding{what: what, bad: err.Error(), todo: "look at the database server's log"}
	}
	if len(names) == 0 {
		return finding{what: what, note: "there are none yet", todo: "lobby site add, or lobby serve --demo to look around"}
	}
	return zones(what, names...)
}
