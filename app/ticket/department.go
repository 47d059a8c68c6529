package ticket

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/staff"
)

// Department receives service orders, and may be complained of.
type Department struct {
	ID      int64  `bun:"id"`
	Code    string `bun:"code"` // short name, as in "repair"
	Name    string `bun:"name"`
	HeadID  int64  `bun:"head_id"` // 0: nobody
	Head    string `bun:"head"`
	Closed  bool   `bun:"closed"` // takes no more orders
	Version int64  `bun:"version"`
	Open    int    `bun:"open"` // orders that are not over

	Members []Colleague `bun:"-"`
}

// SaveDepartment is a department as its form has it.
type SaveDepartment struct {
	ID      int64 // 0: a new one
	Code    string
	Name    string
	Head    int64   // 0: nobody
	Members []int64 // beside the head
	Closed  bool
	Version int64 // of the department that the person looked at
}

// Most characters of a department's name and short name, as the schema has it.
const (
	MaxDepartment     = 40
	MaxDepartmentCode = 20
)

var departmentCode = regexp.MustCompile(`^[a-z0-9_-]{1,20}$`)

// Departments lists the departments of the actor's site by name, with their people; closed ones last.
func (s *Service) Departments(ctx context.Context) ([]Department, error) {
	a, err := actor.Require(ctx, staff.RegisterTicket)
	if err != nil {
		return nil, err
	}
	var list []Department
	err = s.DB.NewRaw(`select d.id, d.code, d.name, coalesce(d.head_id, 0) as head_id, coalesce(h.name, '') as head, d.closed_at is not null as closed,
			d.version, (select count(*) from orders o where o.department_id = d.id and o.open) as open
		from departments d left join staff h on h.id = d.head_id where d.site_id = ? order by closed, d.name, d.id`, a.Site).Scan(ctx, &list)
	if err != nil {
		return nil, db.Translate(err)
	}
	var members []struct {
		Department int64
		ID         int64
		Name       string
	}
	err = s.DB.NewRaw(`select m.department_id as department, p.id, p.name from department_members m join staff p on p.id = m.staff_id
		where m.site_id = ? order by p.name, p.id`, a.Site).Scan(ctx, &members)
	for _, m := range members {
		for i := range list {
			if list[i].ID == m.Department {
				list[i].Members = append(list[i].Members, Colleague{ID: m.ID, Name: m.Name})
			}
		}
	}
	return list, db.Translate(err)
}

// departmentNames is the query of a site's departments by name, without their people and orders; closed ones last.
func departmentNames(tx bun.IDB, site int64) *bun.RawQuery {
	return tx.NewRaw(`select id, name, closed_at is not null as closed from departments where site_id = ? order by closed, name, id`, db.Value(site))
}

// SaveDepartment adds a department or changes one. Somebody else's change since it was looked at is not overwritten.
func (s *Service) SaveDepartment(ctx context.Context, in SaveDepartment) (id int64, err error) {
	a, err := actor.Require(ctx, staff.ManageDepartments)
	if err != nil {
		return 0, err
	}
	if err := in.check(); err != nil {
		return 0, err
	}
	id, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int64, error) {
		if err := in.known(ctx, tx, a.Site); err != nil {
			return 0, err
		}
		id, err := in.write(ctx, tx, a.Site, s)
		if err != nil {
			return 0, err
		}
		if err := writeMembers(ctx, tx, a.Site, id, in.Members); err != nil {
			return 0, err
		}
		return id, audit.Append(ctx, tx, audit.Entry{Verb: "department.save", Subject: "departments", ID: id, Fields: []string{"name", "head", "members", "closed"}})
	})
	switch db.Constraint(err) {
	case "departments_site_id_code_key":
		return 0, fault.Fields{{Name: "code", Key: "order.department.taken"}}.Err()
	case "departments_site_id_name_key":
		return 0, fault.Fields{{Name: "name", Key: "order.department.taken"}}.Err()
	}
	return id, err
}

