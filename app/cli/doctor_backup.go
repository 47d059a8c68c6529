package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/boot"
)

// verifiedFor is how long a verified backup is good enough: the schedule verifies one a week.
const verifiedFor = 8 * 24 * time.Hour

// backups says how old the last backup is that was shown to be sound by restoring it (PRIVACY-8).
func (e *env) backups(ctx context.Context, direct *bun.DB) finding {
	f := finding{what: "backups"}
	b, known, err := boot.LookAtBackups(ctx, direct)
	take := "lobby backup FILE, then lobby backup verify FILE"
	if e.cfg.BackupFolder() != "" {
		take = "let lobby serve run, which takes one every night; or now: " + take
	}
	switch {
	case err != nil:
		f.bad, f.todo = err.Error(), "look at the database server's log"
	case !known:
		f.note, f.todo = "nothing is known of any before the schema is up to date", "lobby migrate up"
	case !b.Failed.IsZero():
		f.bad, f.todo = fmt.Sprintf("the last one, of %s, failed: %s", minute(b.Failed), b.Problem), "see to what it says, then: "+take
	case b.Taken.IsZero():
		f.note, f.todo = "there is none yet", take
	case b.Verified.IsZero():
		f.note, f.todo = fmt.Sprintf("the last one is %s old, and none was ever verified by a restore", age(b.Taken)), "lobby backup verify"
	case time.Since(b.Verified) > verifiedFor:
		f.note, f.todo = fmt.Sprintf("the last verified one is %s old", age(b.Verified)), "lobby backup verify"
	default:
		f.good = fmt.Sprintf("the last one is %s old, the last verified one %s", age(b.Taken), age(b.Verified))
	}
	return f
}

// age says how long ago something was.
func age(at time.Time) string {
	switch d := time.Since(at); {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours())/24)
	}
}
