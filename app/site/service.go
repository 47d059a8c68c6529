package site

import (
	"context"
	"regexp"
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
	Languages []string // none: all there are
	Accent    string
	Demo      bool
}

var (
	codeForm   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	accentForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)
)

// Add makes a site.
func (s *Service) Add(ctx context.Context, in Add) (Site, error) {
	if _, err := actor.Require(ctx, Manage); err != nil {
		return Site{}, err
	}
	row, err := in.site(s.Now())
	if err != nil {
		return Site{}, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (Site, error) {
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
	})
}

func (in Add) site(now time.Time) (Site, error) {
	var wrong fault.Fields
	row := Site{Code: in.Code, TimeZone: in.TimeZone, Languages: in.Languages, Accent: in.Accent, Demo: in.Demo, Raw: []byte("{}"), CreatedAt: now}
	row.Name = wrong.Text("name", in.Name, 80, true)
	if !codeForm.MatchString(in.Code) {
		wrong.Add("code", "site.code_form")
	}
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "" {
		wrong.Add("time-zone", "site.zone_unknown")
	}
	if !accentForm.MatchString(in.Accent) {
		wrong.Add("accent", "site.accent_form")
	}
	if len(row.Languages) == 0 {
		row.Languages = locale.Languages
	}
	return row, wrong.Err()
}
