package site

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/views/locale"
)

// Change is what somebody sets anew about a site; what is nil stays.
type Change struct {
	Set

	KioskFields    map[string]Need // only the fields named
	Purposes       []Offer         // all of them
	KioskIdle      *int            // seconds
	MattersTitle   *string         // one of MattersTitles
	AutoPrint      *bool
	DeskPhone      *string
	DutyPhone      *string
	Hours          *[7]Day // by time.Weekday
	VisitTermDays  *int
	TicketTermDays *int

	// Seen are values as they stood when the person began, by name (Site.Values): where one of them is another by now,
	// the change is refused with a Conflict.
	Seen map[string]string
}

// Day is a day's hours as somebody typed them.
type Day struct{ From, To string }

// Bounds of what can be set. The record of who did what (PRIVACY-4) has no term that a site could shorten.
const (
	KioskIdleMin  = 20 // seconds: time to read (PRIVACY-6)
	KioskIdleMax  = 300
	VisitTermMin  = 1 // days
	VisitTermMax  = 365
	TicketTermMin = 30 // days: a complaint may take a month (COMPLAINT-5)
	TicketTermMax = 1825
	MaxPurposes   = 12 // on one screen of a kiosk

	MaxPurposeText = 20 // characters
	maxPhoneText   = 40
)

// Change changes the actor's site. Every instance and every screen takes it up within a second. The error is a Conflict
// where somebody else was faster: then the site comes with it as it stands.
func (s *Service) Change(ctx context.Context, in Change) (Site, error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return Site{}, err
	}
	var stands Site
	changed, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (Site, error) {
		row, err := s.current(ctx, tx, a.Site, true)
		if err != nil {
			return row, err
		}
		stands = row
		if len(in.overtaken(row)) > 0 {
			return row, overtakenBy(ctx, tx, a.Site)
		}
		before := row.Values()
		if err := in.over(&row); err != nil {
			return row, err
		}
		return s.store(ctx, tx, row, before)
	})
	if fault.Is(err, fault.Conflict) {
		return stands, err
	}
	return changed, err
}

// Current is the actor's site as it stands in the database.
func (s *Service) Current(ctx context.Context) (Site, error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return Site{}, err
	}
	return s.current(ctx, s.DB, a.Site, false)
}

func (s *Service) current(ctx context.Context, idb bun.IDB, id int64, hold bool) (Site, error) {
	var row Site
	q := idb.NewSelect().Model(&row).Where("id = ?", id)
	if hold {
		q = q.For("no key update")
	}
	if err := found(q.Scan(ctx)); err != nil {
		return row, err
	}
	return row, row.finish()
}

// store writes what differs, and tells everybody.
func (s *Service) store(ctx context.Context, tx bun.Tx, row Site, before map[string]string) (Site, error) {
	after := row.Values()
	patch := map[string]json.RawMessage{}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] == after[name] {
			continue
		}
		fields = append(fields, name)
		if !slices.Contains(columns, name) {
			patch[name] = json.RawMessage(after[name])
		}
	}
	if len(fields) == 0 {
		return row, nil
	}
	raw, err := json.Marshal(patch)
	if err != nil {
		return row, err
	}
	err = tx.NewRaw(`update sites set name = ?, time_zone = ?, languages = ?, accent = ?, settings = settings || ?::jsonb
		where id = ? returning settings, version`, row.Name, row.TimeZone, pgdialect.Array(row.Languages), row.Accent, string(raw), row.ID).Scan(ctx, &row.Raw, &row.Version)
	if err != nil {
		return row, err
	}
	live.Publish(ctx, live.Control, "site.changed", row.ID)
	if err := audit.Append(ctx, tx, audit.Entry{Verb: "site.set", Subject: "sites", ID: row.ID, Site: row.ID, Fields: fields}); err != nil {
		return row, err
	}
	return row, row.finish()
}

// columns are the values that have a column of their own; the others stand in settings.
var columns = []string{"name", "time_zone", "languages", "accent"}

// Values are everything that can be set of a site, by name, as JSON.
func (s Site) Values() map[string]string {
	text := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic("site: " + err.Error()) // strings, numbers and maps of them
		}
		return string(raw)
	}
	f := s.Settings
	return map[string]string{
		"name": text(s.Name), "time_zone": text(s.TimeZone), "languages": text(s.Languages), "accent": text(s.Accent),
		"purposes": text(f.Purposes), "own_purposes": text(f.OwnPurposes), "kiosk_fields": text(f.KioskFields),
		"kiosk_idle": text(f.KioskIdle.String()), "matters_title": text(f.MattersTitle), "auto_print": text(f.AutoPrint), "desk_phone": text(f.DeskPhone),
		"duty_phone": text(f.DutyPhone), "hours": text(f.Hours), "visit_term_days": text(f.VisitTermDays), "ticket_term_days": text(f.TicketTermDays),
	}
}

