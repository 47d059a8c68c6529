package report

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/views/locale"
)

// visitCount is one line of figures over visits.
type visitCount struct {
	Day          time.Time
	Code         string
	Visits       int64
	People       int64
	MedianStay   *float64 // seconds, over those who signed out
	NotSignedOut int64    // ended with the day (VISIT-4)
	Inside       int64
}

// visitFigures counts visits in all, per day, purpose and channel. Days are the site's, and all of the period.
func visitFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	total, err := visitTotal(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	days, err := visitDays(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	purposes, err := visitsBy(ctx, tx, p, "purpose")
	if err != nil {
		return nil, err
	}
	channels, err := visitsBy(ctx, tx, p, "channel")
	if err != nil {
		return nil, err
	}

	sum := p.titled(ctx, "visitors", locale.T(ctx, "report.visitors.title"), col("visits", table.Number), col("people", table.Number),
		col("median_stay", table.Duration), col("not_signed_out", table.Number), col("inside", table.Number))
	sum.Add(total.Visits, total.People, seconds(total.MedianStay), total.NotSignedOut, total.Inside)
	sum.Notes = []string{locale.T(ctx, "report.visitors.note_stay")}

	perDay := p.titled(ctx, "visitors_by_day", locale.T(ctx, "report.visitors.by_day"), col("day", table.Date), col("visits", table.Number),
		col("people", table.Number), col("median_stay", table.Duration), col("not_signed_out", table.Number))
	for _, d := range days {
		// A day comes as a date without a zone; it is a day of the site.
		local := time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 12, 0, 0, 0, p.site.Location())
		perDay.Add(local, d.Visits, d.People, seconds(d.MedianStay), d.NotSignedOut)
	}

	perPurpose := p.titled(ctx, "visitors_by_purpose", locale.T(ctx, "report.visitors.by_purpose"), col("purpose", table.Text),
		col("visits", table.Number), col("people", table.Number), col("share", table.Share), col("median_stay", table.Duration))
	for _, c := range purposes {
		perPurpose.Add(p.purpose(ctx, c.Code), c.Visits, c.People, share(c.Visits, total.Visits), seconds(c.MedianStay))
	}
	perChannel := p.titled(ctx, "visitors_by_channel", locale.T(ctx, "report.visitors.by_channel"), col("channel", table.Text),
		col("visits", table.Number), col("people", table.Number), col("share", table.Share), col("not_signed_out", table.Number))
	for _, c := range channels {
		perChannel.Add(channelLabel(ctx, c.Code), c.Visits, c.People, share(c.Visits, total.Visits), c.NotSignedOut)
	}
	return []*table.Table{sum, perDay, perPurpose, perChannel}, nil
}

// purpose is what visitors came for, in the site's words.
func (p period) purpose(ctx context.Context, code string) table.Label {
	return table.Label{Code: code, Words: p.site.Settings.Purpose(ctx, code)}
}

func channelLabel(ctx context.Context, code string) table.Label {
	return label(code, "ticket.channel."+code, locale.T(ctx, "ticket.channel."+code))
}

func visitTotal(ctx context.Context, tx bun.IDB, p period) (visitCount, error) {
	var c visitCount
	err := tx.NewRaw(`select count(*) as visits, coalesce(sum(people), 0) as people,
		percentile_cont(0.5) within group (order by extract(epoch from ended_at - arrived_at)) filter (where ended_by <> 'day_end') as median_stay,
		count(*) filter (where ended_by = 'day_end') as not_signed_out, count(*) filter (where ended_at is null) as inside
		from visits where site_id = ? and arrived_at >= ? and arrived_at < ?`, p.site.ID, p.from, p.to).Scan(ctx, &c)
	return c, err
}

