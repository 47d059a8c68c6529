package staff

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
)

// DutyKind is what a line of the duty table says of somebody.
type DutyKind string

// The kinds.
const (
	OnDuty   DutyKind = "on"   // at work in these hours
	DutyList DutyKind = "list" // reachable, day and night (SHIFT-6)
	Away     DutyKind = "away" // not there; somebody may stand in (ZONE-4)
)

// DutyKinds lists them.
var DutyKinds = []DutyKind{OnDuty, DutyList, Away}

// LongestDuty bounds one line of the duty table.
const LongestDuty = 366 * 24 * time.Hour

// Duty is one line of the duty table, from a moment to before another.
type Duty struct {
	bun.BaseModel `bun:"table:duties,alias:d"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SiteID    int64     `bun:"site_id"`
	StaffID   int64     `bun:"staff_id"`
	Kind      DutyKind  `bun:"kind"`
	StandInID int64     `bun:"stand_in_id,nullzero"` // only for Away; 0: nobody is named
	From      time.Time `bun:"from_at"`
	Until     time.Time `bun:"until_at"`

	Name        string `bun:"name,scanonly"`
	StandInName string `bun:"stand_in_name,scanonly"`
}

// PlanDuty adds a line to the duty table. Field faults: staff, kind, stand-in, from, until; a line of the same kind at the
// same time is a conflict.
func (s *Service) PlanDuty(ctx context.Context, d Duty) (*Duty, error) {
	a, err := actor.Require(ctx, ManageDuty)
	if err != nil {
		return nil, err
	}
	if d.Kind != Away {
		d.StandInID = 0
	}
	d.SiteID = a.Site
	if err := s.checkDuty(ctx, d); err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Duty, error) {
		if _, err := tx.NewInsert().Model(&d).Returning("id").Exec(ctx); err != nil {
			if db.Constraint(err) == "duties_overlap" {
				return nil, fault.New(fault.Conflict, "duty.overlap")
			}
			return nil, err
		}
		live.Publish(ctx, live.Site(d.SiteID), "duty.changed", 0)
		return &d, audit.Append(ctx, tx, audit.Entry{Verb: "duty.plan", Subject: "duties", ID: d.ID, Site: d.SiteID})
	})
}

func (s *Service) checkDuty(ctx context.Context, d Duty) error {
	var wrong fault.Fields
	for _, who := range []struct {
		field string
		id    int64
		need  bool
	}{{"staff", d.StaffID, true}, {"stand-in", d.StandInID, false}} {
		if who.id == 0 && !who.need {
			continue
		}
		roles, err := rolesAt(ctx, s.DB, who.id, d.SiteID)
		if err != nil {
			return err
		}
		if len(roles) == 0 {
			wrong.Add(who.field, "duty.person")
		}
	}
	if d.StandInID != 0 && d.StandInID == d.StaffID {
		wrong.Add("stand-in", "duty.self")
	}
	if !slices.Contains(DutyKinds, d.Kind) {
		wrong.Add("kind", "duty.kind_unknown")
	}
	switch {
	case d.From.IsZero() || d.Until.IsZero():
		for _, at := range []struct {
			field string
			at    time.Time
		}{{"from", d.From}, {"until", d.Until}} {
			if at.at.IsZero() {
				wrong.Add(at.field, "duty.time")
			}
		}
	case !d.Until.After(d.From):
		wrong.Add("until", "duty.order")
	case d.Until.Sub(d.From) > LongestDuty:
		wrong.Add("until", "duty.long")
	case !d.Until.After(s.now()):
		wrong.Add("until", "duty.past")
	}
	return wrong.Err()
}

// EndDuty takes a line off: one that hasn't begun is removed, one that runs ends now. One that is over stays.
func (s *Service) EndDuty(ctx context.Context, id int64) error {
	a, err := actor.Require(ctx, ManageDuty)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		var d Duty
		if err := tx.NewSelect().Model(&d).Where("id = ?", id).Where("site_id = ?", a.Site).For("update").Scan(ctx); err != nil {
			return struct{}{}, err
		}
		now := s.now()
		switch {
		case !d.Until.After(now):
			return struct{}{}, fault.New(fault.Conflict, "duty.over")
		case d.From.Before(now):
			_, err = tx.NewUpdate().Model(&d).Set("until_at = ?", now).WherePK().Exec(ctx)
		default:
			_, err = tx.NewDelete().Model(&d).WherePK().Exec(ctx)
		}
		if err != nil {
			return struct{}{}, err
		}
		live.Publish(ctx, live.Site(a.Site), "duty.changed", 0)
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: "duty.end", Subject: "duties", ID: id, Site: a.Site})
	})
	return err
}

// Duties are the lines of the duty table that touch a span of time, by their beginning.
func (s *Service) Duties(ctx context.Context, from, until time.Time) ([]Duty, error) {
	a, err := actor.Require(ctx, ManageDuty)
	if err != nil {
		return nil, err
	}
	return duties(ctx, s.DB, a.Site, from, until)
}

// OnDutyNow are the lines of the duty table at this moment, for everybody who works at the site.
func (s *Service) OnDutyNow(ctx context.Context) ([]Duty, error) {
	a := actor.From(ctx)
	if a.Kind != actor.Person || a.Site == 0 {
		return nil, fault.New(fault.Forbidden, "fault.forbidden")
	}
	now := s.now()
	return duties(ctx, s.DB, a.Site, now, now.Add(time.Microsecond)) // as exact as the database keeps it
}

func duties(ctx context.Context, idb bun.IDB, site int64, from, until time.Time) ([]Duty, error) {
	list := []Duty{}
	err := idb.NewSelect().Model(&list).ColumnExpr("?TableColumns").ColumnExpr("p.name").ColumnExpr("coalesce(i.name, '') as stand_in_name").
		Join("join staff p on p.id = d.staff_id").Join("left join staff i on i.id = d.stand_in_id").
		Where("d.site_id = ?", site).Where("d.from_at < ?", until).Where("d.until_at > ?", from).
		OrderExpr("d.from_at, p.name, d.id").Scan(ctx)
	return list, db.Translate(err)
}

// Colleague is somebody who can be put on the duty table.
type Colleague struct {
	ID   int64  `bun:"id"`
	Name string `bun:"name"`
}

// Colleagues are who works at the actor's site and may sign in, by name.
func (s *Service) Colleagues(ctx context.Context) ([]Colleague, error) {
	a, err := actor.Require(ctx, ManageDuty)
	if err != nil {
		return nil, err
	}
	list := []Colleague{}
	err = s.DB.NewRaw(`select p.id, p.name from staff p where p.disabled_at is null
		and exists (select from staff_roles r where r.staff_id = p.id and r.site_id = ?) order by p.name, p.id`, a.Site).Scan(ctx, &list)
	return list, db.Translate(err)
}
