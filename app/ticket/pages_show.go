package ticket

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/meanwhile"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

// attempt is what somebody just tried on the page of a ticket, and what came of it.
type attempt struct {
	verb     Verb
	in       Act
	reason   string
	foresee  bool // the limits are asked for, and nothing is to be done yet
	wrong    *fault.Fault
	message  string            // wrong, in words
	said     map[string]string // its fields, in words
	revealed string            // the phone that was opened
	opened   bool              // the texts were opened
}

// around is what stands around a ticket on its page.
type around struct {
	ticket      *Ticket
	rules       *rules
	kept        Kept
	steps       []Step
	orders      []ServiceOrder
	records     []WorkRecord
	pictures    []Picture
	earlier     []Ticket
	departments []Department
	people      []person    // of the site
	others      []Colleague // to whom the ticket can be given by who looks
}

// around reads it for one page: the history beside the rest, since a page that waits for the database waits for its turn, and
// of what may be kept beside the ticket only what there is.
func (s *Service) around(ctx context.Context, id int64) (r around, err error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return r, err
	}
	history := meanwhile.Do(func() ([]Step, error) { return steps(ctx, s.DB, a.Site, id) })
	p, err := readPage(ctx, s.DB, a.Site, id)
	var wrong error
	if r.steps, wrong = history(); err == nil {
		err = wrong
	}
	if err != nil {
		return r, db.Translate(err)
	}
	r.ticket, r.kept, r.departments, r.people = &p.Ticket, p.Kept, p.Departments, p.Holdings.people(p.Grades.Grades())
	of, err := s.Sites.RulesAt(ctx, s.DB, a.Site, p.Stamp)
	if err == nil {
		r.rules, err = s.rulesOf(a.Site, of)
	}
	if err == nil {
		err = nameSteps(ctx, s.DB, r.steps, r.people)
	}
	if err == nil && r.kept.Orders {
		r.orders, err = ordersOf(ctx, s.DB, a.Site, id)
	}
	if err == nil && r.kept.Records {
		r.records, err = recordsOf(ctx, s.DB, a.Site, id)
	}
	if err == nil && r.kept.Pictures {
		r.pictures, err = picturesOf(ctx, s.DB, a.Site, id)
	}
	if err != nil {
		return r, db.Translate(err)
	}
	if r.earlier, err = s.Earlier(ctx, r.ticket); err != nil {
		return r, err
	}
	if a.Can(staff.ReassignTickets) {
		r.others = among(r.people, r.ticket)
	}
	return r, nil
}

// page is one ticket, what stands around it, and how its page shows it to the actor of ctx.
func (s *Service) page(ctx context.Context, id int64, a attempt) (page.Page, *around, error) {
	r, err := s.around(ctx, id)
	if err != nil {
		return page.Page{}, nil, err
	}
	t := r.ticket
	masked, err := s.MaskedPhone(t)
	if err != nil {
		return page.Page{}, nil, err
	}
	why := recordOf(t, r.rules, r.steps, r.orders).whys(ctx, s.now())
	v := page.Page{Row: s.row(t), Whys: why, Phone: masked, Revealed: a.revealed, Version: t.Version, Message: a.message,
		Steps: Timeline(ctx, r.steps, r.orders), Orders: s.orderRows(r.orders), Records: RecordRows(r.records, r.orders), Earlier: s.rows(r.earlier)}
	showPictures(ctx, &v, r)
	if a.wrong != nil && a.wrong.Kind == fault.Conflict {
		v.Typed = a.in.Remark // the step is gone, what was written for it isn't
	}
	if err := s.verbs(ctx, &v, r, a); err != nil {
		return v, nil, err
	}
	who := actor.From(ctx)
	if who.Can(staff.WriteKnowledge) && !t.Expired() {
		v.Case = "/knowledge/new/" + strconv.FormatInt(id, 10)
	}
	v.HasPhone = len(t.Phone) > 0 && a.revealed == ""
	reporter, confirmed := t.Reporter, t.ConfirmedBy
	if a.opened {
		v.Place, v.Matter = t.Place, t.Matter
	} else {
		reporter, confirmed = pii.Redact(reporter), pii.Redact(confirmed)
		v.HasMasked = mask(&v) || v.Place+v.Matter+reporter+confirmed != t.Place+t.Matter+t.Reporter+t.ConfirmedBy
	}
	v.Facts = about(ctx, t, reporter, confirmed)
	if (v.HasPhone || v.HasMasked) && who.Can(actor.Reveal) {
		v.Reason = &part.Input{Name: "reason", Label: locale.T(ctx, "ticket.label.reason"), Hint: locale.T(ctx, "ticket.reveal_hint"),
			Value: a.reason, Error: a.said["reason"], Max: pii.MaxReason, Required: true}
	}
	return v, &r, nil
}

