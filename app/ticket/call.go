package ticket

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	"lobby/views/locale"
)

// toRing are the states in which who has an order rings the customer: before going, and while the work isn't done.
var toRing = []OrderState{OrderAccepted, OrderAtWork, OrderWaiting}

// MayRing tells whether somebody may have the customer's number opened to ring them (TICKET-5): who does the order, as
// long as there is something to do.
func (o *ServiceOrder) MayRing(a actor.Actor) bool {
	return a.Kind == actor.Person && a.Can(staff.WorkOrders) && o.AssigneeID == a.ID && slices.Contains(toRing, o.State)
}

// Ring opens the phone of an order's ticket for who does the order, so that they ring before going (TICKET-5). It takes no
// right to open phones at large, and its reason is always the same; each opening is on record like any other (PRIVACY-2).
func (s *Service) Ring(ctx context.Context, order int64) (phone string, err error) {
	a, err := actor.Require(ctx, staff.WorkOrders)
	if err != nil {
		return "", err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (string, error) {
		o, err := getOrder(ctx, tx, a.Site, order)
		if err != nil {
			return "", err
		}
		if !o.MayRing(a) {
			return "", fault.New(fault.Conflict, "order.guard.ring", fault.Args{"Number": o.Number, "Who": o.AssigneeName})
		}
		t, err := get(ctx, tx, a.Site, o.TicketID)
		if err != nil {
			return "", err
		}
		if len(t.Phone) == 0 {
			return "", fault.New(fault.NotFound, "fault.not_found")
		}
		if phone, err = s.Vault.Open(pii.Phone, t.Phone); err != nil {
			return "", err
		}
		return phone, audit.Append(ctx, tx, audit.Entry{Verb: "pii.reveal", Subject: "tickets", ID: t.ID, Fields: []string{"phone"},
			Reason: locale.T(ctx, "order.ring.reason", "Number", o.Number), Site: t.SiteID})
	})
}
