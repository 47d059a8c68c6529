package callback

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// items are tickets with what a caller has to know of them.
const items = `select t.id, t.number, t.kind, t.urgency, t.place, t.matter, t.reporter, t.phone, coalesce(p.name, '') as owner, t.state,
		t.reopened, t.registered_at, t.resolved_at, t.callback_due, c.days, c.last_day, t.expired_at is not null as expired,
		exists (select from ratings r where r.ticket_id = t.id) as rated,
		coalesce((select s.remark from ticket_steps s where s.ticket_id = t.id and s.order_id is null and s.verb = 'resolve'
			order by s.at desc, s.id desc limit 1), '') as done
	from tickets t left join staff p on p.id = t.owner_id
	cross join lateral (select count(distinct day) as days, max(day) as last_day from callbacks
		where ticket_id = t.id and round = t.reopened and not reached) c
	where t.site_id = ?`

// waiting is which of them wait for a callback: verified ones, and inquiries once they are resolved. The lane, which both
// stand in, is what the index of open tickets goes by.
const waiting = ` and t.lane = 'resolved' and (t.state = 'verified' or t.state = 'resolved' and t.kind = 'inquiry')`

// list gives what waits for a callback: what must be called first, then what was due first.
func list(ctx context.Context, tx bun.IDB, site int64, limit int) ([]Item, error) {
	out := []Item{}
	err := tx.NewRaw(items+waiting+` order by (t.kind in ('inquiry', 'suggestion', 'activity') and t.urgency <> 'A'), t.callback_due nulls last, t.id limit ?`,
		site, limit).Scan(ctx, &out)
	return out, err
}

func item(ctx context.Context, tx bun.IDB, site, ticket int64) (*Item, error) {
	out := new(Item)
	return out, tx.NewRaw(items+` and t.id = ?`, site, ticket).Scan(ctx, out)
}

// subject is what has to be known of a ticket that is called back or rated.
type subject struct {
	ID         int64  `bun:"id"`
	SiteID     int64  `bun:"site_id"`
	Number     string `bun:"number"`
	Kind       string `bun:"kind"`
	State      string `bun:"state"`
	Round      int    `bun:"reopened"`
	PhoneIndex []byte `bun:"phone_index"`
	Expired    bool   `bun:"expired"`
}

func (s subject) waits() bool {
	return !s.Expired && (s.State == "verified" || s.State == "resolved" && s.Kind == "inquiry")
}

// finished tells whether the customer can judge: something was done.
func (s subject) finished() bool {
	switch s.State {
	case "resolved", "verified", "called_back", "closed", "unsolvable":
		return true
	}
	return false
}

// hold reads a ticket and keeps it so until the transaction ends: nobody reopens it while its callback is written.
func hold(ctx context.Context, tx bun.Tx, site, ticket int64) (*subject, error) {
	s := new(subject)
	return s, tx.NewRaw(`select id, site_id, number, kind, state, reopened, phone_index, expired_at is not null as expired from tickets where site_id = ? and id = ? for update`,
		site, ticket).Scan(ctx, s)
}

// byNumber finds a ticket of a site by its number; nil for none.
func byNumber(ctx context.Context, tx bun.IDB, site int64, number string) (*subject, error) {
	s := new(subject)
	err := tx.NewRaw(`select id, site_id, number, kind, state, reopened, phone_index, expired_at is not null as expired from tickets where site_id = ? and number = ?`, site, number).Scan(ctx, s)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}

// byEntry finds the call of an entry key; nil for none.
func byEntry(ctx context.Context, tx bun.IDB, site int64, key uuid.UUID) (*call, error) {
	c := new(call)
	err := tx.NewSelect().Model(c).Where("site_id = ?", site).Where("entry_key = ?", key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return c, err
}

// unanswered counts the days of a round on which nobody answered.
func unanswered(ctx context.Context, tx bun.IDB, ticket int64, round int) (days int, err error) {
	err = tx.NewRaw(`select count(distinct day) from callbacks where ticket_id = ? and round = ? and not reached`, ticket, round).Scan(ctx, &days)
	return days, err
}

// insertRating keeps an answer, unless the person has given one for this ticket; it tells whether it did.
func insertRating(ctx context.Context, tx bun.IDB, r *rating) (bool, error) {
	_, err := tx.NewInsert().Model(r).On("conflict (ticket_id, person) do nothing").Returning("id").Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return r.ID != 0, err
}

// done are the states in which something was done that the customer can judge, as in finished.
const done = ` and t.expired_at is null and t.state in ('resolved', 'verified', 'called_back', 'closed', 'unsolvable')`

// goodLink gives the site of a link that can be used; while its ticket is in hand again, it can't.
func goodLink(ctx context.Context, tx bun.IDB, token []byte, now time.Time) (site int64, err error) {
	err = tx.NewRaw(`select l.site_id from rating_links l join tickets t on t.site_id = l.site_id and t.id = l.ticket_id
		where l.token_hash = ? and l.used_at is null and l.until_at > ?`+done, token, now).Scan(ctx, &site)
	return site, err
}

// useLink finds the ticket of a link that is good, and uses it up. Nil where it isn't, or isn't any more.
func useLink(ctx context.Context, tx bun.IDB, token []byte, now time.Time) (*subject, error) {
	s := new(subject)
	err := tx.NewRaw(`update rating_links l set used_at = ?1 from tickets t
		where l.token_hash = ?0 and l.used_at is null and l.until_at > ?1 and t.site_id = l.site_id and t.id = l.ticket_id`+done+`
		returning t.id, t.site_id, t.number, t.kind, t.state, t.reopened, t.phone_index, false as expired`, token, now).Scan(ctx, s)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s, err
}
