package ticket

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

// maxPage bounds how far one can page: who looks further back searches.
const maxPage = 1000

// lateBy is how much later than it happened something may be written down without the history saying so.
const lateBy = time.Minute

// chosen reads the filters of the list; one that nobody offers is left out.
func chosen(state, kind, number string) (string, Filter) {
	f := Filter{Page: 1}
	switch {
	case state == "all":
		f.All = true
	case state == "over":
		f.Over = true
	case slices.Contains(stateNames(), state):
		f.State = State(state)
	default:
		state = "open"
	}
	if slices.Contains(Kinds, kind) {
		f.Kind = kind
	}
	if n, err := strconv.Atoi(number); err == nil && n > 1 && n <= maxPage {
		f.Page = n
	}
	return state, f
}

func pageAddress(state string, f Filter, n int) string {
	q := url.Values{"state": {state}, "page": {strconv.Itoa(n)}}
	if f.Kind != "" {
		q.Set("kind", f.Kind)
	}
	if f.Mine {
		q.Set("mine", "1")
	}
	if f.Overdue {
		q.Set("overdue", "1")
	}
	return "/desk/tickets?" + q.Encode()
}

// stateNames are the states that the flow has so far, in its order.
func stateNames() []string {
	var out []string
	for _, s := range States {
		if slices.ContainsFunc(flow, func(m Move) bool { return m.From == s || m.To == s }) {
			out = append(out, string(s))
		}
	}
	return out
}

func (s *Service) rows(list []Ticket) []page.Row {
	out := make([]page.Row, len(list))
	for i := range list {
		out[i] = s.row(&list[i])
	}
	return out
}

// row is a ticket in a list; numbers that were written into its texts are masked (PRIVACY-2).
func (s *Service) row(t *Ticket) page.Row {
	return page.Row{ID: t.ID, Number: t.Number, Kind: t.Kind, Urgency: t.Urgency, Type: t.Type, LifeSafety: t.LifeSafety,
		State: string(t.State), Place: pii.Redact(t.Place), Matter: pii.Redact(t.Matter), Owner: t.OwnerName, Reopened: t.Reopened,
		Registered: t.RegisteredAt, Due: t.DueAt, Running: t.State.Running(), Overdue: t.Overdue(s.now())}
}

// options are the choices of a field, said by their key.
func options(values []string, say func(string) string) []part.Option {
	out := make([]part.Option, len(values))
	for i, v := range values {
		out[i] = part.Option{Value: v, Label: say(v)}
	}
	return out
}

