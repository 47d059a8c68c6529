package site

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/views/locale"
)

// Manage is the permission to add and change sites.
const Manage actor.Permission = "site.manage"

// Service adds and changes sites.
type Service struct {
	DB  *bun.DB
	Now func() time.Time
}

// Add is a new property.
type Add struct {
	Code      string
	Name      string
	TimeZone  string
	Languages []string // the first is the site's own; none: all there are
	Accent    string
	Demo      bool
}

var (
	codeForm   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	accentForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)
)

// Defaults of a new site, as they are proposed.
const (
	DefaultZone   = "Asia/Shanghai"
	DefaultAccent = "#0b6e5f"
)

// Add makes a site.
func (s *Service) Add(ctx context.Context, in Add) (Site, error) {
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (Site, error) { return s.Found(ctx, tx, in) })
}

// Found is Add in the transaction of the caller. One site is founded at a time.
func (s *Service) Found(ctx context.Context, tx bun.Tx, in Add) (Site, error) {
	if _, err := actor.Require(ctx, Manage); err != nil {
		return Site{}, err
	}
	row, err := in.site(s.Now())
	if err != nil {
		return Site{}, err
	}
	// The demo's passwords are public: a real site never stands beside it, nor comes at the same moment.
	if _, err := tx.ExecContext(ctx, `lock table sites in share row exclusive mode`); err != nil {
		return row, err
	}
	beside, err := tx.NewSelect().Model((*Site)(nil)).Where("demo <> ?", row.Demo).Exists(ctx)
	if err != nil {
		return row, err
	}
	if beside {
		return row, fault.New(fault.Conflict, "site.beside_demo")
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		if db.Constraint(err) == "sites_code_key" {
			return row, fault.New(fault.Conflict, "site.code_taken", fault.Args{"Code": row.Code})
		}
		return row, err
	}
	if err := audit.Append(ctx, tx, audit.Entry{Verb: "site.add", Subject: "sites", ID: row.ID, Site: row.ID}); err != nil {
		return row, err
	}
	live.Publish(ctx, live.Control, "site.changed", row.ID)
	return row, row.finish()
}

// Check tells everything that is wrong with a new site, by field: name, code, time-zone, languages, accent.
func (in Add) Check() error {
	_, err := in.site(time.Time{})
	return err
}

func (in Add) site(now time.Time) (Site, error) {
	var wrong fault.Fields
	row := Site{Code: in.Code, Name: in.Name, TimeZone: in.TimeZone, Languages: in.Languages, Accent: in.Accent, Demo: in.Demo, Raw: []byte("{}"), CreatedAt: now}
	if !codeForm.MatchString(in.Code) {
		wrong.Add("code", "site.code_form")
	}
	if len(row.Languages) == 0 {
		row.Languages = locale.Languages
	}
	row.check(&wrong)
	return row, wrong.Err()
}

// check cleans and judges what can be changed later too.
func (s *Site) check(wrong *fault.Fields) {
	s.Name = wrong.Line("name", s.Name, 80, true)
	if !knownZone(s.TimeZone) {
		wrong.Add("time-zone", "site.zone_unknown")
	}
	for i, lang := range s.Languages {
		if !slices.Contains(locale.Languages, lang) || slices.Contains(s.Languages[:i], lang) {
			wrong.Add("languages", "site.languages_unknown")
			break
		}
	}
	if len(s.Languages) == 0 {
		wrong.Add("languages", "fault.field.required")
	}
	if !accentForm.MatchString(s.Accent) {
		wrong.Add("accent", "site.accent_form")
	}
}

// knownZone tells whether a time zone has that name. "Local" is the server's, which is nobody's.
func knownZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// Set changes what a site is called and how it looks; what is nil stays.
type Set struct {
	Name      *string
	TimeZone  *string
	Languages []string // the first is the site's own; none: they stay
	Accent    *string
}

// Set changes the actor's site. Every instance and every screen takes it up within a second.
func (s *Service) Set(ctx context.Context, in Set) (Site, error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return Site{}, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (Site, error) {
		var row Site
		if err := found(tx.NewSelect().Model(&row).Where("id = ?", a.Site).For("no key update").Scan(ctx)); err != nil {
			return row, err
		}
		before := row
		in.over(&row)
		var wrong fault.Fields
		if row.check(&wrong); wrong.Err() != nil {
			return row, wrong.Err()
		}
		fields := changed(before, row)
		if len(fields) == 0 {
			return row, row.finish()
		}
		if _, err := tx.NewUpdate().Model(&row).Column("name", "time_zone", "languages", "accent").WherePK().Exec(ctx); err != nil {
			return row, err
		}
		live.Publish(ctx, live.Control, "site.changed", row.ID)
		if err := audit.Append(ctx, tx, audit.Entry{Verb: "site.set", Subject: "sites", ID: row.ID, Site: row.ID, Fields: fields}); err != nil {
			return row, err
		}
		return row, row.finish()
	})
}

func (in Set) over(row *Site) {
	set(&row.Name, in.Name)
	set(&row.TimeZone, in.TimeZone)
	set(&row.Accent, in.Accent)
	if len(in.Languages) > 0 {
		row.Languages = in.Languages
	}
}

// changed names what differs, for the record.
func changed(before, after Site) (fields []string) {
	for _, f := range []struct {
		name string
		same bool
	}{
		{"name", before.Name == after.Name}, {"time_zone", before.TimeZone == after.TimeZone},
		{"languages", slices.Equal(before.Languages, after.Languages)}, {"accent", before.Accent == after.Accent},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

var notInCode = regexp.MustCompile(`[^a-z0-9]+`)

// ProposeCode makes a short name out of a property's name where it has Latin letters ("Garden Court" → garden-court),
// else site-1; one that is taken is counted up.
func ProposeCode(name string, taken []string) string {
	base := strings.Trim(notInCode.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if base = strings.TrimRight(base[:min(len(base), 24)], "-"); len(base) < 2 {
		base = "site"
	} else if !slices.Contains(taken, base) {
		return base
	}
	for n := 1; ; n++ {
		if code := fmt.Sprintf("%s-%d", base, n); !slices.Contains(taken, code) {
			return code
		}
	}
}
