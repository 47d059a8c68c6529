package callback

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/staff"
	page "lobby/views/callback"
	"lobby/views/locale"
	"lobby/views/part"
)

// row is a ticket as a caller sees it: numbers in texts are hidden (PRIVACY-2).
func (p *Pages) row(i Item) page.Row {
	return page.Row{ID: i.Ticket, Number: i.Number, Kind: i.Kind, Urgency: i.Urgency, Place: pii.Redact(i.Place), Matter: pii.Redact(i.Matter), Owner: i.Owner,
		Registered: i.Registered, Resolved: i.ResolvedAt, Due: i.Due, Late: !i.Due.IsZero() && i.Due.Before(p.Service.now()),
		Days: i.Days, Last: i.LastDay, Rated: i.Rated}
}

// form is the entry of a call, with what was typed; a fresh one is about the ticket as it stands now.
func form(ctx context.Context, i Item, fresh bool, typed web.Values, said map[string]string) (page.Form, error) {
	key, err := uuid.Parse(typed.Get("entry_key"))
	if err != nil {
		if key, err = uuid.NewV7(); err != nil {
			return page.Form{}, err
		}
	}
	round, err := strconv.Atoi(typed.Get("round"))
	if err != nil || fresh {
		round = i.Round
	}
	input := func(name string, in part.Input) part.Input {
		in.Name, in.Label, in.Value, in.Error = name, locale.T(ctx, "callback.label."+name), typed.Get(name), said[name]
		return in
	}
	choice := func(name string) part.Input {
		return input(name, part.Input{Type: "radio", Required: true, Options: []part.Option{
			{Value: "yes", Label: locale.T(ctx, "callback."+name+".yes")}, {Value: "no", Label: locale.T(ctx, "callback."+name+".no")}}})
	}
	f := page.Form{EntryKey: key.String(), Round: round, Reached: choice("reached"),
		Asked:     input("asked", part.Input{Max: MaxAsked, Either: "f-reached-hint", List: "asked-names"}),
		Satisfied: choice("satisfied"),
		Answer:    input("answer", part.Input{Type: "textarea", Rows: 2, Max: MaxAnswer, Hint: locale.T(ctx, "callback.label.answer_hint"), Either: "f-answer-hint"}),
		Marks:     MarkRows(ctx, typed.Get, said),
		Remark:    input("remark", part.Input{Type: "textarea", Rows: 2, Max: MaxAnswer})}
	f.Reached.Keys, f.Reached.Autofocus = "e", len(said) == 0
	f.Reached.Hint, f.Satisfied.Required = locale.T(ctx, "callback.label.reached_hint"), false
	return f, nil
}

// MarkRows are the three questions that are answered by a mark (SURVEY-1), with what was typed and what is wrong.
func MarkRows(ctx context.Context, typed func(string) string, said map[string]string) []part.Mark {
	out := make([]part.Mark, 0, 3)
	for _, name := range []string{"speed", "attitude", "upkeep"} {
		out = append(out, part.Mark{Name: name, Label: locale.T(ctx, "callback.mark."+name), Value: typed(name), Error: said[name]})
	}
	return out
}

// MarksOf reads marks as a form sends them: nothing is none, and what is no number is a wrong one.
func MarksOf(get func(string) string) Marks {
	mark := func(name string) int {
		if get(name) == "" {
			return 0
		}
		n, err := strconv.Atoi(get(name))
		if err != nil || n == 0 {
			return -1
		}
		return n
	}
	return Marks{Speed: mark("speed"), Attitude: mark("attitude"), Upkeep: mark("upkeep")}
}

// callOf reads the form; what was neither ticked yes nor no is told at once with everything else that is wrong.
func callOf(ticket int64, v web.Values) (Call, error) {
	in := Call{Ticket: ticket, Reached: v.Get("reached") == "yes", Asked: v.Get("asked"), Satisfied: v.Get("satisfied") == "yes",
		Answer: v.Get("answer"), Remark: v.Get("remark"), Marks: MarksOf(v.Get)}
	var wrong fault.Fields
	if !in.Reached && v.Get("reached") != "no" {
		wrong.Add("reached", "fault.field.required")
	}
	if in.Reached && !in.Satisfied && v.Get("satisfied") != "no" {
		wrong.Add("satisfied", "fault.field.required")
	}
	in.EntryKey, _ = uuid.Parse(v.Get("entry_key"))
	in.Round, _ = strconv.Atoi(v.Get("round"))
	if len(wrong) == 0 {
		return in, nil
	}
	probe := in
	probe.Satisfied = probe.Satisfied || wrong.Has("satisfied") // an answer is asked only of who isn't satisfied
	if _, err := probe.clean(); err != nil {
		if f, ok := fault.As(err); ok {
			wrong = append(wrong, f.Fields...)
		}
	}
	return in, wrong.Err()
}

