package ticket

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/site"
	"lobby/app/staff"
)

// person is somebody who has, or would have, a ticket: with their roles, departments and grades.
type person struct {
	ID          int64
	Name        string
	Roles       []string
	Departments []int64 // of which they are head or member

	grades site.Grades
	held   []heldRole
}

type heldRole struct {
	Role      string
	Seniority int
}

// reaches tells whether the person runs cases of a grade (ORG-2); of one that isn't classified, everybody.
func (p person) reaches(grade int) bool {
	if grade == 0 {
		return true
	}
	return slices.ContainsFunc(p.held, func(h heldRole) bool { return p.grades.May(h.Role, h.Seniority, grade) })
}

func (p person) is(roles ...staff.Role) bool {
	return slices.ContainsFunc(roles, func(r staff.Role) bool { return slices.Contains(p.Roles, string(r)) })
}

// personAt reads somebody who works at a site; the zero person where there is none.
func personAt(ctx context.Context, db bun.IDB, siteID, id int64) (person, error) {
	if id == 0 {
		return person{}, nil
	}
	list, err := peopleAt(ctx, db, siteID, id)
	if err != nil || len(list) == 0 {
		return person{}, err
	}
	return list[0], nil
}

// peopleAt reads who works at a site, by name: one of them, or with 0 all.
func peopleAt(ctx context.Context, tx bun.IDB, siteID, id int64) ([]person, error) {
	var held holdings
	if err := db.Prepared(tx, selectHoldings(tx, siteID, id)).Scan(ctx, &held); err != nil {
		return nil, err
	}
	grades, err := site.ReadGrades(ctx, tx, siteID)
	return held.people(grades), err
}

// holdings are the roles and departments of who works at a site, one by one.
type holdings []struct {
	ID, Department int64
	Name, Role     string
	Seniority      int
}

func selectHoldings(tx bun.IDB, siteID, id int64) *bun.RawQuery {
	return tx.NewRaw(`select p.id, p.name, r.role, r.seniority, 0 as department from staff p join staff_roles r on r.staff_id = p.id and r.site_id = ?0
			where p.disabled_at is null and (?1 = 0 or p.id = ?1)
		union all select d.head_id, '', '', 0, d.id from departments d where d.site_id = ?0 and d.head_id is not null and (?1 = 0 or d.head_id = ?1)
		union all select m.staff_id, '', '', 0, m.department_id from department_members m where m.site_id = ?0 and (?1 = 0 or m.staff_id = ?1)
		order by department`, db.Value(siteID), db.Value(id))
}