// overtaken names the values that are no longer as the person saw them.
func (in Change) overtaken(row Site) (names []string) {
	now := row.Values()
	for _, name := range slices.Sorted(maps.Keys(in.Seen)) {
		if now[name] != in.Seen[name] {
			names = append(names, name)
		}
	}
	return names
}

// overtakenBy says who changed the site last, and when.
func overtakenBy(ctx context.Context, tx bun.IDB, site int64) error {
	var last struct {
		At   time.Time
		Name string
	}
	err := tx.NewRaw(`select l.at, coalesce(p.name, nullif(l.actor_name, ''), l.actor_kind) as name from audit_log l
		left join staff p on l.actor_kind = 'person' and p.id = l.actor_id
		where l.subject = 'sites' and l.subject_id = ? and l.verb = 'site.set' order by l.id desc limit 1`, site).Scan(ctx, &last.At, &last.Name)
	if err = found(err); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if last.Name == "" {
		return fault.New(fault.Conflict, "site.changed_meanwhile")
	}
	return fault.New(fault.Conflict, "site.changed_by", fault.Args{"Who": last.Name, "At": locale.Moment(ctx, last.At)})
}

// over lays the change over a site; everything wrong is named at once.
func (in Change) over(row *Site) error {
	var wrong fault.Fields
	accent := row.Accent
	in.Set.over(row)
	row.check(&wrong)
	if row.Accent != accent {
		row.checkAccent(&wrong)
	}
	f := &row.Settings
	within(&wrong, "visit_term_days", &f.VisitTermDays, in.VisitTermDays, VisitTermMin, VisitTermMax)
	within(&wrong, "ticket_term_days", &f.TicketTermDays, in.TicketTermDays, TicketTermMin, TicketTermMax)
	idle := int(f.KioskIdle / time.Second)
	within(&wrong, "kiosk_idle", &idle, in.KioskIdle, KioskIdleMin, KioskIdleMax)
	f.KioskIdle = time.Duration(idle) * time.Second
	set(&f.AutoPrint, in.AutoPrint)
	if in.MattersTitle != nil && !slices.Contains(MattersTitles, *in.MattersTitle) {
		wrong.Add("matters_title", "site.choice")
	} else {
		set(&f.MattersTitle, in.MattersTitle)
	}
	phoneText(&wrong, "desk_phone", &f.DeskPhone, in.DeskPhone)
	phoneText(&wrong, "duty_phone", &f.DutyPhone, in.DutyPhone)
	f.KioskFields = in.ask(f.KioskFields, &wrong)
	if in.Purposes != nil {
		in.offer(f, row.Languages, &wrong)
	}
	if in.Hours != nil {
		f.Hours = week(*in.Hours, &wrong)
	}
	return wrong.Err()
}

func within(wrong *fault.Fields, name string, to, from *int, least, most int) {
	if from == nil {
		return
	}
	if *from < least || *from > most {
		wrong.Add(name, "site.bounds", fault.Args{"Min": least, "Max": most})
	}
	*to = *from
}

// phoneText takes a phone as the lobby shows it, with an extension in words if need be.
func phoneText(wrong *fault.Fields, name string, to, from *string) {
	if from == nil {
		return
	}
	*to = wrong.Line(name, *from, maxPhoneText, false)
	digits := 0
	for _, r := range *to {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	if *to != "" && digits < 3 && !wrong.Has(name) {
		wrong.Add(name, "site.phone_form")
	}
}

// ask lays the fields over those that stand. A visit always says who comes and to whom or where (VISIT-1).
func (in Change) ask(stood map[string]Need, wrong *fault.Fields) map[string]Need {
	fields := maps.Clone(stood)
	for _, name := range slices.Sorted(maps.Keys(in.KioskFields)) {
		need := in.KioskFields[name]
		switch {
		case !slices.Contains(Fields, name), !slices.Contains([]Need{Required, Optional, Off}, need):
			wrong.Add("ask-"+name, "site.choice")
		case name == "name" && need != Required:
			wrong.Add("ask-name", "site.ask_name")
		default:
			fields[name] = need
		}
	}
	if fields["place"] == Off && fields["host"] == Off {
		wrong.Add("ask-host", "site.ask_whom")
	}
	return fields
}

// week reads the hours of the days; a day with neither beginning nor end is closed.
func week(days [7]Day, wrong *fault.Fields) (h Hours) {
	for n, day := range days {
		if day.From == "" && day.To == "" {
			continue
		}
		from, err := ParseTime(day.From)
		if err != nil {
			wrong.Add(fmt.Sprintf("from-%d", n), "site.time_form")
		}
		to, err := ParseTime(day.To)
		if err != nil {
			wrong.Add(fmt.Sprintf("to-%d", n), "site.time_form")
		}
		h[n] = Span{true, from, to}
	}
	return h
}
