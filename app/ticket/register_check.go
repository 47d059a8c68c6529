package ticket

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
)

// draft checks every field, all at once, and makes the row without number and place.
func (s *Service) draft(ctx context.Context, a actor.Actor, in Register) (*Ticket, error) {
	var wrong fault.Fields
	if in.EntryKey == uuid.Nil {
		wrong.Add("entry_key", "fault.field.required")
	}
	in.defaults(a)
	t := &Ticket{
		SiteID: a.Site, EntryKey: in.EntryKey, State: Registered, Version: 1,
		Class: Class{Kind: in.Kind, Urgency: in.Urgency, Type: in.Type, LifeSafety: in.LifeSafety, HelpKind: in.HelpKind}.fit(), Channel: in.Channel,
		Place:    wrong.Line("place", in.Place, MaxPlace, true),
		Matter:   wrong.Text("matter", in.Matter, MaxMatter, true),
		Reporter: wrong.Line("reporter", in.Reporter, MaxReporter, false),
	}
	in.class().check(&wrong, in.Classify)
	if !slices.Contains(Channels, t.Channel) {
		wrong.Add("channel", "ticket.field.choice")
	}
	in.checkThen(t, s.now(), &wrong)
	phone, ok := pii.NormalisePhone(wrong.Text("phone", in.Phone, MaxPhone, false))
	if !ok && strings.TrimSpace(in.Phone) != "" && !wrong.Has("phone") {
		wrong.Add("phone", "ticket.field.phone")
	}
	if a.Kind == actor.Device {
		t.DeviceID = a.ID
	} else if err := s.firstAsked(ctx, a, in.FirstAsked, t, &wrong); err != nil {
		return nil, err
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return t, s.sealEntry(t, phone, in)
}

// class is what the entry says the ticket is.
func (in Register) class() Class {
	return Class{Kind: in.Kind, Urgency: in.Urgency, Type: in.Type, LifeSafety: in.LifeSafety, HelpKind: in.HelpKind, Validity: in.Validity,
		About: in.About, Topic: in.Topic, Severity: in.Severity, Against: in.Against}.fit()
}

// checkThen checks what is to be done at once, and the true times of an emergency.
func (in Register) checkThen(t *Ticket, now time.Time, wrong *fault.Fields) {
	if !slices.Contains([]Verb{"", Handle, Dispatch}, in.Then) || in.Then != "" && !in.Classify {
		wrong.Add("then", "ticket.field.choice")
	}
	if in.Then == Dispatch && len(in.Instructions) == 0 {
		wrong.Add("departments", "fault.field.required")
	}
	for _, order := range in.Instructions {
		wrong.Text(order.field(), order.Text, MaxInstruction, false)
	}
	if in.Past == nil {
		return
	}
	p := *in.Past
	if !t.LifeSafety && t.Urgency != "A" {
		wrong.Add("past_registered", "ticket.field.no_emergency")
	}
	since := time.Time{}
	for _, moment := range []struct {
		name     string
		at       time.Time
		required bool
	}{{"past_registered", p.Registered, true}, {"past_handled", p.Handled, false}, {"past_resolved", p.Resolved, false}} {
		switch {
		case moment.at.IsZero() && moment.required:
			wrong.Add(moment.name, "fault.field.required")
		case moment.at.IsZero():
		case moment.at.After(now):
			wrong.Add(moment.name, "ticket.field.future")
		case moment.at.Before(since):
			wrong.Add(moment.name, "ticket.field.before")
		default:
			since = moment.at
		}
	}
	wrong.Text("past_done", p.Done, MaxRemark, !p.Resolved.IsZero())
	if !p.Resolved.IsZero() && in.Then == "" {
		wrong.Add("then", "fault.field.required")
	}
}

// defaults fills what may be left out.
func (in *Register) defaults(a actor.Actor) {
	switch {
	case a.Kind == actor.Device:
		in.Channel, in.FirstAsked = "kiosk", 0
	case in.Channel == "":
		in.Channel = "counter"
	}
}

// firstAsked names who was told first: who enters it, or somebody of this site on whose behalf it is entered (ORG-3).
func (s *Service) firstAsked(ctx context.Context, a actor.Actor, id int64, t *Ticket, wrong *fault.Fields) error {
	if id == 0 || id == a.ID && a.Kind == actor.Person {
		if a.Kind == actor.Person {
			t.FirstAskedID, t.FirstAskedName = a.ID, a.Name
		}
		return nil
	}
	name, found, err := colleague(ctx, s.DB, a.Site, id)
	if err != nil {
		return err
	}
	if !found {
		wrong.Add("first_asked", "ticket.field.choice")
		return nil
	}
	t.FirstAskedID, t.FirstAskedName = id, name
	return nil
}
