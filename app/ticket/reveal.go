package ticket

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// Reveal opens the phone of a ticket, or numbers that were written into its texts ("matter"), for a reason; each opening
// is on record (PRIVACY-2).
func (s *Service) Reveal(ctx context.Context, id int64, field, reason string) (string, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return "", err
	}
	if reason, err = pii.RequireReveal(ctx, reason); err != nil {
		return "", err
	}
	if field != "phone" && field != "matter" {
		return "", fault.New(fault.NotFound, "fault.not_found")
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (string, error) {
		t, err := get(ctx, tx, a.Site, id)
		if err != nil {
			return "", err
		}
		text := t.Matter
		if field == "phone" {
			if len(t.Phone) == 0 {
				return "", fault.New(fault.NotFound, "fault.not_found")
			}
			if text, err = s.Vault.Open(pii.Phone, t.Phone); err != nil {
				return "", err
			}
		}
		return text, audit.Append(ctx, tx, audit.Entry{Verb: "pii.reveal", Subject: "tickets", ID: t.ID,
			Fields: []string{field}, Reason: reason, Site: t.SiteID})
	})
}

// MaskedPhone is the ticket's phone as staff see it unopened (PRIVACY-2); empty where there is none.
func (s *Service) MaskedPhone(t *Ticket) (string, error) {
	if len(t.Phone) == 0 {
		return "", nil
	}
	phone, err := s.Vault.Open(pii.Phone, t.Phone)
	if err != nil {
		return "", err
	}
	return pii.Mask(pii.Phone, phone), nil
}
