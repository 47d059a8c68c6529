package orders

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

type option = part.Option

// attempt is what somebody just tried on the page of an order, and what came of it.
type attempt struct {
	verb    ticket.OrderVerb
	in      ticket.OrderAct
	wrong   *fault.Fault
	message string
	said    map[string]string
	typed   bool   // only photos were sent: what was typed into the form around them stays
	phone   string // of the customer, opened to ring them
}

// card is an order as a list shows it.
func (p *Pages) card(c *ticket.OrderCard, phone string) page.OrderCard {
	o := &c.ServiceOrder
	return page.OrderCard{
		OrderRow: page.OrderRow{ID: o.ID, Number: o.Number, Department: o.DepartmentName, State: string(o.State), Instruction: o.Instruction, Assignee: o.AssigneeName,
			Result: o.Result, WaitingOn: o.WaitingOn, Sent: o.SentAt, Due: o.DueAt, Running: o.Counting(), Overdue: o.Overdue(p.Service.Now())},
		Ticket: c.TicketNumber, TicketHref: "/desk/tickets/" + strconv.FormatInt(o.TicketID, 10), Kind: c.Kind, Urgency: c.Urgency, Type: c.Type,
		LifeSafety: c.LifeSafety, Place: c.Place, Matter: c.Matter, Reporter: c.Reporter, Phone: phone, Sender: c.SenderName, Registered: c.RegisteredAt,
		Accepted: o.AcceptedAt, Started: o.StartedAt, Arrived: o.ArrivedAt, Done: o.DoneAt, FedBack: o.FedBackAt, ConfirmedBy: pii.Redact(o.ConfirmedBy), Version: o.Version, DepartmentID: o.DepartmentID,
	}
}

// page is one order as the actor of ctx sees it.
func (p *Pages) page(ctx context.Context, id int64, a attempt) (v page.OrderPage, err error) {
	c, err := p.Service.Order(ctx, id)
	if err != nil {
		return v, err
	}
	phone, err := p.Service.OrderPhone(c)
	if err != nil {
		return v, err
	}
	v.OrderCard, v.Message = p.card(c, phone), a.message
	steps, err := p.Service.OrderSteps(ctx, id)
	if err != nil {
		return v, err
	}
	v.Steps = ticket.Timeline(ctx, steps, nil)
	if err := p.pictures(ctx, &v, c, steps); err != nil {
		return v, err
	}
	for i := range v.Steps {
		v.Steps[i].Remark = pii.Redact(v.Steps[i].Remark)
	}
	records, err := p.Service.Records(ctx, c.TicketID)
	if err != nil {
		return v, err
	}
	records = slices.DeleteFunc(records, func(w ticket.WorkRecord) bool { return w.OrderID != id })
	v.Records = ticket.RecordRows(records, nil)
	for i := range v.Records {
		for _, text := range []*string{&v.Records[i].Done, &v.Records[i].Result, &v.Records[i].Materials} {
			*text = pii.Redact(*text)
		}
	}
	if a.wrong != nil && a.wrong.Kind == fault.Conflict {
		v.Typed = strings.TrimSpace(a.in.Remark + "\n" + a.in.Work.Done)
	}
	if c.TicketExpired {
		return v, nil // nothing can be done with it any more
	}
	v.Ring = c.MayRing(actor.From(ctx)) && phone != ""
	if a.phone != "" {
		v.Revealed, v.Tel = pii.ShowPhone(a.phone), a.phone
	}
	return v, p.verbs(ctx, &v, c, a)
}

// pictures are the order's photos, and its signature at the step that brought it.
func (p *Pages) pictures(ctx context.Context, v *page.OrderPage, c *ticket.OrderCard, steps []ticket.Step) error {
	all, err := p.Service.Pictures(ctx, c.TicketID)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x ticket.Picture) bool { return x.OrderID != 0 && x.OrderID != c.ID })
	v.Pictures = ticket.PictureRows(ctx, all, nil, func(order int64) bool { return order == c.ID && c.State.Open() && !c.TicketExpired })
	for i := range v.Steps {
		v.Steps[i].Signs = ticket.SignsOf(steps[i], all, v.Pictures)
	}
	return nil
}

