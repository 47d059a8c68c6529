package policy

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/ticket"
)

// shown is what a page shows: a policy, or a form as it was typed with what is wrong with it.
type shown struct {
	policy *limit.Policy
	form   web.Values // nil: the policy as it stands
	said   map[string]fault.Field
}

// filler fills the fields of a page.
type filler struct {
	ctx   context.Context
	shown shown
}

// value is what was typed into a field, else how it stands.
func (f filler) value(name, stands string) string {
	if f.shown.form != nil {
		return f.shown.form.Get(name)
	}
	return stands
}

func (f filler) ticked(name string, stands bool) bool {
	if f.shown.form != nil {
		return f.shown.form.Get(name) == "1"
	}
	return stands
}

// wrong says what is wrong with a field, if anything is.
func (f filler) wrong(name string) string {
	field, is := f.shown.said[name]
	if !is {
		return ""
	}
	return locale.Say(f.ctx, field.Key, field.Args)
}

// span fills number and unit; months are offered where they stand, or where asked for.
func (f filler) span(name, label, about string, s limit.Span, months bool) part.Span {
	number, unit := "", limit.Hours
	if s != (limit.Span{}) {
		number, unit = strconv.Itoa(s.N), s.Unit
	}
	out := part.Span{Name: name, Label: label, About: about, Number: f.value(name+".n", number), Unit: f.value(name+".u", string(unit)), Error: f.wrong(name)}
	for _, u := range units {
		if u == limit.Months && !months && out.Unit != string(u) {
			continue
		}
		out.Units = append(out.Units, part.Option{Value: string(u), Label: locale.T(f.ctx, "limit.unit."+string(u))})
	}
	return out
}

func (f filler) spans(k, about string, r limit.Row) (list []part.Span) {
	for i, name := range view.PolicyFields {
		list = append(list, f.span(name+"."+k, locale.T(f.ctx, "limit.clock."+name), about, *spans(&r)[i], false))
	}
	return list
}

// policyPage fills the table.
func policyPage(ctx context.Context, s shown) view.Policy {
	f := filler{ctx, s}
	p := view.Policy{RulesPage: view.RulesPage{Path: policyPath}}
	kind := "-"
	rows := sorted(s.policy.Rows)
	if s.form != nil {
		rows = typedRows(s.form)
	}
	for _, r := range rows {
		k := key(r)
		row := view.PolicyRow{Key: k, Words: rowWords(ctx, r), Also: also(ctx, r), Spans: f.spans(k, rowWords(ctx, r), r), Spot: f.ticked("spot."+k, r.OnSpot),
			Dropped: f.ticked("drop."+k, false), Error: f.wrong("rows." + k)}
		if r.Kind != kind {
			row.Kind, kind = kindWords(ctx, r.Kind), r.Kind
		}
		p.Rows = append(p.Rows, row)
	}
	p.New = f.newRow()
	c, n := s.policy.Callbacks, s.policy.Near
	p.Callbacks = f.span("within", "", locale.T(ctx, "limit.page.within"), c.Within, false)
	p.Most = f.span("most", locale.T(ctx, "limit.page.most"), "", n.Most, false)
	p.Share = part.Input{Name: "share", Type: "number", Max: 100, Required: true, Label: locale.T(ctx, "limit.page.share"), Value: f.value("share", strconv.Itoa(n.Share)), Error: f.wrong("share")}
	for _, kind := range ticket.Sampled {
		chosen := slices.Contains(c.Sampled, kind)
		if s.form != nil {
			chosen = slices.Contains(s.form["sampled"], kind)
		}
		i := part.Input{Value: kind, Label: locale.T(ctx, "ticket.kind."+kind)}
		if chosen {
			i.Name = "sampled"
		}
		p.Sampled = append(p.Sampled, i)
	}
	p.Fields = f.fields()
	return p
}

// typedRows are the rows of a form, dropped ones too.
func typedRows(form web.Values) (rows []limit.Row) {
	for _, k := range form["row"] {
		if r, ok := rowOf(k); ok && !slices.ContainsFunc(rows, func(o limit.Row) bool { return key(o) == k }) && len(rows) < ticket.MaxRows {
			rows = append(rows, r)
		}
	}
	return rows
}

func (f filler) newRow() view.PolicyNew {
	n := view.PolicyNew{Life: f.ticked("life.new", false), Spot: f.ticked("spot.new", false), Error: f.wrong("rows.new"),
		Spans: f.spans("new", locale.T(f.ctx, "limit.page.new"), limit.Row{})}
	choice := func(name, say string, values []string, none string) {
		i := part.Input{Name: name + ".new", Type: "select", Label: locale.T(f.ctx, "limit.page.label."+name), Value: f.value(name+".new", ""), Error: f.wrong(name + ".new"),
			Options: []part.Option{{Label: locale.T(f.ctx, none)}}}
		i.Options = append(i.Options, ticket.Options(values, func(v string) string { return locale.T(f.ctx, say+v) })...)
		n.Choices = append(n.Choices, i)
	}
	choice("kind", "ticket.kind.", ticket.Kinds, "limit.page.no_row")
	choice("urgency", "ticket.urgency.", ticket.Urgencies, "limit.page.each")
	choice("severity", "ticket.severity.", ticket.Severities, "limit.page.each")
	choice("help", "ticket.help.", ticket.HelpKinds, "limit.page.each")
	if n.Error != "" {
		n.Choices[0].Error = n.Error
	}
	return n
}

