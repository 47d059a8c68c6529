package ticket

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// Service carries out the verbs of the trade on tickets.
type Service struct {
	DB    *bun.DB
	Vault *pii.Vault
	Sites *site.Directory
	Now   func() time.Time
}

// now is the moment of an act, as exact as the database keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Act is what a person gives with a verb.
type Act struct {
	Remark     string // what was done, the reason, or a plain remark
	Urgency    string // only for Prioritise
	Type       string // only for Prioritise
	LifeSafety bool   // only for Prioritise
	Version    int64  // of the ticket that the person looked at, for Prioritise; 0: not checked
}

// Do takes one step of the flow (TICKET-4): permission, what the verb needs, the flow itself, then ticket, history,
// record and screens in one transaction. A step that the flow doesn't have in this state is refused with the state and
// who brought it there. The same step sent again by the same person is answered with the ticket as it stands.
func (s *Service) Do(ctx context.Context, id int64, verb Verb, in Act) (*Ticket, error) {
	line, ok := known(verb)
	if !ok {
		return nil, fault.New(fault.Conflict, "ticket.refused.verb")
	}
	a, err := actor.Require(ctx, line.May)
	if err != nil {
		return nil, err
	}
	if in, err = in.check(line.Need); err != nil {
		return nil, err
	}
	rule, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Ticket, error) {
		t, err := lock(ctx, tx, a.Site, id)
		if err != nil {
			return nil, err
		}
		last, err := lastMove(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		now := later(s.now(), last.At)
		m, found := lookup(t.State, verb)
		switch {
		case !found && repeated(last, a, verb, in):
			return t, nil
		case !found:
			return nil, refusal(ctx, t, last)
		}
		return t, s.step(ctx, tx, t, m, in, now, rule.Settings.TicketLimit)
	})
}

// step carries out a move that the flow allows.
func (s *Service) step(ctx context.Context, tx bun.Tx, t *Ticket, m Move, in Act, now time.Time, limit time.Duration) error {
	var fields []string
	var set Detail
	if m.Verb == Prioritise {
		if in.Version != 0 && in.Version != t.Version {
			return fault.New(fault.Conflict, "ticket.changed_meanwhile")
		}
		if set, fields = t.prioritise(in); len(fields) == 0 {
			return nil // nothing differs: nothing to write
		}
	} else {
		fields = []string{"state"}
	}
	if err := noteBreach(ctx, tx, t, now); err != nil { // before anything that ends or renews the clock (SLA-4)
		return err
	}
	a := actor.From(ctx)
	if m.Verb != Prioritise {
		t.move(m, a, now, limit)
	}
	if m.Verb == Reopen {
		set.Due = &t.DueAt
	}
	t.Version++
	if err := update(ctx, tx, t); err != nil {
		return err
	}
	if err := addStep(ctx, tx, t, Step{Verb: m.Verb, From: m.From, To: m.To, At: now, Remark: in.Remark}, set); err != nil {
		return err
	}
	err := audit.Append(ctx, tx, audit.Entry{Verb: "ticket." + string(m.Verb), Subject: "tickets", ID: t.ID, Fields: fields, Site: t.SiteID})
	live.Publish(ctx, live.Site(t.SiteID), m.Event, t.ID)
	return err
}

// move changes the ticket as the line of the flow says. Reopening counts, and starts the result clock anew (SLA-1).
func (t *Ticket) move(m Move, a actor.Actor, now time.Time, limit time.Duration) {
	t.State = m.To
	switch m.Verb {
	case Take:
		if a.Kind == actor.Person {
			t.OwnerID, t.OwnerName = a.ID, a.Name
		}
	case Resolve:
		t.ResolvedAt = now
	case Close:
		t.ClosedAt = now
	case Reopen:
		t.Reopened++
		t.ResolvedAt, t.OverdueAt = time.Time{}, time.Time{}
		t.DueAt = now.Add(limit)
	}
}

// prioritise sets the scales (TICKET-3) and tells which fields differ. Life-safety help is urgency A (HELP-3).
func (t *Ticket) prioritise(in Act) (set Detail, fields []string) {
	if in.LifeSafety != t.LifeSafety {
		t.LifeSafety = in.LifeSafety
		set.LifeSafety = &t.LifeSafety
		fields = append(fields, "life_safety")
	}
	if in.Urgency != t.Urgency {
		set.Urgency = &Change{t.Urgency, in.Urgency}
		t.Urgency = in.Urgency
		fields = append(fields, "urgency")
	}
	if in.Type != t.Type {
		set.Type = &Change{t.Type, in.Type}
		t.Type = in.Type
		fields = append(fields, "type")
	}
	return set, fields
}

