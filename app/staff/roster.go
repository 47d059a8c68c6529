package staff

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// Roster is who can be reached at a site at one moment: everybody with a role there who may sign in, by id.
type Roster []OnRoster

// OnRoster is one person of a Roster.
type OnRoster struct {
	ID      int64    `bun:"id"`
	Roles   []string `bun:"roles,array"`
	On      bool     `bun:"on_duty"`  // at work now, says the duty table
	Listed  bool     `bun:"listed"`   // on the duty list now (SHIFT-6)
	Away    bool     `bun:"away"`     // says the duty table
	StandIn int64    `bun:"stand_in"` // named for while they are away; 0: nobody
}

func (p OnRoster) holds(r Role) bool { return slices.Contains(p.Roles, string(r)) }

// ReadRoster reads the duty table at a moment.
func ReadRoster(ctx context.Context, tx bun.IDB, site int64, at time.Time) (Roster, error) {
	r := Roster{}
	err := tx.NewRaw(`select p.id, array_agg(distinct r.role order by r.role) as roles,
		coalesce(bool_or(d.kind = 'on'), false) as on_duty, coalesce(bool_or(d.kind = 'list'), false) as listed,
		coalesce(bool_or(d.kind = 'away'), false) as away, coalesce(max(d.stand_in_id), 0) as stand_in
		from staff_roles r join staff p on p.id = r.staff_id and p.disabled_at is null
		left join duties d on d.site_id = r.site_id and d.staff_id = p.id and d.from_at <= ?1 and d.until_at > ?1
		where r.site_id = ?0 group by p.id order by p.id`, site, at).Scan(ctx, &r)
	return r, db.Translate(err)
}

// Reach gives whom something that concerns a role goes to (ESC-5): whoever holds it and is at work now, else who is on
// the duty list, else, where the table says nothing, everybody who holds it and isn't away, else who stands in for those
// who are. None: nobody is there, and it goes on to the next role.
func (r Roster) Reach(role Role) []int64 {
	for _, there := range []func(OnRoster) bool{
		func(p OnRoster) bool { return p.holds(role) && p.On },
		func(p OnRoster) bool { return p.Listed },
		func(p OnRoster) bool { return p.holds(role) },
		func(p OnRoster) bool { return r.standsIn(p.ID, role) },
	} {
		if ids := r.those(there); len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// standsIn tells whether somebody is named for one who holds the role and is away.
func (r Roster) standsIn(id int64, role Role) bool {
	return slices.ContainsFunc(r, func(p OnRoster) bool { return p.holds(role) && p.Away && p.StandIn == id })
}

// those are the people of whom a thing is true and who aren't away.
func (r Roster) those(is func(OnRoster) bool) []int64 {
	var ids []int64
	for _, p := range r {
		if !p.Away && is(p) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (r Roster) find(id int64) (OnRoster, bool) {
	i := slices.IndexFunc(r, func(p OnRoster) bool { return p.ID == id })
	if i < 0 {
		return OnRoster{}, false
	}
	return r[i], true
}

// Instead gives who handles what belongs to somebody (ZONE-4): the person, unless they are off; then who stands in for
// them, else the desk, else a supervisor. 0 where nobody is there at all.
func (r Roster) Instead(owner int64) int64 {
	for range len(r) + 1 { // who stands in may be away too, and in a circle
		p, ok := r.find(owner)
		if !ok {
			break
		}
		if !p.Away {
			return owner
		}
		owner = p.StandIn
	}
	for _, role := range []Role{Receptionist, Supervisor} {
		for _, there := range []func(OnRoster) bool{
			func(p OnRoster) bool { return p.holds(role) && p.On },
			func(p OnRoster) bool { return p.holds(role) },
		} {
			if ids := r.those(there); len(ids) > 0 {
				return ids[0]
			}
		}
	}
	return 0
}
