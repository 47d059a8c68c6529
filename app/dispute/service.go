package dispute

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/notice"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// Service carries disputes.
type Service struct {
	DB    *bun.DB
	Sites *site.Directory
	Post  notice.Post
	Now   func() time.Time
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// field is the name of the n-th input of a kind, as the form has it.
func field(kind string, n int) string { return kind + "-" + strconv.Itoa(n) }

// Of gives the dispute of a ticket, nil for none; may tells whether one can be opened about it by who asks.
func (s *Service) Of(ctx context.Context, ticket int64) (d *Dispute, may bool, err error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, false, err
	}
	t, err := look(ctx, s.DB, a.Site, ticket)
	if err != nil {
		return nil, false, db.Translate(err)
	}
	d, err = of(ctx, s.DB, a.Site, ticket)
	about := About{Kind: t.Kind, State: t.State, Expired: t.Expired}
	return d, d == nil && about.may(a), db.Translate(err)
}

const (
	// PageSize is how many disputes one page of the list of those that run shows.
	PageSize = 50
	// maxPage bounds how far one can page.
	maxPage = 100
)

// Running gives a page, from 1, of the disputes of the site that have no outcome yet: those in which who asks mediates
// first, then the oldest first; more tells whether there is a next page (COMPLAINT-8).
func (s *Service) Running(ctx context.Context, page int) (list []Running, more bool, err error) {
	a, err := actor.Require(ctx, staff.ClassifyTickets)
	if err != nil {
		return nil, false, err
	}
	page = min(max(page, 1), maxPage)
	list, err = db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) ([]Running, error) {
		return running(ctx, tx, a.Site, a.ID, PageSize+1, (page-1)*PageSize)
	})
	return list[:min(len(list), PageSize)], len(list) > PageSize && page < maxPage, db.Translate(err)
}

// Open writes down who is at odds in a complaint (COMPLAINT-8). The owner of the zone mediates, or who stands in for them
// now (ZONE-4), and is told; where the complaint has no household, it is the first party's zone.
func (s *Service) Open(ctx context.Context, in Open) (*Dispute, error) {
	a, err := actor.Require(ctx, staff.ClassifyTickets)
	if err != nil {
		return nil, err
	}
	if in, err = in.clean(); err != nil {
		return nil, err
	}
	if err := s.settle(ctx, a.Site, in.Parties); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Dispute, error) {
		t, err := hold(ctx, tx, a.Site, in.Ticket)
		if err != nil {
			return nil, err
		}
		stands, err := of(ctx, tx, a.Site, in.Ticket)
		switch {
		case err != nil:
			return nil, err
		case stands != nil && stands.EntryKey == in.EntryKey && sameParties(stands.Parties, in.Parties):
			return stands, nil
		case stands != nil:
			return nil, fault.New(fault.Conflict, "dispute.stands", fault.Args{"Number": t.Number, "Who": stands.Opener, "At": locale.Moment(ctx, stands.OpenedAt)})
		case t.Kind != "complaint":
			return nil, fault.New(fault.Conflict, "dispute.no_complaint", fault.Args{"Number": t.Number})
		case !t.runs():
			return nil, fault.New(fault.Conflict, "dispute.over", fault.Args{"Number": t.Number, "State": locale.T(ctx, "ticket.state."+t.State)})
		}
		d := &Dispute{SiteID: a.Site, TicketID: t.ID, EntryKey: in.EntryKey, OpenedBy: a.ID, OpenedAt: s.now(), Parties: in.Parties}
		if d.MediatorID, err = s.mediator(ctx, tx, a.Site, t, in.Parties); err != nil {
			return nil, err
		}
		return d, s.insert(ctx, tx, a, d)
	})
}

// settle finds the households that the parties named, at the site.
func (s *Service) settle(ctx context.Context, siteID int64, parties []Party) error {
	for n := range parties {
		parties[n].SiteID = siteID
		if parties[n].Place == "" {
			continue
		}
		id, found, err := s.Sites.FindHousehold(ctx, s.DB, siteID, parties[n].Place)
		if err != nil {
			return db.Translate(err)
		}
		if found {
			parties[n].HouseholdID = id
		}
	}
	return nil
}

func sameParties(a, b []Party) bool {
	return slices.EqualFunc(a, b, func(x, y Party) bool { return x.Name == y.Name && x.Place == y.Place })
}

// mediator is the owner of the zone, or who stands in; where no zone is known or nobody has it, who works on the ticket.
func (s *Service) mediator(ctx context.Context, tx bun.Tx, siteID int64, t *subject, parties []Party) (int64, error) {
	households := []int64{t.HouseholdID}
	for _, p := range parties {
		households = append(households, p.HouseholdID)
	}
	owner, err := zoneOwner(ctx, tx, siteID, households...)
	if err != nil || owner == 0 {
		return t.Worker, err
	}
	roster, err := staff.ReadRoster(ctx, tx, siteID, s.now())
	return roster.Instead(owner), err
}

