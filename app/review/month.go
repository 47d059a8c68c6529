package review

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/staff"
)

// CaseOf is a case that was written down in a month: the month's report looks at it again (REVIEW-4).
type CaseOf struct {
	ID    int64  `bun:"id"`
	Sort  string `bun:"sort"`
	Kind  string `bun:"kind"`
	Title string `bun:"title"`
}

// Cases are those of a month, the latest first.
func (s *Service) Cases(ctx context.Context, month time.Time) ([]CaseOf, error) {
	_, at, err := s.enter(ctx, staff.ViewReports)
	if err != nil {
		return nil, err
	}
	d := first(month)
	sp := days(at, d, 0)
	sp.to = days(at, d.AddDate(0, 1, 0), 0).from
	out := []CaseOf{}
	err = s.DB.NewRaw(`select id, sort, kind, title from knowledge_cases where site_id = ? and at >= ? and at < ? order by at desc, id desc limit ?`,
		at.ID, sp.from, sp.to, unsolvedMost).Scan(ctx, &out)
	return out, db.Translate(err)
}

// MonthOf gives the words of a month's report; empty ones with version 0 where nobody has written any.
func (s *Service) MonthOf(ctx context.Context, month time.Time) (*Month, error) {
	a, _, err := s.enter(ctx, staff.ViewReports)
	if err != nil {
		return nil, err
	}
	m := &Month{SiteID: a.Site, Month: first(month)}
	err = s.DB.NewSelect().Model(m).ColumnExpr("?TableColumns").ColumnExpr("p.name as by_name").Join("join staff p on p.id = m.by_id").WherePK().Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return &Month{SiteID: a.Site, Month: first(month)}, nil
	}
	return m, db.Translate(err)
}

func first(d time.Time) time.Time { return time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC) }

// Write keeps the words of a month's report (REVIEW-4). The version is that of the words the writer saw: somebody who wrote
// meanwhile is not written over.
func (s *Service) Write(ctx context.Context, in Month) (*Month, error) {
	a, _, err := s.enter(ctx, staff.ReviewWeek)
	if err != nil {
		return nil, err
	}
	var wrong fault.Fields
	m := &Month{SiteID: a.Site, Month: first(in.Month), ByID: a.ID, At: s.Now(), Version: in.Version + 1,
		Completion: wrong.Text("completion", in.Completion, MaxMonth, false), Analysis: wrong.Text("analysis", in.Analysis, MaxMonth, false),
		Measures: wrong.Text("measures", in.Measures, MaxMonth, false), Problems: wrong.Text("problems", in.Problems, MaxMonth, false),
		Plan: wrong.Text("plan", in.Plan, MaxMonth, false)}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Month, error) {
		res, err := tx.NewInsert().Model(m).On("conflict (site_id, month) do update").
			Set("completion = excluded.completion, analysis = excluded.analysis, measures = excluded.measures, problems = excluded.problems, plan = excluded.plan, by_id = excluded.by_id, at = excluded.at, version = excluded.version").
			Where("m.version = ?", in.Version).Returning("null").Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return nil, errors.Join(err, fault.New(fault.Conflict, "review.month_changed"))
		}
		return m, audit.Append(ctx, tx, audit.Entry{Verb: "review.month", Subject: "sites", ID: a.Site, Site: a.Site, Reason: m.Month.Format("2006-01")})
	})
}
