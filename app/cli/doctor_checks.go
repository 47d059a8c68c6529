package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
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
		f.note, f.remedy = "LOBBY_URL is not set: links and QR codes on passes can't lead anywhere", "set it to the address that visitors' phones reach, such as https://lobby.example.com"
	case err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1":
		f.note, f.remedy = "LOBBY_URL is plain http: what is typed can be read on the way, and cookies are not marked Secure", "use https: --tls-cert and --tls-key, or a reverse proxy in front"
	case e.open():
		f.note, f.remedy = e.cfg.Addr+" answers other machines in plain http beside "+e.cfg.URL, "listen on loopback behind the proxy (LOBBY_ADDR=127.0.0.1:8080), or use --tls-cert and --tls-key"
	default:
		f.good = e.cfg.URL
	}
	return f
}

// open tells whether other machines reach the program itself without TLS.
func (e *env) open() bool {
	host, _, err := net.SplitHostPort(e.cfg.Addr)
	ip := net.ParseIP(host)
	return err == nil && e.cfg.TLSCert == "" && host != "localhost" && (ip == nil || !ip.IsLoopback())
}

func zones(what string, names ...string) finding {
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			return finding{what: what, bad: fmt.Sprintf("there is no data for the time zone %s: %v", name, err), remedy: "use a name such as Asia/Shanghai, or update lobby: it brings its own data"}
		}
	}
	return finding{what: what, good: strings.Join(names, ", ")}
}

// freeDisk looks at the file system of the data folder, or of the nearest folder above that exists.
func freeDisk(dir string) finding {
	f := finding{what: "disk", remedy: "make room, or move LOBBY_DATA to a larger disk while lobby is stopped"}
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

func server(ctx context.Context, direct *bun.DB) []finding {
	facts, err := db.Inspect(ctx, direct)
	if err != nil {
		return []finding{{what: "database", bad: err.Error(), remedy: "look at the database server's log"}}
	}
	text := fmt.Sprintf("PostgreSQL %s, %d MiB, up to %d connections", facts.Version, facts.Size/mebibyte, facts.Connections)
	out := []finding{{what: "database", good: text}}
	add := func(wrong bool, bad, remedy string) {
		if wrong {
			out = append(out, finding{what: "database", bad: bad, remedy: remedy})
		}
	}
	add(facts.Number < cluster.Oldest*10000, fmt.Sprintf("PostgreSQL %s is too old: lobby needs %d or newer", facts.Version, cluster.Oldest), "move the data to a newer server with pg_dump and psql")
	add(facts.Encoding != "UTF8", "its encoding is "+facts.Encoding+", which can't hold every name", "make the database anew: create database lobby encoding 'UTF8' template template0")
	add(!facts.Durable, "fsync, full_page_writes or synchronous_commit is off: what was confirmed to a visitor can be lost", "switch them on in the server's settings")
	add(!facts.Names, "it was built without ICU: names can't be sorted as people expect (zh-x-icu)", "use a PostgreSQL built with ICU, as the usual packages are")
	if facts.LogsInput {
		out = append(out, finding{what: "database", note: "its log may hold what people typed, in statements and details of errors",
			remedy: "set log_min_error_statement = panic, log_error_verbosity = terse, log_statement = none, log_min_duration_statement = -1 on the server"})
	}
	return append(out, clocks(facts.Ahead))
}

func clocks(ahead time.Duration) finding {
	text := fmt.Sprintf("the database's clock differs from this machine's by %s", ahead.Abs().Round(time.Millisecond))
	f := finding{what: "clock", remedy: "switch time synchronisation on, here and there: timedatectl set-ntp true"}
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

func (e *env) schema(ctx context.Context, direct *bun.DB) finding {
	f := finding{what: "schema", good: "fits this program, " + db.SchemaHash()}
	fit, err := db.Schema{}.Fit(ctx, direct)
	if err == nil {
		err = fit.Err()
	}
	switch {
	case errors.Is(err, db.ErrNewerSchema):
		f = finding{what: "schema", bad: err.Error(), remedy: "put the newer program in place"}
	case err != nil && len(fit.Missing) > 0:
		f = finding{what: "schema", bad: err.Error(), remedy: "lobby migrate up"}
		if e.cfg.Embedded() { // a start would do the same
			f.mends, f.mend = "apply them", e.migrate
		}
	case err != nil:
		f = finding{what: "schema", bad: err.Error(), remedy: "look at the database server's log"}
	case len(fit.Later) > 0:
		f = finding{what: "schema", note: "a later release has migrated this database, and this program works with it", remedy: "go on to the later release"}
	}
	return f
}

func (e *env) migrate(ctx context.Context) error {
	return e.withDatabase(ctx, func(direct *bun.DB) error {
		names, err := db.Migrate(ctx, direct)
		return errors.Join(err, noteSchema(ctx, direct, "schema.up", names))
	})
}

// key tells whether the key opens this database's personal data, without making a key or a ring.
func (e *env) key(ctx context.Context, direct *bun.DB) finding {
	f := finding{what: "key"}
	ring, err := hasRing(ctx, direct)
	switch {
	case errors.Is(err, errNoSchema) || (err == nil && !ring):
		f.note, f.remedy = "the database holds no key ring yet", "the first start makes it; keep a copy of the key in a safe place"
		return f
	case err != nil:
		f.bad, f.remedy = err.Error(), "look at the database server's log"
		return f
	}
	if _, _, _, err := pii.Unlock(ctx, direct, e.cfg.Key, e.cfg.KeyFile(), false); err != nil {
		f.bad, f.remedy = err.Error(), "bring back the key with which this database was first started"
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
		return finding{what: what, note: "there are none yet", remedy: "lobby site add, or lobby serve --demo to look around"}
	}
	var names []string
	if err := direct.NewRaw("select distinct time_zone from sites order by 1").Scan(ctx, &names); err != nil {
		return finding{what: what, bad: err.Error(), remedy: "look at the database server's log"}
	}
	if len(names) == 0 {
		return finding{what: what, note: "there are none yet", remedy: "lobby site add, or lobby serve --demo to look around"}
	}
	return zones(what, names...)
}
