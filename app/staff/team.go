package staff

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
)

// RoleChange is what changes in somebody's roles at a site.
type RoleChange struct {
	Give, Take []Role
	Seniority  map[Role]int // of roles that they have: 1 new, 2 experienced, 3 senior (ORG-4)
}

// Grant gives somebody who is there already further roles at the actor's site. Whoever administers a site may let
// anybody work there.
func (s *Service) Grant(ctx context.Context, login string, roles []Role) (*Person, error) {
	return s.ChangeRoles(ctx, login, RoleChange{Give: atLeastOne(roles)})
}

// Withdraw takes roles at the actor's site away. What somebody may not do any more they can't do from the next request
// on, and their open screens look their rights up anew within a second.
func (s *Service) Withdraw(ctx context.Context, login string, roles []Role) (*Person, error) {
	return s.ChangeRoles(ctx, login, RoleChange{Take: atLeastOne(roles)})
}

// atLeastOne makes nothing at all an unknown role, so that it is refused at its field.
func atLeastOne(roles []Role) []Role {
	if len(roles) == 0 {
		return []Role{""}
	}
	return roles
}

// ChangeRoles gives and takes roles at the actor's site, all in one. Who has none there can be given some, and nothing
// else; the last administrator of a site stays one.
func (s *Service) ChangeRoles(ctx context.Context, login string, in RoleChange) (*Person, error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return nil, err
	}
	if err := in.check(login); err != nil {
		return nil, err
	}
	how := ofSite
	if len(in.Take)+len(in.Seniority) == 0 {
		how = anybody
	}
	return s.change(ctx, login, how, func(ctx context.Context, tx bun.Tx, p *Person) error {
		if slices.Contains(in.Take, Admin) {
			if err := s.keepAdmin(ctx, tx, a, p, []int64{a.Site}); err != nil {
				return err
			}
		}
		changed := false
		for _, step := range []struct {
			verb  string
			roles []Role
			do    func() (int64, error)
		}{
			{"staff.withdraw", in.Take, func() (int64, error) { return removeRoles(ctx, tx, p.ID, a.Site, in.Take) }},
			{"staff.grant", in.Give, func() (int64, error) { return addRoles(ctx, tx, p.ID, a.Site, in.Give) }},
			{"staff.seniority", slices.Sorted(maps.Keys(in.Seniority)), func() (int64, error) { return setSeniority(ctx, tx, p.ID, a.Site, in.Seniority) }},
		} {
			n, err := step.do()
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			changed = true
			if err := audit.Append(ctx, tx, audit.Entry{Verb: step.verb, Subject: "staff", ID: p.ID, Fields: roleFields(step.roles)}); err != nil {
				return err
			}
		}
		if changed {
			live.Publish(ctx, live.Control, "staff.changed", p.ID)
		}
		return nil
	})
}

func (in RoleChange) check(login string) error {
	var fs fault.Fields
	if !loginShape.MatchString(normal(login)) {
		fs.Add("login", "staff.login.shape")
	}
	for _, r := range slices.Concat(in.Give, in.Take, slices.Sorted(maps.Keys(in.Seniority))) {
		switch {
		case r == "" && !fs.Has("role"):
			fs.Add("role", "fault.field.required")
		case !slices.Contains(Roles, r) && !fs.Has("role"):
			fs.Add("role", "staff.role.unknown")
		}
	}
	for r, rank := range in.Seniority {
		if rank < 1 || rank > 3 {
			fs.Add("seniority."+string(r), "staff.seniority.unknown")
		}
	}
	return fs.Err()
}

// Seniority gives how long somebody has been in each role at the actor's site: 1 new, 2 experienced, 3 senior.
func (s *Service) Seniority(ctx context.Context, id int64) (map[Role]int, error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return nil, err
	}
	return seniority(ctx, s.DB, id, a.Site)
}

// change runs one change of a person, found by login, if the actor may go as far as that.
func (s *Service) change(ctx context.Context, login string, how reach, fn func(ctx context.Context, tx bun.Tx, p *Person) error) (*Person, error) {
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Person, error) {
		p, err := lockLogin(ctx, tx, normal(login))
		if err != nil {
			return nil, err
		}
		if p == nil {
			return nil, wrong("login", "staff.login.unknown")
		}
		if err := within(ctx, tx, actor.From(ctx), p, how); err != nil {
			return nil, err
		}
		return p, fn(ctx, tx, p)
	})
}