func (s *Service) insert(ctx context.Context, tx bun.Tx, a actor.Actor, d *Dispute) error {
	if _, err := tx.NewInsert().Model(d).Returning("id").Exec(ctx); err != nil {
		return err
	}
	for n := range d.Parties {
		d.Parties[n].DisputeID = d.ID
	}
	if _, err := tx.NewInsert().Model(&d.Parties).Returning("id").Exec(ctx); err != nil {
		return err
	}
	if d.MediatorID != 0 && d.MediatorID != a.ID {
		told := notice.Told{To: []int64{d.MediatorID}, Kind: "mediate", About: notice.Subject{Table: "tickets", ID: d.TicketID, Ticket: d.TicketID}, Mark: "dispute", Due: d.OpenedAt}
		if err := s.Post.Tell(ctx, tx, d.SiteID, d.OpenedAt, told); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, audit.Entry{Verb: "dispute.open", Subject: "tickets", ID: d.TicketID, Site: d.SiteID})
}

// within holds a ticket with a dispute that runs, for who mediates in it.
func (s *Service) within(ctx context.Context, tx bun.Tx, a actor.Actor, ticket int64) (*Dispute, error) {
	if _, err := hold(ctx, tx, a.Site, ticket); err != nil {
		return nil, err
	}
	d, err := of(ctx, tx, a.Site, ticket)
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, fault.New(fault.NotFound, "fault.not_found")
	case !d.mediates(a):
		return nil, fault.New(fault.Forbidden, "dispute.mediates", fault.Args{"Name": d.Mediator})
	}
	return d, nil
}

// ended says that it is over, by whom and since when.
func (d *Dispute) ended(ctx context.Context) error {
	return fault.New(fault.Conflict, "dispute.ended", fault.Args{"Who": d.Ender, "At": locale.Moment(ctx, d.EndedAt), "Outcome": locale.T(ctx, "dispute.outcome."+string(d.Outcome))})
}

// Say writes down what was said to one party, or with party 0 to all of them together (COMPLAINT-8). The mediator writes it,
// or a supervisor.
func (s *Service) Say(ctx context.Context, ticket, party int64, said string, key uuid.UUID) error {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	said = wrong.Text("said", said, MaxSaid, true)
	if key == uuid.Nil {
		wrong.Add("said", "fault.field.required")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		d, err := s.within(ctx, tx, a, ticket)
		if err != nil {
			return struct{}{}, err
		}
		first, err := byEntry(ctx, tx, a.Site, key)
		switch {
		case err != nil:
			return struct{}{}, err
		case first != nil && first.DisputeID == d.ID && first.PartyID == party && first.Said == said:
			return struct{}{}, nil
		case first != nil:
			return struct{}{}, fault.New(fault.Conflict, "dispute.entry_differs")
		case d.Over():
			return struct{}{}, d.ended(ctx)
		case party != 0 && !slices.ContainsFunc(d.Parties, func(p Party) bool { return p.ID == party }):
			return struct{}{}, fault.Fields{{Name: "party", Key: "dispute.field.party"}}.Err()
		}
		talk := &Talk{SiteID: a.Site, DisputeID: d.ID, PartyID: party, EntryKey: key, Said: said, ByID: a.ID, At: s.now()}
		if _, err := tx.NewInsert().Model(talk).Returning("id").Exec(ctx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "dispute.say", Subject: "tickets", ID: ticket, Site: a.Site})
	})
	return err
}

// End writes down what came of it (COMPLAINT-8). Nothing is settled, nor given up, before each party was spoken with;
// a complaint that is withdrawn, or goes to somebody outside, may end before.
func (s *Service) End(ctx context.Context, ticket int64, out Outcome, how string) error {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return err
	}
	var wrong fault.Fields
	how = wrong.Text("ending", how, MaxSaid, true)
	if !slices.Contains(Outcomes, out) {
		wrong.Add("outcome", "dispute.field.outcome")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		d, err := s.within(ctx, tx, a, ticket)
		switch {
		case err != nil:
			return struct{}{}, err
		case d.Over() && d.EndedBy == a.ID && d.Outcome == out && d.Ending == how:
			return struct{}{}, nil // sent twice
		case d.Over():
			return struct{}{}, d.ended(ctx)
		}
		if left := d.unheard(); len(left) > 0 && out != Withdrawn && out != Referred {
			return struct{}{}, fault.New(fault.Conflict, "dispute.unheard", fault.Args{"Names": names(ctx, left)})
		}
		d.EndedBy, d.EndedAt, d.Outcome, d.Ending = a.ID, s.now(), out, how
		if _, err := tx.NewUpdate().Model(d).Column("ended_by", "ended_at", "outcome", "ending").WherePK().Exec(ctx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "dispute.end", Subject: "tickets", ID: ticket, Site: a.Site})
	})
	return err
}

func names(ctx context.Context, parties []Party) string {
	all := make([]string, len(parties))
	for i, p := range parties {
		all[i] = p.Words()
	}
	return strings.Join(all, locale.T(ctx, "dispute.and"))
}

// Forget removes who the parties were and what was said, in the transaction that empties their tickets (PRIVACY-5).
func (s *Service) Forget(ctx context.Context, tx bun.Tx, tickets []int64) error {
	if len(tickets) == 0 {
		return nil
	}
	return db.Translate(forget(ctx, tx, tickets))
}

// number is that of a ticket of the actor's site.
func (s *Service) number(ctx context.Context, ticket int64) (string, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return "", err
	}
	t, err := look(ctx, s.DB, a.Site, ticket)
	return t.Number, db.Translate(err)
}