// fields are the wrong ones, for the summary: each called by its row and column.
func (f filler) fields() (list []part.Input) {
	for _, name := range slices.Sorted(maps.Keys(f.shown.said)) {
		list = append(list, part.Input{Name: name, Label: f.called(name), Error: f.wrong(name)})
	}
	return list
}

// called says what a field is.
func (f filler) called(name string) string {
	field, k, _ := strings.Cut(name, ".")
	row := ""
	if r, ok := rowOf(k); ok {
		row = rowWords(f.ctx, r)
	} else if k == "new" {
		row = locale.T(f.ctx, "limit.page.new")
	}
	switch {
	case slices.Contains(view.PolicyFields, field):
		return row + " · " + locale.T(f.ctx, "limit.clock."+field)
	case field == "ladder" || field == "after" || field == "next":
		return locale.T(f.ctx, "limit.ladder.rung", "Number", k)
	case field == "within":
		return locale.T(f.ctx, "limit.page.callbacks")
	case field == "most" || field == "share":
		return locale.T(f.ctx, "limit.page.near")
	case row != "":
		return row
	}
	return locale.T(f.ctx, "limit.page.table")
}

// ladderPage fills the rungs, with a place for one more.
func ladderPage(ctx context.Context, s shown) view.Ladder {
	f := filler{ctx, s}
	p := view.Ladder{RulesPage: view.RulesPage{Path: ladderPath}}
	numbers := make([]string, 0, len(s.policy.Ladder)+1)
	for i := range len(s.policy.Ladder) + 1 {
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	if s.form != nil {
		numbers = slices.Compact(slices.Clone(s.form["rung"]))
	}
	for i, n := range numbers {
		if _, err := strconv.Atoi(n); err != nil || i > ticket.MaxRows {
			continue
		}
		var r limit.Rung
		if i < len(s.policy.Ladder) && s.form == nil {
			r = s.policy.Ladder[i]
		}
		out := view.Rung{Number: n, Dropped: f.ticked("drop."+n, false), Error: f.wrong("ladder." + n)}
		if i < len(numbers)-1 {
			out.Words = locale.T(ctx, "limit.ladder.rung", "Number", n)
		}
		if r.On != "" {
			out.Words = rungWords(ctx, r)
		}
		out.On = part.Input{Name: "on." + n, Type: "select", Required: true, Label: locale.T(ctx, "limit.ladder.on"), Value: f.value("on."+n, r.On),
			Options: append([]part.Option{{Label: locale.T(ctx, "limit.page.no_row")}}, ticket.Options(on, func(v string) string { return locale.T(ctx, "limit.ladder.on."+v) })...)}
		out.After = f.span("after."+n, locale.T(ctx, "limit.ladder.after"), out.Words, r.After, true)
		out.Next = f.span("next."+n, locale.T(ctx, "limit.ladder.next"), out.Words, r.Next, false)
		out.Next.Units = out.Next.Units[:2] // minutes and hours
		for l := range levels {
			out.Levels = append(out.Levels, f.level(n, l, r))
		}
		p.Rungs = append(p.Rungs, out)
	}
	p.Fields = f.fields()
	return p
}

// level is the choice of a role that is told.
func (f filler) level(n string, at int, r limit.Rung) part.Input {
	stands := ""
	if at < len(r.Levels) {
		stands = r.Levels[at]
	}
	name := "level." + n + "." + strconv.Itoa(at+1)
	i := part.Input{Name: name, Type: "select", Required: at == 0, Label: locale.T(f.ctx, "limit.ladder.level."+strconv.Itoa(at+1)), Value: f.value(name, stands),
		Options: []part.Option{{Label: locale.T(f.ctx, "limit.page.nobody")}}}
	roles := slices.Clone(tellable)
	if stands != "" && !slices.Contains(roles, staff.Role(stands)) {
		roles = append(roles, staff.Role(stands))
	}
	for _, role := range roles {
		i.Options = append(i.Options, part.Option{Value: string(role), Label: locale.T(f.ctx, "team.role."+string(role))})
	}
	return i
}

// previewOf says what a change would do.
func previewOf(ctx context.Context, was, now *limit.Policy, p *ticket.Preview) *view.RulesPreview {
	out := &view.RulesPreview{Changes: differences(ctx, was, now), Count: p.Count, Late: p.Late, Told: p.Told, Open: p.Open, Unseen: p.Touched - p.Looked,
		More: p.Count - len(p.Moved)}
	for _, m := range p.Moved {
		row := view.RulesMoved{ID: m.ID, Number: m.Number, Kind: m.Kind, Urgency: m.Urgency, Place: m.Place}
		for _, l := range m.Limits {
			row.Limits = append(row.Limits, view.RulesLimit(l))
		}
		roles := make([]string, len(m.Levels))
		for i, l := range m.Levels {
			roles[i] = locale.T(ctx, "team.role."+l)
		}
		row.Told = strings.Join(roles, locale.T(ctx, "limit.and"))
		out.Moved = append(out.Moved, row)
	}
	return out
}