func visitDays(ctx context.Context, tx bun.IDB, p period) ([]visitCount, error) {
	var days []visitCount
	err := tx.NewRaw(`select d::date as day, count(v.id) as visits, coalesce(sum(v.people), 0) as people,
		percentile_cont(0.5) within group (order by extract(epoch from v.ended_at - v.arrived_at)) filter (where v.ended_by <> 'day_end') as median_stay,
		count(*) filter (where v.ended_by = 'day_end') as not_signed_out
		from generate_series(?::timestamp, ?::timestamp, interval '1 day') d
		left join (select *, (arrived_at at time zone ?)::date as day from visits
			where site_id = ? and arrived_at >= ? and arrived_at < ?) v on v.day = d::date
		group by d order by d`, p.from.Format(time.DateOnly), p.last().Format(time.DateOnly), p.site.Location().String(),
		p.site.ID, p.from, p.to).Scan(ctx, &days)
	return days, err
}

// visitsBy counts by a column of visits, the most frequent first.
func visitsBy(ctx context.Context, tx bun.IDB, p period, column string) ([]visitCount, error) {
	var counts []visitCount
	err := tx.NewRaw(`select ? as code, count(*) as visits, sum(people) as people,
		percentile_cont(0.5) within group (order by extract(epoch from ended_at - arrived_at)) filter (where ended_by <> 'day_end') as median_stay,
		count(*) filter (where ended_by = 'day_end') as not_signed_out
		from visits where site_id = ? and arrived_at >= ? and arrived_at < ?
		group by 1 order by 2 desc, 1`, bun.Ident(column), p.site.ID, p.from, p.to).Scan(ctx, &counts)
	return counts, err
}

// visitRegister is the visitor register as a form (FORM-1, VISIT-1), masked.
func (s *Service) visitRegister(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	var rows []struct {
		Number, Name, Host, Place, Purpose, Company, Channel string
		Phone, Plate                                         []byte
		People                                               int64
		ArrivedAt                                            time.Time
		EndedAt                                              *time.Time
		EndedBy                                              *string
		ExpiredAt                                            *time.Time
	}
	err := tx.NewRaw(`select number, name, host, place, purpose, company, channel, phone, plate, people, arrived_at, ended_at, ended_by, expired_at
		from visits where site_id = ? and arrived_at >= ? and arrived_at < ? order by arrived_at, id`, p.site.ID, p.from, p.to).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	t := p.titled(ctx, "visitor_register", locale.T(ctx, "report.visitors.register"), col("number", table.Text), col("arrived", table.Time),
		col("name", table.Masked), col("phone", table.Masked), col("people", table.Number), col("host", table.Masked), col("place", table.Text),
		col("purpose", table.Text), col("company", table.Text), col("plate", table.Masked), col("channel", table.Text), col("left", table.Time),
		col("ended", table.Text))
	for _, r := range rows {
		phone, err := s.masked(pii.Phone, r.Phone)
		if err != nil {
			return nil, err
		}
		plate, err := s.masked(pii.Plate, r.Plate)
		if err != nil {
			return nil, err
		}
		var ended any = table.Label{Code: "inside", Words: locale.T(ctx, "report.visitors.inside")}
		if r.EndedBy != nil {
			ended = label(*r.EndedBy, "visitor.ended."+*r.EndedBy, locale.T(ctx, "visitor.ended."+*r.EndedBy))
		}
		name := pii.MaskName(r.Name)
		if r.ExpiredAt != nil { // PRIVACY-5
			name = locale.T(ctx, "visitor.expired")
		}
		t.Add(r.Number, r.ArrivedAt, name, phone, r.People, pii.MaskName(r.Host), pii.Redact(r.Place),
			p.purpose(ctx, r.Purpose), pii.Redact(r.Company), plate, channelLabel(ctx, r.Channel), moment(r.EndedAt), ended)
	}
	t.Notes = []string{locale.T(ctx, "report.rows", "Count", len(rows)), locale.T(ctx, "report.masked")}
	return []*table.Table{t}, nil
}
