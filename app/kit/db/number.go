package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Number takes the next number for people of a site's series on a day, "T261122-0042" for prefix "T". The day is in
// the site's zone. It is a statement of its own and never runs inside a transaction of the trade: there it would make
// a site's writes wait for each other. So a number may be lost (gaps are allowed), and none is given twice.
func Number(ctx context.Context, pool *bun.DB, site int64, prefix string, day time.Time) (string, error) {
	if ctx.Value(unitKey{}) != nil {
		return "", fmt.Errorf("db: a number of series %s was taken inside a transaction", prefix)
	}
	var last int64
	err := pool.NewRaw(`insert into counters (site_id, series, day, last) values (?, ?, ?::date, 1)
		on conflict (site_id, series, day) do update set last = counters.last + 1 returning last`,
		site, prefix, day.Format(time.DateOnly)).Scan(ctx, &last)
	if err != nil {
		return "", Translate(err)
	}
	return fmt.Sprintf("%s%s-%04d", prefix, day.Format("060102"), last), nil
}