// check cleans what was given with a verb and says what is missing.
func (in Act) check(need Need) (Act, error) {
	var wrong fault.Fields
	in.Remark = wrong.Text("remark", in.Remark, MaxRemark, need == What || need == Why)
	if need == Scales {
		if in.LifeSafety {
			in.Urgency = "A"
		}
		if !slices.Contains(Urgencies, in.Urgency) {
			wrong.Add("urgency", "ticket.field.choice")
		}
		if !slices.Contains(Types, in.Type) {
			wrong.Add("type", "ticket.field.choice")
		}
	}
	return in, wrong.Err()
}

// repeated tells whether the verb is what this same person did last, in the same words: a button pressed twice, or a
// request sent again after a broken connection.
func repeated(last Step, a actor.Actor, verb Verb, in Act) bool {
	return last.Verb == verb && last.ActorKind == string(a.Kind) && last.ActorID == a.ID && last.Remark == in.Remark
}

// refusal says in words how the ticket stands and who brought it there, so that the second of two people knows whom
// to ask.
func refusal(ctx context.Context, t *Ticket, last Step) error {
	return fault.New(fault.Conflict, "ticket.refused."+string(t.State), fault.Args{
		"Number": t.Number, "Who": last.Who(ctx), "At": locale.Moment(ctx, last.At),
	})
}

// Who is the name of who took the step, or what did it where it was no person.
func (s Step) Who(ctx context.Context) string {
	switch {
	case s.PersonName != "":
		return s.PersonName
	case s.ActorName != "" && actor.Kind(s.ActorKind) == actor.CLI:
		return s.ActorName
	}
	if s.ActorKind == "" {
		return locale.T(ctx, "ticket.by.job")
	}
	return locale.T(ctx, "ticket.by."+s.ActorKind)
}

// Reveal opens the phone of a ticket, or numbers that were written into its texts ("matter"), for a reason; each opening
// is on record (PRIVACY-2).
func (s *Service) Reveal(ctx context.Context, id int64, field, reason string) (string, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return "", err
	}
	if reason, err = pii.RequireReveal(ctx, reason); err != nil {
		return "", err
	}
	if field != "phone" && field != "matter" {
		return "", fault.New(fault.NotFound, "fault.not_found")
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (string, error) {
		t, err := get(ctx, tx, a.Site, id)
		if err != nil {
			return "", err
		}
		text := t.Matter
		if field == "phone" {
			if len(t.Phone) == 0 {
				return "", fault.New(fault.NotFound, "fault.not_found")
			}
			if text, err = s.Vault.Open(pii.Phone, t.Phone); err != nil {
				return "", err
			}
		}
		return text, audit.Append(ctx, tx, audit.Entry{Verb: "pii.reveal", Subject: "tickets", ID: t.ID,
			Fields: []string{field}, Reason: reason, Site: t.SiteID})
	})
}

// MaskedPhone is the ticket's phone as staff see it unopened (PRIVACY-2); empty where there is none.
func (s *Service) MaskedPhone(t *Ticket) (string, error) {
	if len(t.Phone) == 0 {
		return "", nil
	}
	phone, err := s.Vault.Open(pii.Phone, t.Phone)
	if err != nil {
		return "", err
	}
	return pii.Mask(pii.Phone, phone), nil
}

// addStep writes one line of history for the actor of ctx.
func addStep(ctx context.Context, tx bun.IDB, t *Ticket, step Step, set Detail) error {
	a := actor.From(ctx)
	raw, err := json.Marshal(set)
	if err != nil {
		return err
	}
	step.SiteID, step.TicketID, step.Detail, step.NotedAt = t.SiteID, t.ID, raw, step.At
	step.ActorKind, step.ActorID = string(a.Kind), a.ID
	if a.Kind == actor.Job || a.Kind == actor.CLI {
		step.ActorName = a.Name
	}
	return insertStep(ctx, tx, &step)
}

// later is the later of two moments: history never runs backwards, even where the clock was set back.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a
}