// mask takes numbers out of what people wrote about a ticket, and tells whether there were any (PRIVACY-2).
func mask(v *page.Page) (found bool) {
	hide := func(text *string) {
		masked := pii.Redact(*text)
		found = found || masked != *text
		*text = masked
	}
	for i := range v.Steps {
		hide(&v.Steps[i].Remark)
	}
	for i := range v.Orders {
		hide(&v.Orders[i].Instruction)
		hide(&v.Orders[i].Result)
	}
	for i := range v.Records {
		hide(&v.Records[i].Done)
		hide(&v.Records[i].Result)
		hide(&v.Records[i].Materials)
	}
	return found
}

// keys are the shortcuts of the verbs.
var keys = map[Verb]string{Accept: "t", Classify: "k", Handle: "h", Dispatch: "s", Resolve: "r", Verify: "v", CallBack: "b", Close: "c", Reopen: "o", Urge: "x", Remark: "m"}

// verbs are the steps that the actor can take now, the next one of the flow first, and those that a guard forbids.
func (s *Service) verbs(ctx context.Context, v *page.Page, r around, a attempt) error {
	t, who := r.ticket, actor.From(ctx)
	if t.Expired() {
		return nil // nothing can be done with it any more
	}
	from := &seen{stored: stored{s.DB, t}, r: &r}
	moved, accepted, taken := lastOf(r.steps)
	for _, m := range Moves(t.State, who) {
		if !possible(m, &r) {
			continue
		}
		f, err := s.facts(ctx, from, t, m, Act{})
		if err != nil {
			return err
		}
		f.last, f.accepted, f.taken = moved, accepted, taken
		g := m.refuses(f)
		if m.Verb == CallBack && (g == nil || g.Name == asked.Name) { // on the page where it is written down who was asked
			v.Verbs = append(v.Verbs, page.Verb{Name: string(m.Verb), Key: keys[m.Verb], Href: "/callbacks/" + strconv.FormatInt(t.ID, 10), Primary: !primary(v.Verbs)})
			continue
		}
		if g != nil {
			if g.telling() {
				key, args := g.words(ctx, f)
				v.Refused = append(v.Refused, page.Refused{Verb: string(m.Verb), Why: locale.Say(ctx, key, args)})
			}
			continue
		}
		b, err := button(ctx, m, r, a)
		if err != nil {
			return err
		}
		if err := s.foreseeIn(ctx, &b, t, m, a); err != nil {
			return err
		}
		b.Primary = !primary(v.Verbs) && m.From != m.To
		v.Verbs = append(v.Verbs, b)
	}
	return nil
}

func primary(list []page.Verb) bool {
	return slices.ContainsFunc(list, func(b page.Verb) bool { return b.Primary })
}

// possible leaves out a step whose choices are empty.
func possible(m Move, r *around) bool {
	switch m.Verb {
	case Dispatch:
		return slices.ContainsFunc(r.departments, func(d Department) bool { return !d.Closed })
	case Link:
		return len(r.earlier) > 0
	case Reassign:
		return len(r.others) > 0
	}
	return true
}

