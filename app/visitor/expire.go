package visitor

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/site"
)

// Expired tells whether the personal data of the visit has been removed, since its term is over (PRIVACY-5).
func (v *Visit) Expired() bool { return !v.ExpiredAt.IsZero() }

// expireBatch is how many visits one transaction empties.
const expireBatch = 200

// Expire removes, in every site, what is personal in visits that ended longer ago than the site's term; times, people,
// purpose and how it ended stay, so that no figure changes (PRIVACY-5). Nothing is published: no screen shows such a
// visit. Safe on several instances.
func (s *Service) Expire(ctx context.Context, now time.Time) (expired int, err error) {
	sites, err := s.Sites.All(ctx)
	if err != nil {
		return 0, err
	}
	for _, here := range sites {
		n, err := s.expireAt(actor.AsJob(ctx, "visit.expire", here.ID), here, now)
		expired += n
		if err != nil {
			return expired, err
		}
	}
	return expired, nil
}

func (s *Service) expireAt(ctx context.Context, here site.Site, now time.Time) (expired int, err error) {
	before := now.In(here.Location()).AddDate(0, 0, -here.Settings.VisitTermDays)
	for {
		n, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int, error) {
			n, err := expire(ctx, tx, here.ID, before, now, expireBatch)
			if err != nil || n == 0 {
				return 0, err
			}
			return n, audit.Append(ctx, tx, audit.Entry{Verb: "visit.expire", Subject: tableName, Reason: fmt.Sprintf("%d, ended before %s", n, before.Format(time.RFC3339)),
				Fields: []string{"name", "phone", "plate", "host", "place", "company", "note", "pass"}})
		})
		expired += n
		if err != nil || n == 0 {
			return expired, err
		}
	}
}

// expire empties up to limit visits that ended before a moment. Another instance at the same work takes other rows.
func expire(ctx context.Context, tx bun.IDB, site int64, before, now time.Time, limit int) (int, error) {
	res, err := tx.NewRaw(`with due as materialized (
			select id from visits where site_id = ? and ended_at < ? and ended_at is not null and expired_at is null
			order by ended_at limit ? for update skip locked)
		update visits set expired_at = ?, name = null, phone = null, phone_index = null, plate = null, plate_index = null, household_id = null,
			pass_code = null, pass_token = null, pass_index = null, host = '', place = '', note = '', company = '', entry_hash = ''
		where id in (select id from due)`, site, before, limit, now).Exec(ctx)
	if err != nil {
		return 0, db.Translate(err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}