func tick(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// fields are the inputs of the entry, with what was typed and what is wrong.
func fields(ctx context.Context, in Register, said map[string]string, people []Colleague) page.Fields {
	t := func(key string) string { return locale.T(ctx, key) }
	input := func(i part.Input) part.Input {
		i.Label, i.Error = t("ticket.label."+i.Name), said[i.Name]
		return i
	}
	f := page.Fields{
		Phone: input(part.Input{Name: "phone", Value: in.Phone, Type: "tel", Max: MaxPhone}),
		Place: input(part.Input{Name: "place", Value: in.Place, Max: MaxPlace, Required: true, Hint: t("ticket.hint.place")}),
		Matter: input(part.Input{Name: "matter", Value: in.Matter, Type: "textarea", Rows: 3, Max: MaxMatter, Required: true,
			Hint: t("ticket.hint.matter")}),
		Kind: input(part.Input{Name: "kind", Value: in.Kind, Type: "radio", Required: true,
			Options: options(Kinds, func(v string) string { return t("ticket.kind." + v) })}),
		Urgency:  input(urgencyInput(ctx, in.Urgency)),
		Reporter: input(part.Input{Name: "reporter", Value: in.Reporter, Max: MaxReporter, Hint: t("ticket.hint.reporter")}),
		Type:     input(typeInput(ctx, in.Type, true)),
		Channel: input(part.Input{Name: "channel", Value: in.Channel, Type: "select", Required: true,
			Options: options(DeskChannels, func(v string) string { return t("ticket.channel." + v) })}),
	}
	f.LifeSafety = safetyInput(ctx, in.LifeSafety)
	f.FirstAsked = input(part.Input{Name: "first_asked", Value: strconv.FormatInt(in.FirstAsked, 10), Type: "select", Required: true,
		Hint: t("ticket.hint.first_asked"), Options: []part.Option{{Value: "0", Label: t("ticket.me")}}})
	for _, p := range people {
		f.FirstAsked.Options = append(f.FirstAsked.Options, part.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
	}
	return f
}

func urgencyInput(ctx context.Context, value string) part.Input {
	return part.Input{Name: "urgency", Value: value, Type: "radio", Required: true,
		Options: options(Urgencies, func(v string) string { return locale.T(ctx, "ticket.urgency."+v) })}
}

func typeInput(ctx context.Context, value string, free bool) part.Input {
	i := part.Input{Name: "type", Value: value, Type: "select", Required: true,
		Options: options(Types, func(v string) string { return locale.T(ctx, "ticket.type."+v) })}
	if free {
		i.Options = append([]part.Option{{Label: locale.T(ctx, "ticket.by_kind")}}, i.Options...)
	}
	return i
}

func safetyInput(ctx context.Context, on bool) part.Input {
	return part.Input{Name: "life_safety", Value: tick(on), Type: "checkbox", Required: false,
		Label: locale.T(ctx, "ticket.life_safety"), Hint: locale.T(ctx, "ticket.life_safety_hint")}
}

// attempt is what somebody just tried on the page of a ticket, and what came of it.
type attempt struct {
	verb     Verb
	in       Act
	reason   string
	wrong    *fault.Fault
	message  string            // wrong, in words
	said     map[string]string // its fields, in words
	revealed string            // the phone that was opened
	opened   bool              // the texts were opened
}

// page is one ticket as its page shows it to the actor of ctx.
func (s *Service) page(ctx context.Context, id int64, a attempt) (page.Page, error) {
	t, err := s.Get(ctx, id)
	if err != nil {
		return page.Page{}, err
	}
	list, err := s.Steps(ctx, id)
	if err != nil {
		return page.Page{}, err
	}
	masked, err := s.MaskedPhone(t)
	if err != nil {
		return page.Page{}, err
	}
	v := page.Page{Row: s.row(t), Channel: t.Channel, Reporter: t.Reporter, Phone: masked, Revealed: a.revealed,
		FirstAsked: t.FirstAskedName, Resolved: t.ResolvedAt, Closed: t.ClosedAt, Version: t.Version, Message: a.message,
		Steps: timeline(ctx, list)}
	if a.wrong != nil && a.wrong.Kind == fault.Conflict {
		v.Typed = a.in.Remark // the step is gone, what was written for it isn't
	}
	who := actor.From(ctx)
	for _, m := range Moves(t.State, who) {
		if m.Need == Scales {
			v.Scales = scales(ctx, t, a)
		} else {
			v.Verbs = append(v.Verbs, button(ctx, m, a, len(v.Verbs) == 0))
		}
	}
	v.HasPhone = len(t.Phone) > 0 && a.revealed == ""
	if a.opened {
		v.Place, v.Matter, v.Reporter = t.Place, t.Matter, t.Reporter
	} else {
		v.HasMasked = mask(&v) || v.Place+v.Matter != t.Place+t.Matter
	}
	if (v.HasPhone || v.HasMasked) && who.Can(actor.Reveal) {
		v.Reason = &part.Input{Name: "reason", Label: locale.T(ctx, "ticket.label.reason"), Hint: locale.T(ctx, "ticket.reveal_hint"),
			Value: a.reason, Error: a.said["reason"], Max: pii.MaxReason, Required: true}
	}
	v.Fields = wrongInputs(v)
	return v, nil
}

// mask takes numbers out of what people wrote about a ticket, and tells whether there were any (PRIVACY-2).
func mask(v *page.Page) (found bool) {
	hide := func(text *string) {
		masked := pii.Redact(*text)
		found = found || masked != *text
		*text = masked
	}
	hide(&v.Reporter)
	for i := range v.Steps {
		hide(&v.Steps[i].Remark)
	}
	return found
}

// keys are the shortcuts of the verbs.
var keys = map[Verb]string{Take: "t", Resolve: "r", Close: "c", Reopen: "o"}

// button is one line of the flow as a button with what it asks for.
func button(ctx context.Context, m Move, a attempt, primary bool) page.Verb {
	v := page.Verb{Name: string(m.Verb), Key: keys[m.Verb], Primary: primary}
	if m.Need == Nothing {
		return v
	}
	v.Input = &part.Input{Name: "remark", Label: locale.T(ctx, "ticket.need."+string(m.Need)), Hint: locale.T(ctx, "ticket.need."+string(m.Need)+"_hint"),
		Type: "textarea", Rows: 2, Max: MaxRemark, Required: true}
	if a.verb == m.Verb {
		v.Input.Value, v.Input.Error = a.in.Remark, a.said["remark"]
	}
	return v
}

func scales(ctx context.Context, t *Ticket, a attempt) *page.Scales {
	now := Act{Urgency: t.Urgency, Type: t.Type, LifeSafety: t.LifeSafety}
	tried := a.verb == Prioritise && a.wrong != nil
	if tried {
		now = a.in
	}
	sc := &page.Scales{Open: tried, Urgency: urgencyInput(ctx, now.Urgency), Type: typeInput(ctx, now.Type, false),
		Safety: safetyInput(ctx, now.LifeSafety),
		Remark: part.Input{Name: "remark", Label: locale.T(ctx, "ticket.need.remark"), Value: now.Remark, Max: MaxRemark}}
	for _, i := range []*part.Input{&sc.Urgency, &sc.Type, &sc.Remark} {
		if i.Label == "" {
			i.Label = locale.T(ctx, "ticket.label."+i.Name)
		}
		if tried {
			i.Error = a.said[i.Name]
		}
	}
	return sc
}

// wrongInputs are the fields that the message at the head of the page points to.
func wrongInputs(v page.Page) []part.Input {
	var out []part.Input
	for _, b := range v.Verbs {
		if b.Input != nil {
			out = append(out, *b.Input)
		}
	}
	if v.Scales != nil {
		out = append(out, v.Scales.Urgency, v.Scales.Type, v.Scales.Remark)
	}
	if v.Reason != nil {
		out = append(out, *v.Reason)
	}
	return out
}

// timeline is the history in words (TICKET-4).
func timeline(ctx context.Context, list []Step) []page.Step {
	out := make([]page.Step, len(list))
	for i, s := range list {
		set := s.Set()
		out[i] = page.Step{Verb: string(s.Verb), At: s.At, Who: s.Who(ctx), Remark: s.Remark}
		if s.NotedAt.Sub(s.At) > lateBy {
			out[i].Noticed = s.NotedAt
		}
		if set.Due != nil {
			out[i].Due = *set.Due
		}
		if set.Urgency != nil {
			out[i].Changes = append(out[i].Changes, page.Change{What: locale.T(ctx, "ticket.label.urgency"),
				From: locale.T(ctx, "ticket.urgency."+set.Urgency.From), To: locale.T(ctx, "ticket.urgency."+set.Urgency.To)})
		}
		if set.Type != nil {
			out[i].Changes = append(out[i].Changes, page.Change{What: locale.T(ctx, "ticket.label.type"),
				From: locale.T(ctx, "ticket.type."+set.Type.From), To: locale.T(ctx, "ticket.type."+set.Type.To)})
		}
		if set.LifeSafety != nil {
			yes, no := locale.T(ctx, "ticket.yes"), locale.T(ctx, "ticket.no")
			c := page.Change{What: locale.T(ctx, "ticket.life_safety"), From: yes, To: no}
			if *set.LifeSafety {
				c.From, c.To = no, yes
			}
			out[i].Changes = append(out[i].Changes, c)
		}
	}
	return out
}
