package ticket

import (
	"context"
	"slices"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/views/locale"
)

// Guard is a named condition of a step beyond state and permission. Its refusal in words is "ticket.guard.<Name>".
type Guard struct {
	Name  string
	holds func(f *facts) bool
}

// facts is what guards look at: the ticket, who asks for what, who would have the ticket then, and what stands around it.
type facts struct {
	ticket   *Ticket
	who      actor.Actor
	in       Act
	last     Step            // that brought the ticket into its state
	told     bool            // who asks was told of an escalation
	taken    Step            // by which somebody took what was escalated; the zero step for none
	accepted Step            // by which somebody accepted it; the zero step for none
	open     int             // orders that are not over
	asked    bool            // the callback of this round is on record
	disputed bool            // a dispute in it has no outcome yet
	doers    []int64         // people who did the work
	sent     []*ServiceOrder // orders that the step sends
	holder   person          // who would have the ticket; the zero person where nobody is named yet
}

var (
	unaccepted = Guard{"unaccepted", func(f *facts) bool { return f.ticket.AcceptedAt.IsZero() }}
	// An escalation waits for somebody to take it (ESC-5).
	untaken = Guard{"untaken", func(f *facts) bool { return !f.ticket.UntakenAt.IsZero() }}
	// It is for who was told of it, and for who gives tickets to others (ESC-5).
	addressed = Guard{"addressed", func(f *facts) bool { return f.told || f.who.Can(staff.ReassignTickets) }}
	// A department named in a complaint takes part, and may not own it (COMPLAINT-3).
	unaccused = Guard{"unaccused", func(f *facts) bool {
		return f.ticket.Against == 0 || !slices.Contains(f.holder.Departments, f.ticket.Against)
	}}
	// An invalid complaint is explained, and gets no order (COMPLAINT-1).
	valid = Guard{"valid", func(f *facts) bool { return !f.ticket.Refused() }}
	// Who gives a ticket to somebody else than themselves or who has it already reassigns it.
	assigned = Guard{"assigned", func(f *facts) bool {
		id := f.holder.ID
		if id == 0 {
			return f.who.Kind != actor.Person || f.who.Can(staff.WorkTickets)
		}
		return id == f.who.ID || id == f.ticket.OwnerID || id == f.ticket.HandlerID || f.who.Can(staff.ReassignTickets)
	}}
	// A case above somebody's grade can't be assigned to them (ORG-2).
	withinGrade = Guard{"within_grade", func(f *facts) bool { return f.holder.ID == 0 || f.holder.reaches(f.ticket.Grade) }}
	// Nor closed by them (ORG-2).
	closerGrade = Guard{"closer_grade", func(f *facts) bool {
		return f.who.Kind != actor.Person || f.holder.ID == 0 || f.holder.reaches(f.ticket.Grade)
	}}
	// No ticket is resolved while a department still works on it (TICKET-7).
	ordersOver = Guard{"orders_over", func(f *facts) bool { return f.open == 0 }}
	// Nor while neighbours are still being mediated between (COMPLAINT-8).
	mediated = Guard{"mediated", func(f *facts) bool { return !f.disputed }}
	// Nobody is called back without it being written down who was asked and what they said (CALLBACK-1).
	asked = Guard{"asked", func(f *facts) bool { return f.asked }}
	// Verified by somebody else than who did the work: a repair by its customer, the rest by customer service (TICKET-5).
	otherHands = Guard{"other_hands", func(f *facts) bool {
		if f.ticket.Kind == "repair" || f.who.Kind != actor.Person {
			return true
		}
		return f.who.Can(staff.CallBack) && !slices.Contains(f.doers, f.who.ID)
	}}
	// Inquiries need neither (TICKET-5).
	inquiry = Guard{"inquiry", func(f *facts) bool { return f.ticket.Kind == "inquiry" }}
	// Complaints, help, repairs and emergencies are always called back (CALLBACK-2).
	sampled   = Guard{"sampled", func(f *facts) bool { return f.ticket.Sampled() }}
	complaint = Guard{"complaint", func(f *facts) bool { return f.ticket.Kind == "complaint" }}
)

// guarded tells whether the move has a guard.
func (m Move) guarded(by Guard) bool {
	return slices.ContainsFunc(m.Guards, func(g Guard) bool { return g.Name == by.Name })
}

// refuses gives the first guard of a move that doesn't hold; nil where all do.
func (m Move) refuses(f *facts) *Guard {
	for i := range m.Guards {
		if !m.Guards[i].holds(f) {
			return &m.Guards[i]
		}
	}
	return nil
}

// words are the refusal, for the page and for the error alike.
func (g *Guard) words(ctx context.Context, f *facts) (key string, args fault.Args) {
	last := f.last
	switch g.Name {
	case unaccepted.Name:
		last = f.accepted
	case untaken.Name:
		last = f.taken
	}
	if g.Name == untaken.Name && last.Verb == "" {
		return "ticket.guard.not_escalated", fault.Args{"Number": f.ticket.Number}
	}
	args = fault.Args{"Number": f.ticket.Number, "Who": last.Who(ctx), "At": locale.Moment(ctx, last.At), "Name": f.holder.Name,
		"Department": f.ticket.AgainstName, "Orders": f.open}
	return "ticket.guard." + g.Name, args
}

func (g *Guard) refusal(ctx context.Context, f *facts) error {
	key, args := g.words(ctx, f)
	return fault.New(fault.Conflict, key, args)
}

// refusal says in words how the ticket stands and who brought it there, so that the second of two people knows whom
// to ask.
func refusal(ctx context.Context, t *Ticket, last Step) error {
	return fault.New(fault.Conflict, "ticket.refused."+string(t.State), fault.Args{
		"Number": t.Number, "Who": last.Who(ctx), "At": locale.Moment(ctx, last.At),
	})
}

// telling tells whether the page says why a step can't be taken; a step that isn't for this sort of ticket at all is
// left out.
func (g *Guard) telling() bool {
	return !slices.Contains([]string{unaccepted.Name, untaken.Name, addressed.Name, inquiry.Name, complaint.Name, assigned.Name}, g.Name)
}
