package review

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/staff"
)

// Service keeps the reviews.
type Service struct {
	DB    *bun.DB
	Sites *site.Directory
	Now   func() time.Time
}

// days is a stretch of n days of a site from a calendar day on.
func days(at site.Site, first time.Time, n int) span {
	y, m, d := first.Date()
	return span{site: at.ID, from: time.Date(y, m, d, 0, 0, 0, 0, at.Location()), to: time.Date(y, m, d+n, 0, 0, 0, 0, at.Location()),
		day: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// Monday is the first day of a day's week.
func Monday(d time.Time) time.Time { return d.AddDate(0, 0, -(int(d.Weekday())+6)%7) }

// enter checks permission and gives the actor's site.
func (s *Service) enter(ctx context.Context, p actor.Permission) (actor.Actor, site.Site, error) {
	a, err := actor.Require(ctx, p)
	if err != nil {
		return a, site.Site{}, err
	}
	at, err := s.Sites.Get(ctx, a.Site)
	return a, at, err
}

// Day gives the records of one day with their reviews (REVIEW-1). Numbers in free texts are masked.
func (s *Service) Day(ctx context.Context, d time.Time) ([]Record, error) {
	_, at, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return nil, err
	}
	out, err := day(ctx, s.DB, days(at, d, 1))
	for i := range out {
		out[i].Place, out[i].Matter = pii.Redact(out[i].Place), pii.Redact(out[i].Matter)
	}
	return out, db.Translate(err)
}

// Tick marks records of a day as reviewed (REVIEW-1). Who reviewed one first stays; ticking again changes nothing. A record
// that the day doesn't have is refused, as is a day that hasn't come.
func (s *Service) Tick(ctx context.Context, d time.Time, refs []Ref, remark string) error {
	a, at, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	remark = wrong.Text("remark", remark, MaxRemark, false)
	if len(refs) == 0 {
		wrong.Add("records", "review.none_ticked")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	slices.SortFunc(refs, func(x, y Ref) int {
		if x.Section != y.Section {
			return slices.Index(Sections, x.Section) - slices.Index(Sections, y.Section)
		}
		return int(x.ID - y.ID)
	})
	refs = slices.Compact(refs)
	sp := days(at, d, 1)
	rows := make([]row, len(refs))
	for i, r := range refs {
		rows[i] = row{SiteID: at.ID, Span: "day", Day: sp.day, Section: r.Section, SubjectID: r.ID, ByID: a.ID, At: s.Now(), Remark: remark}
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		found, err := exist(ctx, tx, sp, refs)
		if err != nil {
			return struct{}{}, err
		}
		if found != len(refs) {
			return struct{}{}, fault.New(fault.NotFound, "fault.not_found")
		}
		return struct{}{}, s.write(ctx, tx, "review.day", rows)
	})
	return err
}

func (s *Service) write(ctx context.Context, tx bun.Tx, verb string, rows []row) error {
	fresh, err := insert(ctx, tx, rows)
	if err != nil || fresh == 0 {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "sites", ID: rows[0].SiteID, Site: rows[0].SiteID, Reason: rows[0].Day.Format(time.DateOnly)})
}

// OpenDays are the past days, today included, with records that nobody has reviewed; those of days that are over are late.
func (s *Service) OpenDays(ctx context.Context) ([]OpenDay, error) {
	_, at, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return nil, err
	}
	today := at.Day(s.Now())
	out, err := openDays(ctx, s.DB, days(at, today.AddDate(0, 0, -Back), Back+1), at.TimeZone)
	for i := range out {
		out[i].Late = out[i].Day.Format(time.DateOnly) < today.Format(time.DateOnly)
	}
	return out, db.Translate(err)
}

// Week gives a week section by section, by its Monday (REVIEW-1).
func (s *Service) Week(ctx context.Context, monday time.Time) ([]WeekSection, error) {
	_, at, err := s.enter(ctx, staff.ReviewWeek)
	if err != nil {
		return nil, err
	}
	out, err := week(ctx, s.DB, days(at, Monday(monday), 7), at.TimeZone)
	return out, db.Translate(err)
}

// Sign marks sections of a week that is over as reviewed by the manager (REVIEW-1).
func (s *Service) Sign(ctx context.Context, monday time.Time, sections []Section, remark string) error {
	a, at, err := s.enter(ctx, staff.ReviewWeek)
	if err != nil {
		return err
	}
	sp := days(at, Monday(monday), 7)
	var wrong fault.Fields
	remark = wrong.Text("remark", remark, MaxRemark, false)
	if len(sections) == 0 {
		wrong.Add("sections", "review.none_ticked")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	if sp.to.After(s.Now()) {
		return fault.New(fault.Conflict, "review.week_runs")
	}
	var rows []row
	for _, section := range Sections {
		if slices.Contains(sections, section) {
			rows = append(rows, row{SiteID: at.ID, Span: "week", Day: sp.day, Section: section, ByID: a.ID, At: s.Now(), Remark: remark})
		}
	}
	if len(rows) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, s.write(ctx, tx, "review.week", rows)
	})
	return err
}

// OpenWeeks are the Mondays of past weeks that have a section nobody has signed, the oldest first. One is late once the
// Monday on which it is to be reviewed is over.
func (s *Service) OpenWeeks(ctx context.Context) ([]OpenDay, error) {
	_, at, err := s.enter(ctx, staff.ReviewWeek)
	if err != nil {
		return nil, err
	}
	today := at.Day(s.Now())
	out := []OpenDay{}
	for n := lookWeeks; n >= 1; n-- {
		monday := Monday(today).AddDate(0, 0, -7*n)
		sections, err := week(ctx, s.DB, days(at, monday, 7), at.TimeZone)
		if err != nil {
			return nil, db.Translate(err)
		}
		w := OpenDay{Day: monday, Late: n > 1 || today.After(Monday(today))}
		for _, section := range sections {
			w.All += section.All
			if section.All > 0 && section.ReviewedAt.IsZero() {
				w.Open++
			}
		}
		if w.Open > 0 {
			out = append(out, w)
		}
	}
	return out, nil
}
