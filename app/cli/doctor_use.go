package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db/backup"
)

// setBack is how far the newest record may lie in the future: clocks of several machines differ a little.
const setBack = time.Minute

// inUse examines what only a database in use shows: screens without an address, a clock that was set back, what a
// killed verification has left.
func (e *env) inUse(ctx context.Context, direct *bun.DB) (out []finding) {
	var kiosks int
	var ahead float64
	err := errors.Join(
		there(ctx, direct, "devices", "select count(*) from devices where kind = 'kiosk' and paired_at is not null and revoked_at is null", &kiosks),
		there(ctx, direct, "audit_log", "select coalesce((select extract(epoch from at - now()) from audit_log order by id desc limit 1), 0)::float8", &ahead))
	if err != nil {
		return []finding{{what: "database", bad: err.Error(), remedy: "look at the database server's log"}}
	}
	if kiosks > 0 && e.cfg.URL == "" {
		out = append(out, finding{what: "kiosks", note: fmt.Sprintf("%d paired, and their passes carry no QR code: LOBBY_URL is not set", kiosks),
			remedy: "set LOBBY_URL for lobby serve to the address that visitors' phones reach"})
	}
	if late := time.Duration(ahead * float64(time.Second)); late > setBack {
		out = append(out, finding{what: "clock", note: fmt.Sprintf("the newest record is from %s in the future: a clock was set back", late.Round(time.Second)),
			remedy: "see that the time is right now; nothing is lost, but limits and days of that time are judged by the times that were recorded"})
	}
	name, err := backup.Left(ctx, direct)
	switch {
	case err != nil:
		out = append(out, finding{what: "database", bad: err.Error(), remedy: "look at the database server's log"})
	case name != "":
		out = append(out, finding{what: "database", bad: "the scratch database " + name + " was left by a verification that was killed",
			remedy: "the next lobby backup verify drops it", mends: "drop it",
			mend: func(ctx context.Context) error {
				return e.withDatabase(ctx, func(direct *bun.DB) error { return backup.DropLeft(ctx, direct) })
			}})
	}
	return out
}

// there asks a question about a table that may not exist yet.
func there(ctx context.Context, direct *bun.DB, table, question string, answer any) error {
	var exists bool
	err := direct.NewRaw("select to_regclass(?) is not null", table).Scan(ctx, &exists)
	if err != nil || !exists {
		return err
	}
	return direct.NewRaw(question).Scan(ctx, answer)
}
