package ticket

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
)

// surroundings is where the guards of a step learn what stands around the ticket: a step asks the database, under its
// lock; a page, which asks for every button, knows most of it already.
type surroundings interface {
	openOrders(ctx context.Context) (int, error)          // orders that the desk still waits for
	doers(ctx context.Context) ([]int64, error)           // people who did the work (TICKET-5)
	person(ctx context.Context, id int64) (person, error) // somebody of the site; the zero person for nobody
	told(ctx context.Context, person int64) (bool, error) // whether somebody was told of an escalation (ESC-5)
	asked(ctx context.Context) (bool, error)              // whether the callback of this round is on record (CALLBACK-1)
	disputed(ctx context.Context) (bool, error)           // whether a dispute in it has no outcome yet (COMPLAINT-8)
}

// stored are the surroundings of a ticket as the database has them.
type stored struct {
	tx bun.IDB
	t  *Ticket
}

func (d stored) openOrders(ctx context.Context) (int, error) { return openOrders(ctx, d.tx, d.t.ID) }
func (d stored) doers(ctx context.Context) ([]int64, error)  { return doers(ctx, d.tx, d.t.ID) }

func (d stored) person(ctx context.Context, id int64) (person, error) {
	return personAt(ctx, d.tx, d.t.SiteID, id)
}

func (d stored) told(ctx context.Context, person int64) (bool, error) {
	return wasTold(ctx, d.tx, d.t.ID, person)
}

func (d stored) asked(ctx context.Context) (bool, error) {
	return answered(ctx, d.tx, d.t.ID, d.t.Reopened)
}

func (d stored) disputed(ctx context.Context) (bool, error) {
	return d.tx.NewSelect().Table("disputes").Where("ticket_id = ?", d.t.ID).Where("ended_at is null").Exists(ctx)
}

// Kept tells what is kept beside a ticket, so that its page reads only what there is.
type Kept struct {
	Orders   bool `bun:"has_orders,scanonly"`
	Records  bool `bun:"has_records,scanonly"`
	Pictures bool `bun:"has_pictures,scanonly"`
	Calls    bool `bun:"has_calls,scanonly"` // that were made to its customer
	Ratings  bool `bun:"has_ratings,scanonly"`
	Dispute  bool `bun:"has_dispute,scanonly"`
	Disputed bool `bun:"disputed,scanonly"` // that dispute has no outcome yet (COMPLAINT-8)
}

// seen are the surroundings of a ticket on its page, which has read most of them.
type seen struct {
	stored
	r        *around
	answered *bool // whether the callback is on record, once asked
}

func (p *seen) openOrders(context.Context) (n int, _ error) {
	for i := range p.r.orders {
		if p.r.orders[i].State.Open() {
			n++
		}
	}
	return n, nil
}

func (p *seen) doers(context.Context) (ids []int64, _ error) {
	for i := range p.r.steps {
		if s := &p.r.steps[i]; actor.Kind(s.ActorKind) == actor.Person && (s.Verb == Resolve || s.Verb == Verb(FinishOrder)) {
			ids = append(ids, s.ActorID)
		}
	}
	return ids, nil
}

func (p *seen) person(_ context.Context, id int64) (person, error) {
	for _, who := range p.r.people {
		if who.ID == id {
			return who, nil
		}
	}
	return person{}, nil
}

func (p *seen) told(_ context.Context, person int64) (bool, error) {
	for i := range p.r.steps {
		if s := &p.r.steps[i]; s.Verb == EscalateVerb && slices.Contains(s.Set().Told, person) {
			return true, nil
		}
	}
	return false, nil
}

func (p *seen) asked(ctx context.Context) (yes bool, err error) {
	switch {
	case !p.r.kept.Calls:
		return false, nil
	case p.answered != nil:
		return *p.answered, nil
	}
	if yes, err = p.stored.asked(ctx); err == nil {
		p.answered = &yes
	}
	return yes, err
}

func (p *seen) disputed(context.Context) (bool, error) { return p.r.kept.Disputed, nil }
