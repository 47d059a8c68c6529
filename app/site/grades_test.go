package site

import (
	"fmt"
	"strconv"
	"testing"

	"lobby/app/kit/fault"
)

func TestGrade(t *testing.T) {
	t.Parallel()
	g := DefaultGrades()
	for _, c := range []struct {
		kind, severity string
		grade          int
	}{
		{"repair", "minor", 1}, {"repair", "major", 4}, {"complaint", "minor", 2}, {"complaint", "important", 6}, {"complaint", "major", 9},
		{"help", "important", 3}, {"help", "major", 6}, {"inquiry", "", 1}, {"complaint", "", 2}, {"complaint", "unheard of", 2}, {"something new", "major", 4},
	} {
		t.Run(fmt.Sprintf("ORG-4 %s %s is complexity times reach: %d", c.kind, c.severity, c.grade), func(t *testing.T) {
			if got := g.Grade(c.kind, c.severity); got != c.grade {
				t.Errorf("grade %d", got)
			}
		})
	}
	for _, kind := range GradeKinds {
		for i := range Severities[1:] {
			if lower, higher := g.Grade(kind, Severities[i]), g.Grade(kind, Severities[i+1]); lower > higher {
				t.Errorf("%s: %s weighs %d, %s %d", kind, Severities[i], lower, Severities[i+1], higher)
			}
		}
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	g := DefaultGrades()
	for _, c := range []struct {
		role      string
		seniority int
		most      int // highest grade that they may run; 0: none
	}{
		{"agent", 1, 1}, {"agent", 2, 2}, {"agent", 3, 3}, {"technician", 2, 2}, {"supervisor", 1, 4}, {"supervisor", 3, 4},
		{"manager", 1, 9}, {"receptionist", 3, 0}, {"admin", 3, 0}, {"guard", 3, 0}, {"", 3, 0}, {"agent", 0, 0},
	} {
		t.Run(fmt.Sprintf("ORG-2 a %s of seniority %d runs cases up to grade %d", c.role, c.seniority, c.most), func(t *testing.T) {
			for _, grade := range GradeSteps {
				if may := g.May(c.role, c.seniority, grade); may != (grade <= c.most) {
					t.Errorf("grade %d: %t", grade, may)
				}
			}
			if g.May(c.role, c.seniority, 5) {
				t.Error("there is no grade 5")
			}
		})
	}
	t.Run("ORG-4 a complaint that is important or major is above everybody but the manager", func(t *testing.T) {
		for _, severity := range []string{"important", "major"} { // COMPLAINT-3
			if grade := g.Grade("complaint", severity); g.May("supervisor", 3, grade) || !g.May("manager", 1, grade) {
				t.Errorf("%s: grade %d", severity, grade)
			}
		}
	})
}

// form is the tables as the page would send them.
func (g Grades) form() map[string]string {
	f := map[string]string{}
	for c, w := range g.Cases {
		f["complexity."+c.Kind+"."+c.Severity], f["reach."+c.Kind+"."+c.Severity] = strconv.Itoa(w.Complexity), strconv.Itoa(w.Reach)
	}
	for grade, n := range g.Needs {
		f["role."+strconv.Itoa(grade)], f["seniority."+strconv.Itoa(grade)] = n.Role, strconv.Itoa(n.Seniority)
	}
	return f
}

func TestSaveGrades(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page, err := b.Grades(b.ctx)
	if err != nil || page.People[1] != 5 || page.People[2] != 0 {
		t.Fatalf("%+v, %v", page.People, err) // five agents, all new
	}
	shipped := page.Grades
	form := shipped.form()
	t.Run("ORG-4 a site changes its tables, and only what is another is written down", func(t *testing.T) {
		form["complexity.repair.minor"], form["reach.repair.minor"] = "2", "2"
		form["role.2"], form["seniority.2"] = "technician", "1"
		if err := b.SaveGrades(b.ctx, SaveGrades{Fields: form, Seen: shipped.Seen()}); err != nil {
			t.Fatal(err)
		}
		now, err := ReadGrades(t.Context(), b.db, b.site)
		if err != nil || now.Grade("repair", "minor") != 4 || now.Grade("repair", "major") != 4 || !now.May("agent", 1, 2) {
			t.Errorf("%+v, %v", now, err)
		}
		var rows, fields string
		b.scan(&rows, `select (select count(*) from grade_cases) || ' ' || (select count(*) from grade_needs)`)
		b.scan(&fields, `select array_to_string(fields, ',') from audit_log where verb = 'site.grades'`)
		if rows != "1 1" || fields != "grade.2,repair.minor" {
			t.Errorf("%s rows, the record says %s", rows, fields)
		}
		other, err := ReadGrades(t.Context(), b.db, b.site+1)
		if err != nil || other.Grade("repair", "minor") != 1 {
			t.Error("another site's tables changed too", err)
		}
	})
	t.Run("ORG-4 who saw other tables is told so", func(t *testing.T) {
		wants(t, b.SaveGrades(b.ctx, SaveGrades{Fields: shipped.form(), Seen: shipped.Seen()}), fault.Conflict, "place.changed_meanwhile")
	})
	now, err := ReadGrades(t.Context(), b.db, b.site)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("ORG-4 a grade never asks for less than one below it, and every figure is one of the table's", func(t *testing.T) {
		for name, change := range map[string][2]string{
			"place.grades.order":        {"role.9", "agent"},
			"place.grades.figure":       {"reach.help.major", "4"},
			"place.grades.role_unknown": {"role.1", "guard"},
		} {
			f := now.form()
			f[change[0]] = change[1]
			wants(t, b.SaveGrades(b.ctx, SaveGrades{Fields: f, Seen: now.Seen()}), fault.Invalid, name)
		}
		wants(t, b.SaveGrades(b.ctx, SaveGrades{Seen: now.Seen()}), fault.Invalid, "place.grades.figure")
	})
	t.Run("ORG-2 a person runs what one of their roles and their seniority in it allow, here and while in office", func(t *testing.T) {
		id := b.staff("desk")
		for _, step := range []struct {
			change string
			most   int
		}{
			{`select`, 2}, // of this site's tables
			{`update staff_roles set seniority = 3 where staff_id = ?`, 3},
			{`insert into staff_roles (staff_id, site_id, role) select staff_id, site_id, 'manager' from staff_roles where staff_id = ?`, 9},
			{`update staff set disabled_at = now() where id = ?`, 0},
		} {
			if step.change != "select" {
				if _, err := b.db.NewRaw(step.change, id).Exec(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, grade := range GradeSteps {
				may, err := now.MayRun(t.Context(), b.db, b.site, id, grade)
				if err != nil || may != (grade <= step.most) {
					t.Errorf("%s: grade %d: %t %v", step.change, grade, may, err)
				}
				if elsewhere, err := now.MayRun(t.Context(), b.db, b.site+1, id, grade); err != nil || elsewhere {
					t.Errorf("at another site too: %v", err)
				}
			}
		}
	})
	t.Run("back to what ships leaves nothing written", func(t *testing.T) {
		if err := b.SaveGrades(b.ctx, SaveGrades{Fields: shipped.form(), Seen: now.Seen()}); err != nil {
			t.Fatal(err)
		}
		var rows int
		b.scan(&rows, `select (select count(*) from grade_cases) + (select count(*) from grade_needs)`)
		if rows != 0 {
			t.Errorf("%d rows", rows)
		}
	})
}