// Beside is what the page of a ticket shows of its callbacks beside its timeline, the way to ask the customer for marks,
// and the lines of callbacks and marks in it: who was asked, what came of it, the marks, and how often nobody answered.
// Has tells whether there were calls or marks. With opened, texts as they were written; else numbers in them are hidden
// (PRIVACY-2).
func (p *Pages) Beside(ctx context.Context, i Item, has, opened bool) (templ.Component, []part.Line, error) {
	said := Past{}
	if has {
		var err error
		if said, err = p.Service.Past(ctx, i.Ticket); err != nil {
			return nil, nil, err
		}
	}
	var beside templ.Component = templ.NopComponent
	if actor.From(ctx).Can(staff.CallBack) && i.Rateable() {
		beside = page.InvitePanel(page.Past{Ticket: i.Ticket, Rateable: true})
	}
	return beside, p.lines(ctx, i, said, opened), nil
}

func (p *Pages) lines(ctx context.Context, i Item, said Past, opened bool) []part.Line {
	v := p.past(ctx, i, said, opened)
	var out []part.Line
	days, round := map[string]bool{}, -1
	for n, c := range v.Calls {
		if said.Calls[n].Round != round {
			days, round = map[string]bool{}, said.Calls[n].Round
		}
		line := part.Line{At: c.At, Who: c.By, Title: locale.T(ctx, "callback.line."+c.Result), Remark: c.Answer}
		switch Outcome(c.Result) {
		case Again:
			days[said.Calls[n].Day.Format(time.DateOnly)] = true
			line.Said = append(line.Said, locale.T(ctx, "callback.tries", "Days", len(days), "Of", Tries))
			if len(days) == Tries {
				line.With = "call_back"
			}
		case Reopened:
			line.With = "reopen"
		default:
			line.With = "call_back"
		}
		if c.Asked != "" {
			line.Said = append(line.Said, locale.T(ctx, "callback.asked", "Name", c.Asked))
		}
		if c.Result != string(Again) {
			line.Said = append(line.Said, locale.T(ctx, "callback.result."+c.Result))
		}
		out = append(out, line)
	}
	for _, r := range v.Ratings {
		marks := strings.Join(append(r.Given(ctx), quoted(r.Remark)...), locale.T(ctx, "callback.line.and"))
		if n := slices.IndexFunc(v.Calls, func(c page.Call) bool { return r.Via == "callback" && c.At.Equal(r.At) }); n >= 0 {
			out[n].Said = append(out[n].Said, marks)
			continue
		}
		out = append(out, part.Line{At: r.At, Title: locale.T(ctx, "callback.line.marks"), Who: locale.T(ctx, "callback.via."+r.Via), Said: []string{marks}})
	}
	return out
}

// quoted is a remark as one of several things that were said; none where there is none.
func quoted(remark string) []string {
	if remark == "" {
		return nil
	}
	return []string{"“" + remark + "”"}
}

// past is what was said so far, as staff see it: numbers in it are hidden until the texts are opened (PRIVACY-2).
func (p *Pages) past(ctx context.Context, i Item, said Past, opened bool) page.Past {
	text := pii.Redact
	if opened {
		text = func(s string) string { return s }
	}
	v := page.Past{Ticket: i.Ticket}
	if actor.From(ctx).Can(staff.CallBack) {
		v.Rateable = i.Rateable()
	}
	for _, c := range said.Calls {
		result := Again
		switch {
		case c.Satisfied != nil && *c.Satisfied:
			result = Satisfied
		case c.Satisfied != nil:
			result = Reopened
		}
		v.Calls = append(v.Calls, page.Call{At: c.At, By: c.By, Result: string(result), Asked: text(c.Asked), Answer: text(c.Answer)})
	}
	for _, r := range said.Ratings {
		v.Ratings = append(v.Ratings, page.Rating{At: r.At, Via: r.Via, Speed: r.Speed, Attitude: r.Attitude, Upkeep: r.Upkeep, Remark: text(r.Remark)})
	}
	return v
}
