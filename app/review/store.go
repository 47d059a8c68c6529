package review

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// records are the records of a site from one moment to before another. What they are says the view, which the report of
// reviews counts too.
const records = `
	select r.section, r.subject_id as id, r.ticket_id, r.number, r.kind, r.state, r.place, r.matter, r.owner_id, r.at, r.late
	from review_records r where r.site_id = ?0 and r.at >= ?1 and r.at < ?2`

// span is a stretch of days as moments, and the day that names it.
type span struct {
	site     int64
	from, to time.Time
	day      time.Time // as the database keeps a date
}

func day(ctx context.Context, tx bun.IDB, s span) ([]Record, error) {
	out := []Record{}
	err := tx.NewRaw(`with x as (`+records+`)
		select x.section, x.id, x.ticket_id, x.number, x.kind, x.state, x.place, x.matter, coalesce(p.name, '') as owner, x.at, x.late,
			coalesce(b.name, '') as reviewed_by, v.at as reviewed_at, coalesce(v.remark, '') as remark
		from x left join staff p on p.id = x.owner_id
		left join reviews v on v.site_id = ?0 and v.span = 'day' and v.day = ?3 and v.section = x.section and v.subject_id = x.id
		left join staff b on b.id = v.by_id order by x.at, x.id`, s.site, s.from, s.to, s.day).Scan(ctx, &out)
	return out, err
}

// openDays are the days in a span on which records are not reviewed, in the zone of the site.
func openDays(ctx context.Context, tx bun.IDB, s span, zone string) ([]OpenDay, error) {
	out := []OpenDay{}
	err := tx.NewRaw(`with x as (`+records+`), y as (select x.*, (x.at at time zone ?3)::date as day from x)
		select y.day, count(*) filter (where v.id is null) as open, count(*) as total from y
		left join reviews v on v.site_id = ?0 and v.span = 'day' and v.day = y.day and v.section = y.section and v.subject_id = y.id
		group by y.day having count(*) filter (where v.id is null) > 0 order by y.day`, s.site, s.from, s.to, zone).Scan(ctx, &out)
	return out, err
}

func week(ctx context.Context, tx bun.IDB, s span, zone string) ([]WeekSection, error) {
	out := []WeekSection{}
	names := make([]string, len(Sections))
	for i, n := range Sections {
		names[i] = string(n)
	}
	err := tx.NewRaw(`with x as (`+records+`), y as (select x.*, (x.at at time zone ?4)::date as day from x)
		select s.section, count(y.id) as total, count(v.id) as reviewed, count(y.id) filter (where y.late) as late,
			coalesce(max(b.name), '') as reviewed_by, max(w.at) as reviewed_at, coalesce(max(w.remark), '') as remark
		from unnest(?5::text[]) with ordinality as s (section, place)
		left join y on y.section = s.section
		left join reviews v on v.site_id = ?0 and v.span = 'day' and v.day = y.day and v.section = y.section and v.subject_id = y.id
		left join reviews w on w.site_id = ?0 and w.span = 'week' and w.day = ?3 and w.section = s.section
		left join staff b on b.id = w.by_id group by s.section, s.place order by s.place`,
		s.site, s.from, s.to, s.day, zone, pgdialect.Array(names)).Scan(ctx, &out)
	return out, err
}

// exist keeps those of some records that the span has.
func exist(ctx context.Context, tx bun.IDB, s span, refs []Ref) (found int, err error) {
	sections, ids := make([]string, len(refs)), make([]int64, len(refs))
	for i, r := range refs {
		sections[i], ids[i] = string(r.Section), r.ID
	}
	err = tx.NewRaw(`with x as (`+records+`) select count(*) from x
		join unnest(?3::text[], ?4::bigint[]) as r (section, id) on r.section = x.section and r.id = x.id`,
		s.site, s.from, s.to, pgdialect.Array(sections), pgdialect.Array(ids)).Scan(ctx, &found)
	return found, err
}

// row is one review as it is kept.
type row struct {
	bun.BaseModel `bun:"table:reviews,alias:v"`

	SiteID    int64     `bun:"site_id"`
	Span      string    `bun:"span"`
	Day       time.Time `bun:"day,type:date"`
	Section   Section   `bun:"section"`
	SubjectID int64     `bun:"subject_id"`
	ByID      int64     `bun:"by_id"`
	At        time.Time `bun:"at"`
	Remark    string    `bun:"remark"`
}

// insert writes reviews; who reviewed first stays. It tells how many are new.
func insert(ctx context.Context, tx bun.IDB, rows []row) (int64, error) {
	res, err := tx.NewInsert().Model(&rows).On("conflict (site_id, span, day, section, subject_id) do nothing").Returning("null").Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// unsolved are tickets that could not be solved since a moment, are open from before another, or were opened again twice.
func unsolved(ctx context.Context, tx bun.IDB, site int64, since, old time.Time, limit int) ([]Unsolved, error) {
	out := []Unsolved{}
	err := tx.NewRaw(`select t.id, t.number, t.kind, t.state, t.place, t.matter, coalesce(z.name, '') as zone, t.registered_at, t.reopened,
			(select count(*) from finding_tickets f where f.ticket_id = t.id) as findings
		from tickets t left join households h on h.id = t.household_id left join buildings b on b.id = h.building_id left join zones z on z.id = b.zone_id
		where t.site_id = ?0 and (t.lane is not null and t.registered_at < ?2 and t.resolved_at is null
			or t.state = 'unsolvable' and t.registered_at >= ?1
			or t.reopened >= 2 and t.registered_at >= ?1)
		order by t.kind, zone, t.registered_at, t.id limit ?3`, site, since, old, limit).Scan(ctx, &out)
	return out, err
}

func findings(ctx context.Context, tx bun.IDB, site int64, limit int) ([]Finding, error) {
	out := []Finding{}
	err := tx.NewSelect().Model(&out).ColumnExpr("?TableColumns").ColumnExpr("p.name as by_name").
		ColumnExpr("array(select t.number from finding_tickets ft join tickets t on t.id = ft.ticket_id where ft.finding_id = f.id order by t.number) as numbers").
		Join("join staff p on p.id = f.by_id").Where("f.site_id = ?", site).OrderExpr("f.id desc").Limit(int64(limit)).Scan(ctx)
	return out, err
}

// lastFinding is when unsolved matters were looked at together last; zero for never.
func lastFinding(ctx context.Context, tx bun.IDB, site int64) (time.Time, error) {
	var all []time.Time
	err := tx.NewRaw(`select at from findings where site_id = ? order by at desc limit 1`, site).Scan(ctx, &all)
	if err != nil || len(all) == 0 {
		return time.Time{}, err
	}
	return all[0], nil
}
