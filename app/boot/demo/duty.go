package demo

import (
	"context"
	"time"

	"lobby/app/site/calendar"
	"lobby/app/staff"
)

// How many days from today the duty table is kept: the rota a week at a time, the nights longer.
const (
	rotaDays  = 7
	nightDays = 15
)

// rota are who works when: a shift of the season by its place in the day, and their day of rest (SHIFT-2). Between them
// the desk and every zone have somebody each day.
var rota = []struct {
	login string
	shift int // of the season: 0 early, 1 office, 2 late
	rest  time.Weekday
}{
	{"reception", 0, time.Wednesday}, {"desk", 1, time.Sunday}, {"agent2", 2, time.Tuesday}, {"agent3", 1, time.Thursday},
	{"supervisor", 1, time.Saturday}, {"manager", 1, time.Sunday}, {"head", 0, time.Sunday}, {"security", 2, time.Monday},
	{"cashier", 1, time.Saturday},
}

// eight is when who can be reached changes.
const eight calendar.TimeOfDay = 8 * 60

// nights are who can be reached around the clock, one after the other, a day each (SHIFT-6).
var nights = []string{"technician", "guard", "security"}

// plannedDuty is one line of the table.
type plannedDuty struct {
	login, standIn string
	kind           staff.DutyKind
	from, until    time.Time
}

// duty keeps the duty table as a supervisor does: who is on today and in the coming days, who is away and who stands in
// for their zone (ZONE-4), who can be reached at night. It stands after the week, which happened without it.
func (w *world) duty(ctx context.Context) error {
	kept, err := w.DB.NewSelect().Table("duties").Where("site_id = ?", w.site.ID).Exists(ctx)
	if err != nil || kept {
		return err
	}
	lines, err := w.plannedDuties(ctx)
	if err != nil {
		return err
	}
	service, boss := &staff.Service{DB: w.DB, Now: w.Now}, w.as(ctx, "supervisor")
	for _, l := range lines {
		if !l.until.After(w.now) {
			continue
		}
		d := staff.Duty{StaffID: w.people[l.login].ID, StandInID: w.people[l.standIn].ID, Kind: l.kind, From: l.from, Until: l.until}
		if _, err := service.PlanDuty(boss, d); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) plannedDuties(ctx context.Context) ([]plannedDuty, error) {
	days, err := w.Sites.Calendar(ctx, w.site.ID)
	if err != nil {
		return nil, err
	}
	today := days.Day(w.now)
	// The owner of a zone is away today and tomorrow, another later in the week.
	away := []plannedDuty{
		{"agent3", "agent2", staff.Away, days.At(today, 0), days.At(today+2, 0)},
		{"desk", "agent3", staff.Away, days.At(today+4, 0), days.At(today+6, 0)},
	}
	lines := away
	for day := today; day < today+rotaDays; day++ {
		shifts := days.Season(day).Shifts
		for _, r := range rota {
			if day.Weekday() == r.rest || r.shift >= len(shifts) {
				continue
			}
			from, until := days.At(day, shifts[r.shift].From), days.At(day, shifts[r.shift].To)
			if !absent(away, r.login, from) {
				lines = append(lines, plannedDuty{login: r.login, kind: staff.OnDuty, from: from, until: until})
			}
		}
	}
	for day := today - 1; day < today+nightDays; day++ { // from eight to eight, the first since yesterday
		lines = append(lines, plannedDuty{login: nights[int(day)%len(nights)], kind: staff.DutyList, from: days.At(day, eight), until: days.At(day+1, eight)})
	}
	return lines, nil
}

func absent(away []plannedDuty, login string, at time.Time) bool {
	for _, a := range away {
		if a.login == login && !at.Before(a.from) && at.Before(a.until) {
			return true
		}
	}
	return false
}
