package visitor

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/patience"
)

// listMax is how many visits a search shows at most.
const listMax = 50

// insert writes the visit unless a unique constraint stands in the way: the entry key (entered before), the pass code
// or token (taken). It waits for a transaction that is writing the same key just now.
func insert(ctx context.Context, tx bun.IDB, v *Visit) (written bool, err error) {
	res, err := tx.NewInsert().Model(v).On("conflict do nothing").Returning("id").Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, db.Translate(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// byEntry finds what an entry key made; nil when nothing.
func byEntry(ctx context.Context, tx bun.IDB, site int64, key uuid.UUID) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("site_id = ? and entry_key = ?", site, key).Scan(ctx)
	return one(v, err)
}

// get finds a visit of the site; one of another site is not found.
func get(ctx context.Context, tx bun.IDB, site, id int64) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("site_id = ? and id = ?", site, id).Scan(ctx)
	return must(one(v, err))
}

func getForUpdate(ctx context.Context, tx bun.IDB, site, id int64) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("site_id = ? and id = ?", site, id).For("update").Scan(ctx)
	return must(one(v, err))
}

func byPass(ctx context.Context, tx bun.IDB, index []byte) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("pass_index = ?", index).Scan(ctx)
	return must(one(v, err))
}

func byPassForUpdate(ctx context.Context, tx bun.IDB, index []byte) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("pass_index = ?", index).For("update").Scan(ctx)
	return must(one(v, err))
}

// openByCode finds the open visit that holds the code now; nil when there is none.
func openByCode(ctx context.Context, tx bun.IDB, site int64, code string) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("site_id = ? and pass_code = ? and ended_at is null", site, code).For("update").Scan(ctx)
	return one(v, err)
}

// longestVisit is longer than any visit lasts: the day's end ends it (VISIT-4).
const longestVisit = 25 * time.Hour

// leftByCode finds the visit that was signed out with the code since then; nil when there is none.
func leftByCode(ctx context.Context, tx bun.IDB, site int64, code string, from time.Time) (*Visit, error) {
	v := new(Visit)
	err := tx.NewSelect().Model(v).Where("site_id = ? and arrived_at >= ?", site, from.Add(-longestVisit)). // the index by arrival
														Where("pass_code = ? and ended_by = ? and ended_at >= ?", code, ByCode, from).
														Order("ended_at desc").Limit(1).Scan(ctx)
	return one(v, err)
}

func saveEnd(ctx context.Context, tx bun.IDB, v *Visit) error {
	_, err := tx.NewUpdate().Model(v).Column("ended_at", "ended_by", "ended_staff", "version").WherePK().Exec(ctx)
	return db.Translate(err)
}

// notListed are the columns that no list needs: walls read this list at every load.
var notListed = []string{"entry_key", "entry_hash", "phone_index", "plate_index", "pass_token", "pass_index"}

// inside lists who is in the building, the latest arrival first (VISIT-6); at most limit, 0 for everybody.
func inside(ctx context.Context, tx bun.IDB, site int64, limit int) ([]Visit, error) {
	var vs []Visit
	q := tx.NewSelect().Model(&vs).ExcludeColumn(notListed...).
		Where("site_id = ? and ended_at is null", site).Order("arrived_at desc", "id desc")
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	return vs, db.Translate(q.Scan(ctx))
}

// byIDs gives those visits of the site that are named, also the ended ones.
func byIDs(ctx context.Context, tx bun.IDB, site int64, ids []int64) ([]Visit, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var vs []Visit
	err := tx.NewSelect().Model(&vs).Where("site_id = ? and id in (?)", site, bun.List(ids)).Scan(ctx)
	return vs, db.Translate(err)
}

func countInside(ctx context.Context, tx bun.IDB, site int64) (visits, people int, err error) {
	err = tx.NewRaw(`select count(*), coalesce(sum(people), 0) from visits where site_id = ? and ended_at is null`, site).
		Scan(ctx, &visits, &people)
	return visits, people, db.Translate(err)
}

// endDay ends up to limit visits that were open when their day ended, each at the end of its own day in the site's
// zone (VISIT-4). Another instance at the same work takes other rows.
func endDay(ctx context.Context, tx bun.IDB, site int64, zone string, midnight time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`with due as materialized (
			select id from visits where site_id = ? and ended_at is null and arrived_at < ?
			order by arrived_at limit ? for update skip locked)
		update visits set ended_at = ((arrived_at at time zone ?)::date + 1)::timestamp at time zone ?,
			ended_by = 'day_end', version = version + 1
		where id in (select id from due) returning id`,
		site, midnight, limit, zone, zone).Scan(ctx, &ids)
	return ids, db.Translate(err)
}

// openSites lists the sites with open visits.
func openSites(ctx context.Context, tx bun.IDB) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`select distinct site_id from visits where ended_at is null order by site_id`).Scan(ctx, &ids)
	return ids, db.Translate(err)
}

