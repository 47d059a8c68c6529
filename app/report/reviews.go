package report

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/table"
	"lobby/views/locale"
)

// Reviews gives what was reviewed in time, late, or not at all (REVIEW-1): of the records of each day of the period, and of
// the weeks whose Monday of review lies in it; in all, by section, by reviewer, by day and by week. A day's records are
// reviewed in time until the day is over, a week until the Monday after it is.
func (s *Service) Reviews(ctx context.Context, q Query) ([]*table.Table, error) {
	return s.run(ctx, "report.reviews", q, reviewFigures)
}

// reviewLine is one line of figures. Missing is what nobody has reviewed and is late, Open what there is time for yet.
type reviewLine struct {
	Dim, Key, Name                       string // what it is by: all, section, person, day or week
	Records, InTime, Late, Missing, Open int64
}

// reviewSums are the figures over records, or over the sections of weeks.
const reviewSums = `count(*) as records, count(*) filter (where reviewed_at < until) as in_time, count(*) filter (where reviewed_at >= until) as late,
	count(*) filter (where reviewed_at is null and until <= ?3) as missing, count(*) filter (where reviewed_at is null and until > ?3) as open`

const reviewDays = `
with x as (
	select (r.at at time zone ?4)::date as day, r.section, r.subject_id from review_records r where r.site_id = ?0 and r.at >= ?1 and r.at < ?2),
y as (
	select x.day, x.section, v.by_id, v.at as reviewed_at, (x.day + 1)::timestamp at time zone ?4 as until
	from x left join reviews v on v.site_id = ?0 and v.span = 'day' and v.day = x.day and v.section = x.section and v.subject_id = x.subject_id)
select case grouping(day, section, by_id) when 7 then 'all' when 3 then 'day' when 5 then 'section' else 'person' end as dim,
	coalesce(day::text, section, by_id::text, '') as key, coalesce(max(w.name), '') as name, ` + reviewSums + `
from y left join staff w on w.id = y.by_id group by grouping sets ((), (day), (section), (by_id)) order by dim, key`

// reviewWeeks counts sections of weeks that have records; each is signed by itself.
const reviewWeeks = `
with x as (
	select distinct date_trunc('week', r.at at time zone ?4)::date as week, r.section from review_records r where r.site_id = ?0 and r.at >= ?1 and r.at < ?2),
y as (
	select x.week, x.section, v.by_id, v.at as reviewed_at, (x.week + 8)::timestamp at time zone ?4 as until
	from x left join reviews v on v.site_id = ?0 and v.span = 'week' and v.day = x.week and v.section = x.section and v.subject_id = 0)
select case grouping(week, section, by_id) when 7 then 'all' when 3 then 'week' when 5 then 'section' else 'person' end as dim,
	coalesce(week::text, section, by_id::text, '') as key, coalesce(max(w.name), '') as name, ` + reviewSums + `
from y left join staff w on w.id = y.by_id group by grouping sets ((), (week), (section), (by_id)) order by dim, key`

// weeks are the moments from which and before which records are of weeks whose Monday of review is in the period.
func (p period) weeks() (from, to time.Time) {
	monday := func(d time.Time) time.Time { // on the day or next after it
		return d.AddDate(0, 0, (8-int(d.Weekday()))%7)
	}
	return monday(p.from).AddDate(0, 0, -7), monday(p.to).AddDate(0, 0, -7)
}

func reviewFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	var days, weeks []reviewLine
	zone := p.site.Location().String()
	if err := tx.NewRaw(reviewDays, p.site.ID, p.from, p.to, p.now, zone).Scan(ctx, &days); err != nil {
		return nil, err
	}
	from, to := p.weeks()
	if err := tx.NewRaw(reviewWeeks, p.site.ID, from, to, p.now, zone).Scan(ctx, &weeks); err != nil {
		return nil, err
	}
	out := p.reviewTables(ctx, "reviews", locale.T(ctx, "report.reviews.title"), days, []string{"section", "person", "day"})
	out[0].Notes = []string{locale.T(ctx, "report.reviews.note")}
	more := p.reviewTables(ctx, "week_reviews", locale.T(ctx, "report.reviews.weeks"), weeks, []string{"section", "person", "week"})
	more[0].Notes = []string{locale.T(ctx, "report.reviews.note_weeks")}
	return append(out, more...), nil
}

func (p period) reviewTables(ctx context.Context, name, title string, lines []reviewLine, dims []string) []*table.Table {
	columns := []table.Column{col("records", table.Number), col("reviewed_in_time", table.Number), col("reviewed_late", table.Number),
		col("not_reviewed", table.Number), col("not_yet", table.Number), col("in_time", table.Share)}
	sum := p.titled(ctx, name, title, columns...)
	out := []*table.Table{sum}
	for _, dim := range dims {
		kind := table.Text
		if dim == "day" || dim == "week" {
			kind = table.Date
		}
		t := p.titled(ctx, name+"_by_"+dim, locale.T(ctx, "report.reviews.by", "What", title, "By", locale.T(ctx, "report.column."+dim)), append([]table.Column{col(dim, kind)}, columns...)...)
		for _, l := range lines {
			if l.Dim == dim {
				t.Add(append([]any{p.reviewLabel(ctx, l)}, l.cells()...)...)
			}
		}
		out = append(out, t)
	}
	for _, l := range lines {
		if l.Dim == "all" {
			sum.Add(l.cells()...)
		}
	}
	return out
}

// cells judges what could be judged: what there is time for yet is neither in time nor late.
func (l reviewLine) cells() []any {
	return []any{l.Records, l.InTime, l.Late, l.Missing, l.Open, share(l.InTime, l.Records-l.Open)}
}

func (p period) reviewLabel(ctx context.Context, l reviewLine) any {
	switch l.Dim {
	case "day", "week":
		if day, err := time.ParseInLocation(time.DateOnly, l.Key, p.site.Location()); err == nil {
			return day
		}
		return nil
	case "person":
		if l.Key == "" {
			return table.Label{Code: "none", Words: locale.T(ctx, "report.none.reviewer")}
		}
		return l.Name
	}
	return label(l.Key, "review.section."+l.Key, locale.T(ctx, "review.section."+l.Key))
}
