package ticket

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	"lobby/views/locale"
)

// Register is what somebody reports, as it was typed.
type Register struct {
	EntryKey   uuid.UUID // made by the client; the same entry sent again gives the first result
	Kind       string    // one of Kinds
	Urgency    string    // A, B or C; empty: B
	Type       string    // A1 … C2; empty: what the kind has by default
	LifeSafety bool      // life is at stake: urgency A (HELP-3)
	HelpKind   string    // one of HelpKinds, for help; may be empty until it is classified
	Place      string
	Matter     string
	Reporter   string // name of who reports; may be empty
	Phone      string // may be empty: nobody may refuse to record (ORG-3)
	Channel    string // one of Channels; a kiosk's is always kiosk
	FirstAsked int64  // staff id of who was asked first; 0: who enters it (ORG-3)

	// The desk does it in one go: classified at once, and handled or sent to departments.
	Classify                         bool
	Validity, About, Topic, Severity string // of a complaint
	Against                          int64  // of a complaint: the department complained of
	Then                             Verb   // Handle, Dispatch, or empty: it waits to be taken up
	Instructions                     []Instruction

	Past *Past // handled before it was written down (TICKET-6)
}

// Past are the true times of an emergency that is written up afterwards (TICKET-6).
type Past struct {
	Registered time.Time // when it was told
	Handled    time.Time // when somebody went; zero: as soon as it was told
	Resolved   time.Time // when it was over; zero: it is still in hand
	Done       string    // what was done, where it is over
}

// Register records a matter (TICKET-1). It may be sent any number of times with the same key: the same content gives
// the ticket that stands, other content is refused showing what stands, and a refused entry uses up nothing.
func (s *Service) Register(ctx context.Context, in Register) (*Ticket, error) {
	a, err := actor.Require(ctx, staff.RegisterTicket)
	if err != nil {
		return nil, err
	}
	t, err := s.draft(ctx, a, in)
	if err != nil {
		return nil, err
	}
	if first, err := byEntry(ctx, s.DB, a.Site, in.EntryKey); err != nil || first != nil {
		return standing(ctx, first, t.EntryHash, err)
	}
	if err := s.place(ctx, t, in.Past); err != nil {
		return nil, err
	}
	act := Act{Class: in.class(), Instructions: in.Instructions}
	if in.Then == Dispatch {
		if err := s.takeNumbers(ctx, &act); err != nil {
			return nil, err
		}
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Ticket, error) {
		class := t.Class
		step, set := Step{Verb: RegisterVerb, To: Registered, At: t.RegisteredAt}, Detail{Class: &class}
		if err := s.begin(ctx, tx, t, step, &set); err != nil {
			return nil, err
		}
		inserted, err := insert(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		if !inserted { // the same entry came in over another connection or instance meanwhile
			first, err := byEntry(ctx, tx, a.Site, in.EntryKey)
			return standing(ctx, first, t.EntryHash, err)
		}
		if err := s.write(ctx, tx, t, step, set); err != nil {
			return nil, err
		}
		live.Publish(ctx, live.Site(t.SiteID), "ticket.registered", t.ID)
		if err := audit.Append(ctx, tx, audit.Entry{Verb: "ticket.register", Subject: "tickets", ID: t.ID, Site: t.SiteID}); err != nil {
			return nil, err
		}
		return s.goOn(ctx, tx, t, in, act)
	})
}

// goOn does at once what the desk would do next: classify, handle or send orders, and for an emergency that is over
// write down how it ended.
func (s *Service) goOn(ctx context.Context, tx bun.Tx, t *Ticket, in Register, act Act) (*Ticket, error) {
	if !in.Classify {
		return t, nil
	}
	past := Past{}
	if in.Past != nil {
		past = *in.Past
	}
	act.At = past.Registered
	t, err := s.DoIn(ctx, tx, t.ID, Classify, act)
	if err != nil || in.Then == "" {
		return t, err
	}
	act.At, act.Person = first(past.Handled, past.Registered), 0
	if in.Then == Handle {
		act.Person = t.Worker()
	}
	if t, err = s.DoIn(ctx, tx, t.ID, in.Then, act); err != nil || past.Resolved.IsZero() {
		return t, err
	}
	return s.DoIn(ctx, tx, t.ID, Resolve, Act{At: past.Resolved, Remark: past.Done})
}

// Check tells what Register would refuse of the entry itself, without recording anything.
func (s *Service) Check(ctx context.Context, in Register) error {
	a, err := actor.Require(ctx, staff.RegisterTicket)
	if err != nil {
		return err
	}
	_, err = s.draft(ctx, a, in)
	return err
}