// Known tells whether somebody has the login.
func (s *Service) Known(ctx context.Context, login string) (bool, error) {
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return false, err
	}
	p, err := findLogin(ctx, s.DB, normal(login))
	return p != nil, err
}

// List lists staff with their roles at the actor's site; everybody where the actor has no site.
func (s *Service) List(ctx context.Context) ([]Person, error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return people(ctx, s.DB, a.Site, 0, now, now.Add(-s.terms().Idle))
}

// Member gives one of the staff of the actor's site; whole tells whether the actor may change them themselves (password,
// sessions, disabled) and not only their roles here. Who has no role here is not found.
func (s *Service) Member(ctx context.Context, id int64) (p Person, whole bool, err error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return p, false, err
	}
	now := s.now()
	list, err := people(ctx, s.DB, a.Site, id, now, now.Add(-s.terms().Idle))
	if err != nil {
		return p, false, err
	}
	if len(list) != 1 || id == 0 {
		return p, false, fault.New(fault.NotFound, "fault.not_found")
	}
	err = within(ctx, s.DB, a, &list[0], ofPerson)
	if err != nil && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Conflict) {
		return p, false, err
	}
	return list[0], err == nil, nil
}

// SetPassword gives somebody a new password; they are signed out everywhere, and a lock-out ends.
func (s *Service) SetPassword(ctx context.Context, login, password string) (*Person, error) {
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return nil, err
	}
	var fs fault.Fields
	if checkPassword(&fs, "password", password, normal(login)); fs.Err() != nil {
		return nil, fs.Err()
	}
	return s.replacePassword(ctx, login, password, false)
}

// Reset gives somebody a temporary password, which is said once and has to be changed at the next sign-in.
func (s *Service) Reset(ctx context.Context, login string) (password string, p *Person, err error) {
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return "", nil, err
	}
	password = temporaryPassword(normal(login))
	p, err = s.replacePassword(ctx, login, password, true)
	return password, p, err
}

func (s *Service) replacePassword(ctx context.Context, login, password string, temporary bool) (*Person, error) {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, login, ofPerson, func(ctx context.Context, tx bun.Tx, p *Person) error {
		if err := setPassword(ctx, tx, p.ID, hash, temporary); err != nil {
			return err
		}
		if err := forgive(ctx, tx, accountKey(p.Login)); err != nil {
			return err
		}
		if err := s.revoke(ctx, tx, "staff_id = ?", p.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "staff.password", Subject: "staff", ID: p.ID})
	})
}

// Disable shuts somebody out at once and everywhere; their records stay.
func (s *Service) Disable(ctx context.Context, login string) (*Person, error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, login, ofPerson, func(ctx context.Context, tx bun.Tx, p *Person) error {
		roles, err := rolesBySite(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		var administers []int64
		for site, has := range roles {
			if slices.Contains(has, string(Admin)) {
				administers = append(administers, site)
			}
		}
		if err := s.keepAdmin(ctx, tx, a, p, administers); err != nil {
			return err
		}
		if err := setDisabled(ctx, tx, p.ID, s.now()); err != nil {
			return err
		}
		if err := s.revoke(ctx, tx, "staff_id = ?", p.ID); err != nil {
			return err
		}
		live.Publish(ctx, live.Control, "staff.disabled", p.ID)
		return audit.Append(ctx, tx, audit.Entry{Verb: "staff.disable", Subject: "staff", ID: p.ID})
	})
}

// Enable lets somebody in again who was shut out, with the roles and the password that they had.
func (s *Service) Enable(ctx context.Context, login string) (*Person, error) {
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return nil, err
	}
	return s.change(ctx, login, ofPerson, func(ctx context.Context, tx bun.Tx, p *Person) error {
		if p.DisabledAt == nil {
			return nil
		}
		if err := setEnabled(ctx, tx, p.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "staff.enable", Subject: "staff", ID: p.ID})
	})
}

// EndSessions signs somebody out everywhere.
func (s *Service) EndSessions(ctx context.Context, login string) (*Person, error) {
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return nil, err
	}
	return s.change(ctx, login, ofPerson, func(ctx context.Context, tx bun.Tx, p *Person) error {
		if err := s.revoke(ctx, tx, "staff_id = ?", p.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Entry{Verb: "session.close_all", Subject: "staff", ID: p.ID})
	})
}
