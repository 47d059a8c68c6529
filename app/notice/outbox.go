package notice

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/db"
)

// Outbox is where a carrier, such as one for mail, gets its notices from. A line that was claimed and never marked comes
// again after its lease, so that a carrier that dies loses nothing; its receiver may then see it twice, and tells it by ID.
type Outbox struct {
	DB  *bun.DB
	Now func() time.Time
}

// Lease is how long a claimed line belongs to its carrier.
const Lease = 5 * time.Minute

// giveUp is after how many tries a line is failed.
const giveUp = 8

// Letter is one notice to carry.
type Letter struct {
	ID      int64 `bun:"id"` // of the outbox line: the same in every try
	Site    int64 `bun:"site_id"`
	Staff   int64 `bun:"staff_id"`
	Kind    string
	Subject // what it is about
	Loud    bool
	DueAt   time.Time
	Tries   int // this one included
}

// Claim takes at most n lines of a channel that are due, for the length of the lease. Any number of carriers may claim at
// once; each line goes to one.
func (o Outbox) Claim(ctx context.Context, c Channel, n int) ([]Letter, error) {
	now := o.Now()
	return db.Tx(ctx, o.DB, func(ctx context.Context, tx bun.Tx) ([]Letter, error) {
		letters := []Letter{}
		err := tx.NewRaw(`with mine as (
				select id from outbox where channel = ? and sent_at is null and failed_at is null and next_at <= ?
				order by next_at, id limit ? for update skip locked),
			claimed as (
				update outbox set tries = tries + 1, next_at = ? where id in (select id from mine) returning id, notice_id, tries)
			select c.id, c.tries, n.site_id, n.staff_id, n.kind, n.subject, n.subject_id, n.loud, n.due_at
			from claimed c join notices n on n.id = c.notice_id order by c.id`, string(c), now, n, now.Add(Lease)).Scan(ctx, &letters)
		return letters, err
	})
}

// Sent marks a line as carried.
func (o Outbox) Sent(ctx context.Context, id int64) error {
	_, err := o.DB.NewRaw(`update outbox set sent_at = ? where id = ? and sent_at is null`, o.Now(), id).Exec(ctx)
	return db.Translate(err)
}

// Failed puts a line back for later, each time twice as far off, or gives it up after the eighth try.
func (o Outbox) Failed(ctx context.Context, l Letter) error {
	now := o.Now()
	if l.Tries >= giveUp {
		_, err := o.DB.NewRaw(`update outbox set failed_at = ? where id = ? and sent_at is null`, now, l.ID).Exec(ctx)
		return db.Translate(err)
	}
	_, err := o.DB.NewRaw(`update outbox set next_at = ? where id = ? and sent_at is null`, now.Add(time.Minute<<l.Tries), l.ID).Exec(ctx)
	return db.Translate(err)
}

// queue puts fresh notices into the outbox, one line for each channel.
func (p Post) queue(ctx context.Context, tx bun.IDB, site int64, now time.Time, ids []int64) error {
	if len(p.Channels) == 0 {
		return nil
	}
	names := make([]string, len(p.Channels))
	for i, c := range p.Channels {
		names[i] = string(c)
	}
	_, err := tx.NewRaw(`insert into outbox (site_id, notice_id, channel, next_at)
		select ?, n, c, ? from unnest(?::bigint[]) n cross join unnest(?::text[]) c`, site, now, pgdialect.Array(ids), pgdialect.Array(names)).Exec(ctx)
	return err
}
