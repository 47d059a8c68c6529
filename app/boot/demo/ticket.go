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
	kinds := slices.DeleteFunc(slices.Clone(data().Tickets), func(k ticketKind) bool {
		return (k.Urgency == "A") != m.hot || m.stage > 0 && k.Kind != "repair" || m.only != "" && k.Kind != m.only
	})
	kind := weighted(d, kinds, func(k ticketKind) int { return k.Weight })
	in := w.entry(d, kind)
	if m.index == quarrelled {
		kind = data().Dispute.ticketKind
		in.Kind, in.Urgency, in.Type, in.Matter, in.Place, in.Channel, in.Reporter = kind.Kind, kind.Urgency, kind.Type, kind.Matter, d.home(w.places), "counter", d.name()
	}
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
	if t.Reopened > 0 { // an earlier load brought it further
		return nil
	}
	if m.pictured() {
		if err := w.photos(w.as(ctx, "desk"), m.at.Add(20*time.Second), ticket.PhotosOf{Ticket: t.ID}, in.Matter, m.index); err != nil {
			return err
		}
	}
	if err := w.carry(ctx, d, m, kind, t); err != nil || m.goal != ticket.Closed {
		return err
	}
	return w.rate(ctx, m, t, in.Phone)
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

// plan is when each step of a matter is taken, after it was told.
type plan struct{ take, resolve, close time.Duration }

func (w *world) plan(d dice, m matter) plan {
	left := w.now.Sub(m.at)
	p := plan{take: min(d.between(4, 150), left/4)}
	p.resolve = min(p.take+d.between(40, 2000), left*3/4)
	if m.goal == ticket.Closed && d.chance(7) {
		p.resolve = min(50*time.Hour+d.between(0, 600), left*9/10) // past its limit
	}
	p.close = min(p.resolve+d.between(30, 600), left)
	return p
}

// carry takes the steps of the flow up to the goal, at hours that a desk would keep: most within the limit, some late.
func (w *world) carry(ctx context.Context, d dice, m matter, kind ticketKind, t *ticket.Ticket) error {
	agent := w.as(ctx, pick(d, []string{"desk", "agent2", "agent3", "technician"}))
	if login := w.login(t.OwnerID); login != "" {
		agent = w.as(ctx, login)
	}
	p, orders, boss := w.plan(d, m), throw("orders", m.index), w.as(ctx, "manager") // who may close whatever it is
	class := classOf(d, t)
	begin, how := ticket.Handle, ticket.Act{}
	if to := w.departments[kind.Department]; to != 0 && (m.goal == ticket.InHand || orders.chance(60)) {
		begin, how = ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: to}}, EntryKey: key("dispatch", m.index)}
	}
	for _, step := range []struct {
		verb  ticket.Verb
		from  ticket.State
		after time.Duration
		who   context.Context
		act   ticket.Act
	}{
		{ticket.Classify, ticket.Registered, p.take, w.as(ctx, "desk"), ticket.Act{Class: class}},
		{begin, ticket.Classified, p.take, agent, how},
		{ticket.Resolve, ticket.InHand, p.resolve, agent, ticket.Act{Remark: doneText(d, kind)}},
		{ticket.Verify, ticket.Resolved, p.close, boss, ticket.Act{Customer: t.Reporter + "（业主）"}},
		{ticket.CallBack, ticket.Verified, p.close, w.as(ctx, "reception"), ticket.Act{}},
		{ticket.Close, ticket.CalledBack, p.close, boss, ticket.Act{}},
	} {
		if step.verb == ticket.Resolve && t.State == ticket.InHand {
			if err := w.orders(ctx, orders, m, kind, p, t); err != nil {
				return err
			}
		}
		if t.State == m.goal || t.State != step.from {
			continue
		}
		if step.verb == ticket.Handle {
			step.act.Person = t.Worker()
		}
		var err error
		if step.verb == ticket.CallBack {
			t, err = w.callBack(step.who, d, m, t, m.at.Add(step.after))
		} else {
			t, err = w.tickets(m.at.Add(step.after)).Do(step.who, t.ID, step.verb, step.act)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// orders takes the orders of a ticket in hand as far as they have come: to the end where the ticket goes on, else
// somewhere on the way.
func (w *world) orders(ctx context.Context, d dice, m matter, kind ticketKind, p plan, t *ticket.Ticket) error {
	way := []ticket.OrderVerb{ticket.AcceptOrder, ticket.StartOrder, ticket.FinishOrder, ticket.FeedBackOrder}
	if m.goal == ticket.InHand {
		stage := m.stage - 1
		if m.stage == 0 {
			stage = m.index % 7
		}
		way = [][]ticket.OrderVerb{{}, way[:1], way[:2], way[:2], {way[0], way[1], ticket.WaitOrder}, way[:3], {ticket.RejectOrder}}[stage]
	}
	list, err := w.tickets(w.now).Orders(w.as(ctx, "manager"), t.ID)
	if err != nil {
		return err
	}
	for i := range list {
		o := &list[i]
		span := (p.resolve - p.take) / time.Duration(len(way)+1)
		for n, verb := range way {
			if o.State != before[verb] {
				continue // an earlier load did it
			}
			at := m.at.Add(p.take + span*time.Duration(n+1))
			act := ticket.OrderAct{Rang: pick(d, ticket.Rings), On: pick(d, ticket.Waits), Work: ticket.Work{Kind: "repair", Done: doneText(d, kind), Result: pick(d, data().Results),
				Materials: pick(d, data().Materials)}}
			switch verb {
			case ticket.RejectOrder:
				act.Remark = pick(d, data().Rejections)
			case ticket.WaitOrder:
				act.Remark = data().Waits[act.On]
			}
			who := w.as(ctx, data().Departments[kind.Department].worker(d))
			if verb == ticket.FeedBackOrder {
				who = w.as(ctx, "desk")
			}
			of := ticket.PhotosOf{Order: o.ID, Stage: ticket.After}
			if verb == ticket.FinishOrder && m.pictured() {
				if err := w.photos(who, at.Add(-time.Minute), of, t.Matter, m.index); err != nil {
					return err
				}
			}
			if o, err = w.tickets(at).DoOrder(who, o.ID, verb, act); err != nil {
				return err
			}
			of.Stage = ticket.Before
			if verb == ticket.StartOrder && m.pictured() {
				if err := w.photos(who, at.Add(time.Minute), of, t.Matter, m.index); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// before is where an order stands before a step.
var before = map[ticket.OrderVerb]ticket.OrderState{
	ticket.AcceptOrder: ticket.OrderSent, ticket.RejectOrder: ticket.OrderSent, ticket.StartOrder: ticket.OrderAccepted,
	ticket.WaitOrder: ticket.OrderAtWork, ticket.FinishOrder: ticket.OrderAtWork, ticket.FeedBackOrder: ticket.OrderDone,
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
