package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Facts are what an operator should know about a database server.
type Facts struct {
	Version     string        // "15.8"
	Number      int           // 150008
	Encoding    string        // "UTF8"
	Durable     bool          // a commit that was acknowledged survives the machine's crash
	Names       bool          // has zh-x-icu, by which names are sorted
	LogsInput   bool          // its log may hold what people typed: statements that failed, or all
	Connections int           // the most connections it allows
	Size        int64         // of this database, in bytes
	Ahead       time.Duration // how far its clock is ahead of this machine's
}

// Inspect asks the server about itself.
func Inspect(ctx context.Context, pool *bun.DB) (Facts, error) {
	var f Facts
	before := time.Now()
	var at time.Time
	if err := pool.NewRaw("select clock_timestamp()").Scan(ctx, &at); err != nil {
		return f, Translate(err)
	}
	f.Ahead = at.Sub(before.Add(time.Since(before) / 2))
	err := pool.NewRaw(`select current_setting('server_version'), current_setting('server_version_num')::int,
		pg_encoding_to_char((select encoding from pg_database where datname = current_database())),
		current_setting('fsync')::bool and current_setting('full_page_writes')::bool and current_setting('synchronous_commit') <> 'off',
		exists (select from pg_collation where collname = 'zh-x-icu'),
		current_setting('log_min_error_statement') not in ('fatal', 'panic') or current_setting('log_statement') <> 'none'
			or current_setting('log_min_duration_statement') <> '-1' or current_setting('log_error_verbosity') <> 'terse',
		current_setting('max_connections')::int, pg_database_size(current_database())`).
		Scan(ctx, &f.Version, &f.Number, &f.Encoding, &f.Durable, &f.Names, &f.LogsInput, &f.Connections, &f.Size)
	return f, Translate(err)
}
