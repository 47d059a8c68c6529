package dispute

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	page "lobby/views/dispute"
	"lobby/views/locale"
	"lobby/views/part"
)

// texts show what people said: with numbers in it hidden (PRIVACY-2), until they were opened.
func texts(opened bool) func(string) string {
	if opened {
		return func(s string) string { return s }
	}
	return pii.Redact
}

// row is a dispute as the list of those that run shows it.
func (r Running) row(ctx context.Context) page.Row {
	return page.Row{Ticket: r.TicketID, Number: r.Number, Parties: pii.Redact(strings.Join(r.Parties, locale.T(ctx, "dispute.and"))), Matter: pii.Redact(r.Matter),
		Mediator: r.Mediator, State: r.State, Begun: r.OpenedAt, Talks: r.Talks, Last: r.LastTalk}
}

// About is what the page of a ticket knows of it and its dispute.
type About struct {
	Ticket      int64
	Kind, State string
	Expired     bool
	Dispute     bool // there is one, running or over
}

// Beside is what the page of a ticket shows of its dispute, and its lines in the timeline. With opened, names and texts as
// they were written.
func (p *Pages) Beside(ctx context.Context, about About, opened bool) (templ.Component, []part.Line, error) {
	if !about.Dispute && !about.may(actor.From(ctx)) {
		return templ.NopComponent, nil, nil
	}
	v := page.Panel{Ticket: about.Ticket}
	if !about.Dispute {
		return page.TicketPanel(v), nil, nil
	}
	d, _, err := p.Service.Of(ctx, about.Ticket)
	if err != nil || d == nil {
		return templ.NopComponent, nil, err
	}
	v.Mediator, v.Outcome = d.Mediator, string(d.Outcome)
	for _, y := range d.Parties {
		v.Parties = append(v.Parties, texts(opened)(y.Words()))
	}
	return page.TicketPanel(v), d.lines(ctx, opened), nil
}

// may tells whether somebody can open a dispute about a ticket that has none.
func (b About) may(a actor.Actor) bool {
	t := subject{State: b.State, Expired: b.Expired}
	return b.Kind == "complaint" && t.runs() && a.Can(staff.ClassifyTickets)
}

func (d *Dispute) lines(ctx context.Context, opened bool) []part.Line {
	text := texts(opened)
	begun := part.Line{At: d.OpenedAt, Title: locale.T(ctx, "dispute.line.begun"), Who: d.Opener,
		Said: []string{locale.T(ctx, "dispute.line.parties", "Names", text(names(ctx, d.Parties)))}}
	if d.Mediator != "" {
		begun.Said = append(begun.Said, locale.T(ctx, "dispute.mediated_by", "Name", d.Mediator))
	}
	out := []part.Line{begun}
	for _, t := range d.Talks {
		title := locale.T(ctx, "dispute.together")
		if t.PartyID != 0 {
			title = locale.T(ctx, "dispute.with", "Name", text(d.party(t.PartyID)))
		}
		out = append(out, part.Line{At: t.At, Title: title, Who: t.By, Remark: text(t.Said)})
	}
	if d.Over() {
		out = append(out, part.Line{At: d.EndedAt, Title: locale.T(ctx, "dispute.outcome_title", "Outcome", locale.T(ctx, "dispute.outcome."+string(d.Outcome))),
			Who: d.Ender, Remark: text(d.Ending)})
	}
	return out
}

// party is the name of one.
func (d *Dispute) party(id int64) string {
	for _, y := range d.Parties {
		if y.ID == id {
			return y.Words()
		}
	}
	return ""
}

// page is the dispute as who looks may see it, with what they typed and what was wrong with it.
func (d *Dispute) page(ctx context.Context, a attempt) (page.Page, error) {
	v := page.Page{Mediator: d.Mediator, Outcome: string(d.Outcome), Ending: pii.Redact(d.Ending), Ender: d.Ender, EndedAt: d.EndedAt}
	for _, y := range d.Parties {
		v.Parties = append(v.Parties, pii.Redact(y.Words()))
	}
	for _, t := range d.Talks {
		v.Talks = append(v.Talks, page.Talk{At: t.At, With: pii.Redact(d.party(t.PartyID)), By: t.By, Said: pii.Redact(t.Said)})
	}
	if d.Over() || !d.mediates(actor.From(ctx)) {
		return v, nil
	}
	key, err := a.key()
	if err != nil {
		return v, err
	}
	all := part.Input{Name: "party", Type: "radio", Required: true, Label: locale.T(ctx, "dispute.whom"), Value: a.form.Get("party"), Error: a.said["party"]}
	for _, y := range d.Parties {
		all.Options = append(all.Options, part.Option{Value: strconv.FormatInt(y.ID, 10), Label: pii.Redact(y.Words())})
	}
	all.Options = append(all.Options, part.Option{Value: "0", Label: locale.T(ctx, "dispute.all")})
	v.Talk = &page.Say{EntryKey: key.String(), Party: all, Said: part.Input{Name: "said", Type: "textarea", Rows: 4, Required: true, Max: MaxSaid,
		Label: locale.T(ctx, "dispute.said"), Hint: locale.T(ctx, "dispute.said_hint"), Value: a.form.Get("said"), Error: a.said["said"]}}
	out := part.Input{Name: "outcome", Type: "radio", Required: true, Label: locale.T(ctx, "dispute.outcome_label"), Value: a.form.Get("outcome"), Error: a.said["outcome"]}
	for _, o := range Outcomes {
		out.Options = append(out.Options, part.Option{Value: string(o), Label: locale.T(ctx, "dispute.outcome."+string(o))})
	}
	v.End = &page.End{Outcome: out, Ending: part.Input{Name: "ending", Type: "textarea", Rows: 3, Required: true, Max: MaxSaid,
		Label: locale.T(ctx, "dispute.ending_label"), Value: a.form.Get("ending"), Error: a.said["ending"]}}
	return v, nil
}

// begin is the entry of a dispute, with what was typed.
func begin(ctx context.Context, a attempt) (*page.Begin, error) {
	key, err := a.key()
	if err != nil {
		return nil, err
	}
	v := &page.Begin{EntryKey: key.String()}
	for n := range Most {
		input := func(kind string, most int) part.Input {
			name := field(kind, n)
			return part.Input{Name: name, Label: locale.T(ctx, "dispute.label."+kind), Max: most, Value: a.form.Get(name), Error: a.said[name], Either: "f-parties-hint"}
		}
		v.Parties = append(v.Parties, [2]part.Input{input("name", MaxName), input("place", MaxPlace)})
	}
	return v, nil
}

// key is that of the entry that the form was made with; a new one for a form that is made anew because somebody was faster.
func (a attempt) key() (uuid.UUID, error) {
	if key, err := uuid.Parse(a.form.Get("entry_key")); err == nil && (a.wrong == nil || a.wrong.Kind != fault.Conflict) {
		return key, nil
	}
	return uuid.NewV7()
}

// written is what was typed into the forms that are gone: that of the beginning, those of the mediator.
func (a attempt) written(begun, mediated bool) string {
	var all []string
	if mediated {
		all = append(all, a.form.Get("said"), a.form.Get("ending"))
	}
	for n := range Most {
		if begun {
			all = append(all, a.form.Get(field("name", n)), a.form.Get(field("place", n)))
		}
	}
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), " · ")
}
