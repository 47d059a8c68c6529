// Package duty holds the page of the duty table: who is on, on the list, or away with somebody who stands in.
package duty

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/team"
)

// dutyDays is how many days ahead the duty table shows, today not counted.
const dutyDays = 14

// Pages are the duty table: everybody who works at a site sees who is on, the supervisor keeps it.
type Pages struct {
	Staff *staff.Service
	Now   func() time.Time
}

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/duty", web.Staff(), p.show)
	app.Post("/duty", web.Staff(staff.ManageDuty), p.add)
	app.Post("/duty/:id/end", web.Staff(staff.ManageDuty), p.end)
}

func (p *Pages) show(c *fiber.Ctx) error {
	page := view.DutyPage{}
	switch c.Query("done") {
	case "added":
		page.Done = locale.T(web.Context(c), "duty.done.added")
	case "ended":
		page.Done = locale.T(web.Context(c), "duty.done.ended")
	}
	now := p.Now()
	return p.page(c, fiber.StatusOK, page, web.Values{
		"from": {typedTime(web.Context(c), now.Truncate(time.Hour))}, "until": {typedTime(web.Context(c), now.Truncate(time.Hour).Add(8*time.Hour))},
	}, nil)
}

// page is the table with the form as it was typed.
func (p *Pages) page(c *fiber.Ctx, status int, page view.DutyPage, typed web.Values, said map[string]string) error {
	ctx := web.Context(c)
	now := p.Now()
	on, err := p.Staff.OnDutyNow(ctx)
	if err != nil {
		return err
	}
	page.Now = current(ctx, on, now)
	if page.Keep = actor.From(ctx).Can(staff.ManageDuty); page.Keep {
		day := startOfDay(now.In(locale.Zone(ctx)))
		list, err := p.Staff.Duties(ctx, day, day.AddDate(0, 0, dutyDays+1))
		if err != nil {
			return err
		}
		open := dayOf(ctx, c.Query("day"))
		if open.Before(day) || open.After(day.AddDate(0, 0, dutyDays)) {
			open = day
		}
		page.Days = days(ctx, list, day, dutyDays+1, open, now)
		gaps, err := p.Staff.DutyGaps(ctx, now, day.AddDate(0, 0, dutyDays+1))
		if err != nil {
			return err
		}
		page.Gaps, page.MoreGaps = dutyGaps(gaps)
		people, err := p.Staff.Colleagues(ctx)
		if err != nil {
			return err
		}
		page.Fields = dutyFields(ctx, people, typed, said)
	}
	s := web.Shell(c, locale.T(ctx, "duty.title"))
	s.Styles = append(s.Styles, "desk.css", "inbox.css")
	return web.Render(c, status, view.Duty(s, page))
}

func (p *Pages) add(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	planned, err := p.Staff.PlanDuty(ctx, dutyOf(ctx, form))
	if wrong, ok := web.Invalid(err); ok {
		return p.page(c, web.Status(err), view.DutyPage{Summary: web.Message(ctx, wrong)}, form, web.FieldErrors(ctx, wrong))
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, back("added", startOfDay(planned.From.In(locale.Zone(ctx)))))
}

func (p *Pages) end(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	err = p.Staff.EndDuty(web.Context(c), id)
	if wrong, ok := web.Invalid(err); ok {
		return p.page(c, web.Status(err), view.DutyPage{Summary: web.Message(web.Context(c), wrong)}, web.Values{}, nil)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, back("ended", dayOf(web.Context(c), web.Form(c).Get("day"))))
}

// dutyOf is the line as it was typed; what is no time stays zero, which the service refuses with all else that is wrong.
func dutyOf(ctx context.Context, form web.Values) staff.Duty {
	at := func(name string) time.Time {
		t, err := time.ParseInLocation(localTime, form.Get(name), locale.Zone(ctx))
		if err != nil || t.Year() < 2000 || t.Year() > 2200 {
			return time.Time{}
		}
		return t
	}
	return staff.Duty{StaffID: number(form.Get("staff")), Kind: staff.DutyKind(form.Get("kind")), StandInID: number(form.Get("stand-in")),
		From: at("from"), Until: at("until")}
}

// localTime is how a form writes a moment, in the site's time.
const localTime = "2006-01-02T15:04"

func typedTime(ctx context.Context, at time.Time) string {
	return at.In(locale.Zone(ctx)).Format(localTime)
}

func number(raw string) int64 {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func startOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// mostGaps is how many gaps of the duty table are named one by one.
const mostGaps = 6

func dutyGaps(list []staff.Gap) (shown []view.DutyGap, more int) {
	for _, g := range list[:min(len(list), mostGaps)] {
		shown = append(shown, view.DutyGap{From: g.From, Until: g.Until})
	}
	return shown, len(list) - len(shown)
}

// dutyFields are the fields of the form, with what was typed and what is wrong.
func dutyFields(ctx context.Context, people []staff.Colleague, typed web.Values, said map[string]string) []part.Input {
	t := func(key string) string { return locale.T(ctx, key) }
	who := func(first string) []part.Option {
		all := []part.Option{{Value: "0", Label: first}}
		for _, p := range people {
			all = append(all, part.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
		}
		return all
	}
	var kinds []part.Option
	for _, k := range staff.DutyKinds {
		kinds = append(kinds, part.Option{Value: string(k), Label: t("duty.kind." + string(k))})
	}
	fields := []part.Input{
		{Name: "staff", Type: "select", Required: true, Options: who(t("duty.choose"))},
		{Name: "kind", Type: "select", Required: true, Options: kinds},
		{Name: "from", Type: "datetime-local", Required: true},
		{Name: "until", Type: "datetime-local", Required: true, Hint: t("duty.hint.until")},
		{Name: "stand-in", Type: "select", Options: who(t("duty.nobody")), Hint: t("duty.hint.stand-in")},
	}
	for i := range fields {
		f := &fields[i]
		f.Label, f.Value, f.Error = t("duty.label."+f.Name), typed.Get(f.Name), said[f.Name]
	}
	return fields
}
