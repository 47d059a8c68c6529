package staff

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/views/layout"
	"lobby/views/locale"
)

// Add is a new member of staff with roles at the actor's site.
type Add struct {
	Login    string
	Name     string
	Password string
	Language string // empty: the site's first
	Roles    []Role
	Demo     bool

	temporary bool // the password has to be changed at the first sign-in
}

// Add takes somebody in.
func (s *Service) Add(ctx context.Context, in Add) (*Person, error) {
	if _, err := actor.Require(ctx, ManageStaff); err != nil {
		return nil, err
	}
	p, err := s.Prepare(ctx, in)
	if err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Person, error) {
		return p, s.Join(ctx, tx, p, in.Roles)
	})
}

// AddTemporary takes somebody in with a password that is made here, said once, and changed at the first sign-in.
func (s *Service) AddTemporary(ctx context.Context, in Add) (password string, p *Person, err error) {
	in.Password, in.temporary = temporaryPassword(normal(in.Login)), true
	p, err = s.Add(ctx, in)
	return in.Password, p, err
}

// Prepare checks somebody new and makes the hash of their password, which takes its time: Join then takes them in, within
// a transaction.
func (s *Service) Prepare(ctx context.Context, in Add) (*Person, error) {
	if in.Language == "" {
		var err error
		if in.Language, err = siteLanguage(ctx, s.DB, actor.From(ctx).Site); err != nil {
			return nil, err
		}
	}
	p, err := in.check()
	if err != nil {
		return nil, err
	}
	p.Temporary = in.temporary
	p.PasswordHash, err = s.hash(ctx, in.Password)
	return p, err
}

// Join takes a prepared person in, with roles at the actor's site, in the transaction of the caller.
func (s *Service) Join(ctx context.Context, tx bun.Tx, p *Person, roles []Role) error {
	a, err := actor.Require(ctx, ManageStaff)
	if err != nil {
		return err
	}
	known, err := findLogin(ctx, tx, p.Login)
	if err != nil {
		return err
	}
	if known != nil {
		return wrong("login", "staff.login.taken")
	}
	if err := insertPerson(ctx, tx, p); err != nil {
		return err
	}
	if p.Temporary {
		if err := markTemporary(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	if _, err := addRoles(ctx, tx, p.ID, a.Site, roles); err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Entry{Verb: "staff.add", Subject: "staff", ID: p.ID, Fields: roleFields(roles)})
}

// Check tells everything that is wrong with somebody new, by field: login, name, language, password, role.
func (in Add) Check() error {
	_, err := in.check()
	return err
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
	if ok && password == old {
		fs.Add("new_password", "staff.password.same")
	}
	if fs.Err() != nil {
		return fs.Err()
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		if err := setPassword(ctx, tx, p.ID, hash, false); err != nil {
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
