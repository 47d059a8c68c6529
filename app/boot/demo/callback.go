package demo

import (
	"context"
	"time"

	"lobby/app/boot/bind"
	"lobby/app/callback"
	"lobby/app/kit/fault"
	"lobby/app/ticket"
)

func (w *world) calls(at time.Time) *callback.Service {
	return &callback.Service{DB: w.DB, Vault: w.Vault, Sites: w.Sites, Flow: bind.Flow{Tickets: w.tickets(at)}, Now: func() time.Time { return at }}
}

// callBack asks a customer who is satisfied; most of them give marks.
func (w *world) callBack(who context.Context, d dice, m matter, t *ticket.Ticket, at time.Time) (*ticket.Ticket, error) {
	asked := t.Reporter
	if asked == "" {
		asked = d.name()
	}
	in := callback.Call{EntryKey: key("call", m.index), Ticket: t.ID, Round: t.Reopened, Reached: true, Asked: asked, Satisfied: true, Answer: pick(d, data().Callbacks)}
	if d.chance(65) {
		in.Marks, in.Remark = d.marks(), pick(d, data().Remarks)
	}
	if _, err := w.calls(at).Record(who, in); err != nil {
		return nil, err
	}
	return w.tickets(at).Get(who, t.ID)
}

// marks are those of a customer: good ones mostly, and now and then one question is passed over.
func (d dice) marks() callback.Marks {
	mark := func() int { return 10 - min(d.IntN(4)*d.IntN(3), 7) }
	m := callback.Marks{Speed: mark(), Attitude: mark(), Upkeep: mark()}
	if d.chance(25) {
		m.Upkeep = 0
	}
	return m
}

// rate gives marks for some of the tickets that are over, at the kiosk or by a link; who has given them before counts once.
func (w *world) rate(ctx context.Context, m matter, t *ticket.Ticket, phone string) error {
	d := throw("rate", m.index)
	at := w.now.Add(-d.between(1, 600))
	switch {
	case phone == "" || !d.chance(30):
		return nil
	case d.chance(50):
		return w.calls(at).RateAtKiosk(w.kiosk(ctx), t.Number, phone, d.marks(), pick(d, data().Remarks))
	}
	token, err := w.calls(at).Link(w.as(ctx, "desk"), t.ID)
	if fault.Is(err, fault.Conflict) { // an earlier load got less far
		return nil
	}
	if err != nil {
		return err
	}
	return w.calls(at.Add(time.Minute)).Rate(ctx, token, d.marks(), pick(d, data().Remarks))
}

// The matters of which more is told than that they came and went, by index.
const (
	overdueCall = 3000 // its callback is late
	twoTries    = 3001 // nobody answered, twice
	notHappy    = 3006 // called back, and opened again
	quarrelled  = 3010 // neighbours at odds
	unsolvable  = 3020
	longOpen    = 3021 // and the next: open for more than a week
	oldest      = 3030 // and the next: closed before the week began
)

// earlier are matters that wait for their callback, that were not solved, and those of the week before.
func (w *world) earlier() []matter {
	back := func(index int, age time.Duration, goal ticket.State, only string) matter {
		return matter{index: index, at: w.now.Add(-age), goal: goal, only: only}
	}
	all := []matter{
		back(overdueCall, 120*time.Hour, ticket.Verified, "repair"), back(twoTries, 101*time.Hour, ticket.Verified, "complaint"),
		back(3002, 30*time.Hour, ticket.Verified, "repair"), back(3003, 22*time.Hour, ticket.Verified, "help"),
		back(3004, 12*time.Hour, ticket.Verified, "suggestion"), back(3005, 8*time.Hour, ticket.Verified, "complaint"),
		back(notHappy, 75*time.Hour, ticket.Verified, "repair"),
		back(quarrelled, 27*time.Hour, ticket.InHand, "complaint"),
		back(unsolvable, 140*time.Hour, ticket.InHand, "help"),
		back(longOpen, 8*24*time.Hour, ticket.InHand, "repair"), back(longOpen+1, 9*24*time.Hour, ticket.InHand, "complaint"),
	}
	for n := range 6 {
		at := w.site.Day(w.now.AddDate(0, 0, -7-n%4)).Add(time.Duration(9+2*n) * time.Hour)
		all = append(all, matter{index: oldest + n, at: at, goal: ticket.Closed})
	}
	return all
}

// tried are the calls of which more came than a customer who is satisfied: nobody answered, or the matter isn't over.
func (w *world) tried(ctx context.Context) error {
	number := func(index int) (*ticket.Ticket, error) { return w.known(ctx, index) }
	t, err := number(twoTries)
	if err != nil {
		return err
	}
	for n, ago := range []time.Duration{44 * time.Hour, 20 * time.Hour} {
		if t.State != ticket.Verified {
			break
		}
		at := w.now.Add(-ago)
		if _, err := w.calls(at).Record(w.as(ctx, "reception"), callback.Call{EntryKey: key("try", n), Ticket: t.ID, Round: t.Reopened}); err != nil {
			return err
		}
	}
	if t, err = number(notHappy); err != nil || t.State != ticket.Verified {
		return err
	}
	_, err = w.calls(w.now.Add(-5*time.Hour)).Record(w.as(ctx, "desk"), callback.Call{EntryKey: key("try", notHappy), Ticket: t.ID, Round: t.Reopened,
		Reached: true, Asked: t.Reporter, Answer: "才修好两天，又漏了", Marks: callback.Marks{Speed: 7, Attitude: 8, Upkeep: 3}})
	return err
}

// known is the ticket of a matter.
func (w *world) known(ctx context.Context, index int) (*ticket.Ticket, error) {
	var id int64
	if err := w.DB.NewRaw(`select id from tickets where site_id = ? and entry_key = ?`, w.site.ID, key("ticket", index)).Scan(ctx, &id); err != nil {
		return nil, err
	}
	return w.tickets(w.now).Get(w.as(ctx, "manager"), id)
}
