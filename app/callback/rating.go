package callback

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// Link makes a link by which the customer of a ticket can give marks, and gives what it holds; earlier links of the
// ticket end. It can't be guessed, is good for LinkTerm, counts once, and tells nothing of the ticket.
func (s *Service) Link(ctx context.Context, ticket int64) (token string, err error) {
	a, err := actor.Require(ctx, staff.CallBack)
	if err != nil {
		return "", err
	}
	token = rand.Text()
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		t, err := hold(ctx, tx, a.Site, ticket)
		if err != nil {
			return struct{}{}, err
		}
		if t.Expired {
			return struct{}{}, fault.New(fault.Conflict, "callback.expired", fault.Args{"Number": t.Number})
		}
		if !t.finished() {
			return struct{}{}, fault.New(fault.Conflict, "callback.not_finished", fault.Args{"Number": t.Number})
		}
		now := s.now()
		if _, err := tx.NewRaw(`update rating_links set until_at = ? where ticket_id = ? and used_at is null and until_at > ?`, now, ticket, now).Exec(ctx); err != nil {
			return struct{}{}, err
		}
		_, err = tx.NewRaw(`insert into rating_links (token_hash, site_id, ticket_id, made_at, until_at) values (?, ?, ?, ?, ?)`,
			hashed(token), a.Site, ticket, now, now.Add(LinkTerm)).Exec(ctx)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "callback.link", Subject: "tickets", ID: ticket, Site: a.Site})
	})
	return token, err
}

func hashed(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// Good tells whether a link can be used now, and for which site it is: the page says nothing else. One whose ticket was
// opened again waits until that is done.
func (s *Service) Good(ctx context.Context, token string) (site int64, err error) {
	site, err = goodLink(ctx, s.DB, hashed(token), s.now())
	return site, db.Translate(err)
}

// Rate takes the marks of who holds a link (SURVEY-1). A link that was used, is over or never was is not found.
func (s *Service) Rate(ctx context.Context, token string, m Marks, said string) error {
	var wrong fault.Fields
	said = m.check(&wrong, said, true)
	if err := wrong.Err(); err != nil {
		return err
	}
	_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		t, err := useLink(ctx, tx, hashed(token), s.now())
		if err != nil {
			return struct{}{}, err
		}
		if t == nil {
			return struct{}{}, fault.New(fault.NotFound, "callback.link_over")
		}
		return struct{}{}, s.keep(ctx, tx, s.rating(t, "link", m, said))
	})
	return err
}

// RateAtKiosk takes marks at the kiosk, from who knows the ticket's number and phone. Its answer is the same whether or
// not there is such a ticket, and whether or not it has been rated before.
func (s *Service) RateAtKiosk(ctx context.Context, number, phone string, m Marks, said string) error {
	a, err := actor.Require(ctx, staff.RegisterTicket)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	number = wrong.Line("number", number, 20, true)
	normal, ok := pii.NormalisePhone(wrong.Line("phone", phone, 32, true))
	if !ok && !wrong.Has("phone") {
		wrong.Add("phone", "callback.field.phone")
	}
	said = m.check(&wrong, said, true)
	if err := wrong.Err(); err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		t, err := byNumber(ctx, tx, a.Site, number)
		if err != nil || t == nil || t.Expired || !t.finished() || string(t.PhoneIndex) != string(s.Vault.Index(pii.Phone, normal)) {
			return struct{}{}, err
		}
		return struct{}{}, s.keep(ctx, tx, s.rating(t, "kiosk", m, said))
	})
	return err
}

// keep writes an answer; who has answered for this ticket before has not answered twice.
func (s *Service) keep(ctx context.Context, tx bun.Tx, r *rating) error {
	fresh, err := insertRating(ctx, tx, r)
	if err != nil || !fresh {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Verb: "callback.rate", Subject: "tickets", ID: r.TicketID, Site: r.SiteID})
}

// rating is the row of an answer by the customer of a ticket.
func (s *Service) rating(t *subject, via string, m Marks, said string) *rating {
	person := t.PhoneIndex
	if len(person) == 0 {
		person = s.Vault.Index(pii.Token, fmt.Sprintf("customer of ticket %d", t.ID))
	}
	return &rating{SiteID: t.SiteID, TicketID: t.ID, Person: person, Via: via, Speed: m.Speed, Attitude: m.Attitude, Upkeep: m.Upkeep,
		Remark: said, At: s.now()}
}
