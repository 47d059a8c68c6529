package visitor

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// table is the name under which acts on visits stand in the record.
const tableName = "visits"

// codeDraws is how often another pass code is drawn when one is taken.
const codeDraws = 20

// Service is what can be done about visits.
type Service struct {
	DB    *bun.DB
	Vault *pii.Vault
	Sites *site.Directory
	Now   func() time.Time

	draw func() string // pass codes; nil: random ones
}

// now is the time as the database keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Register records a visitor and hands out the pass (VISIT-1, VISIT-4). The same entry again gives the first result;
// the same key with other content is a Conflict that says what stands recorded; a wrong entry consumes nothing.
func (s *Service) Register(ctx context.Context, in Register) (*Pass, error) {
	a, err := actor.Require(ctx, staff.RegisterVisit)
	if err != nil {
		return nil, err
	}
	here, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	if in, err = in.Check(RulesFor(here.Settings, in.Channel)); err != nil {
		return nil, err
	}
	now := s.now()
	visit, token, err := s.draft(a, in, now)
	if err != nil {
		return nil, err
	}
	// A number is taken before the transaction, or it would serialise the site's entries; gaps are allowed.
	if visit.Number, err = db.Number(ctx, s.DB, a.Site, "V", now.In(here.Location())); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Pass, error) {
		// VISIT-2: whether the place is known is kept for staff; nothing the visitor sees depends on it.
		id, found, err := s.Sites.FindHousehold(ctx, tx, a.Site, visit.Place)
		if err != nil {
			return nil, err
		}
		if found {
			visit.HouseholdID = id
		}
		earlier, err := s.enter(ctx, tx, visit)
		if err != nil {
			return nil, err
		}
		if earlier != nil {
			return s.again(ctx, earlier, visit)
		}
		if err := audit.Append(ctx, tx, audit.Entry{Verb: "visit.register", Subject: tableName, ID: visit.ID}); err != nil {
			return nil, err
		}
		live.Publish(ctx, live.Site(visit.SiteID), Arrived, visit.ID)
		return &Pass{Visit: *visit, Number: visit.Number, Code: visit.PassCode, Token: token}, nil
	})
}

// draft makes the row of a checked entry, all but its number and code.
func (s *Service) draft(a actor.Actor, in Register, now time.Time) (*Visit, string, error) {
	token := newToken()
	sealedToken, err := s.Vault.Seal(pii.Token, token)
	if err != nil {
		return nil, "", err
	}
	v := &Visit{
		SiteID: a.Site, EntryKey: in.EntryKey, EntryHash: s.Vault.Index(pii.Token, in.sent),
		Name: in.Name, Host: in.Host, Place: in.Place, Purpose: in.Purpose, Note: in.Note, Company: in.Company, People: in.People,
		Channel: in.Channel, PassToken: sealedToken, PassIndex: s.Vault.Index(pii.Token, token),
		ArrivedAt: now, Version: 1,
	}
	if in.Phone != "" {
		if v.Phone, err = s.Vault.Seal(pii.Phone, in.Phone); err != nil {
			return nil, "", err
		}
		v.PhoneIndex = s.Vault.Index(pii.Phone, in.Phone)
	}
	if in.Plate != "" {
		if v.Plate, err = s.Vault.Seal(pii.Plate, in.Plate); err != nil {
			return nil, "", err
		}
		v.PlateIndex = s.Vault.Index(pii.Plate, in.Plate)
	}
	switch a.Kind {
	case actor.Device:
		v.DeviceID = a.ID
	case actor.Person:
		v.StaffID = a.ID
	}
	return v, token, nil
}

// enter writes the row with a code that no open visit holds; it gives the earlier row instead where the entry key is
// known.
func (s *Service) enter(ctx context.Context, tx bun.Tx, v *Visit) (earlier *Visit, err error) {
	draw := s.draw
	if draw == nil {
		draw = newCode
	}
	for range codeDraws {
		v.PassCode = draw()
		written, err := insert(ctx, tx, v)
		if err != nil || written {
			return nil, err
		}
		if earlier, err = byEntry(ctx, tx, v.SiteID, v.EntryKey); err != nil || earlier != nil {
			return earlier, err
		}
	}
	return nil, errors.New("visitor: no free pass code found")
}

// again answers an entry whose key is known.
func (s *Service) again(ctx context.Context, earlier, now *Visit) (*Pass, error) {
	if earlier.Expired() {
		return nil, fault.New(fault.Conflict, "visitor.error.expired", fault.Args{"Number": earlier.Number, "At": locale.Moment(ctx, earlier.ArrivedAt)})
	}
	if !bytes.Equal(earlier.EntryHash, now.EntryHash) {
		return nil, fault.New(fault.Conflict, "visitor.error.conflict", fault.Args{
			"Number": earlier.Number, "Name": pii.MaskName(earlier.Name), "Whom": earlier.Whom(), "At": locale.Moment(ctx, earlier.ArrivedAt),
		})
	}
	token, err := s.Vault.Open(pii.Token, earlier.PassToken)
	if err != nil {
		return nil, err
	}
	return &Pass{Visit: *earlier, Number: earlier.Number, Code: earlier.PassCode, Token: token}, nil
}

// Whom says whom or which unit the visitor named, in one line.
func (v *Visit) Whom() string {
	switch {
	case v.Host == "":
		return v.Place
	case v.Place == "":
		return v.Host
	}
	return v.Place + " · " + v.Host
}

// Get gives a visit of the actor's site.
func (s *Service) Get(ctx context.Context, id int64) (*Visit, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	return get(ctx, s.DB, a.Site, id)
}

// History gives what was done with a visit, from the record.
func (s *Service) History(ctx context.Context, id int64) ([]Act, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	return acts(ctx, s.DB, a.Site, id)
}

// MaskedPhone is the visit's phone as everybody may see it (PRIVACY-2).
func (s *Service) MaskedPhone(v *Visit) string { return s.masked(pii.Phone, v.Phone) }

// MaskedPlate is the visit's plate as everybody may see it, empty where there is none (PRIVACY-2).
func (s *Service) MaskedPlate(v *Visit) string { return s.masked(pii.Plate, v.Plate) }

func (s *Service) masked(kind pii.Kind, sealed []byte) string {
	if len(sealed) == 0 {
		return ""
	}
	text, err := s.Vault.Open(kind, sealed)
	if err != nil {
		return "***"
	}
	return pii.Mask(kind, text)
}

// deviceKey names whose wrong codes are counted together.
func deviceKey(a actor.Actor) string {
	return strconv.FormatInt(a.Site, 10) + ":" + string(a.Kind) + ":" + strconv.FormatInt(a.ID, 10)
}
