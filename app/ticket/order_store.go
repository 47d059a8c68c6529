package ticket

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/staff"
	"lobby/views/locale"
)

// orderRows selects orders of a site with the names of department and who does it.
func orderRows(db bun.IDB, model any, site int64) *bun.SelectQuery {
	return db.NewSelect().Model(model).ColumnExpr("?TableColumns").
		ColumnExpr("(select name from departments where id = o.department_id) as department_name").
		ColumnExpr("(select name from staff where id = o.assignee_id) as assignee_name").
		Where("o.site_id = ?", site)
}

func getOrder(ctx context.Context, db bun.IDB, site, id int64) (*ServiceOrder, error) {
	o := new(ServiceOrder)
	return o, orderRows(db, o, site).Where("o.id = ?", id).Scan(ctx)
}

func lockOrder(ctx context.Context, tx bun.Tx, site, id int64) (*ServiceOrder, error) {
	o := new(ServiceOrder)
	return o, orderRows(tx, o, site).Where("o.id = ?", id).For("update of o").Scan(ctx)
}

func ordersOf(ctx context.Context, db bun.IDB, site, ticket int64) (list []ServiceOrder, err error) {
	err = orderRows(db, &list, site).Where("o.ticket_id = ?", ticket).OrderExpr("o.id").Scan(ctx)
	return list, err
}

func insertOrder(ctx context.Context, tx bun.Tx, o *ServiceOrder) error {
	_, err := tx.NewInsert().Model(o).Returning("id").Exec(ctx)
	return err
}

func updateOrder(ctx context.Context, tx bun.Tx, o *ServiceOrder) error {
	_, err := tx.NewUpdate().Model(o).WherePK().Column("state", "assignee_id", "waiting_on", "result", "confirmed_by", "accepted_at",
		"arrived_at", "started_at", "done_at", "fed_back_at", "due_at", "overdue_at", "next_at", "version").Exec(ctx)
	return err
}

func insertRecord(ctx context.Context, tx bun.Tx, w *WorkRecord) error {
	_, err := tx.NewInsert().Model(w).Returning("id").Exec(ctx)
	return err
}

func recordsOf(ctx context.Context, db bun.IDB, site, ticket int64) (list []WorkRecord, err error) {
	err = db.NewSelect().Model(&list).ColumnExpr("?TableColumns").ColumnExpr("p.name as by_name").
		Join("left join staff as p on p.id = w.by_id").
		Where("w.site_id = ?", site).Where("w.ticket_id = ?", ticket).OrderExpr("w.id").Scan(ctx)
	return list, err
}

// openOrders counts the orders of a ticket that the desk still waits for.
func openOrders(ctx context.Context, db bun.IDB, ticket int64) (n int, err error) {
	err = db.NewRaw(`select count(*) from orders where ticket_id = ? and open`, ticket).Scan(ctx, &n)
	return n, err
}

// alreadySent tells whether this same dispatch form has sent its orders before.
func alreadySent(ctx context.Context, db bun.IDB, site int64, verb Verb, in Act) (bool, error) {
	if verb != Dispatch || in.EntryKey == uuid.Nil {
		return false, nil
	}
	for _, order := range in.Instructions {
		there, err := db.NewSelect().Model((*ServiceOrder)(nil)).Where("site_id = ?", site).
			Where("entry_key = ?", orderKey(in.EntryKey, order.Department)).Exists(ctx)
		if err != nil || there {
			return there, err
		}
	}
	return false, nil
}

// lastOrderStep is the last step of an order by a person.
func lastOrderStep(ctx context.Context, db bun.IDB, order int64) (Step, error) {
	var s Step
	err := db.NewSelect().Model(&s).ColumnExpr("?TableColumns").ColumnExpr("p.name as person_name").
		Join("left join staff as p on p.id = s.actor_id and s.actor_kind = 'person'").
		Where("s.order_id = ?", order).Where("s.mark = '' and s.verb <> 'limit'").OrderExpr("s.id desc").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Step{}, nil
	}
	return s, err
}

// inside tells whether somebody belongs to a department, or may stand in for it.
func (s *Service) inside(ctx context.Context, db bun.IDB, a actor.Actor, department int64) (bool, error) {
	if a.Can(staff.ReassignTickets) {
		return true, nil
	}
	if a.Kind != actor.Person {
		return false, nil
	}
	return isMember(ctx, db, a.Site, department, a.ID)
}

// assignOrder gives an order to somebody of its department.
func (s *Service) assignOrder(ctx context.Context, tx bun.Tx, o *ServiceOrder, in OrderAct, set *Detail) error {
	p, err := personAt(ctx, tx, o.SiteID, in.Person)
	if err != nil {
		return err
	}
	member, err := isMember(ctx, tx, o.SiteID, o.DepartmentID, in.Person)
	if err != nil {
		return err
	}
	if p.ID == 0 || !member {
		return fault.Fields{{Name: "person", Key: "ticket.field.choice"}}.Err()
	}
	set.Handler = &Hands{o.AssigneeID, p.ID}
	o.AssigneeID, o.AssigneeName = p.ID, p.Name
	return nil
}

// tell puts a step of an order on record and on the screens.
func (s *Service) tell(ctx context.Context, tx bun.Tx, o *ServiceOrder, event string, verb OrderVerb, fields []string) error {
	live.PublishBody(ctx, live.Site(o.SiteID), event, o.ID, map[string]int64{"ticket": o.TicketID})
	return audit.Append(ctx, tx, audit.Entry{Verb: "order." + string(verb), Subject: "orders", ID: o.ID, Fields: fields, Site: o.SiteID})
}

// orderRefusal says in words how the order stands and who brought it there.
func orderRefusal(ctx context.Context, o *ServiceOrder, last Step) error {
	return fault.New(fault.Conflict, "order.refused."+string(o.State), fault.Args{
		"Number": o.Number, "Who": last.Who(ctx), "At": locale.Moment(ctx, last.At),
	})
}

func personOf(a actor.Actor) int64 {
	if a.Kind == actor.Person {
		return a.ID
	}
	return 0
}
