package site

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// How grave a case is, and who may run it (ORG-4): complexity × reach, by kind and severity; and for each grade the
// least role and seniority. The defaults ship as data; a site can change every figure.
//
//go:embed grades.json
var gradesFile []byte

// Severities of a case, the lightest first; a ticket that says none is minor.
var Severities = []string{"minor", "important", "major"}

// GradeKinds are the kinds of tickets that the tables have (TICKET-2).
var GradeKinds = []string{"repair", "complaint", "inquiry", "help", "suggestion", "activity", "other"}

// GradeSteps are all grades there are: products of two figures from 1 to MostWeight.
var GradeSteps = []int{1, 2, 3, 4, 6, 9}

// Bounds of the tables.
const (
	MostWeight    = 3 // of complexity, and of reach
	MostSeniority = 3 // 1 new in the role, 2 experienced, 3 senior
)

// Weight is how a kind of case of a severity weighs.
type Weight struct{ Complexity, Reach int }

// Grade is complexity × reach.
func (w Weight) Grade() int { return w.Complexity * w.Reach }

// Authority is the least that somebody must be to run cases of a grade.
type Authority struct {
	Role      string
	Seniority int
}

// Case is a kind of ticket with a severity.
type Case struct{ Kind, Severity string }

// Grades are the tables of a site.
type Grades struct {
	Cases  map[Case]Weight
	Needs  map[int]Authority // by grade
	Ladder [][]string        // roles that run cases, the least first; roles beside each other count alike
}

type gradesJSON struct {
	Cases map[string]map[string][2]int `json:"cases"`
	Needs map[int]struct {
		Role      string `json:"role"`
		Seniority int    `json:"seniority"`
	} `json:"needs"`
	Ladder [][]string `json:"ladder"`
}

var shippedGrades = sync.OnceValue(func() Grades {
	var f gradesJSON
	if err := json.Unmarshal(gradesFile, &f); err != nil {
		panic("site: grades.json: " + err.Error()) // the binary itself is wrong
	}
	g := Grades{Cases: map[Case]Weight{}, Needs: map[int]Authority{}, Ladder: f.Ladder}
	for kind, by := range f.Cases {
		for severity, w := range by {
			g.Cases[Case{kind, severity}] = Weight{w[0], w[1]}
		}
	}
	for grade, n := range f.Needs {
		g.Needs[grade] = Authority{n.Role, n.Seniority}
	}
	if err := g.check(); err != nil {
		panic("site: grades.json: " + err.Error())
	}
	return g
})

// DefaultGrades are the tables of a site that changes none.
func DefaultGrades() Grades {
	g := shippedGrades()
	g.Cases, g.Needs = maps.Clone(g.Cases), maps.Clone(g.Needs)
	return g
}

func (g Grades) check() error {
	for _, kind := range GradeKinds {
		for _, severity := range Severities {
			if w := g.Cases[Case{kind, severity}]; !slices.Contains(GradeSteps, w.Grade()) {
				return fmt.Errorf("%s, %s: no grade %d", kind, severity, w.Grade())
			}
		}
	}
	for _, grade := range GradeSteps {
		if n := g.Needs[grade]; g.rank(n.Role) < 0 || n.Seniority < 1 || n.Seniority > MostSeniority {
			return fmt.Errorf("grade %d needs %q of seniority %d", grade, n.Role, n.Seniority)
		}
	}
	return nil
}

// rank is a role's place on the ladder, or -1 where it runs no cases.
func (g Grades) rank(role string) int {
	return slices.IndexFunc(g.Ladder, func(roles []string) bool { return slices.Contains(roles, role) })
}

// Roles are those that run cases, the least first.
func (g Grades) Roles() []string { return slices.Concat(g.Ladder...) }

// Grade is how grave a case is (ORG-4). A severity that nobody has said counts as minor, a kind that the table doesn't
// know as other.
func (g Grades) Grade(kind, severity string) int {
	if !slices.Contains(Severities, severity) {
		severity = Severities[0]
	}
	w, known := g.Cases[Case{kind, severity}]
	if !known {
		w = g.Cases[Case{"other", severity}]
	}
	return w.Grade()
}

// May tells whether somebody with a role and a seniority in it runs cases of a grade: assigned to them, and closed by
// them (ORG-2). Who has several roles may what one of them may.
func (g Grades) May(role string, seniority, grade int) bool {
	need, known := g.Needs[grade]
	have, least := g.rank(role), g.rank(need.Role)
	if !known || have < 0 {
		return false
	}
	return have > least || have == least && seniority >= need.Seniority
}

// below tells whether a need asks for less than another.
func (g Grades) below(n, than Authority) bool {
	a, b := g.rank(n.Role), g.rank(than.Role)
	return a < b || a == b && n.Seniority < than.Seniority
}
