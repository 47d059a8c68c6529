package kiosk

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/site"
	"lobby/app/ticket"
	view "lobby/views/kiosk"
	"lobby/views/locale"
)

// danger is the kind of report that is life-safety help (HELP-3); it is asked the least.
const danger = "danger"

// reportKinds are the kinds that the kiosk offers: danger first, then kinds of TICKET-2.
var reportKinds = []string{danger, "repair", "complaint", "inquiry", "suggestion", "other"}

// dangers are what may be happening (HELP-1).
var dangers = []string{"medical", "fire", "lift", "crime", "other"}

// helpKinds are the kinds of help that they are (HELP-1); what else it may be the desk finds out.
var helpKinds = map[string]string{"medical": "medical", "fire": "disaster", "lift": "crime", "crime": "crime"}

// reportSteps are the fields of each question, by whether there is danger.
var reportSteps = map[bool][][]string{
	false: {{"kind"}, {"place", "matter"}, {"phone", "name"}},
	true:  {{"kind"}, {"danger", "place"}},
}

var reportMax = map[string]int{
	"place": ticket.MaxPlace, "matter": ticket.MaxMatter, "phone": ticket.MaxPhone, "name": ticket.MaxReporter,
}

// report takes what somebody tells the lobby, in three screens, and two where somebody is in danger (TICKET-1, HELP-3).
func (f *Flow) report(c *fiber.Ctx) error {
	frame, here, err := f.frame(c, "kiosk.report")
	if err != nil {
		return err
	}
	v := values(c, "kind", "danger", "place", "matter", "phone", "name")
	steps := reportSteps[v["kind"] == danger]
	errors := reportErrors(web.Context(c), v)
	page := view.Report{Kinds: reportKinds, Dangers: dangers, Max: reportMax}
	page.Form = view.Form{Action: "/kiosk/report", Steps: len(steps), Values: v}

	step, target := move(c, len(steps))
	switch {
	case target == "back" && step <= 1:
		return f.welcome(c)
	case target == "back":
		page.Step = step - 1
	case step == 0:
		page.Step, page.Steps = 1, len(reportSteps[false])
	default:
		if wrong := firstWrong(steps, errors, step); wrong > 0 {
			page.Step, page.Errors = wrong, only(errors, steps[wrong-1])
			return web.Render(c, fiber.StatusUnprocessableEntity, view.ReportStep(frame, page))
		}
		if step == len(steps) {
			return f.registerTicket(c, frame, here, v)
		}
		page.Step = step + 1
	}
	return web.Render(c, fiber.StatusOK, view.ReportStep(frame, page))
}

// reportErrors says what is wrong with each field, so that each step can show its own; the ticket service checks the
// whole again.
func reportErrors(ctx context.Context, v map[string]string) map[string]string {
	var wrong fault.Fields
	if !slices.Contains(reportKinds, v["kind"]) {
		wrong.Add("kind", "kiosk.report.error.kind")
	}
	clean := map[string]string{"place": wrong.Line("place", v["place"], ticket.MaxPlace, true)}
	if v["kind"] == danger {
		if !slices.Contains(dangers, v["danger"]) {
			wrong.Add("danger", "kiosk.report.error.danger")
		}
	} else {
		clean["matter"] = wrong.Text("matter", v["matter"], ticket.MaxMatter, true)
		clean["name"] = wrong.Line("name", v["name"], ticket.MaxReporter, false)
		phone := wrong.Line("phone", v["phone"], ticket.MaxPhone, true)
		if _, ok := pii.NormalisePhone(phone); !ok && !wrong.Has("phone") {
			wrong.Add("phone", "visitor.error.phone")
		}
	}
	errors := map[string]string{}
	if f, ok := web.Invalid(wrong.Err()); ok {
		errors = web.FieldErrors(ctx, f)
	}
	cleaned(v, errors, clean)
	return errors
}

// registerTicket enters the ticket and shows its number.
func (f *Flow) registerTicket(c *fiber.Ctx, frame view.Frame, here site.Site, v map[string]string) error {
	ctx := web.Context(c)
	made, err := f.Tickets.Register(ctx, ticketEntry(siteLanguage(ctx, here), v))
	if refused, ok := fault.As(err); ok && refused.Kind == fault.Conflict {
		frame.Done = true
		return web.Render(c, fiber.StatusConflict, view.VisitRecorded(frame, view.Recorded{Text: web.Message(ctx, refused)}))
	}
	if err != nil {
		return err
	}
	frame.Done = true
	return web.Render(c, fiber.StatusOK, view.ReportDone(frame, view.Reported{Number: made.Number, Danger: made.LifeSafety}))
}

// ticketEntry makes the entry; what a button said is written down in the language of the site's staff (toStaff).
func ticketEntry(toStaff context.Context, v map[string]string) ticket.Register {
	in := ticket.Register{
		EntryKey: uuid.MustParse(v["entry"]), Kind: v["kind"], Place: v["place"], Matter: v["matter"],
		Reporter: v["name"], Phone: v["phone"], Channel: "kiosk",
	}
	if v["kind"] != danger {
		return in
	}
	in.Kind, in.Type, in.Urgency, in.LifeSafety = "help", "A2", "A", true // whatever it is, it is about safety
	in.HelpKind = helpKinds[v["danger"]]
	in.Matter = strings.TrimSpace(locale.T(toStaff, "kiosk.danger."+v["danger"]))
	in.Reporter, in.Phone = "", ""
	return in
}
