// Package grade holds the page of the tables by which cases are graded (ORG-4).
package grade

import (
	"context"
	"slices"
	"strconv"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/place"
)

// gradesPage fills the tables; typed is what stood in the form that was refused.
func gradesPage(ctx context.Context, g site.GradesPage, typed map[string]string, wrong *fault.Fault) page.Grades {
	p := page.Grades{Seen: g.Seen()}
	said := map[string]string{}
	if wrong != nil {
		p.Message, said = web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
	}
	value := func(name string, stands int) string {
		if wrong != nil && typed[name] != "" {
			return typed[name]
		}
		return strconv.Itoa(stands)
	}
	for _, kind := range site.GradeKinds {
		c := page.GradeCase{Kind: kind}
		for _, severity := range site.Severities {
			at, w := kind+"."+severity, g.Cases[site.Case{Kind: kind, Severity: severity}]
			c.Cells = append(c.Cells, page.GradeCell{Severity: severity, Complexity: value("complexity."+at, w.Complexity),
				Reach: value("reach."+at, w.Reach), Grade: w.Grade(), Error: said["complexity."+at] + said["reach."+at]})
		}
		p.Cases = append(p.Cases, c)
	}
	for _, grade := range site.GradeSteps {
		at, need := strconv.Itoa(grade), g.Needs[grade]
		n := page.GradeNeed{Grade: grade, Role: need.Role, Seniority: value("seniority."+at, need.Seniority), People: g.People[grade],
			Error: said["role."+at] + said["seniority."+at]}
		if wrong != nil && slices.Contains(g.Roles(), typed["role."+at]) {
			n.Role = typed["role."+at]
		}
		p.Needs = append(p.Needs, n)
	}
	for _, role := range g.Roles() {
		p.Roles = append(p.Roles, part.Option{Value: role, Label: locale.T(ctx, "team.role."+role)})
	}
	for n := range site.MostSeniority {
		level := strconv.Itoa(n + 1)
		p.Steps = append(p.Steps, part.Option{Value: level, Label: locale.T(ctx, "place.seniority."+level)})
	}
	if wrong != nil {
		for _, f := range wrong.Fields {
			p.Fields = append(p.Fields, part.Input{Name: f.Name, Label: locale.T(ctx, "place.grades.field"), Error: said[f.Name]})
		}
	}
	return p
}