// keys are the shortcuts of the verbs.
var keys = map[ticket.OrderVerb]string{ticket.AcceptOrder: "t", ticket.StartOrder: "s", ticket.FinishOrder: "r", ticket.ResumeOrder: "s", ticket.FeedBackOrder: "b"}

// verbs are the steps that the actor can take now, the next one of the flow first.
func (p *Pages) verbs(ctx context.Context, v *page.OrderPage, c *ticket.OrderCard, a attempt) error {
	inside, err := p.Service.Inside(ctx, c.DepartmentID)
	if err != nil {
		return err
	}
	members, err := p.members(ctx, c.DepartmentID)
	if err != nil {
		return err
	}
	for _, m := range ticket.OrderMoves(c.State, actor.From(ctx), inside) {
		if m.Verb == ticket.AssignOrder && len(members) < 2 || m.Again(&c.ServiceOrder) {
			continue
		}
		b := button(ctx, m, c, a, members)
		b.Primary = !slices.ContainsFunc(v.Verbs, func(b page.Verb) bool { return b.Primary }) && m.From != m.To
		v.Verbs = append(v.Verbs, b)
	}
	if inside && c.State.Open() && actor.From(ctx).Can(staff.WorkOrders) {
		p.takePhotos(ctx, v, c, a)
	}
	return nil
}

// takePhotos puts the place for photos into the form of the work record, or where there is none beside the verbs. Before
// the work begins they show how it was found.
func (p *Pages) takePhotos(ctx context.Context, v *page.OrderPage, c *ticket.OrderCard, a attempt) {
	stage := ticket.Before
	if !c.StartedAt.IsZero() {
		stage = ticket.After
	}
	i := ticket.PhotoInput(ctx, "/orders/"+strconv.FormatInt(c.ID, 10)+"/photos", stage, a.said["photos"])
	for n := range v.Verbs {
		if v.Verbs[n].Name == string(ticket.FinishOrder) {
			v.Verbs[n].Photos = i
			return
		}
	}
	v.Photos = i
}

// members are the people of a department.
func (p *Pages) members(ctx context.Context, department int64) ([]option, error) {
	list, err := p.Service.Departments(ctx)
	if err != nil {
		return nil, err
	}
	var out []option
	for _, d := range list {
		if d.ID != department {
			continue
		}
		if d.HeadID != 0 {
			out = append(out, option{Value: strconv.FormatInt(d.HeadID, 10), Label: d.Head})
		}
		for _, m := range d.Members {
			out = append(out, option{Value: strconv.FormatInt(m.ID, 10), Label: m.Name})
		}
	}
	return out, nil
}

// button is one line of the flow as a button with what it asks for.
func button(ctx context.Context, m ticket.OrderMove, c *ticket.OrderCard, a attempt, members []option) page.Verb {
	verb := string(m.Verb)
	in, said := ticket.OrderAct{Person: c.AssigneeID, Work: ticket.Work{Started: c.StartedAt}}, map[string]string{}
	tried := a.verb == m.Verb && a.wrong != nil || a.typed && m.Verb == ticket.FinishOrder
	if tried {
		in, said = a.in, a.said
	}
	v := page.Verb{Name: verb, Key: keys[m.Verb], Open: tried}
	input := func(name string, required bool, i part.Input) {
		i.Name, i.ID, i.Error, i.Required, i.Label = name, verb+"-"+name, said[name], required, locale.T(ctx, "order.need."+name)
		v.Inputs = append(v.Inputs, i)
	}
	for _, n := range m.NeedsFor(c.Kind) {
		switch n {
		case ticket.Rang:
			input("rang", true, part.Input{Type: "radio", Value: in.Rang, Options: ticket.Options(ticket.Rings, func(v string) string { return locale.T(ctx, "order.rang."+v) })})
		case ticket.WaitingOn:
			input("on", true, part.Input{Type: "radio", Value: in.On, Options: ticket.Options(ticket.Waits, func(v string) string { return locale.T(ctx, "ticket.on."+v) })})
		case ticket.Person:
			input("person", true, part.Input{Type: "select", Value: strconv.FormatInt(in.Person, 10), Options: members})
		case ticket.Record:
			recordInputs(ctx, in, input)
			v.Sign = &part.Input{Name: "signature", Label: locale.T(ctx, "order.need.signature"), Hint: locale.T(ctx, "order.sign.hint"), Value: drawn(in.Signed), Error: said["signature"]}
		default:
			input("remark", true, part.Input{Type: "textarea", Rows: 2, Max: ticket.MaxRemark, Value: in.Remark})
			v.Inputs[len(v.Inputs)-1].Label = locale.T(ctx, "order.remark."+verb)
		}
	}
	return v
}

