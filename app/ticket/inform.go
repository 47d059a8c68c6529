package ticket

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/notice"
	"lobby/app/staff"
)

// inform tells those whom a step concerns: to whom the ticket was given, and the supervisor who is asked (HELP-2).
func (s *Service) inform(ctx context.Context, tx bun.Tx, t *Ticket, m Move, at time.Time) error {
	about := notice.Subject{Table: "tickets", ID: t.ID, Ticket: t.ID}
	mark := strconv.FormatInt(t.Version, 10)
	switch m.Verb {
	case Reassign:
		return s.tellPeople(ctx, tx, t, notice.Told{To: []int64{t.Worker()}, Kind: "reassigned", About: about, Mark: mark, Due: at})
	case Ask:
		to, err := s.reach(ctx, tx, t.SiteID, staff.Supervisor, staff.Manager)
		if err != nil || len(to) == 0 {
			return err
		}
		return s.Post.Ask(ctx, tx, t.SiteID, s.now(), notice.Asked{Kind: "ask", About: about, Mark: mark, Due: at, To: to, Loud: t.Urgency == "A"})
	}
	return nil
}

// informRejected tells whoever has the ticket that a department sends its order back; where nobody has it, the desk, else
// a supervisor.
func (s *Service) informRejected(ctx context.Context, tx bun.Tx, t *Ticket, o *ServiceOrder, at time.Time) error {
	to := []int64{t.Worker()}
	if t.Worker() == 0 {
		var err error
		if to, err = s.reach(ctx, tx, t.SiteID, staff.Receptionist, staff.Supervisor); err != nil {
			return err
		}
	}
	about := notice.Subject{Table: "orders", ID: o.ID, Ticket: t.ID}
	return s.tellPeople(ctx, tx, t, notice.Told{To: to, Kind: "order_rejected", About: about, Mark: strconv.FormatInt(o.Version, 10), Due: at})
}

// informSent tells a department that it has an order: its head and members, but for those who are away while others are
// there. It rings for urgency A only (ESC-5).
func (s *Service) informSent(ctx context.Context, tx bun.Tx, t *Ticket, o *ServiceOrder) error {
	people, err := departmentPeople(ctx, tx, o.DepartmentID)
	if err != nil {
		return err
	}
	roster, err := staff.ReadRoster(ctx, tx, t.SiteID, s.now())
	if err != nil {
		return err
	}
	to := slices.DeleteFunc(slices.Clone(people), func(id int64) bool { return away(roster, id) })
	if len(to) == 0 {
		to = people
	}
	about := notice.Subject{Table: "orders", ID: o.ID, Ticket: t.ID}
	return s.tellPeople(ctx, tx, t, notice.Told{To: to, Kind: "order_sent", About: about, Mark: "sent", Due: o.SentAt, Loud: t.Urgency == "A"})
}

// informAssigned tells somebody of a department that an order is theirs.
func (s *Service) informAssigned(ctx context.Context, tx bun.Tx, t *Ticket, o *ServiceOrder, at time.Time) error {
	about := notice.Subject{Table: "orders", ID: o.ID, Ticket: t.ID}
	return s.tellPeople(ctx, tx, t, notice.Told{To: []int64{o.AssigneeID}, Kind: "order_assigned", About: about, Mark: strconv.FormatInt(o.Version, 10), Due: at})
}

// tellPeople tells everybody but nobody, and who did it themselves.
func (s *Service) tellPeople(ctx context.Context, tx bun.Tx, t *Ticket, told notice.Told) error {
	a := actor.From(ctx)
	told.To = slices.DeleteFunc(told.To, func(id int64) bool { return id == 0 || a.Kind == actor.Person && id == a.ID })
	return s.Post.Tell(ctx, tx, t.SiteID, s.now(), told)
}

// reach is whom something goes to that concerns the first of the roles that somebody holds and is there (ESC-5).
func (s *Service) reach(ctx context.Context, tx bun.IDB, site int64, roles ...staff.Role) ([]int64, error) {
	roster, err := staff.ReadRoster(ctx, tx, site, s.now())
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if to := roster.Reach(r); len(to) > 0 {
			return to, nil
		}
	}
	return nil, nil
}
