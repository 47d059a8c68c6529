package staff

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/db"
)

// findLogin gives the person of a login, or nil. What can't be a login is nobody's (and NUL would break the query).
func findLogin(ctx context.Context, tx bun.IDB, login string) (*Person, error) {
	if !loginShape.MatchString(login) {
		return nil, nil
	}
	p := &Person{}
	err := tx.NewSelect().Model(p).Where("login = ?", login).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, db.Translate(err)
}

// findPerson gives a person by id.
func findPerson(ctx context.Context, tx bun.IDB, id int64) (*Person, error) {
	p := &Person{}
	return p, db.Translate(tx.NewSelect().Model(p).Where("id = ?", id).Scan(ctx))
}

// holdPerson tells whether the person may still sign in with the password that was checked, and keeps it so until the
// transaction ends: a new password, or a disabling, then finds the session and ends it.
func holdPerson(ctx context.Context, tx bun.IDB, p *Person) (same bool, err error) {
	err = tx.NewRaw(`select true from staff where id = ? and password_hash = ? and disabled_at is null for share`, p.ID, p.PasswordHash).Scan(ctx, &same)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return same, err
}

func insertPerson(ctx context.Context, tx bun.IDB, p *Person) error {
	_, err := tx.NewInsert().Model(p).Returning("id").Exec(ctx)
	return err
}

// lockLogin is findLogin with the row kept as it is until the transaction ends, so that changes of one person come one
// after the other; sign-ins wait for them too.
func lockLogin(ctx context.Context, tx bun.IDB, login string) (*Person, error) {
	if !loginShape.MatchString(login) {
		return nil, nil
	}
	p := &Person{}
	err := tx.NewSelect().Model(p).Where("login = ?", login).For("no key update").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, db.Translate(err)
}

// people lists those with a role at the site, or everybody with site 0, by login; with an id only that one.
func people(ctx context.Context, tx bun.IDB, site, id int64, now, idle time.Time) ([]Person, error) {
	list := []Person{}
	err := tx.NewRaw(`select p.id, p.login, p.name, p.language, p.demo, p.disabled_at, p.created_at,
		array_remove(array_agg(distinct r.role order by r.role), null) as roles,
		(select max(s.created_at) from sessions s where s.staff_id = p.id) as signed_in_at,
		(select count(*) from sessions s where s.staff_id = p.id and s.revoked_at is null and s.expires_at > ?2 and s.seen_at >= ?3) as open_sessions,
		exists (select from temporary_passwords t where t.staff_id = p.id) as is_temporary
		from staff p left join staff_roles r on r.staff_id = p.id and (?0 = 0 or r.site_id = ?0)
		where (?0 = 0 or r.site_id is not null) and (?1 = 0 or p.id = ?1)
		group by p.id order by p.login`, site, id, now, idle).Scan(ctx, &list)
	return list, db.Translate(err)
}

