package site

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/site/calendar"
	"lobby/views/locale"
)

// ManageRules is the permission to change what limits are reckoned by: policy, hours, calendar.
const ManageRules actor.Permission = "rules.manage"

// ManageGrades is the permission to change who may run which case (ORG-4).
const ManageGrades actor.Permission = "grades.manage"

// Rule is one version of what a site decides by rule. Every version stays: limits are derived from history.
type Rule struct {
	bun.BaseModel `bun:"table:site_rules,alias:r"`

	ID        int64           `bun:"id,pk,autoincrement"`
	SiteID    int64           `bun:"site_id"`
	Name      string          `bun:"name"` // policy, hours, calendar.2026
	Version   int64           `bun:"version"`
	Value     json.RawMessage `bun:"value,type:jsonb"`
	ChangedBy int64           `bun:"changed_by,nullzero"`
	ChangedAt time.Time       `bun:"changed_at"`
}

// The names of rules; a year's calendar is calendarRule(year).
const (
	PolicyRule = "policy"
	hoursRule  = "hours"
)

func calendarRule(year int) string { return fmt.Sprintf("calendar.%04d", year) }

// Rules are what limits of a site are reckoned by. They don't change; another state is another Rules.
type Rules struct {
	Hours    calendar.Hours
	Calendar *calendar.Calendar
	Policies []Rule // every version that the site made, the earliest first; none: as shipped

	// Changed is when hours or calendar were changed last: nobody kept by which hours earlier limits were reckoned.
	Changed time.Time

	stamp  int64 // the newest rule
	zone   string
	latest map[string]Rule
	years  map[int]CalendarYear
}

// version of a rule that somebody is about to change; 0: as shipped.
func (r *Rules) version(name string) int64 { return r.latest[name].Version }

// ruleBook remembers the rules of sites.
type ruleBook struct {
	mu    sync.Mutex
	known map[int64]*Rules
}

// Rules gives what the limits of a site are reckoned by, as it stands for tx. The database is asked for no more than
// whether something is new since the last time.
func (d *Directory) Rules(ctx context.Context, tx bun.IDB, id int64) (*Rules, error) {
	var stamp int64
	if err := db.Prepared(tx, SelectStamp(tx, id)).Scan(ctx, &stamp); err != nil {
		return nil, err
	}
	return d.RulesAt(ctx, tx, id, stamp)
}

// SelectStamp is the query of a site's newest rule, for who reads it along with something else.
func SelectStamp(tx bun.IDB, site int64) *bun.RawQuery {
	return tx.NewRaw(`select coalesce(max(id), 0) from site_rules where site_id = ?`, db.Value(site))
}

// RulesAt is Rules for who knows the newest rule already.
func (d *Directory) RulesAt(ctx context.Context, tx bun.IDB, id, stamp int64) (*Rules, error) {
	here, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	d.book.mu.Lock()
	known := d.book.known[id]
	d.book.mu.Unlock()
	if known != nil && known.stamp == stamp && known.zone == here.TimeZone {
		return known, nil
	}
	rules, err := readRules(ctx, tx, here)
	if err != nil {
		return nil, err
	}
	d.book.mu.Lock()
	defer d.book.mu.Unlock()
	if d.book.known == nil {
		d.book.known = map[int64]*Rules{}
	}
	if now := d.book.known[id]; now == nil || now.stamp <= rules.stamp {
		d.book.known[id] = rules
	}
	return rules, nil
}

// Calendar gives the calendar of a site as it stands.
func (d *Directory) Calendar(ctx context.Context, id int64) (*calendar.Calendar, error) {
	r, err := d.Rules(ctx, d.db, id)
	if err != nil {
		return nil, db.Translate(err)
	}
	return r.Calendar, nil
}

