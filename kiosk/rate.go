package kiosk

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"lobby/app/callback"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/ticket"
	view "lobby/views/kiosk"
)

// rateSteps are the fields of each question.
var rateSteps = [][]string{{"number", "phone"}, {"speed", "attitude", "upkeep", "remark"}}

// maxNumber is how long the number of a ticket may be.
const maxNumber = 20

var rateMax = map[string]int{"number": maxNumber, "phone": ticket.MaxPhone, "remark": callback.MaxAnswer}

// rate takes marks from who knows the number of a ticket and the phone that was left with it, in two screens (SURVEY-1).
// What it answers is the same whether or not there is such a ticket.
func (f *Flow) rate(c *fiber.Ctx) error {
	frame, _, err := f.frame(c, "kiosk.rate")
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	v := values(c, "number", "phone", "speed", "attitude", "upkeep", "remark")
	step, target := move(c, len(rateSteps))
	switch {
	case target == "back" && step <= 1:
		return f.welcome(c)
	case target == "back" || step == 0:
		return rateStep(c, frame, fiber.StatusOK, 1, v, nil)
	}
	errors := rateErrors(ctx, v)
	if wrong := firstWrong(rateSteps, errors, step); wrong > 0 {
		return rateStep(c, frame, fiber.StatusUnprocessableEntity, wrong, v, only(errors, rateSteps[wrong-1]))
	}
	if step < len(rateSteps) {
		return rateStep(c, frame, fiber.StatusOK, step+1, v, nil)
	}
	err = f.Ratings.RateAtKiosk(ctx, v["number"], v["phone"], marksOf(v), v["remark"])
	if refused, ok := fault.As(err); ok && refused.Kind == fault.Invalid {
		return rateStep(c, frame, fiber.StatusUnprocessableEntity, step, v, web.FieldErrors(ctx, refused))
	}
	if err != nil {
		return err
	}
	frame.Done = true
	return web.Render(c, fiber.StatusOK, view.RateDone(frame))
}

func marksOf(v map[string]string) callback.Marks {
	return callback.MarksOf(func(name string) string { return v[name] })
}

func rateStep(c *fiber.Ctx, frame view.Frame, status, step int, v, errors map[string]string) error {
	ctx := web.Context(c)
	page := view.Rate{Max: rateMax}
	page.Form = view.Form{Action: "/kiosk/rate", Steps: len(rateSteps), Step: step, Values: v, Errors: errors}
	page.Marks = callback.MarkRows(ctx, func(name string) string { return v[name] }, errors)
	return web.Render(c, status, view.RateStep(frame, page))
}

// rateErrors says what is wrong with each field; the service checks the whole again, marks too.
func rateErrors(ctx context.Context, v map[string]string) map[string]string {
	var wrong fault.Fields
	clean := map[string]string{"number": wrong.Line("number", v["number"], maxNumber, true), "remark": wrong.Text("remark", v["remark"], callback.MaxAnswer, false)}
	phone := wrong.Line("phone", v["phone"], ticket.MaxPhone, true)
	if _, ok := pii.NormalisePhone(phone); !ok && !wrong.Has("phone") {
		wrong.Add("phone", "visitor.error.phone")
	}
	errors := map[string]string{}
	if f, ok := web.Invalid(wrong.Err()); ok {
		errors = web.FieldErrors(ctx, f)
	}
	cleaned(v, errors, clean)
	return errors
}
