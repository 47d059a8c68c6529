package ticket

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// OrderCard is an order with what its department has to know of the ticket; numbers in free text are masked (PRIVACY-2).
type OrderCard struct {
	ServiceOrder `bun:",extend"`

	TicketNumber  string    `bun:"ticket_number,scanonly"`
	Kind          string    `bun:"kind,scanonly"`
	Urgency       string    `bun:"urgency,scanonly"`
	Type          string    `bun:"type,scanonly"`
	LifeSafety    bool      `bun:"life_safety,scanonly"`
	Place         string    `bun:"place,scanonly"`
	Matter        string    `bun:"matter,scanonly"`
	Reporter      string    `bun:"reporter,scanonly"`
	Phone         []byte    `bun:"phone,scanonly"` // sealed
	RegisteredAt  time.Time `bun:"registered_at,scanonly"`
	SenderName    string    `bun:"sender_name,scanonly"`
	TicketExpired bool      `bun:"ticket_expired,scanonly"`
}

// OrderFilter narrows the list of orders.
type OrderFilter struct {
	Mine       bool  // done by who asks
	Department int64 // 0: all that they may see
	Over       bool  // those that are over, the latest first
	Done       bool  // those whose result the desk has to read
}

// ordersMost is how many orders a list gives.
const ordersMost = 100

func orderCards(db bun.IDB, model any, site int64) *bun.SelectQuery {
	return orderRows(db, model, site).Join("join tickets as t on t.id = o.ticket_id").
		ColumnExpr("t.number as ticket_number, t.kind, t.urgency, t.type, t.life_safety, t.place, t.matter, t.reporter, t.phone, t.registered_at").
		ColumnExpr("t.expired_at is not null as ticket_expired").
		ColumnExpr(`(select p.name from ticket_steps s join staff p on p.id = s.actor_id and s.actor_kind = 'person'
			where s.order_id = o.id and s.verb = 'send' order by s.id limit 1) as sender_name`)
}

// MyOrders lists orders in the order of work (TICKET-3), those of the actor's departments; the desk sees all.
func (s *Service) MyOrders(ctx context.Context, f OrderFilter) ([]OrderCard, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	var list []OrderCard
	q := orderCards(s.DB, &list, a.Site)
	if !a.Can(staff.DispatchTickets) {
		q = q.Where(`(o.department_id in (select id from departments where head_id = ?0)
			or exists (select from department_members m where m.department_id = o.department_id and m.staff_id = ?0))`, a.ID)
	}
	if f.Mine {
		q = q.Where("o.assignee_id = ?", a.ID)
	}
	if f.Department != 0 {
		q = q.Where("o.department_id = ?", f.Department)
	}
	switch {
	case f.Over:
		q = q.Where("not o.open").OrderExpr("o.id desc")
	case f.Done:
		q = q.Where("o.open and o.state = 'done'").OrderExpr("o.done_at, o.id")
	default:
		q = q.Where("o.open and o.state <> 'done'").OrderExpr("t.work_rank, o.due_at, o.id")
	}
	err = q.Limit(ordersMost).Scan(ctx)
	for i := range list {
		list[i].mask()
	}
	return list, db.Translate(err)
}

// Order gives one order of the actor's site, with its ticket.
func (s *Service) Order(ctx context.Context, id int64) (*OrderCard, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	c := new(OrderCard)
	err = orderCards(s.DB, c, a.Site).Where("o.id = ?", id).Scan(ctx)
	c.mask()
	return c, db.Translate(err)
}

func (c *OrderCard) mask() {
	for _, text := range []*string{&c.Place, &c.Matter, &c.Reporter, &c.Instruction, &c.Result} {
		*text = pii.Redact(*text)
	}
}

// Inside tells whether the actor belongs to the order's department, or may stand in for it.
func (s *Service) Inside(ctx context.Context, department int64) (bool, error) {
	in, err := s.inside(ctx, s.DB, actor.From(ctx), department)
	return in, db.Translate(err)
}

// OrderSteps are the history of one order.
func (s *Service) OrderSteps(ctx context.Context, id int64) ([]Step, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	var list []Step
	err = s.DB.NewSelect().Model(&list).ColumnExpr("?TableColumns").ColumnExpr("p.name as person_name").
		Join("left join staff as p on p.id = s.actor_id and s.actor_kind = 'person'").
		Where("s.site_id = ?", a.Site).Where("s.order_id = ?", id).OrderExpr("s.id").Scan(ctx)
	return list, db.Translate(err)
}
