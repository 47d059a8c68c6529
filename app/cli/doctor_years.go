package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/site"
)

// siteYears looks for sites that have no calendar of this year or the next: limits in working days there are a guess
// (SHIFT-4).
func siteYears(ctx context.Context, direct *bun.DB, now time.Time) finding {
	const what = "calendars"
	var there bool
	if err := direct.NewRaw("select to_regclass('site_rules') is not null").Scan(ctx, &there); err != nil || !there {
		return finding{what: what, note: "there are none yet", remedy: "lobby migrate up, or lobby serve"}
	}
	sites := site.NewDirectory(direct)
	all, err := sites.All(ctx)
	if err != nil {
		return finding{what: what, bad: err.Error(), remedy: "look at the database server's log"}
	}
	var missing []string
	for _, s := range all {
		days, err := sites.Calendar(ctx, s.ID)
		if err != nil {
			return finding{what: what, bad: err.Error(), remedy: "look at the rules of the site " + s.Code}
		}
		this := days.Day(now).Year()
		for _, year := range []int{this, this + 1} {
			if !days.Known(year) {
				missing = append(missing, fmt.Sprintf("%s has none of %d", s.Code, year))
			}
		}
	}
	if len(missing) == 0 {
		return finding{what: what, good: "this year and the next"}
	}
	return finding{what: what, note: strings.Join(missing, "\n") + "\nlimits in working days know weekends only there",
		remedy: "lobby calendar import FILE --year YEAR, or the page /settings/calendar"}
}
