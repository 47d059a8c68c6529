package visitor

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// Inside lists who is in a site's building now, the latest arrival first, at most limit (0: everybody) (VISIT-6). It
// is for screens, whose own permission was checked when they opened.
func (s *Service) Inside(ctx context.Context, idb bun.IDB, siteID int64, limit int) ([]Visit, error) {
	return inside(ctx, idb, siteID, limit)
}

// VisitsByID gives the named visits of a site, also those that ended, for screens.
func (s *Service) VisitsByID(ctx context.Context, idb bun.IDB, siteID int64, ids []int64) ([]Visit, error) {
	return byIDs(ctx, idb, siteID, ids)
}

// CountInside counts the open visits of a site and the people they brought.
func (s *Service) CountInside(ctx context.Context, idb bun.IDB, siteID int64) (visits, people int, err error) {
	return countInside(ctx, idb, siteID)
}

// Today lists the visits that arrived since the beginning of the site's day, the latest first, at most limit.
func (s *Service) Today(ctx context.Context, limit int) ([]Visit, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	here, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	return since(ctx, s.DB, a.Site, here.Day(s.Now()), limit)
}

// ByNumber finds the visit with that number, written in either case.
func (s *Service) ByNumber(ctx context.Context, number string) ([]Visit, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	number = strings.ToUpper(strings.TrimSpace(number))
	if strings.Contains(number, "\x00") { // PostgreSQL takes no such text
		return nil, nil
	}
	return byNumber(ctx, s.DB, a.Site, number)
}

// ByPhone finds the visits of exactly that phone (PRIVACY-3); what is no phone finds nothing.
func (s *Service) ByPhone(ctx context.Context, raw string) ([]Visit, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	normal, ok := pii.NormalisePhone(raw)
	if !ok {
		return nil, nil
	}
	return byPhone(ctx, s.DB, a.Site, s.Vault.Index(pii.Phone, normal))
}

// ByPlace finds the latest visits to a place, by household where the text names one, else by likeness.
func (s *Service) ByPlace(ctx context.Context, text string) ([]Visit, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	if text == "" || strings.Contains(text, "\x00") {
		return nil, nil
	}
	household, _, err := s.Sites.FindHousehold(ctx, s.DB, a.Site, text)
	if err != nil {
		return nil, err
	}
	return byPlace(ctx, s.DB, a.Site, household, text)
}

// Reveal opens one masked field of a visit, or the numbers that were written into its texts ("note"), for a reason that goes on record with it (PRIVACY-2).
func (s *Service) Reveal(ctx context.Context, id int64, field, reason string) (string, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return "", err
	}
	if reason, err = pii.RequireReveal(ctx, reason); err != nil {
		return "", err
	}
	if field != "phone" && field != "plate" && field != "note" {
		return "", fault.New(fault.NotFound, "fault.not_found")
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (string, error) {
		visit, err := get(ctx, tx, a.Site, id)
		if err != nil {
			return "", err
		}
		kind, sealed := pii.Phone, visit.Phone
		if field == "plate" {
			kind, sealed = pii.Plate, visit.Plate
		}
		if visit.Expired() || field != "note" && len(sealed) == 0 {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		entry := audit.Entry{Verb: "pii.reveal", Subject: tableName, ID: id, Fields: []string{field}, Reason: reason}
		if err := audit.Append(ctx, tx, entry); err != nil {
			return "", err
		}
		if field == "note" {
			return visit.Note, nil
		}
		return s.Vault.Open(kind, sealed)
	})
}
