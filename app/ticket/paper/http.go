// Package paper prints a ticket as the form that staff know: 报修单 for a repair, 投诉记录表 for a complaint, 报事记录表
// for whatever else it is (FORM-1).
package paper

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/locale"
	view "lobby/views/ticket"
)

// Pages is the page that prints.
type Pages struct{ Service *ticket.Service }

// Routes mounts it.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/desk/tickets/:id/print", web.Staff(staff.ViewTickets), p.print)
}

func (p *Pages) print(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	v, err := p.form(ctx, id)
	if err != nil {
		return err
	}
	v.Printed = web.Now(c)
	s := web.Shell(c, v.Number)
	s.Styles = append(s.Styles, "desk.css", "orders.css")
	return web.Render(c, fiber.StatusOK, view.TicketPaperPage(s, v))
}

// form is the ticket with what became of it; names, phones and numbers in texts are hidden (PRIVACY-2).
func (p *Pages) form(ctx context.Context, id int64) (view.Paper, error) {
	t, err := p.Service.Get(ctx, id)
	if err != nil {
		return view.Paper{}, err
	}
	phone, err := p.Service.MaskedPhone(t)
	if err != nil {
		return view.Paper{}, err
	}
	steps, err := p.Service.Steps(ctx, id)
	if err != nil {
		return view.Paper{}, err
	}
	orders, err := p.Service.Orders(ctx, id)
	if err != nil {
		return view.Paper{}, err
	}
	v := view.Paper{ID: id, Kind: t.Kind, Number: t.Number, Matter: pii.Redact(t.Matter)}
	if t.Expired() { // PRIVACY-5
		v.Matter = locale.T(ctx, "ticket.expired")
	}
	fact := func(name, text string) { v.Facts = append(v.Facts, view.PaperFact{Name: name, Text: text}) }
	fact("kind", locale.T(ctx, "ticket.kind."+t.Kind)+" · "+locale.T(ctx, "ticket.urgency."+t.Urgency))
	fact("channel", locale.T(ctx, "ticket.channel."+t.Channel))
	fact("place", pii.Redact(t.Place))
	fact("reporter", pii.MaskName(t.Reporter)+" "+phone)
	fact("registered", at(ctx, t.RegisteredAt))
	fact("due", at(ctx, t.DueAt))
	fact("first_asked", t.FirstAskedName)
	fact("worker", t.WorkerName())
	if t.Kind == "complaint" {
		fact("against", t.AgainstName)
		fact("judged", judged(ctx, t))
	}
	for _, o := range orders {
		v.Handled = append(v.Handled, o.Number+" "+o.DepartmentName+" "+locale.T(ctx, "order.state."+string(o.State)))
	}
	for _, s := range steps {
		if s.OrderID == 0 && s.Remark != "" && worked[s.Verb] {
			v.Handled = append(v.Handled, at(ctx, s.At)+" "+s.Who(ctx)+" "+pii.Redact(s.Remark))
		}
		if s.OrderID == 0 && (s.Verb == ticket.Resolve || s.Verb == ticket.Invalidate || s.Verb == ticket.Unsolvable) {
			v.Result = at(ctx, s.At) + " " + pii.Redact(s.Remark)
		}
	}
	v.State, v.Confirmed = locale.T(ctx, "ticket.state."+string(t.State)), pii.MaskName(t.ConfirmedBy)
	return v, nil
}

// worked are the steps that say how a matter was handled.
var worked = map[ticket.Verb]bool{ticket.Answer: true, ticket.Offer: true, ticket.Update: true, ticket.Wait: true}

func at(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return locale.Moment(ctx, t)
}

// judged is what a complaint was found to be.
func judged(ctx context.Context, t *ticket.Ticket) (words string) {
	if t.Validity != "" {
		words = locale.T(ctx, "ticket.validity."+t.Validity)
	}
	if t.Topic != "" {
		words += " · " + locale.T(ctx, "ticket.topic."+t.Topic)
	}
	if t.Severity != "" {
		words += " · " + locale.T(ctx, "ticket.severity."+t.Severity)
	}
	return words
}
