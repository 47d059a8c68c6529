package staff

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
)

// reach is how far a change of somebody goes. An administrator of one site rules that site; a person who works at two
// is not one administrator's alone.
type reach int

const (
	anybody  reach = iota // they are given a role at the actor's site
	ofSite                // what they are at the actor's site; who has no role there is not found
	ofPerson              // they themselves: it takes the right at every site where they work
)

// within tells whether the actor may change the person so far. Command line and jobs go everywhere: who sits at the
// server rules it anyway.
func within(ctx context.Context, tx bun.IDB, a actor.Actor, p *Person, how reach) error {
	if a.All || how == anybody {
		return nil
	}
	theirs, err := rolesBySite(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if len(theirs[a.Site]) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if how == ofSite {
		return nil
	}
	if p.ID == a.ID {
		return fault.New(fault.Conflict, "staff.self")
	}
	mine, err := rolesBySite(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	for site := range theirs {
		if !may(mine[site])[ManageStaff] {
			return fault.New(fault.Forbidden, "staff.elsewhere")
		}
	}
	return nil
}

// keepAdmin refuses what would leave one of the sites without anybody who administers it. At the command line it is
// allowed: there a new one can be made at any time.
func (s *Service) keepAdmin(ctx context.Context, tx bun.Tx, a actor.Actor, p *Person, sites []int64) error {
	if a.All || p.DisabledAt != nil || len(sites) == 0 {
		return nil
	}
	if err := lockSites(ctx, tx, sites); err != nil {
		return err
	}
	for _, site := range sites {
		has, err := rolesAt(ctx, tx, p.ID, site)
		if err != nil {
			return err
		}
		others, err := otherHolders(ctx, tx, site, Admin, p.ID)
		if err != nil {
			return err
		}
		if others == 0 && may(has)[ManageStaff] {
			return fault.New(fault.Conflict, "staff.last_admin")
		}
	}
	return nil
}
