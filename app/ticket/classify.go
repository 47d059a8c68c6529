package ticket

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/site"
	"lobby/app/staff"
)

// classify says what the ticket is: kind, urgency, type, and what belongs to complaints or help. The grade follows
// (ORG-4), and from it who owns the ticket.
func (s *Service) classify(ctx context.Context, tx bun.Tx, f *facts, in Act) (set Detail, fields []string, err error) {
	t := f.ticket
	now := in.Class
	if now.Against != 0 {
		if t.AgainstName, err = departmentName(ctx, tx, t.SiteID, now.Against); err != nil {
			return set, nil, err
		}
		if t.AgainstName == "" {
			return set, nil, fault.Fields{{Name: "against", Key: "ticket.field.choice"}}.Err()
		}
	}
	grades, err := site.ReadGrades(ctx, tx, t.SiteID)
	if err != nil {
		return set, nil, err
	}
	now.Grade = grades.Grade(now.Kind, now.Severity)
	was := t.Class
	if fields = was.differs(now); len(fields) == 0 && !t.ClassifiedAt.IsZero() {
		return set, nil, nil
	}
	t.Class, t.ClassifiedAt = now, in.At
	if now.Kind != "complaint" {
		t.RepeatsID, t.RepeatsNumber = 0, ""
	}
	set.Class, set.Was = &now, &was
	owner, handler := t.OwnerID, t.HandlerID
	if err := s.entitle(ctx, tx, t); err != nil {
		return set, nil, err
	}
	t.hand(owner, handler, &set)
	if set.Owner != nil || set.Handler != nil {
		fields = append(fields, "owner")
	}
	return set, append(fields, "classified_at"), nil
}

// differs names the fields that are others in now.
func (c Class) differs(now Class) []string {
	var fields []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"kind", c.Kind == now.Kind}, {"urgency", c.Urgency == now.Urgency}, {"type", c.Type == now.Type},
		{"life_safety", c.LifeSafety == now.LifeSafety}, {"help_kind", c.HelpKind == now.HelpKind},
		{"validity", c.Validity == now.Validity}, {"about", c.About == now.About}, {"topic", c.Topic == now.Topic},
		{"severity", c.Severity == now.Severity}, {"against", c.Against == now.Against}, {"grade", c.Grade == now.Grade},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// entitle sees to it that whoever has the ticket may have it. A grave complaint is the manager's, another one the
// supervisor's, and who had it so far handles it, if they reach its grade and their department isn't the one complained
// of (COMPLAINT-3). Any other case above its owner's grade goes to the supervisor, or else the manager (ORG-2).
func (s *Service) entitle(ctx context.Context, tx bun.Tx, t *Ticket) error {
	had, err := personAt(ctx, tx, t.SiteID, t.Worker())
	if err != nil {
		return err
	}
	fit := had.ID != 0 && had.reaches(t.Grade) && unaccused.holds(&facts{ticket: t, holder: had})
	if t.Severity == "" && (fit || had.ID == 0) {
		if fit {
			t.own(had)
		}
		return nil
	}
	owner, err := s.superior(ctx, tx, t)
	if err != nil {
		return err
	}
	t.own(owner)
	if t.Severity != "" && fit && had.ID != owner.ID {
		t.HandlerID, t.HandlerName = had.ID, had.Name
	}
	return nil
}

// superior is who has to own what isn't anybody's: the supervisor, or of grave complaints and where no supervisor
// reaches it, the manager.
func (s *Service) superior(ctx context.Context, tx bun.Tx, t *Ticket) (person, error) {
	if !t.Grave() {
		p, err := holderOf(ctx, tx, t.SiteID, staff.Supervisor, t.Against)
		if err != nil || p.ID != 0 && p.reaches(t.Grade) {
			return p, err
		}
	}
	return holderOf(ctx, tx, t.SiteID, staff.Manager, t.Against)
}

// link says that a complaint is a customer's second one on the same matter, and which was the first (COMPLAINT-6). Of
// a chain the first is kept, so that its repetitions can be counted.
func (s *Service) link(ctx context.Context, tx bun.Tx, t *Ticket, earlier int64) error {
	candidates, err := earlierComplaints(ctx, tx, t)
	if err != nil {
		return err
	}
	for _, c := range candidates {
		if c.ID != earlier {
			continue
		}
		t.RepeatsID, t.RepeatsNumber = c.ID, c.Number
		if c.RepeatsID != 0 {
			t.RepeatsID, t.RepeatsNumber = c.RepeatsID, c.RepeatsNumber
		}
		return nil
	}
	return fault.Fields{{Name: "earlier", Key: "ticket.field.earlier"}}.Err()
}

// Earlier are the complaints of the same customer, by household or phone, that came before this one, the latest first
// (COMPLAINT-6).
func (s *Service) Earlier(ctx context.Context, t *Ticket) ([]Ticket, error) {
	if _, err := actor.Require(ctx, staff.ViewTickets); err != nil {
		return nil, err
	}
	return earlierComplaints(ctx, s.DB, t)
}
