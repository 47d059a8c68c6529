package visitor

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/text/width"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// Leave signs out by the six-digit code, at a kiosk or the desk. Wrong codes are counted per device, with a growing
// wait, so that a code can't be guessed; the answer to a wrong one says nothing about who is in the building.
func (s *Service) Leave(ctx context.Context, code string) (*Visit, error) {
	a, err := actor.Require(ctx, staff.RegisterVisit)
	if err != nil {
		return nil, err
	}
	code = strings.ReplaceAll(width.Narrow.String(strings.TrimSpace(code)), " ", "")
	if !sixDigits.MatchString(code) {
		return nil, wrongCode("visitor.error.code_form")
	}
	here, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	now, device, patient := s.now(), deviceKey(a), ofCodes(here.Settings.PassCodeTries)
	// A wrong code must be counted, thus committed: the refusal travels beside the result.
	type outcome struct {
		visit   *Visit
		refusal error
	}
	out, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (outcome, error) {
		t, err := lockTries(ctx, tx, device)
		if err != nil {
			return outcome{}, err
		}
		t, wait := patient.Wait(t, now)
		if wait > 0 {
			return outcome{refusal: fault.Wait("visitor.error.code_wait", wait)}, saveTries(ctx, tx, device, t)
		}
		visit, err := openByCode(ctx, tx, a.Site, code)
		if err != nil {
			return outcome{}, err
		}
		if visit == nil { // perhaps the answer to the same code was lost on its way a moment ago
			visit, err = leftByCode(ctx, tx, a.Site, code, now.Add(-repeatWithin))
			if err != nil || visit != nil {
				return outcome{visit: visit}, err
			}
			return outcome{refusal: wrongCode("visitor.error.code")}, saveTries(ctx, tx, device, patient.Fail(t, now))
		}
		if t.Failures > 0 {
			if err := forgetTries(ctx, tx, device); err != nil {
				return outcome{}, err
			}
		}
		return outcome{visit: visit}, s.finish(ctx, tx, visit, ByCode, 0)
	})
	if err != nil {
		return nil, err
	}
	return out.visit, out.refusal
}

// repeatWithin is how long a code that signed out is answered the same again: a kiosk whose network failed asks twice.
const repeatWithin = 2 * time.Minute

func wrongCode(key string) error {
	var wrong fault.Fields
	wrong.Add("code", key)
	return wrong.Err()
}

// finish writes the end of an open visit, with record and event.
func (s *Service) finish(ctx context.Context, tx bun.Tx, v *Visit, by string, staffID int64) error {
	v.end(s.now(), by, staffID)
	if err := saveEnd(ctx, tx, v); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, audit.Entry{Verb: "visit.leave", Subject: tableName, ID: v.ID, Site: v.SiteID, Fields: []string{by}}); err != nil {
		return err
	}
	live.Publish(ctx, live.Site(v.SiteID), Left, v.ID)
	return nil
}

// ByPassToken gives the visit of a pass link; holding the link is the permission.
func (s *Service) ByPassToken(ctx context.Context, token string) (*Visit, error) {
	return byPass(ctx, s.DB, s.Vault.Index(pii.Token, token))
}

// LeaveByPass signs out by the pass link on the visitor's own phone. Once more changes nothing.
func (s *Service) LeaveByPass(ctx context.Context, token string) (*Visit, error) {
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Visit, error) {
		visit, err := byPassForUpdate(ctx, tx, s.Vault.Index(pii.Token, token))
		if err != nil || !visit.Open() {
			return visit, err
		}
		ctx = actor.With(ctx, actor.Actor{Kind: actor.Guest, Site: visit.SiteID})
		return visit, s.finish(ctx, tx, visit, ByPass, 0)
	})
}

// End signs a visitor out at the desk; one who left already is a Conflict that says when.
func (s *Service) End(ctx context.Context, id int64) (*Visit, error) {
	a, err := actor.Require(ctx, staff.EndVisit)
	if err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Visit, error) {
		visit, err := getForUpdate(ctx, tx, a.Site, id)
		if err != nil {
			return nil, err
		}
		if !visit.Open() {
			return nil, fault.New(fault.Conflict, "visitor.error.ended", fault.Args{"Number": visit.Number})
		}
		return visit, s.finish(ctx, tx, visit, ByDesk, a.ID)
	})
}

// dayBatch is how many visits one transaction ends, so that a topic's head is never held long.
const dayBatch = 200

// EndDay ends, in every site, the visits that were still open when their day ended: at midnight in the site's zone,
// marked 'not signed out', with that true time however late the server looks (VISIT-4). Safe on several instances.
func (s *Service) EndDay(ctx context.Context, now time.Time) (ended int, err error) {
	sites, err := openSites(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	for _, id := range sites {
		n, err := s.endDayAt(actor.AsJob(ctx, "visit.end_day", id), id, now)
		ended += n
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (s *Service) endDayAt(ctx context.Context, id int64, now time.Time) (ended int, err error) {
	here, err := s.Sites.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	midnight := here.Day(now)
	for {
		n, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int, error) {
			ids, err := endDay(ctx, tx, id, here.TimeZone, midnight, dayBatch)
			if err != nil {
				return 0, err
			}
			for _, visit := range ids {
				err := audit.Append(ctx, tx, audit.Entry{Verb: "visit.end_day", Subject: tableName, ID: visit, Fields: []string{ByDay}})
				if err != nil {
					return 0, err
				}
				live.Publish(ctx, live.Site(id), EndedByDay, visit)
			}
			return len(ids), nil
		})
		ended += n
		if err != nil || n == 0 {
			return ended, err
		}
	}
}