// people puts them together, by name.
func (held holdings) people(grades site.Grades) []person {
	var list []person
	for _, h := range held {
		at := slices.IndexFunc(list, func(p person) bool { return p.ID == h.ID })
		switch {
		case h.Department != 0 && at >= 0:
			list[at].Departments = append(list[at].Departments, h.Department)
		case h.Department != 0: // no role at the site any more
		case at < 0:
			list = append(list, person{ID: h.ID, Name: h.Name, Roles: []string{h.Role}, grades: grades, held: []heldRole{{h.Role, h.Seniority}}})
		default:
			list[at].Roles, list[at].held = append(list[at].Roles, h.Role), append(list[at].held, heldRole{h.Role, h.Seniority})
		}
	}
	slices.SortFunc(list, func(a, b person) int { return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}

// holderOf is who has a role at a site: the one who has worked there longest; the zero person where nobody has it.
func holderOf(ctx context.Context, tx bun.IDB, siteID int64, role staff.Role, accused int64) (person, error) {
	var id int64
	err := tx.NewRaw(`select p.id from staff p join staff_roles r on r.staff_id = p.id and r.site_id = ? and r.role = ?
		where p.disabled_at is null and not exists (select from departments d where d.id = ?
			and (d.head_id = p.id or exists (select from department_members m where m.department_id = d.id and m.staff_id = p.id)))
		order by p.id limit 1`, siteID, string(role), accused).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return person{}, nil
	}
	if err != nil {
		return person{}, err
	}
	return personAt(ctx, tx, siteID, id)
}

// facts gathers what the guards of a move look at.
func (s *Service) facts(ctx context.Context, from surroundings, t *Ticket, m Move, in Act) (*facts, error) {
	f := &facts{ticket: t, who: actor.From(ctx), in: in}
	if err := f.around(ctx, from, m); err != nil {
		return nil, err
	}
	var err error
	switch m.Verb {
	case Verify:
		f.doers, err = from.doers(ctx)
	case Reassign:
		if f.holder, err = from.person(ctx, in.Person); err == nil && f.holder.ID == 0 && in.Person != 0 {
			return nil, fault.Fields{{Name: "person", Key: "ticket.field.choice"}}.Err()
		}
	case Handle, Accept, TakeOver, Close:
		f.holder, err = handsOf(ctx, from, t, m.Verb, in)
	}
	if err == nil && m.Verb == TakeOver {
		f.told, err = from.told(ctx, f.who.ID)
	}
	return f, err
}

// around asks for orders, callbacks and disputes, as far as a guard looks at them.
func (f *facts) around(ctx context.Context, from surroundings, m Move) (err error) {
	if m.guarded(ordersOver) {
		if f.open, err = from.openOrders(ctx); err != nil {
			return err
		}
	}
	if m.guarded(asked) {
		if f.asked, err = from.asked(ctx); err != nil {
			return err
		}
	}
	if m.guarded(mediated) {
		f.disputed, err = from.disputed(ctx)
	}
	return err
}

// handsOf is who would have the ticket: whoever is named, else who presses, where they are one who works on tickets,
// else who has it already.
func handsOf(ctx context.Context, from surroundings, t *Ticket, verb Verb, in Act) (person, error) {
	a := actor.From(ctx)
	id := in.Person
	if verb != Handle {
		id = 0
	}
	switch {
	case id != 0:
	case a.Kind == actor.Person && (verb != Handle || a.Can(staff.WorkTickets)):
		id = a.ID
	default:
		id = t.Worker()
	}
	p, err := from.person(ctx, id)
	if err == nil && p.ID == 0 && in.Person != 0 {
		err = fault.Fields{{Name: "person", Key: "ticket.field.choice"}}.Err()
	}
	return p, err
}

// Worker is who works on the ticket; 0 for nobody.
func (t *Ticket) Worker() int64 {
	if t.HandlerID != 0 {
		return t.HandlerID
	}
	return t.OwnerID
}

// WorkerName is the name of who works on the ticket; empty for nobody.
func (t *Ticket) WorkerName() string {
	if t.HandlerID != 0 {
		return t.HandlerName
	}
	return t.OwnerName
}

// give puts the ticket into somebody's hands, and tells whether that changed anything. A complaint's owner is the
// supervisor, a grave one's the manager; whoever else gets it handles it for them (COMPLAINT-3).
func (t *Ticket) give(p person, set *Detail) bool {
	if p.ID == 0 {
		return false
	}
	owner, handler := t.OwnerID, t.HandlerID
	switch {
	case t.Severity == "", t.Grave() && p.is(staff.Manager), !t.Grave() && p.is(staff.Supervisor, staff.Manager), t.OwnerID == 0, t.OwnerID == p.ID:
		t.own(p)
	default:
		t.HandlerID, t.HandlerName = p.ID, p.Name
	}
	t.hand(owner, handler, set)
	return owner != t.OwnerID || handler != t.HandlerID
}

// own makes somebody the owner, who then needs no handler.
func (t *Ticket) own(p person) {
	t.OwnerID, t.OwnerName, t.HandlerID, t.HandlerName = p.ID, p.Name, 0, ""
}

// hand notes who had it before.
func (t *Ticket) hand(owner, handler int64, set *Detail) {
	if owner != t.OwnerID {
		set.Owner = &Hands{owner, t.OwnerID}
	}
	if handler != t.HandlerID {
		set.Handler = &Hands{handler, t.HandlerID}
	}
}
