package kiosk

import (
	"context"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/visitor"
	view "lobby/views/kiosk"
	"lobby/views/locale"
	"lobby/views/part"
)

// visitSteps are the fields of each question; the last step asks nothing but whether all is right. A question of which
// the site wants none is left out.
var visitSteps = [][]string{{"place", "host"}, {"name", "phone"}, {"purpose", "people", "plate", "company"}, {}}

var visitMax = map[string]int{
	"name": visitor.MaxName, "phone": visitor.MaxPhone, "host": visitor.MaxHost, "place": visitor.MaxPlace,
	"company": visitor.MaxCompany, "plate": visitor.MaxPlate, "people": visitor.MaxPeople,
}

// visit leads a visitor from 'whom' to the pass in four screens (VISIT-1). What is shown depends on what was typed and
// on nothing else: not on whether the host exists (VISIT-2).
func (f *Flow) visit(c *fiber.Ctx) error {
	frame, here, err := f.frame(c, "kiosk.visit")
	if err != nil {
		return err
	}
	v := values(c, "place", "host", "name", "phone", "purpose", "people", "plate", "company")
	if v["people"] == "" {
		v["people"] = "1"
	}
	in := visitEntry(v)
	errors := map[string]string{}
	clean, err := in.Check(visitor.RulesFor(here.Settings, visitor.Kiosk))
	if wrong, ok := web.Invalid(err); ok {
		errors = web.FieldErrors(web.Context(c), wrong)
	}
	cleaned(v, errors, map[string]string{"place": clean.Place, "host": clean.Host, "name": clean.Name, "company": clean.Company})
	page := visitPage(web.Context(c), here.Settings, v)

	step, target := move(c, len(visitSteps))
	switch chosen, _ := strconv.Atoi(target); {
	case target == "back" && step <= 1:
		return f.welcome(c)
	case target == "back":
		page.Step = page.Before(step)
	case chosen >= 1 && chosen < step:
		page.Step = chosen
	case step == 0:
		page.Step = 1
	default:
		if firstWrong(visitSteps, errors, step) > 0 {
			return askAgain(c, frame, page, errors, step)
		}
		if step == len(visitSteps) {
			return f.registerVisit(c, frame, page, in)
		}
		page.Step = page.After(step)
	}
	return web.Render(c, fiber.StatusOK, view.VisitStep(frame, page))
}

// visitPage is the way of a visitor as the site asks for it.
func visitPage(ctx context.Context, s site.Settings, v map[string]string) view.Visit {
	page := view.Visit{Max: visitMax, Needs: map[string]string{}, Either: s.Either()}
	for _, field := range site.Fields {
		page.Needs[field] = string(s.Asks(field))
	}
	for _, code := range s.Purposes {
		page.Purposes = append(page.Purposes, part.Option{Value: code, Label: s.Purpose(ctx, code)})
	}
	if v["purpose"] != "" {
		page.Purpose = s.Purpose(ctx, v["purpose"])
	}
	page.Form = view.Form{Action: "/kiosk/visit", Values: v}
	for n, fields := range visitSteps {
		if len(fields) == 0 || slices.ContainsFunc(fields, func(name string) bool { return s.Asks(name) != site.Off }) {
			page.Way = append(page.Way, n+1)
		}
	}
	return page
}

// askAgain shows the first question, up to the last that was seen, in which something is wrong. A question that had
// been passed is asked anew only where the site has changed what it asks meanwhile: that is said.
func askAgain(c *fiber.Ctx, frame view.Frame, page view.Visit, errors map[string]string, last int) error {
	page.Step = firstWrong(visitSteps, errors, last)
	page.Errors = only(errors, visitSteps[page.Step-1])
	if page.Step < last {
		page.Alert = locale.T(web.Context(c), "kiosk.visit.asked_anew")
	}
	return web.Render(c, fiber.StatusUnprocessableEntity, view.VisitStep(frame, page))
}

func visitEntry(v map[string]string) visitor.Register {
	people, err := strconv.Atoi(v["people"])
	if err != nil {
		people = 0 // refused as a wrong number of people
	}
	return visitor.Register{
		EntryKey: uuid.MustParse(v["entry"]), Name: v["name"], Phone: v["phone"], Host: v["host"], Place: v["place"],
		Purpose: v["purpose"], Company: v["company"], Plate: v["plate"], People: people, Channel: visitor.Kiosk,
	}
}

// registerVisit enters the visit and shows the pass (VISIT-4).
func (f *Flow) registerVisit(c *fiber.Ctx, frame view.Frame, page view.Visit, in visitor.Register) error {
	ctx := web.Context(c)
	pass, err := f.Visits.Register(ctx, in)
	if wrong, ok := fault.As(err); ok && wrong.Kind == fault.Invalid { // what is asked changed in this very moment
		if errors := web.FieldErrors(ctx, wrong); firstWrong(visitSteps, errors, len(visitSteps)) > 0 {
			return askAgain(c, frame, page, errors, len(visitSteps))
		}
	}
	if refused, ok := fault.As(err); ok && refused.Kind == fault.Conflict {
		frame.Done = true
		return web.Render(c, fiber.StatusConflict, view.VisitRecorded(frame, view.Recorded{Text: web.Message(ctx, refused)}))
	}
	if err != nil {
		return err
	}
	frame.Done = true
	return web.Render(c, fiber.StatusOK, view.VisitPass(frame, view.Pass{
		Number: pass.Number, Code: pass.Code, Link: f.link(pass.Token),
		Name: pii.MaskName(pass.Visit.Name), Place: pass.Visit.Place, At: pass.Visit.ArrivedAt,
	}))
}

// link is where the visitor's phone finds the pass; empty where no public address is set (LOBBY_URL), since a QR code
// that leads nowhere is worse than none.
func (f *Flow) link(token string) string {
	if f.URL == "" {
		return ""
	}
	return f.URL + "/p/" + token
}

// leave signs out by the six-digit code; tries are limited per device.
func (f *Flow) leave(c *fiber.Ctx) error {
	frame, _, err := f.frame(c, "kiosk.leave")
	if err != nil {
		return err
	}
	form := view.Form{Errors: map[string]string{}}
	if step, _ := move(c, 1); step == 0 {
		return web.Render(c, fiber.StatusOK, view.Leave(frame, form))
	}
	ctx := web.Context(c)
	left, err := f.Visits.Leave(ctx, web.Form(c).Get("code"))
	if refused, ok := fault.As(err); ok && (refused.Kind == fault.Invalid || refused.Kind == fault.TooMany) {
		form.Errors = web.FieldErrors(ctx, refused)
		if form.Errors["code"] == "" {
			form.Errors["code"] = web.Message(ctx, refused)
		}
		return web.Render(c, web.Status(err), view.Leave(frame, form))
	}
	if err != nil {
		return err
	}
	frame.Done = true
	return web.Render(c, fiber.StatusOK, view.LeaveDone(frame, locale.Clock(ctx, left.EndedAt)))
}
