package ticket

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/notice"
	"lobby/app/site"
)

// Expired tells whether what people said, and who they are, has been removed from the ticket, since its term is over
// (PRIVACY-5). Nothing can be done with it any more.
func (t *Ticket) Expired() bool { return !t.ExpiredAt.IsZero() }

// expireBatch is how many tickets one transaction empties.
const expireBatch = 200

// Expire removes, in every site, what is personal in tickets that were over longer ago than the site's term: phone,
// reporter, place, matter and the remarks of the steps, of its orders and of the work done, and every
// picture. Kind, scales, states, times, channel, the household (for its
// zone) and who handled it stay, so that no figure changes (PRIVACY-5). Nothing is published: no screen shows such a
// ticket. Safe on several instances.
func (s *Service) Expire(ctx context.Context, now time.Time) (expired int, err error) {
	sites, err := s.Sites.All(ctx)
	if err != nil {
		return 0, err
	}
	for _, here := range sites {
		n, err := s.expireAt(actor.AsJob(ctx, "ticket.expire", here.ID), here, now)
		expired += n
		if err != nil {
			return expired, err
		}
	}
	return expired, nil
}

func (s *Service) expireAt(ctx context.Context, here site.Site, now time.Time) (expired int, err error) {
	before := now.In(here.Location()).AddDate(0, 0, -here.Settings.TicketTermDays)
	for {
		n, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int, error) {
			ids, err := expire(ctx, tx, here.ID, before, now, expireBatch)
			if err != nil || len(ids) == 0 {
				return 0, err
			}
			for _, forget := range s.Forget {
				if err := forget(ctx, tx, ids); err != nil {
					return 0, err
				}
			}
			return len(ids), audit.Append(ctx, tx, audit.Entry{Verb: "ticket.expire", Subject: "tickets", Reason: fmt.Sprintf("%d, over before %s", len(ids), before.Format(time.RFC3339)),
				Fields: []string{"phone", "reporter", "place", "matter", "remarks", "confirmed_by", "orders", "work_records", "callbacks", "ratings", "tasks", "pictures"}})
		})
		expired += n
		if err != nil || n == 0 {
			return expired, err
		}
	}
}

// What was over before a moment, by what tells it: apart, each has its own end of the index.
const (
	overByClosing = `select id from tickets where site_id = ? and expired_at is null and lane is null and closed_at < ?
		order by closed_at limit ? for update skip locked`
	overByLastStep = `select id from tickets t where site_id = ? and expired_at is null and lane is null and closed_at is null
		and (select max(s.at) from ticket_steps s where s.ticket_id = t.id) < ? order by id limit ? for update skip locked`
)

// expire empties up to limit tickets that were over before a moment: closed then, or, where a ticket ended otherwise,
// by its last step; it gives their ids. Another instance at the same work takes other rows.
func expire(ctx context.Context, tx bun.IDB, site int64, before, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	for _, over := range []string{overByClosing, overByLastStep} {
		var found []int64
		if err := tx.NewRaw(over, site, before, limit-len(ids)).Scan(ctx, &found); err != nil {
			return nil, db.Translate(err)
		}
		ids = append(ids, found...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	_, err := tx.NewRaw(`update tickets set expired_at = ?, phone = null, phone_index = null, reporter = '', confirmed_by = '', place = '', matter = '', entry_hash = ''
		where id in (?)`, now, bun.List(ids)).Exec(ctx)
	if err != nil {
		return nil, db.Translate(err)
	}
	if err := deleteFiles(ctx, tx, "ticket_id in (?)", bun.List(ids)); err != nil {
		return nil, db.Translate(err)
	}
	for _, q := range []*bun.UpdateQuery{
		tx.NewUpdate().Model((*Step)(nil)).Set("remark = ''").Where("remark <> ''"),
		tx.NewUpdate().Model((*ServiceOrder)(nil)).Set("instruction = ''").Set("result = ''").Set("confirmed_by = ''"),
		tx.NewUpdate().Model((*WorkRecord)(nil)).Set("done = '—'").Set("result = '—'").Set("materials = ''"),
		tx.NewUpdate().Model((*notice.Task)(nil)).Set("result = '—'").Where("result <> ''"),
	} {
		if _, err := q.Where("ticket_id in (?)", bun.List(ids)).Exec(ctx); err != nil {
			return nil, db.Translate(err)
		}
	}
	return ids, nil
}