func (in *SaveDepartment) check() error {
	var wrong fault.Fields
	in.Name = wrong.Line("name", in.Name, MaxDepartment, true)
	if wrong.Line("code", in.Code, MaxDepartmentCode, true); !wrong.Has("code") && !departmentCode.MatchString(in.Code) {
		wrong.Add("code", "order.department.code")
	}
	in.Members = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(in.Members))), func(id int64) bool { return id == in.Head })
	return wrong.Err()
}

// known checks that head and members work at the site.
func (in SaveDepartment) known(ctx context.Context, tx bun.Tx, site int64) error {
	var wrong fault.Fields
	for _, who := range []struct {
		field string
		ids   []int64
	}{{"head", []int64{in.Head}}, {"members", in.Members}} {
		for _, id := range who.ids {
			if id == 0 {
				continue
			}
			_, found, err := colleague(ctx, tx, site, id)
			if err != nil {
				return err
			}
			if !found && !wrong.Has(who.field) {
				wrong.Add(who.field, "ticket.field.choice")
			}
		}
	}
	return wrong.Err()
}

func (in SaveDepartment) write(ctx context.Context, tx bun.Tx, site int64, s *Service) (id int64, err error) {
	if in.ID == 0 {
		err = tx.NewRaw(`insert into departments (site_id, code, name, head_id, closed_at) values (?, ?, ?, nullif(?, 0), case when ? then ?::timestamptz end) returning id`,
			site, in.Code, in.Name, in.Head, in.Closed, s.now()).Scan(ctx, &id)
		return id, err
	}
	var version int64
	if err := tx.NewRaw(`select version from departments where site_id = ? and id = ? for update`, site, in.ID).Scan(ctx, &version); err != nil {
		return 0, err
	}
	if version != in.Version {
		return 0, fault.New(fault.Conflict, "order.department.changed")
	}
	_, err = tx.NewRaw(`update departments set code = ?, name = ?, head_id = nullif(?, 0), version = version + 1,
		closed_at = case when ? then coalesce(closed_at, ?::timestamptz) end where id = ?`, in.Code, in.Name, in.Head, in.Closed, s.now(), in.ID).Exec(ctx)
	return in.ID, err
}

func writeMembers(ctx context.Context, tx bun.Tx, site, id int64, members []int64) error {
	if _, err := tx.NewRaw(`delete from department_members where department_id = ?`, id).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw(`insert into department_members (site_id, department_id, staff_id) select ?, ?, unnest(?::bigint[])`,
		site, id, pgdialect.Array(members)).Exec(ctx)
	return err
}

// departmentName names a department that takes orders; empty for none.
func departmentName(ctx context.Context, db bun.IDB, site, id int64) (name string, err error) {
	err = db.NewRaw(`select name from departments where site_id = ? and id = ? and closed_at is null`, site, id).Scan(ctx, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// departmentsOf are the departments of which somebody is head or member.
func departmentsOf(ctx context.Context, db bun.IDB, site, person int64) (ids []int64, err error) {
	err = db.NewRaw(`select d.id from departments d where d.site_id = ?0 and (d.head_id = ?1
		or exists (select from department_members m where m.department_id = d.id and m.staff_id = ?1))`, site, person).Scan(ctx, &ids)
	return ids, err
}

// departmentPeople are head and members of a department who may sign in, once each.
func departmentPeople(ctx context.Context, db bun.IDB, id int64) (ids []int64, err error) {
	err = db.NewRaw(`select p.id from staff p where p.disabled_at is null and (exists (select from departments d where d.id = ?0 and d.head_id = p.id)
		or exists (select from department_members m where m.department_id = ?0 and m.staff_id = p.id)) order by p.id`, id).Scan(ctx, &ids)
	return ids, err
}

// isMember tells whether somebody is head or member of a department.
func isMember(ctx context.Context, db bun.IDB, site, department, person int64) (bool, error) {
	ids, err := departmentsOf(ctx, db, site, person)
	return slices.Contains(ids, department), err
}
