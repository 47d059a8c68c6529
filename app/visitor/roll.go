package visitor

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/staff"
)

// Group is the visitors of one building, for a roll call.
type Group struct {
	Building string // empty where the place that was typed names none
	People   int
	Visits   []Visit
}

// Roll lists who is in the building now, by building, for an evacuation (VISIT-6): all of one moment.
func (s *Service) Roll(ctx context.Context) ([]Group, error) {
	a, err := actor.Require(ctx, staff.ViewVisits)
	if err != nil {
		return nil, err
	}
	return db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) ([]Group, error) {
		visits, err := inside(ctx, tx, a.Site, 0)
		if err != nil {
			return nil, err
		}
		names, err := buildings(ctx, tx, a.Site)
		if err != nil {
			return nil, err
		}
		return group(visits, names), nil
	})
}

// group sorts visits into buildings: by number, those without one last; within a building by place and arrival.
func group(visits []Visit, names map[int64]string) []Group {
	by := map[string]*Group{}
	var groups []Group
	for _, v := range visits {
		name := names[v.ID]
		if by[name] == nil {
			by[name] = &Group{Building: name}
		}
		by[name].People += v.People
		by[name].Visits = append(by[name].Visits, v)
	}
	for _, g := range by {
		slices.SortFunc(g.Visits, func(a, b Visit) int {
			return cmp.Or(strings.Compare(a.Place, b.Place), a.ArrivedAt.Compare(b.ArrivedAt), cmp.Compare(a.ID, b.ID))
		})
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(rank(a.Building), rank(b.Building)), strings.Compare(a.Building, b.Building))
	})
	return groups
}

// rank is the number in a building's name; names without one come after, no name last.
func rank(building string) int {
	if building == "" {
		return 1 << 30
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, building)
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1 << 20
	}
	return n
}
