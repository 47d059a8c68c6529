package demo

import (
	"context"
	"slices"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/ticket"
)

func sorted(all []matter) []matter {
	slices.SortFunc(all, func(a, b matter) int { return a.at.Compare(b.at) })
	return all
}

// ticket registers one matter and carries it as far as it has come.
func (w *world) ticket(ctx context.Context, m matter) error {
	d := throw("ticket", m.index)
	kinds := slices.DeleteFunc(slices.Clone(data().Tickets), func(k ticketKind) bool { return (k.Urgency == "A") != m.hot })
	kind := weighted(d, kinds, func(k ticketKind) int { return k.Weight })
	in := w.entry(d, kind)
	if m.alarm {
		kind = data().Alarm
		in = ticket.Register{Kind: kind.Kind, Urgency: kind.Urgency, Type: kind.Type, Place: kind.Place, Matter: kind.Matter, Channel: "phone", LifeSafety: true}
	}
	in.EntryKey = key("ticket", m.index)
	who := w.as(ctx, pick(d, []string{"reception", "desk", "desk", "supervisor", "guard"}))
	if in.Channel == "kiosk" {
		who = w.kiosk(ctx)
	}
	t, err := w.tickets(m.at).Register(who, in)
	if err != nil {
		return err
	}
	return w.carry(ctx, d, m, kind, t)
}

func (w *world) entry(d dice, kind ticketKind) ticket.Register {
	in := ticket.Register{Kind: kind.Kind, Urgency: kind.Urgency, Type: kind.Type, Matter: pick(d, kind.Matters),
		Reporter: d.name(), Phone: d.phone(), Place: pick(d, data().Public)}
	if kind.Where == "home" {
		in.Place = d.home(w.places)
	}
	in.Channel = pick(d, []string{"kiosk", "kiosk", "counter", "counter", "phone", "phone", "phone", "web", "patrol", "suggestion_box"})
	if in.Channel == "patrol" || in.Channel == "suggestion_box" {
		in.Reporter, in.Phone = "", ""
	}
	if in.Channel == "kiosk" { // who decides the scales there is the desk, later
		in.Urgency, in.Type = "", ""
		if kind.Urgency == "A" {
			in.Channel, in.Urgency, in.Type = "phone", kind.Urgency, kind.Type
		}
	}
	return in
}

// carry takes the steps of the flow up to the goal, at hours that a desk would keep: most within the limit, some late.
func (w *world) carry(ctx context.Context, d dice, m matter, kind ticketKind, t *ticket.Ticket) error {
	agent := w.as(ctx, pick(d, []string{"desk", "agent2", "agent3", "technician"}))
	if login := w.login(t.OwnerID); login != "" {
		agent = w.as(ctx, login)
	}
	left := w.now.Sub(m.at)
	take := min(d.between(4, 150), left/4)
	resolve := min(take+d.between(40, 2000), left*3/4)
	if m.goal == ticket.Closed && d.chance(7) {
		resolve = min(50*time.Hour+d.between(0, 600), left*9/10) // past its limit
	}
	after := min(resolve+d.between(30, 600), left)
	boss := w.as(ctx, "manager") // may close whatever it is
	class := classOf(d, t)
	for _, step := range []struct {
		verb  ticket.Verb
		from  ticket.State
		after time.Duration
		who   context.Context
		act   ticket.Act
	}{
		{ticket.Classify, ticket.Registered, take, w.as(ctx, "desk"), ticket.Act{Class: class}},
		{ticket.Handle, ticket.Classified, take, agent, ticket.Act{}},
		{ticket.Resolve, ticket.InHand, resolve, agent, ticket.Act{Remark: doneText(d, kind)}},
		{ticket.Verify, ticket.Resolved, after, boss, ticket.Act{Customer: t.Reporter + "（业主）"}},
		{ticket.CallBack, ticket.Verified, after, w.as(ctx, "reception"), ticket.Act{Remark: pick(d, data().Callbacks)}},
		{ticket.Close, ticket.CalledBack, after, boss, ticket.Act{}},
	} {
		if t.State == m.goal || t.State != step.from {
			continue
		}
		if step.verb == ticket.Handle {
			step.act.Person = t.Worker()
		}
		var err error
		if t, err = w.tickets(m.at.Add(step.after)).Do(step.who, t.ID, step.verb, step.act); err != nil {
			return err
		}
	}
	return nil
}

// classOf is what the desk finds a matter to be: of complaints and help it says more than whoever reported it did.
func classOf(d dice, t *ticket.Ticket) ticket.Class {
	c := t.Class
	switch c.Kind {
	case "help":
		c.HelpKind = "other"
	case "complaint":
		c.Validity, c.About, c.Severity = "valid", "property", "minor"
		c.Topic = pick(d, ticket.Topics)
		if d.chance(15) {
			c.Severity = "important"
		}
	}
	return c
}

func doneText(d dice, kind ticketKind) string {
	if len(kind.Done) == 0 {
		return ""
	}
	return pick(d, kind.Done)
}

// login of one of the staff who work tickets; empty for others.
func (w *world) login(id int64) string {
	for _, login := range []string{"desk", "agent2", "agent3", "supervisor"} {
		if a := w.people[login]; a.Kind == actor.Person && a.ID == id {
			return login
		}
	}
	return ""
}
