package ticket

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/file"
	"lobby/app/staff"
)

// AddPhotos keeps photos of a ticket or of an order, each encoded anew (TICKET-12). What is wrong with one is said at the
// field "photos" with its place; those that are right are kept all the same. One that is sent again, since its answer was
// lost, stands once.
func (s *Service) AddPhotos(ctx context.Context, of PhotosOf, raws [][]byte) error {
	a, err := actor.Require(ctx, of.permission())
	if err == nil {
		_, err = actor.Require(ctx, staff.ViewTickets)
	}
	if err != nil {
		return err
	}
	if of, err = s.photosGo(ctx, a, of); err != nil {
		return db.Translate(err)
	}
	if len(raws) > MaxAtOnce {
		return fault.Fields{{Name: "photos", Key: "ticket.photo.at_once", Args: fault.Args{"Max": MaxAtOnce}}}.Err()
	}
	known, err := picturesOf(ctx, s.DB, a.Site, of.Ticket)
	if err != nil {
		return db.Translate(err)
	}
	var wrong fault.Fields
	var came []*file.Picture
	for i, raw := range raws {
		if of.stands(known, file.Sum(raw)) {
			continue
		}
		p, err := file.Photo(ctx, raw)
		if f, is := fault.As(err); is {
			wrong.Add("photos", "ticket.photo."+strings.TrimPrefix(f.Key, "fault.picture."), fault.Args{"N": i + 1})
			continue
		}
		if err != nil {
			return err
		}
		came = append(came, p)
	}
	if err := s.keepPhotos(ctx, a, of, came); err != nil {
		return err
	}
	return wrong.Err()
}

// permission is what adding such photos takes.
func (of PhotosOf) permission() actor.Permission {
	if of.Order != 0 {
		return staff.WorkOrders
	}
	return staff.RegisterTicket
}

// photosGo finds what the photos are of, before any of them is opened; an order is for its department.
func (s *Service) photosGo(ctx context.Context, a actor.Actor, of PhotosOf) (PhotosOf, error) {
	if of.Order == 0 {
		of.Stage = Reported
		_, err := get(ctx, s.DB, a.Site, of.Ticket)
		return of, err
	}
	o, err := getOrder(ctx, s.DB, a.Site, of.Order)
	if err != nil {
		return of, err
	}
	of.Ticket = o.TicketID
	inside, err := s.inside(ctx, s.DB, a, o.DepartmentID)
	switch {
	case err != nil:
		return of, err
	case !inside:
		return of, fault.New(fault.Conflict, "order.guard.inside", fault.Args{"Department": o.DepartmentName})
	case !slices.Contains(OrderStages, of.Stage):
		return of, fault.Fields{{Name: "stage", Key: "ticket.field.choice"}}.Err()
	}
	return of, nil
}

// keepPhotos hangs photos on what they are of, while somebody still works on it.
func (s *Service) keepPhotos(ctx context.Context, a actor.Actor, of PhotosOf, came []*file.Picture) error {
	if len(came) == 0 {
		return nil
	}
	_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (bool, error) {
		if err := s.lockFor(ctx, tx, a.Site, of); err != nil {
			return false, err
		}
		known, err := picturesOf(ctx, tx, a.Site, of.Ticket)
		if err != nil {
			return false, err
		}
		for _, p := range came {
			if of.stands(known, p.Sum) { // it came in over another connection meanwhile, or twice in one form
				continue
			}
			if len(known) >= MaxPhotos {
				return false, fault.Fields{{Name: "photos", Key: "ticket.photo.full", Args: fault.Args{"Max": MaxPhotos}}}.Err()
			}
			x := Picture{SiteID: a.Site, TicketID: of.Ticket, OrderID: of.Order, Stage: of.Stage, ByID: personOf(a), At: s.now()}
			if err := insertPicture(ctx, tx, &x, p); err != nil {
				return false, err
			}
			known = append(known, x)
			if err := audit.Append(ctx, tx, audit.Entry{Verb: "picture.add", Subject: "pictures", ID: x.ID, Fields: []string{string(of.Stage)}, Site: a.Site}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	return err
}

// lockFor holds the ticket, and refuses in words where nobody works on it or on the order any more.
func (s *Service) lockFor(ctx context.Context, tx bun.Tx, site int64, of PhotosOf) error {
	t, err := lock(ctx, tx, site, of.Ticket)
	if err != nil {
		return err
	}
	if t.Expired() {
		return fault.New(fault.Conflict, "ticket.refused.expired", fault.Args{"Number": t.Number})
	}
	if of.Order == 0 {
		past, err := latest(ctx, tx, t.ID)
		if err == nil && !slices.Contains(open, t.State) {
			err = refusal(ctx, t, past.moved)
		}
		return err
	}
	o, err := lockOrder(ctx, tx, site, of.Order)
	if err != nil || o.State.Open() {
		return err
	}
	last, err := lastOrderStep(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	return orderRefusal(ctx, o, last)
}

// Pictures are those of a ticket and of its orders, for who sees the ticket.
func (s *Service) Pictures(ctx context.Context, ticket int64) ([]Picture, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	list, err := picturesOf(ctx, s.DB, a.Site, ticket)
	return list, db.Translate(err)
}

// Picture gives one picture of the actor's site, for who sees its ticket; small is its form for lists and paper.
func (s *Service) Picture(ctx context.Context, id int64, small bool) (*file.Picture, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	p, err := getPicture(ctx, s.DB, a.Site, id)
	if err != nil {
		return nil, db.Translate(err)
	}
	f, err := file.Load(ctx, s.DB, a.Site, p.FileID, small)
	return f, db.Translate(err)
}

// RemovePhoto takes a photo away that shows what it shouldn't, while somebody still works on what it is of: by who added
// it, or who reassigns tickets. It gives what it was of.
func (s *Service) RemovePhoto(ctx context.Context, id int64) (of PhotosOf, err error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return of, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (PhotosOf, error) {
		p, err := getPicture(ctx, tx, a.Site, id)
		if err != nil {
			return of, err
		}
		of := PhotosOf{Ticket: p.TicketID, Order: p.OrderID, Stage: p.Stage}
		if !p.MayRemove(personOf(a), a.Can(staff.ReassignTickets)) {
			return of, fault.New(fault.Conflict, "ticket.photo.not_yours", fault.Args{"Who": p.ByName})
		}
		if err := s.lockFor(ctx, tx, a.Site, of); err != nil {
			return of, err
		}
		if err := deleteFiles(ctx, tx, "id = ?", p.ID); err != nil {
			return of, err
		}
		return of, audit.Append(ctx, tx, audit.Entry{Verb: "picture.remove", Subject: "pictures", ID: p.ID, Fields: []string{string(p.Stage)}, Site: a.Site})
	})
}
