package ticket

import (
	"context"
	"slices"
	"strconv"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/staff"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

// Options are the choices of a field, said by their key.
func Options(values []string, say func(string) string) []part.Option {
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
	c := classInputs(ctx, in.class(), said, nil, "")
	c.Type.Value = in.Type
	c.Type.Options = append([]part.Option{{Label: t("ticket.by_kind")}}, c.Type.Options...)
	f := page.Fields{
		Phone: input(part.Input{Name: "phone", Value: in.Phone, Type: "tel", Max: MaxPhone}),
		Place: input(part.Input{Name: "place", Value: in.Place, Max: MaxPlace, Required: true, Hint: t("ticket.hint.place")}),
		Matter: input(part.Input{Name: "matter", Value: in.Matter, Type: "textarea", Rows: 3, Max: MaxMatter, Required: true,
			Hint: t("ticket.hint.matter")}),
		Kind: c.Kind, Urgency: c.Urgency, Type: c.Type, LifeSafety: c.LifeSafety,
		Reporter: input(part.Input{Name: "reporter", Value: in.Reporter, Max: MaxReporter, Hint: t("ticket.hint.reporter")}),
		Channel: input(part.Input{Name: "channel", Value: in.Channel, Type: "select", Required: true,
			Options: Options(DeskChannels, func(v string) string { return t("ticket.channel." + v) })}),
		FirstAsked: input(part.Input{Name: "first_asked", Value: strconv.FormatInt(in.FirstAsked, 10), Type: "select", Required: true,
			Hint: t("ticket.hint.first_asked"), Options: []part.Option{{Value: "0", Label: t("ticket.me")}}}),
	}
	for _, p := range people {
		f.FirstAsked.Options = append(f.FirstAsked.Options, part.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
	}
	return f
}

// classInputs are the inputs of the classification. form sets the ids apart where a page has several forms.
func classInputs(ctx context.Context, c Class, said map[string]string, departments []Department, form string) page.Class {
	choice := func(name, kind, value, key string, of []string) part.Input {
		i := part.Input{Name: name, Type: kind, Value: value, Required: true, Label: locale.T(ctx, "ticket.label."+name), Error: said[name],
			Options: Options(of, func(v string) string { return locale.T(ctx, key+v) })}
		if form != "" {
			i.ID = form + "-" + name
		}
		if kind == "select" && name != "type" {
			i.Options = append([]part.Option{{Label: locale.T(ctx, "ticket.choose")}}, i.Options...)
		}
		return i
	}
	out := page.Class{
		Kind:    choice("kind", "radio", c.Kind, "ticket.kind.", Kinds),
		Urgency: choice("urgency", "radio", c.Urgency, "ticket.urgency.", Urgencies),
		Type:    choice("type", "select", c.Type, "ticket.type.", Types),
		LifeSafety: part.Input{Name: "life_safety", Value: tick(c.LifeSafety), Type: "checkbox", Label: locale.T(ctx, "ticket.life_safety"),
			Hint: locale.T(ctx, "ticket.life_safety_hint")},
		HelpKind: choice("help_kind", "select", c.HelpKind, "ticket.help.", HelpKinds),
		Validity: choice("validity", "radio", c.Validity, "ticket.validity.", Validities),
		About:    choice("about", "radio", c.About, "ticket.about.", Abouts),
		Topic:    choice("topic", "select", c.Topic, "ticket.topic.", Topics),
		Severity: choice("severity", "radio", c.Severity, "ticket.severity.", Severities),
		Against:  choice("against", "select", strconv.FormatInt(c.Against, 10), "ticket.against.", nil),
	}
	if form != "" {
		out.LifeSafety.ID = form + "-life_safety"
	}
	out.Type.Hint = locale.T(ctx, "ticket.hint.type")
	for i, o := range out.Severity.Options { // COMPLAINT-2
		out.Severity.Options[i].Means = locale.T(ctx, "ticket.severity_means."+o.Value)
	}
	out.Validity.Hint = locale.T(ctx, "ticket.hint.validity")
	out.Against.Required = false
	out.Against.Options[0] = part.Option{Value: "0", Label: locale.T(ctx, "ticket.against_none")}
	for _, d := range departments {
		if !d.Closed || d.ID == c.Against {
			out.Against.Options = append(out.Against.Options, part.Option{Value: strconv.FormatInt(d.ID, 10), Label: d.Name})
		}
	}
	return out
}

// thenInput is what the desk does with the ticket at once. Nothing to say: who may only register.
func thenInput(ctx context.Context, then string, said map[string]string, departments bool) part.Input {
	choices := []string{"handle", "dispatch", "queue", "later"}
	if !departments {
		choices = []string{"handle", "queue", "later"}
	}
	return part.Input{Name: "then", Type: "radio", Value: then, Required: true, Label: locale.T(ctx, "ticket.label.then"), Error: said["then"],
		Options: Options(choices, func(v string) string { return locale.T(ctx, "ticket.then."+v) })}
}

// pastInputs are the true times of an emergency that is written up afterwards (TICKET-6).
func pastInputs(ctx context.Context, p *Past, said map[string]string) []part.Input {
	if p == nil {
		p = &Past{}
	}
	var out []part.Input
	for _, i := range []struct {
		name string
		at   time.Time
	}{{"past_registered", p.Registered}, {"past_handled", p.Handled}, {"past_resolved", p.Resolved}} {
		out = append(out, part.Input{Name: i.name, Type: "datetime-local", Value: TypedTime(ctx, i.at), Label: locale.T(ctx, "ticket.label."+i.name), Error: said[i.name]})
	}
	return append(out, part.Input{Name: "past_done", Type: "textarea", Value: p.Done, Max: MaxRemark, Label: locale.T(ctx, "ticket.label.past_done"), Error: said["past_done"]})
}

// orderChoices are the departments to which an order can go; form sets ids apart.
func orderChoices(ctx context.Context, departments []Department, chosen []Instruction, said map[string]string, form string) []page.Order {
	var out []page.Order
	for _, d := range departments {
		if d.Closed {
			continue
		}
		id := strconv.FormatInt(d.ID, 10)
		o := page.Order{Department: d.ID, Name: d.Name, Text: part.Input{Name: "instruction-" + id, ID: form + "-instruction-" + id,
			Label: locale.T(ctx, "order.label.instruction"), Max: MaxInstruction, Error: said["instruction-"+id]}}
		if at := slices.IndexFunc(chosen, func(i Instruction) bool { return i.Department == d.ID }); at >= 0 {
			o.Chosen, o.Text.Value = true, chosen[at].Text
		}
		out = append(out, o)
	}
	if len(out) > 0 && said["departments"] != "" {
		out[0].Text.Error = said["departments"]
	}
	return out
}

// localTime is how a form writes a moment, in the site's time.
const localTime = "2006-01-02T15:04"

// TypedTime is a moment as a form has it; empty for the zero time.
func TypedTime(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(locale.Zone(ctx)).Format(localTime)
}

// MomentOf reads a moment as a form writes it, in the site's time; the zero time for an empty field.
func MomentOf(ctx context.Context, raw string) (at time.Time, ok bool) {
	if raw == "" {
		return time.Time{}, true
	}
	at, err := time.ParseInLocation(localTime, raw, locale.Zone(ctx))
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return time.Time{}, false
	}
	return at, true
}

// classify adds what the desk says at once, for who may.
func (p *Pages) classify(ctx context.Context, f *page.Form, in Register, said map[string]string) error {
	if !actor.From(ctx).Can(staff.ClassifyTickets) {
		return nil
	}
	departments, err := p.Service.Departments(ctx)
	if err != nil {
		return err
	}
	c := classInputs(ctx, in.class(), said, departments, "")
	f.Class, f.Orders, f.Past = &c, orderChoices(ctx, departments, in.Instructions, said, "new"), pastInputs(ctx, in.Past, said)
	then := string(in.Then)
	switch {
	case !in.Classify:
		then = "later"
	case then == "":
		then = "queue"
	}
	f.Then = thenInput(ctx, then, said, len(f.Orders) > 0)
	return nil
}
