package staff

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/views/layout"
	"lobby/views/locale"
)

// Add is a new member of staff with roles at the actor's site.
type Add struct {
	Login    string
	Name     string
	Password string
	Language string // empty: simplified Chinese
	Roles    []Role
	Demo     bool
}

// Add takes somebody in.
func (s *Service) Add(ctx context.Context, in Add) (*Person, error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return nil, err
	}
	p, err := in.check()
	if err != nil {
		return nil, err
	}
	if p.PasswordHash, err = s.hash(ctx, in.Password); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Person, error) {
		known, err := findLogin(ctx, tx, p.Login)
		if err != nil {
			return nil, err
		}
		if known != nil {
			return nil, wrong("login", "staff.login.taken")
		}
		if err := insertPerson(ctx, tx, p); err != nil {
			return nil, err
		}
		if _, err := addRoles(ctx, tx, p.ID, a.Site, in.Roles); err != nil {
			return nil, err
		}
		return p, audit.Append(ctx, tx, audit.Entry{Verb: "staff.add", Subject: "staff", ID: p.ID, Fields: roleFields(in.Roles)})
	})
}

func (in Add) check() (*Person, error) {
	var fs fault.Fields
	p := &Person{Login: normal(in.Login), Language: in.Language, Demo: in.Demo}
	if p.Language == "" {
		p.Language = locale.Simplified
	}
	if !loginShape.MatchString(p.Login) {
		fs.Add("login", "staff.login.shape")
	}
	p.Name = fs.Line("name", in.Name, 60, true)
	if !slices.Contains(locale.Languages, p.Language) {
		fs.Add("language", "staff.language.unknown")
	}
	checkPassword(&fs, "password", in.Password, p.Login)
	checkRoles(&fs, in.Roles)
	return p, fs.Err()
}

func checkRoles(fs *fault.Fields, roles []Role) {
	if len(roles) == 0 {
		fs.Add("role", "fault.field.required")
	}
	for _, r := range roles {
		if !slices.Contains(Roles, r) {
			fs.Add("role", "staff.role.unknown")
			return
		}
	}
}

func wrong(field, key string) error {
	var fs fault.Fields
	fs.Add(field, key)
	return fs.Err()
}

func roleFields(roles []Role) []string {
	fields := make([]string, len(roles))
	for i, r := range roles {
		fields[i] = "role:" + string(r)
	}
	return fields
}

// Grant gives somebody who is there already further roles at the actor's site.
func (s *Service) Grant(ctx context.Context, login string, roles []Role) (*Person, error) {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return nil, err
	}
	var fs fault.Fields
	if checkRoles(&fs, roles); fs.Err() != nil {
		return nil, fs.Err()
	}
	return s.change(ctx, login, func(ctx context.Context, tx bun.Tx, p *Person) error {
		added, err := addRoles(ctx, tx, p.ID, a.Site, roles)
		if err != nil || added == 0 {
			return err
		}
		live.Publish(ctx, live.Control, "staff.changed", p.ID)
		return audit.Append(ctx, tx, audit.Entry{Verb: "staff.grant", Subject: "staff", ID: p.ID, Fields: roleFields(roles)})
	})
}

// change runs one change of a person, found by login.
func (s *Service) change(ctx context.Context, login string, fn func(ctx context.Context, tx bun.Tx, p *Person) error) (*Person, error) {
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Person, error) {
		p, err := findLogin(ctx, tx, normal(login))
		if err != nil {
			return nil, err
		}
		if p == nil {
			return nil, wrong("login", "staff.login.unknown")
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
	return people(ctx, s.DB, a.Site)
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
	hash, err := s.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, login, func(ctx context.Context, tx bun.Tx, p *Person) error {
		if err := setPassword(ctx, tx, p.ID, hash); err != nil {
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
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return nil, err
	}
	return s.change(ctx, login, func(ctx context.Context, tx bun.Tx, p *Person) error {
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

// ChangePassword changes the acting person's own password. Their other sessions end; this one stays.
func (s *Service) ChangePassword(ctx context.Context, old, password string) error {
	a, err := signedIn(ctx)
	if err != nil {
		return err
	}
	p, err := findPerson(ctx, s.DB, a.ID)
	if err != nil {
		return err
	}
	// A session left open must not become a place to guess the password.
	if wait, err := s.try(ctx, accountKey(p.Login), ofAccount); err != nil || wait > 0 {
		if err == nil {
			err = tooMany(wait)
		}
		return err
	}
	ok, err := s.matches(ctx, p, old)
	if err != nil {
		return err
	}
	var fs fault.Fields
	if !ok {
		fs.Add("old_password", "staff.password.wrong")
	} else if err := uncount(ctx, s.DB, accountKey(p.Login)); err != nil { // whatever is wrong with the new one is no guess
		return err
	}
	checkPassword(&fs, "new_password", password, p.Login)
	if fs.Err() != nil {
		return fs.Err()
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		if err := setPassword(ctx, tx, p.ID, hash); err != nil {
			return nil, err
		}
		if err := forgive(ctx, tx, accountKey(p.Login)); err != nil {
			return nil, err
		}
		if err := s.revoke(ctx, tx, "staff_id = ? and id <> ?", p.ID, a.Session); err != nil {
			return nil, err
		}
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "staff.password", Subject: "staff", ID: p.ID})
	})
	return err
}

// SetLanguage changes the acting person's language.
func (s *Service) SetLanguage(ctx context.Context, lang string) error {
	a, err := signedIn(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(locale.Languages, lang) {
		return wrong("language", "staff.language.unknown")
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		if err := setLanguage(ctx, tx, a.ID, lang); err != nil {
			return nil, err
		}
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "staff.language", Subject: "staff", ID: a.ID, Fields: []string{"language"}})
	})
	return err
}

// Login gives the acting person's own login, for the account page.
func (s *Service) Login(ctx context.Context) (string, error) {
	a, err := signedIn(ctx)
	if err != nil {
		return "", err
	}
	p, err := findPerson(ctx, s.DB, a.ID)
	if err != nil {
		return "", err
	}
	return p.Login, nil
}

// Sites lists where somebody has a role, for the switcher in the frame.
func (s *Service) Sites(ctx context.Context, staff, current int64) ([]layout.SiteLink, error) {
	sites, err := sitesOf(ctx, s.DB, staff)
	if err != nil {
		return nil, err
	}
	links := make([]layout.SiteLink, 0, len(sites))
	for _, t := range sites {
		links = append(links, layout.SiteLink{ID: t.ID, Name: t.Name, Current: t.ID == current})
	}
	return links, nil
}