// readRules reads all versions of the policy, and of everything else the one in force.
func readRules(ctx context.Context, tx bun.IDB, here Site) (*Rules, error) {
	var list []Rule
	err := tx.NewSelect().Model(&list).Where("site_id = ?", here.ID).OrderExpr("id").Scan(ctx)
	if err != nil {
		return nil, err
	}
	r := &Rules{Hours: calendar.DefaultHours(), zone: here.TimeZone, latest: map[string]Rule{}, years: map[int]CalendarYear{}}
	for _, y := range calendar.Shipped() {
		r.years[y.Number] = CalendarYear{Year: y, Shipped: true}
	}
	for _, rule := range list {
		r.stamp, r.latest[rule.Name] = rule.ID, rule
		if rule.Name == PolicyRule {
			r.Policies = append(r.Policies, rule)
			continue
		}
		r.Changed = later(r.Changed, rule.ChangedAt)
	}
	return r, r.finish(here)
}

// finish makes the calendar of what is in force.
func (r *Rules) finish(here Site) error {
	for name, rule := range r.latest {
		switch {
		case name == hoursRule:
			r.Hours = calendar.Hours{}
			if err := json.Unmarshal(rule.Value, &r.Hours); err != nil {
				return fmt.Errorf("site %s: %s: %w", here.Code, name, err)
			}
		case strings.HasPrefix(name, "calendar."):
			number, err := strconv.Atoi(strings.TrimPrefix(name, "calendar."))
			if err != nil {
				return err
			}
			var days calendarFile
			if err := json.Unmarshal(rule.Value, &days); err != nil {
				return fmt.Errorf("site %s: %s: %w", here.Code, name, err)
			}
			r.years[number] = CalendarYear{Year: days.year(number), Version: rule.Version}
		}
	}
	years := make([]calendar.Year, 0, len(r.years))
	for _, y := range r.years {
		years = append(years, y.Year)
	}
	var err error
	if r.Calendar, err = calendar.New(here.Location(), r.Hours, years...); err != nil {
		return fmt.Errorf("site %s: %w", here.Code, err)
	}
	return nil
}

// AddRule puts a new version of a rule in force, for the actor of ctx, where nobody else was faster: version is that
// of the rule which the person saw, 0 for what ships. The watch reckons the site's open tickets anew.
func AddRule(ctx context.Context, tx bun.Tx, site int64, name string, value any, version int64, now time.Time) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var stands int64
	err = tx.NewRaw(`select coalesce(max(version), 0) from site_rules where site_id = ? and name = ?`, site, name).Scan(ctx, &stands)
	if err != nil {
		return err
	}
	if stands != version {
		return ruleOvertaken(ctx, tx, site, name)
	}
	rule := Rule{SiteID: site, Name: name, Version: version + 1, Value: raw, ChangedAt: now.UTC()}
	if who := actor.From(ctx); who.Kind == actor.Person {
		rule.ChangedBy = who.ID
	}
	if _, err := tx.NewInsert().Model(&rule).Exec(ctx); err != nil {
		if db.Constraint(err) == "site_rules_site_id_name_version_key" {
			return fault.New(fault.Conflict, "site.changed_meanwhile") // at the very moment: nobody can be named yet
		}
		return err
	}
	live.Publish(ctx, live.Control, "site.changed", site)
	return audit.Append(ctx, tx, audit.Entry{Verb: "site.rules", Subject: "sites", ID: site, Site: site, Fields: []string{name}})
}

// ruleOvertaken says who changed a rule last, and when.
func ruleOvertaken(ctx context.Context, tx bun.Tx, site int64, name string) error {
	var last struct {
		At  time.Time
		Who string
	}
	err := tx.NewRaw(`select r.changed_at as at, coalesce(p.name, '') as who from site_rules r left join staff p on p.id = r.changed_by
		where r.site_id = ? and r.name = ? order by r.version desc limit 1`, site, name).Scan(ctx, &last.At, &last.Who)
	if err = found(err); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if last.Who == "" {
		return fault.New(fault.Conflict, "site.changed_meanwhile")
	}
	return fault.New(fault.Conflict, "site.changed_by", fault.Args{"Who": last.Who, "At": locale.Moment(ctx, last.At)})
}
