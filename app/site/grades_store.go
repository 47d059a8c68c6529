package site

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
)

// ReadGrades gives the tables of a site: what it changed over what ships. Who assigns or closes a case asks this.
func ReadGrades(ctx context.Context, tx bun.IDB, site int64) (Grades, error) {
	var rows GradeRows
	err := db.Prepared(tx, SelectGrades(tx, site)).Scan(ctx, &rows)
	return rows.Grades(), err
}

// SelectGrades is the query of a site's GradeRows, for who reads them along with something else.
func SelectGrades(tx bun.IDB, site int64) *bun.RawQuery {
	return tx.NewRaw(`select kind, severity, complexity, reach, 0 as grade, '' as role, 0 as seniority from grade_cases where site_id = ?0
		union all select '', '', 0, 0, grade, role, seniority from grade_needs where site_id = ?0`, db.Value(site))
}

// GradeRows are what a site changed in the tables that ship.
type GradeRows []struct { // of a case, or with a grade of what that needs
	Kind, Severity    string
	Complexity, Reach int
	Grade             int
	Role              string
	Seniority         int
}

// Grades are the tables with what the site changed.
func (rows GradeRows) Grades() Grades {
	g := DefaultGrades()
	for _, r := range rows {
		switch {
		case r.Grade == 0:
			g.Cases[Case{r.Kind, r.Severity}] = Weight{r.Complexity, r.Reach}
		case g.rank(r.Role) >= 0: // a role that this build doesn't know decides nothing
			g.Needs[r.Grade] = Authority{r.Role, r.Seniority}
		}
	}
	return g
}

// MayRun tells whether a person of a site runs cases of a grade there, by one of their roles and their seniority in it
// (ORG-2).
func (g Grades) MayRun(ctx context.Context, tx bun.IDB, site, staff int64, grade int) (bool, error) {
	var held []struct {
		Role      string
		Seniority int
	}
	err := tx.NewRaw(`select r.role, r.seniority from staff_roles r join staff p on p.id = r.staff_id and p.disabled_at is null
		where r.site_id = ? and r.staff_id = ?`, site, staff).Scan(ctx, &held)
	for _, h := range held {
		if g.May(h.Role, h.Seniority, grade) {
			return true, nil
		}
	}
	return false, err
}

// Seen is what somebody saw who began to change the tables.
func (g Grades) Seen() string { return seen(g.Cases, g.Needs) }

// GradesPage are the tables of a site, and of each grade how many people of the site may run its cases.
type GradesPage struct {
	Grades
	People map[int]int
}

// Grades gives the tables of the actor's site.
func (s *Service) Grades(ctx context.Context) (GradesPage, error) {
	who, err := actor.Require(ctx, ManageGrades)
	if err != nil {
		return GradesPage{}, err
	}
	return db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (GradesPage, error) {
		g, err := ReadGrades(ctx, tx, who.Site)
		p := GradesPage{Grades: g, People: map[int]int{}}
		if err != nil {
			return p, err
		}
		var held []struct {
			StaffID   int64
			Role      string
			Seniority int
		}
		err = tx.NewRaw(`select r.staff_id, r.role, r.seniority from staff_roles r join staff p on p.id = r.staff_id and p.disabled_at is null
			where r.site_id = ?`, who.Site).Scan(ctx, &held)
		for _, grade := range GradeSteps {
			may := map[int64]bool{}
			for _, h := range held {
				if g.May(h.Role, h.Seniority, grade) {
					may[h.StaffID] = true
				}
			}
			p.People[grade] = len(may)
		}
		return p, err
	})
}

// SaveGrades are the tables as a form has them: figures by field, "complexity.repair.minor", "reach.repair.minor",
// "role.4", "seniority.4".
type SaveGrades struct {
	Fields map[string]string
	Seen   string // Grades.Seen
}

// SaveGrades changes the tables of the actor's site. What is as shipped is not written down, so that better defaults
// of a later version arrive.
func (s *Service) SaveGrades(ctx context.Context, in SaveGrades) error {
	return s.change(ctx, func(ctx context.Context, tx bun.Tx, site int64) error {
		if _, err := tx.NewRaw(`select from sites where id = ? for update`, site).Exec(ctx); err != nil {
			return err
		}
		stands, err := ReadGrades(ctx, tx, site)
		if err != nil {
			return err
		}
		if stands.Seen() != in.Seen {
			return fault.New(fault.Conflict, "place.changed_meanwhile")
		}
		now, err := in.grades()
		if err != nil {
			return err
		}
		fields := stands.differs(now)
		if len(fields) == 0 {
			return nil
		}
		if err := writeGrades(ctx, tx, site, now); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Entry{Verb: "site.grades", Subject: "sites", ID: site, Fields: fields}); err != nil {
			return err
		}
		live.Publish(ctx, live.Control, "site.changed", site)
		return nil
	})
}

// grades reads the form.
func (in SaveGrades) grades() (Grades, error) {
	var wrong fault.Fields
	g := DefaultGrades()
	figure := func(name string, most int) int {
		n, err := strconv.Atoi(in.Fields[name])
		if err != nil || n < 1 || n > most {
			wrong.Add(name, "place.grades.figure", fault.Args{"Most": most})
		}
		return n
	}
	for _, kind := range GradeKinds {
		for _, severity := range Severities {
			at := kind + "." + severity
			g.Cases[Case{kind, severity}] = Weight{figure("complexity."+at, MostWeight), figure("reach."+at, MostWeight)}
		}
	}
	for _, grade := range GradeSteps {
		at := strconv.Itoa(grade)
		n := Authority{in.Fields["role."+at], figure("seniority."+at, MostSeniority)}
		if g.rank(n.Role) < 0 {
			wrong.Add("role."+at, "place.grades.role_unknown")
		}
		g.Needs[grade] = n
	}
	for i, grade := range GradeSteps[1:] {
		if lower := GradeSteps[i]; len(wrong) == 0 && g.below(g.Needs[grade], g.Needs[lower]) {
			wrong.Add("role."+strconv.Itoa(grade), "place.grades.order", fault.Args{"Grade": lower})
		}
	}
	return g, wrong.Err()
}

// differs names the rows that are others in now.
func (g Grades) differs(now Grades) []string {
	var fields []string
	for c, w := range now.Cases {
		if g.Cases[c] != w {
			fields = append(fields, c.Kind+"."+c.Severity)
		}
	}
	for grade, n := range now.Needs {
		if g.Needs[grade] != n {
			fields = append(fields, fmt.Sprintf("grade.%d", grade))
		}
	}
	slices.Sort(fields)
	return fields
}

func writeGrades(ctx context.Context, tx bun.Tx, site int64, g Grades) error {
	for _, table := range []string{"grade_cases", "grade_needs"} {
		if _, err := tx.NewDelete().Table(table).Where("site_id = ?", site).Exec(ctx); err != nil {
			return err
		}
	}
	shipped := shippedGrades()
	for c, w := range g.Cases {
		if shipped.Cases[c] == w {
			continue
		}
		if _, err := tx.NewRaw(`insert into grade_cases (site_id, kind, severity, complexity, reach) values (?, ?, ?, ?, ?)`,
			site, c.Kind, c.Severity, w.Complexity, w.Reach).Exec(ctx); err != nil {
			return err
		}
	}
	for grade, n := range g.Needs {
		if shipped.Needs[grade] == n {
			continue
		}
		if _, err := tx.NewRaw(`insert into grade_needs (site_id, grade, role, seniority) values (?, ?, ?, ?)`, site, grade, n.Role, n.Seniority).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
