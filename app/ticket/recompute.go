package ticket

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/staff"
)

// Recomputed is what came of deriving every stored limit from its history.
type Recomputed struct {
	Tickets int // that were looked at
	Late    int // of them not looked at closely, since the watch has yet to do so
	Wrong   []WrongLimit
}

// WrongLimit is a figure that history doesn't bear out.
type WrongLimit struct {
	Number string // of the ticket or order
	Figure string // the column
	Stored time.Time
	Should time.Time
}

// Recompute derives the limits of all tickets from what happened to them and compares them with what is stored: history
// is the truth, and stored times are a cache. With mend, it writes what history says. Tickets that were over before the
// site's hours or calendar last changed stand as they were reckoned then.
func (s *Service) Recompute(ctx context.Context, mend bool) (out Recomputed, err error) {
	if _, err := actor.Require(ctx, staff.WorkTickets); err != nil {
		return out, err
	}
	for last := int64(0); ; {
		next, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int64, error) { return s.recompute(ctx, tx, last, mend, &out) })
		if err != nil || next == 0 {
			return out, err
		}
		last = next
	}
}

// recompute looks at the tickets after one of them, and gives the last that it looked at.
func (s *Service) recompute(ctx context.Context, tx bun.Tx, after int64, mend bool, out *Recomputed) (last int64, err error) {
	var list []*Ticket
	q := tx.NewSelect().Model(&list).ColumnExpr("?TableColumns").Where("id > ?", after).OrderExpr("id").Limit(previewBatch)
	if mend {
		q = q.For("update")
	}
	if err := q.Scan(ctx); err != nil || len(list) == 0 {
		return 0, err
	}
	records, err := s.readRecords(ctx, tx, list)
	if err != nil {
		return 0, err
	}
	now := s.now()
	var tickets []*Ticket
	var orders []*ServiceOrder
	for _, r := range records {
		out.Tickets++
		switch over := later(r.t.ClosedAt, r.t.ResolvedAt); {
		case !r.t.NextAt.IsZero() && !r.t.NextAt.After(now):
			out.Late++
			continue
		case r.t.State.Lane() == "" && over.Before(r.rules.of.Changed):
			continue
		}
		if wrong := r.recompute(now); len(wrong) > 0 {
			out.Wrong = append(out.Wrong, wrong...)
			tickets, orders = append(tickets, r.t), append(orders, r.orders...)
			r.t.Version++
		}
	}
	last = list[len(list)-1].ID
	if !mend || len(tickets) == 0 {
		return last, nil
	}
	for _, t := range tickets {
		if err := audit.Append(ctx, tx, audit.Entry{Verb: "ticket.recompute", Subject: "tickets", ID: t.ID, Site: t.SiteID, Fields: []string{"limits"}}); err != nil {
			return 0, err
		}
	}
	if err := storeClocks(ctx, tx, tickets); err != nil {
		return 0, err
	}
	return last, storeOrders(ctx, tx, orders)
}

// figure is a stored time of a ticket or order.
type figure struct {
	number, name string
	at           time.Time
}

func (r *record) figures() []figure {
	t := r.t
	out := []figure{
		{t.Number, "response_due", t.ResponseDue}, {t.Number, "response_at", t.ResponseAt}, {t.Number, "solution_due", t.SolutionDue}, {t.Number, "solution_at", t.SolutionAt}, {t.Number, "due_at", t.DueAt},
		{t.Number, "callback_due", t.CallbackDue}, {t.Number, "update_due", t.UpdateDue}, {t.Number, "overdue_at", t.OverdueAt},
		{t.Number, "next_at", t.NextAt}, {t.Number, "untaken_at", t.UntakenAt},
	}
	for _, o := range r.orders {
		out = append(out, figure{o.Number, "due_at", o.DueAt}, figure{o.Number, "overdue_at", o.OverdueAt})
	}
	return out
}

// recompute derives the figures, and names those that were others.
func (r *record) recompute(now time.Time) (wrong []WrongLimit) {
	before := r.figures()
	r.reckon(now)
	for i, should := range r.figures() {
		if was := before[i]; !was.at.Equal(should.at) {
			wrong = append(wrong, WrongLimit{was.number, was.name, was.at, should.at})
		}
	}
	return wrong
}