func since(ctx context.Context, tx bun.IDB, site int64, from time.Time, limit int) ([]Visit, error) {
	var vs []Visit
	err := tx.NewSelect().Model(&vs).Where("site_id = ? and arrived_at >= ?", site, from).
		Order("arrived_at desc", "id desc").Limit(int64(limit)).Scan(ctx)
	return vs, db.Translate(err)
}

func byNumber(ctx context.Context, tx bun.IDB, site int64, number string) ([]Visit, error) {
	var vs []Visit
	err := tx.NewSelect().Model(&vs).Where("site_id = ? and number = ?", site, number).Scan(ctx)
	return vs, db.Translate(err)
}

func byPhone(ctx context.Context, tx bun.IDB, site int64, index []byte) ([]Visit, error) {
	var vs []Visit
	err := db.Prepared(tx, tx.NewSelect().Model(&vs).Where("site_id = ? and phone_index = ?", db.Value(site), db.Value(index)).
		Order("arrived_at desc", "id desc").Limit(listMax)).Scan(ctx)
	return vs, db.Translate(err)
}

// byPlace finds visits to the household, where the place is one, and those whose place reads like it.
func byPlace(ctx context.Context, tx bun.IDB, site, household int64, place string) ([]Visit, error) {
	var vs []Visit
	err := tx.NewSelect().Model(&vs).Where("site_id = ?", site).
		Where("(household_id = ? or place ilike ?)", household, "%"+db.Like(place)+"%").
		Order("arrived_at desc", "id desc").Limit(listMax).Scan(ctx)
	return vs, db.Translate(err)
}

// lockTries lets one try at a time through per device, and gives what it has tried.
func lockTries(ctx context.Context, tx bun.IDB, device string) (patience.Tries, error) {
	var t patience.Tries
	if _, err := tx.NewRaw(`select pg_advisory_xact_lock(hashtextextended('pass_tries:' || ?, 0))`, device).Exec(ctx); err != nil {
		return t, db.Translate(err)
	}
	err := tx.NewRaw(`select failures, last_at, locked_until from pass_tries where device_key = ?`, device).
		Scan(ctx, &t.Failures, &t.LastAt, &t.LockedUntil)
	if errors.Is(err, sql.ErrNoRows) {
		return patience.Tries{}, nil
	}
	return t, db.Translate(err)
}

func saveTries(ctx context.Context, tx bun.IDB, device string, t patience.Tries) error {
	_, err := tx.NewRaw(`insert into pass_tries (device_key, failures, last_at, locked_until) values (?, ?, ?, ?)
		on conflict (device_key) do update set failures = excluded.failures, last_at = excluded.last_at,
		locked_until = excluded.locked_until`, device, t.Failures, t.LastAt, t.LockedUntil).Exec(ctx)
	return db.Translate(err)
}

func forgetTries(ctx context.Context, tx bun.IDB, device string) error {
	_, err := tx.NewRaw(`delete from pass_tries where device_key = ?`, device).Exec(ctx)
	return db.Translate(err)
}

// Act is one line of a visit's history, from the record of who did what.
type Act struct {
	At     time.Time
	Verb   string
	Actor  string   // kind of actor: person, device, guest, job, cli
	Name   string   // of the person or device, where there is one
	Fields []string `bun:",array"`
	Reason string
}

func acts(ctx context.Context, tx bun.IDB, site, id int64) ([]Act, error) {
	var as []Act
	err := tx.NewRaw(`select l.at, l.verb, l.actor_kind as actor, coalesce(s.name, d.name, l.actor_name) as name, l.fields, l.reason
		from audit_log l
		left join staff s on l.actor_kind = 'person' and s.id = l.actor_id
		left join devices d on l.actor_kind = 'device' and d.id = l.actor_id
		where l.subject = 'visits' and l.subject_id = ? and l.site_id = ? order by l.id`, id, site).Scan(ctx, &as)
	return as, db.Translate(err)
}

// one turns 'no rows' into nil.
func one(v *Visit, err error) (*Visit, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, db.Translate(err)
	}
	return v, nil
}

// must turns nil into 'not found'.
func must(v *Visit, err error) (*Visit, error) {
	if err == nil && v == nil {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return v, err
}

// buildings names the building of each open visit whose place is known.
func buildings(ctx context.Context, tx bun.IDB, site int64) (map[int64]string, error) {
	var rows []struct {
		ID   int64
		Name string
	}
	err := tx.NewRaw(`select v.id, b.name from visits v
		join households h on h.site_id = v.site_id and h.id = v.household_id
		join buildings b on b.site_id = h.site_id and b.id = h.building_id
		where v.site_id = ? and v.ended_at is null`, site).Scan(ctx, &rows)
	names := make(map[int64]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, db.Translate(err)
}