func addRoles(ctx context.Context, tx bun.IDB, staff, site int64, roles []Role) (added int64, err error) {
	for _, r := range roles {
		res, err := tx.NewRaw(`insert into staff_roles (staff_id, site_id, role) values (?, ?, ?) on conflict do nothing`, staff, site, string(r)).Exec(ctx)
		if err != nil {
			return added, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

func removeRoles(ctx context.Context, tx bun.IDB, staff, site int64, roles []Role) (removed int64, err error) {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	res, err := tx.NewRaw(`delete from staff_roles where staff_id = ? and site_id = ? and role = any(?)`, staff, site, pgdialect.Array(names)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// setSeniority changes the seniority of roles that somebody has.
func setSeniority(ctx context.Context, tx bun.IDB, staff, site int64, ranks map[Role]int) (changed int64, err error) {
	for role, rank := range ranks {
		res, err := tx.NewRaw(`update staff_roles set seniority = ?3 where staff_id = ?0 and site_id = ?1 and role = ?2 and seniority <> ?3`,
			staff, site, string(role), rank).Exec(ctx)
		if err != nil {
			return changed, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

func seniority(ctx context.Context, tx bun.IDB, staff, site int64) (map[Role]int, error) {
	var rows []struct {
		Role Role `bun:"role"`
		Rank int  `bun:"seniority"`
	}
	if err := tx.NewRaw(`select role, seniority from staff_roles where staff_id = ? and site_id = ?`, staff, site).Scan(ctx, &rows); err != nil {
		return nil, db.Translate(err)
	}
	ranks := map[Role]int{}
	for _, r := range rows {
		ranks[r.Role] = r.Rank
	}
	return ranks, nil
}

// rolesBySite gives somebody's roles at each site where they have one.
func rolesBySite(ctx context.Context, tx bun.IDB, staff int64) (map[int64][]string, error) {
	var rows []struct {
		Site int64  `bun:"site_id"`
		Role string `bun:"role"`
	}
	if err := tx.NewRaw(`select site_id, role from staff_roles where staff_id = ?`, staff).Scan(ctx, &rows); err != nil {
		return nil, db.Translate(err)
	}
	by := map[int64][]string{}
	for _, r := range rows {
		by[r.Site] = append(by[r.Site], r.Role)
	}
	return by, nil
}

// lockSites lets changes of who administers sites come one after the other. (Not for update: entries refer to sites.)
func lockSites(ctx context.Context, tx bun.IDB, ids []int64) error {
	_, err := tx.NewRaw(`select id from sites where id = any(?) order by id for no key update`, pgdialect.Array(ids)).Exec(ctx)
	return err
}

// otherHolders counts who else has the role at the site and may sign in.
func otherHolders(ctx context.Context, tx bun.IDB, site int64, role Role, except int64) (n int, err error) {
	err = tx.NewRaw(`select count(*) from staff_roles r join staff p on p.id = r.staff_id
		where r.site_id = ? and r.role = ? and p.disabled_at is null and p.id <> ?`, site, string(role), except).Scan(ctx, &n)
	return n, err
}

// siteLanguage is the first of a site's languages, or nothing.
func siteLanguage(ctx context.Context, tx bun.IDB, site int64) (string, error) {
	var lang string
	err := tx.NewRaw(`select coalesce((select languages[1] from sites where id = ?), '')`, site).Scan(ctx, &lang)
	return lang, db.Translate(err)
}

func rolesAt(ctx context.Context, tx bun.IDB, staff, site int64) ([]string, error) {
	roles := []string{}
	err := tx.NewRaw(`select role from staff_roles where staff_id = ? and site_id = ? order by role`, staff, site).Scan(ctx, &roles)
	return roles, db.Translate(err)
}

// siteOf is a site where somebody has a role.
type siteOf struct {
	ID   int64  `bun:"id"`
	Name string `bun:"name"`
}

func sitesOf(ctx context.Context, tx bun.IDB, staff int64) ([]siteOf, error) {
	list := []siteOf{}
	err := tx.NewRaw(`select id, name from sites where id in (select site_id from staff_roles where staff_id = ?) order by name, id`, staff).Scan(ctx, &list)
	return list, db.Translate(err)
}

// lastSite is where the person worked last, if they still have a role there, else the first of their sites, else nil.
func lastSite(ctx context.Context, tx bun.IDB, staff int64) (*int64, error) {
	var site int64
	err := tx.NewRaw(`select r.site_id from staff_roles r join sites t on t.id = r.site_id
		where r.staff_id = ?
		order by (select max(s.seen_at) from sessions s where s.staff_id = r.staff_id and s.site_id = r.site_id) desc nulls last, t.name, t.id
		limit 1`, staff).Scan(ctx, &site)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &site, db.Translate(err)
}

func setPassword(ctx context.Context, tx bun.IDB, staff int64, hash string, temporary bool) error {
	if _, err := tx.NewRaw(`update staff set password_hash = ? where id = ?`, hash, staff).Exec(ctx); err != nil {
		return err
	}
	if temporary {
		return markTemporary(ctx, tx, staff)
	}
	_, err := tx.NewRaw(`delete from temporary_passwords where staff_id = ?`, staff).Exec(ctx)
	return err
}

func markTemporary(ctx context.Context, tx bun.IDB, staff int64) error {
	_, err := tx.NewRaw(`insert into temporary_passwords (staff_id) values (?) on conflict do nothing`, staff).Exec(ctx)
	return err
}

func setLanguage(ctx context.Context, tx bun.IDB, staff int64, lang string) error {
	_, err := tx.NewRaw(`update staff set language = ? where id = ?`, lang, staff).Exec(ctx)
	return err
}

func setDisabled(ctx context.Context, tx bun.IDB, staff int64, now time.Time) error {
	_, err := tx.NewRaw(`update staff set disabled_at = coalesce(disabled_at, ?) where id = ?`, now, staff).Exec(ctx)
	return err
}

func setEnabled(ctx context.Context, tx bun.IDB, staff int64) error {
	_, err := tx.NewRaw(`update staff set disabled_at = null where id = ?`, staff).Exec(ctx)
	return err
}

func insertSession(ctx context.Context, tx bun.IDB, s *Session) error {
	_, err := tx.NewInsert().Model(s).Returning("id").Exec(ctx)
	return err
}

// heldSession is what a request needs to know of its session.
type heldSession struct {
	ID        int64     `bun:"id"`
	StaffID   int64     `bun:"staff_id"`
	SiteID    int64     `bun:"site_id"`
	SeenAt    time.Time `bun:"seen_at"`
	ExpiresAt time.Time `bun:"expires_at"`
	Name      string    `bun:"name"`
	Language  string    `bun:"language"`
	Roles     []string  `bun:"roles,array"`
	Roams     bool      `bun:"roams"`     // has a role at another site as well
	Temporary bool      `bun:"temporary"` // the password has to be changed first
}

func findSession(ctx context.Context, tx bun.IDB, token []byte) (*heldSession, error) {
	row := &heldSession{}
	err := db.Prepared(tx, tx.NewRaw(`select s.id, s.staff_id, coalesce(s.site_id, 0) as site_id, s.seen_at, s.expires_at, p.name, p.language,
		array(select role from staff_roles r where r.staff_id = s.staff_id and r.site_id = s.site_id) as roles,
		exists (select from staff_roles r where r.staff_id = s.staff_id and r.site_id <> coalesce(s.site_id, 0)) as roams,
		exists (select from temporary_passwords t where t.staff_id = s.staff_id) as temporary
		from sessions s join staff p on p.id = s.staff_id
		where s.token_hash = ? and s.revoked_at is null and p.disabled_at is null`, db.Value(token))).Scan(ctx, row)
	return row, err
}

func touchSession(ctx context.Context, tx bun.IDB, id int64, now time.Time) error {
	_, err := tx.NewRaw(`update sessions set seen_at = ? where id = ? and seen_at < ?`, now, id, now).Exec(ctx)
	return err
}

func setSessionSite(ctx context.Context, tx bun.IDB, id, site int64) error {
	_, err := tx.NewRaw(`update sessions set site_id = ? where id = ?`, site, id).Exec(ctx)
	return db.Translate(err)
}

func openSessions(ctx context.Context, tx bun.IDB, staff int64, now, idle time.Time) ([]Session, error) {
	list := []Session{}
	err := tx.NewSelect().Model(&list).Where("staff_id = ? and revoked_at is null and expires_at > ? and seen_at >= ?", staff, now, idle).
		OrderExpr("seen_at desc, id desc").Limit(50).Scan(ctx)
	return list, db.Translate(err)
}

// revokeSessions ends the open sessions that where picks (a fixed text of this package).
func revokeSessions(ctx context.Context, tx bun.IDB, now time.Time, where string, args ...any) ([]int64, error) {
	ids := []int64{}
	err := tx.NewUpdate().Model((*Session)(nil)).Set("revoked_at = ?", now).Where("revoked_at is null").Where(where, args...).
		Returning("id").Scan(ctx, &ids)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return ids, err
}

func expireSessions(ctx context.Context, tx bun.IDB, now, idle time.Time, limit int) ([]int64, error) {
	ids := []int64{}
	err := tx.NewRaw(`update sessions set revoked_at = ? where id in (
		select id from sessions where revoked_at is null and (expires_at <= ? or seen_at < ?) order by id limit ? for update skip locked)
		returning id`, now, now, idle, limit).Scan(ctx, &ids)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return ids, err
}

// dropOld deletes what has been over for long.
func dropOld(ctx context.Context, tx bun.IDB, now time.Time, limit int) error {
	for _, q := range []struct {
		sql string
		age time.Duration
	}{
		{`delete from sessions where id in (select id from sessions where expires_at < ? order by id limit ? for update skip locked)`, 30 * 24 * time.Hour},
		{`delete from sign_in_failures where key in (select key from sign_in_failures where last_at < ? limit ? for update skip locked)`, ofAccount.Forget},
		{`delete from devices where id in (select id from devices where paired_at is null and code_expires_at < ? order by id limit ? for update skip locked)`, 24 * time.Hour},
	} {
		if _, err := tx.NewRaw(q.sql, now.Add(-q.age), limit).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