// recordInputs are the record of work on the spot (TICKET-12), with the customer's name where they confirm it there
// (TICKET-5).
func recordInputs(ctx context.Context, in ticket.OrderAct, input func(name string, required bool, i part.Input)) {
	w := in.Work
	input("work_kind", true, part.Input{Type: "select", Value: w.Kind, Options: ticket.Options(ticket.RecordKinds, func(v string) string { return locale.T(ctx, "order.work."+v) })})
	input("done", true, part.Input{Type: "textarea", Rows: 2, Max: ticket.MaxRemark, Value: w.Done})
	input("result", true, part.Input{Type: "textarea", Rows: 2, Max: ticket.MaxResult, Value: w.Result})
	input("materials", false, part.Input{Max: ticket.MaxMaterials, Value: w.Materials})
	input("started", false, part.Input{Type: "datetime-local", Value: ticket.TypedTime(ctx, w.Started)})
	input("ended", false, part.Input{Type: "datetime-local", Value: ticket.TypedTime(ctx, w.Ended)})
	input("customer", false, part.Input{Max: ticket.MaxCustomer, Value: in.Customer, Hint: locale.T(ctx, "order.need.customer_hint")})
}

// actOf is the form of a step as it was sent.
func actOf(ctx context.Context, v web.Values) (in ticket.OrderAct, wrong fault.Fields) {
	in = ticket.OrderAct{Remark: v.Get("remark"), Person: number(v.Get("person")), On: v.Get("on"), Rang: v.Get("rang"), Customer: v.Get("customer"),
		Version: max(number(v.Get("version")), 0),
		Work:    ticket.Work{Kind: v.Get("work_kind"), Done: v.Get("done"), Result: v.Get("result"), Materials: v.Get("materials")}}
	var ok bool
	if in.Signed, ok = signed(v.Get("signature")); !ok {
		wrong.Add("signature", "fault.picture.broken")
	}
	if in.Work.Started, ok = ticket.MomentOf(ctx, v.Get("started")); !ok {
		wrong.Add("started", "ticket.field.time")
	}
	if in.Work.Ended, ok = ticket.MomentOf(ctx, v.Get("ended")); !ok {
		wrong.Add("ended", "ticket.field.time")
	}
	return in, wrong
}

// inked is how a browser says a picture that was drawn on a page.
const inked = "data:image/png;base64,"

// maxSigned bounds a signature as it comes: a finger on a screen draws some tens of kilobytes.
const maxSigned = 512 << 10

// signed reads a signature as the page sends it; nothing where nobody signed.
func signed(raw string) (picture []byte, ok bool) {
	if raw == "" {
		return nil, true
	}
	text, ok := strings.CutPrefix(raw, inked)
	if !ok || len(text) > maxSigned {
		return nil, false
	}
	picture, err := base64.StdEncoding.DecodeString(text)
	return picture, err == nil
}

// drawn is a signature as the page has it.
func drawn(picture []byte) string {
	if len(picture) == 0 {
		return ""
	}
	return inked + base64.StdEncoding.EncodeToString(picture)
}

// number reads an id of a form: 0 for nothing, -1, which nothing has, for what is none.
func number(raw string) int64 {
	if raw == "" {
		return 0
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}