// standing answers a repeated entry: the first result for the same content, else a refusal that shows what stands.
func standing(ctx context.Context, first *Ticket, hash []byte, err error) (*Ticket, error) {
	if err != nil {
		return nil, err
	}
	if first.Expired() {
		return nil, fault.New(fault.Conflict, "ticket.entry_expired", fault.Args{"Number": first.Number, "At": locale.Moment(ctx, first.RegisteredAt)})
	}
	if !bytes.Equal(first.EntryHash, hash) {
		return nil, fault.New(fault.Conflict, "ticket.entry_differs", fault.Args{
			"Number": first.Number, "Place": first.Place, "At": locale.Moment(ctx, first.RegisteredAt)})
	}
	return first, nil
}

// sealEntry encrypts the phone, and makes the keyed hash over everything that was said, by which a repeated entry is
// told from another one with the same key.
func (s *Service) sealEntry(t *Ticket, phone string, in Register) error {
	if phone != "" {
		sealed, err := s.Vault.Seal(pii.Phone, phone)
		if err != nil {
			return err
		}
		t.Phone, t.PhoneIndex = sealed, s.Vault.Index(pii.Phone, phone)
	}
	said := []any{"ticket", t.Channel, t.Kind, t.Urgency, t.Type, t.LifeSafety, t.Place, t.Matter, t.Reporter, phone, in.FirstAsked}
	if in.Classify { // an entry without it has the hash that programs of before give it
		said = append(said, in.class(), in.Then, in.Instructions, in.Past)
	}
	content, err := json.Marshal(said)
	if err != nil {
		return err
	}
	t.EntryHash = s.Vault.Index(pii.Token, string(content))
	return nil
}

// place finds the household, whose zone's owner handles the matter by default (ZONE-1), or who stands in (ZONE-4), and
// sets times and number.
func (s *Service) place(ctx context.Context, t *Ticket, past *Past) error {
	rule, err := s.Sites.Get(ctx, t.SiteID)
	if err != nil {
		return err
	}
	household, found, err := s.Sites.FindHousehold(ctx, s.DB, t.SiteID, t.Place)
	if err != nil {
		return err
	}
	if found {
		t.HouseholdID = household
	}
	now := s.now()
	t.RegisteredAt = now
	if past != nil {
		t.RegisteredAt, t.Afterwards = past.Registered.UTC().Truncate(time.Microsecond), true
	}
	if found {
		if err := s.assign(ctx, t); err != nil {
			return err
		}
	}
	t.Number, err = db.Number(ctx, s.DB, t.SiteID, "T", now.In(rule.Location()))
	return err
}

// assign gives the ticket to the owner of its household's zone; where they are off, to who stands in, else the desk, else
// a supervisor (ZONE-1, ZONE-4). A zone without an owner, or a site with nobody there, leaves it to nobody.
func (s *Service) assign(ctx context.Context, t *Ticket) error {
	owner, name, err := zoneOwner(ctx, s.DB, t.SiteID, t.HouseholdID)
	if err != nil || owner == 0 {
		return err
	}
	roster, err := staff.ReadRoster(ctx, s.DB, t.SiteID, t.RegisteredAt)
	if err != nil {
		return err
	}
	switch instead := roster.Instead(owner); instead {
	case owner:
		t.OwnerID, t.OwnerName = owner, name
	case 0:
	default:
		p, err := personAt(ctx, s.DB, t.SiteID, instead)
		if err != nil {
			return err
		}
		t.OwnerID, t.OwnerName = p.ID, p.Name
	}
	return nil
}

// typed is a text to look for, clean; nothing where it is no text that could stand in the database.
func typed(raw string, most int) string {
	var wrong fault.Fields
	text := wrong.Line("text", raw, most, false)
	if len(wrong) > 0 {
		return ""
	}
	return text
}

// Similar are the open tickets of the same household or place or the same phone, which whoever enters a new one is
// shown first (TICKET-8).
func (s *Service) Similar(ctx context.Context, place, phone string) ([]Ticket, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	var index []byte
	if normal, ok := pii.NormalisePhone(phone); ok {
		index = s.Vault.Index(pii.Phone, normal)
	}
	place = typed(place, MaxPlace)
	household, _, err := s.Sites.FindHousehold(ctx, s.DB, a.Site, place)
	if err != nil {
		return nil, err
	}
	return similar(ctx, s.DB, a.Site, household, place, index)
}
