package report

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/table"
	"lobby/views/locale"
)

// Complaints gives the figures of complaints: how many, how they were judged, what about and of whom, which came back,
// which were resolved in time; in all, by validity, severity, topic, department complained of, and month; or the register of complaints and help.
func (s *Service) Complaints(ctx context.Context, q Query) ([]*table.Table, error) {
	if q.Register {
		return s.allOf(ctx, Matters, q)
	}
	return s.run(ctx, "report.complaints", q, complaintFigures)
}

// complaintLine is one line of figures: Due and Met are over complaints that fell due in the period, the others over those
// that were received in it.
type complaintLine struct {
	Dim, Key, Name            string // what it is by: all, validity, severity, topic, against, month
	Received, Valid, Invalid  int64
	Major, Repeated, Reopened int64
	Due, Met                  int64
	MedianResult, SlowResult  *float64 // seconds from receipt to the result
	OpenNow                   int64    // of those received
}

// complaintSums are the figures over complaints, or over what happened in a month.
const complaintSums = `count(*) filter (where fresh) as received, count(*) filter (where fresh and valid) as valid, count(*) filter (where fresh and invalid) as invalid,
	count(*) filter (where fresh and major) as major, count(*) filter (where fresh and repeated) as repeated, count(*) filter (where fresh and reopened) as reopened,
	count(*) filter (where fresh and open) as open_now, count(*) filter (where owes) as due, count(*) filter (where owes and met) as met,
	percentile_cont(0.5) within group (order by resolved) as median_result, percentile_cont(0.9) within group (order by resolved) as slow_result`

// complaintLines counts complaints in one pass.
const complaintLines = `
with c as materialized (
	select t.validity, t.severity, t.topic, coalesce(t.against_id, 0) as against_id, t.validity = 'valid' as valid, t.validity = 'invalid' as invalid, t.severity = 'major' as major,
		t.repeats_id is not null as repeated, t.reopened > 0 as reopened, t.lane is not null as open, x.fresh, x.owes, t.registered_at, t.due_at,
		coalesce(t.resolved_at, t.closed_at) <= t.due_at as met,
		case when x.fresh then extract(epoch from t.resolved_at - t.registered_at)::float8 end as resolved
	from tickets t
	cross join lateral (select t.registered_at >= ?1 and t.registered_at < ?2 as fresh,
		t.due_at >= ?1 and t.due_at < ?2 and t.due_at <= ?3 and t.state <> 'invalid' as owes) x
	where t.site_id = ?0 and t.kind = 'complaint' and (x.fresh or x.owes)),
months as (
	select date_trunc('month', registered_at at time zone ?4) as month, true as fresh, valid, invalid, major, repeated, reopened, open, false as owes, met, resolved from c where fresh
	union all select date_trunc('month', due_at at time zone ?4), false, false, false, false, false, false, false, true, met, null from c where owes),
sums as (
	select case grouping(validity, severity, topic, against_id) when 15 then 'all' when 7 then 'validity' when 11 then 'severity' when 13 then 'topic' else 'against' end as dim,
		coalesce(validity, severity, topic, against_id::text, '') as key, against_id, ` + complaintSums + `
	from c group by grouping sets ((), (validity), (severity), (topic), (against_id))
	union all
	select 'month', to_char(month, 'YYYY-MM'), null, ` + complaintSums + ` from months group by month)
select s.dim, s.key, coalesce(d.name, '') as name, s.received, s.valid, s.invalid, s.major, s.repeated, s.reopened, s.open_now, s.due, s.met, s.median_result, s.slow_result
from sums s left join departments d on d.id = s.against_id
order by s.dim, case when s.dim = 'severity' then array_position(array['minor', 'important', 'major'], s.key) end, s.received desc, s.key`

func complaintFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	var lines []complaintLine
	if err := tx.NewRaw(complaintLines, p.site.ID, p.from, p.to, p.now, p.site.Location().String()).Scan(ctx, &lines); err != nil {
		return nil, err
	}
	by := map[string][]complaintLine{}
	for _, l := range lines {
		by[l.Dim] = append(by[l.Dim], l)
	}
	by["month"] = p.complaintMonths(by["month"])
	var all int64
	sum := p.titled(ctx, "complaints", locale.T(ctx, "report.complaints.title"), complaintColumns()...)
	sum.Notes = []string{locale.T(ctx, "report.complaints.note"), locale.T(ctx, "report.complaints.note_due")}
	for _, l := range by["all"] {
		all = l.Received
		sum.Add(l.cells(all)...)
	}
	out := []*table.Table{sum}
	for _, dim := range []string{"validity", "severity", "topic", "against", "month"} {
		t := p.titled(ctx, "complaints_by_"+dim, locale.T(ctx, "report.complaints.by."+dim), append([]table.Column{col(dim, table.Text)}, complaintColumns()...)...)
		for _, l := range by[dim] {
			t.Add(append([]any{dimLabel(ctx, dim, l.Key, l.Name)}, l.cells(all)...)...)
		}
		out = append(out, t)
	}
	return out, nil
}

func complaintColumns() []table.Column {
	return []table.Column{col("received", table.Number), col("share", table.Share), col("valid", table.Number), col("invalid", table.Share),
		col("major", table.Share), col("repeated", table.Share), col("reopened", table.Share), col("open", table.Number), col("due", table.Number),
		col("met", table.Number), col("in_time", table.Share), col("median_result", table.Duration), col("slow_result", table.Duration)}
}

func (l complaintLine) cells(all int64) []any {
	return []any{l.Received, share(l.Received, all), l.Valid, share(l.Invalid, l.Received), share(l.Major, l.Received), share(l.Repeated, l.Received),
		share(l.Reopened, l.Received), l.OpenNow, l.Due, l.Met, share(l.Met, l.Due), seconds(l.MedianResult), seconds(l.SlowResult)}
}

// complaintMonths are all months of the period.
func (p period) complaintMonths(lines []complaintLine) (out []complaintLine) {
	found := map[string]complaintLine{}
	for _, l := range lines {
		found[l.Key] = l
	}
	for _, m := range p.months() {
		l := found[m]
		l.Key = m
		out = append(out, l)
	}
	return out
}
