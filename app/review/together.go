package review

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

const (
	unsolvedTerm = 30 * 24 * time.Hour // how far back the list of unsolved matters looks
	unsolvedAge  = 7 * 24 * time.Hour  // from when an open ticket counts as unsolved
	unsolvedMost = 200
)

// Unsolved lists what was not solved in the usual way, by kind and zone, to be looked at together (REVIEW-2).
func (s *Service) Unsolved(ctx context.Context) ([]Unsolved, error) {
	a, _, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	out, err := unsolved(ctx, s.DB, a.Site, now.Add(-unsolvedTerm), now.Add(-unsolvedAge), unsolvedMost)
	for i := range out {
		out[i].Place, out[i].Matter = pii.Redact(out[i].Place), pii.Redact(out[i].Matter)
	}
	return out, db.Translate(err)
}

// Find writes down what some unsolved tickets share and what is to change (REVIEW-2).
func (s *Service) Find(ctx context.Context, tickets []int64, shared, change string) (*Finding, error) {
	a, _, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return nil, err
	}
	var wrong fault.Fields
	f := &Finding{SiteID: a.Site, ByID: a.ID, At: s.Now(),
		Shared: wrong.Text("shared", shared, MaxFinding, true), Change: wrong.Text("change", change, MaxFinding, true)}
	if len(tickets) == 0 {
		wrong.Add("tickets", "review.none_ticked")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Finding, error) {
		if _, err := tx.NewInsert().Model(f).Returning("id").Exec(ctx); err != nil {
			return nil, err
		}
		res, err := tx.NewRaw(`insert into finding_tickets (site_id, finding_id, ticket_id)
			select site_id, ?, id from tickets where site_id = ? and id = any(?)`, f.ID, a.Site, pgdialect.Array(tickets)).Exec(ctx)
		if err != nil {
			return nil, err
		}
		if n, err := res.RowsAffected(); err != nil || int(n) != len(slices.Compact(slices.Sorted(slices.Values(tickets)))) {
			return nil, errors.Join(err, fault.New(fault.NotFound, "fault.not_found"))
		}
		return f, audit.Append(ctx, tx, audit.Entry{Verb: "review.find", Subject: "findings", ID: f.ID, Site: a.Site})
	})
}

// Findings are the latest ones.
func (s *Service) Findings(ctx context.Context) ([]Finding, error) {
	a, _, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return nil, err
	}
	out, err := findings(ctx, s.DB, a.Site, unsolvedMost)
	return out, db.Translate(err)
}

// Regular is when unsolved matters were looked at together last, and whether it is time again (REVIEW-2).
type Regular struct {
	Left int       // unsolved matters that nobody has looked at with others yet
	Last time.Time // zero: never
	Due  time.Time // by when they are to be looked at; zero: there are none
	Late bool
}

// Regularly tells when unsolved matters are to be looked at together: Every days after the last time, while there are any
// that weren't.
func (s *Service) Regularly(ctx context.Context) (Regular, error) {
	list, err := s.Unsolved(ctx)
	if err != nil {
		return Regular{}, err
	}
	_, at, err := s.enter(ctx, staff.ReviewDay)
	if err != nil {
		return Regular{}, err
	}
	r := Regular{}
	if r.Last, err = lastFinding(ctx, s.DB, at.ID); err != nil {
		return r, db.Translate(err)
	}
	oldest := s.Now()
	for _, u := range list {
		if u.Findings > 0 {
			continue
		}
		r.Left++
		if u.At.Before(oldest) {
			oldest = u.At
		}
	}
	if r.Left == 0 {
		return r, nil
	}
	from := r.Last
	if from.IsZero() {
		from = oldest
	}
	r.Due = at.Day(from).AddDate(0, 0, Every)
	r.Late = !at.Day(s.Now()).Before(r.Due.AddDate(0, 0, 1))
	return r, nil
}