// button is one line of the flow as a button with what it asks for.
func button(ctx context.Context, m Move, r around, a attempt) (page.Verb, error) {
	t, verb := r.ticket, string(m.Verb)
	in, said := Act{Class: t.Class}, map[string]string{}
	tried := a.verb == m.Verb && (a.wrong != nil || a.foresee)
	if tried {
		in, said = a.in, a.said
	}
	v := page.Verb{Name: verb, Key: keys[m.Verb], Open: tried}
	for _, n := range m.needs(t) {
		switch n {
		case Classes:
			c := classInputs(ctx, in.Class, said, r.departments, verb)
			c.Ticket = t.ID
			v.Class = &c
			v.Inputs = append(v.Inputs, remarkInput(ctx, m, "remark", in.Remark, said, false))
		case Departments:
			v.Orders = orderChoices(ctx, r.departments, in.Instructions, said, verb)
			key, err := uuid.NewV7()
			if err != nil {
				return v, err
			}
			if in.EntryKey != uuid.Nil {
				key = in.EntryKey
			}
			v.EntryKey = key.String()
		default:
			v.Inputs = append(v.Inputs, needInput(ctx, m, n, r, in, said))
		}
	}
	if t.Emergency() && timely[m.Verb] {
		v.At = &part.Input{Name: "at", ID: verb + "-at", Type: "datetime-local", Value: TypedTime(ctx, in.At), Error: said["at"],
			Label: locale.T(ctx, "ticket.label.at"), Hint: locale.T(ctx, "ticket.past_hint")}
	}
	if m.Verb == Verify && t.Kind != "repair" {
		v.Words = locale.T(ctx, "ticket.verify_words")
	}
	return v, nil
}

func remarkInput(ctx context.Context, m Move, key, value string, said map[string]string, required bool) part.Input {
	return part.Input{Name: "remark", ID: string(m.Verb) + "-remark", Label: locale.T(ctx, "ticket.need."+key), Hint: locale.T(ctx, "ticket.need."+key+"_hint"),
		Type: "textarea", Rows: 2, Max: MaxRemark, Required: required, Value: value, Error: said["remark"]}
}

// needInput is the input for one thing that a verb asks for.
func needInput(ctx context.Context, m Move, n Need, r around, in Act, said map[string]string) part.Input {
	verb := string(m.Verb)
	input := func(name string, i part.Input) part.Input {
		i.Name, i.ID, i.Error, i.Required = name, verb+"-"+name, said[name], true
		i.Label, i.Hint = locale.T(ctx, "ticket.need."+name), ""
		return i
	}
	switch n {
	case Person:
		i := input("person", part.Input{Type: "select", Value: strconv.FormatInt(in.Person, 10), Options: []part.Option{{Label: locale.T(ctx, "ticket.choose")}}})
		for _, p := range r.others {
			i.Options = append(i.Options, part.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
		}
		return i
	case WaitingOn:
		return input("on", part.Input{Type: "radio", Value: in.On, Options: Options(Waits, func(v string) string { return locale.T(ctx, "ticket.on."+v) })})
	case Until:
		i := input("until", part.Input{Type: "datetime-local", Value: TypedTime(ctx, in.Until)})
		i.Label = locale.T(ctx, "ticket.until_label."+verb)
		return i
	case Customer:
		value := in.Customer
		for _, o := range r.orders {
			if value == "" {
				value = o.ConfirmedBy
			}
		}
		i := input("customer", part.Input{Value: value, Max: MaxCustomer})
		if r.signed() {
			i.Required, i.Hint = false, locale.T(ctx, "ticket.need.customer_signed")
		}
		return i
	case Instead:
		return input("instead", part.Input{Type: "textarea", Value: in.Instead, Max: MaxInstead})
	case Earlier:
		i := input("earlier", part.Input{Type: "select", Value: strconv.FormatInt(in.Earlier, 10)})
		for _, e := range r.earlier {
			i.Options = append(i.Options, part.Option{Value: strconv.FormatInt(e.ID, 10), Label: e.Number + " " + locale.Date(ctx, e.RegisteredAt)})
		}
		return i
	case Why:
		return remarkInput(ctx, m, "why."+verb, in.Remark, said, true)
	}
	return remarkInput(ctx, m, "what."+verb, in.Remark, said, true)
}
