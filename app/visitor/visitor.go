// Package visitor keeps the visitor register (访客登记表): who came, to whom or which unit, since when, with which pass,
// and when they left (VISIT-1, VISIT-4, VISIT-6).
package visitor

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/site"
)

// How a visit was entered.
const (
	Kiosk   = "kiosk"   // by the visitor, at the kiosk
	Counter = "counter" // by staff, at the desk
)

// How a visit ended.
const (
	ByCode = "code"    // the visitor gave the six-digit code
	ByPass = "pass"    // the visitor touched 'sign out' on the own phone
	ByDesk = "desk"    // staff signed the visitor out
	ByDay  = "day_end" // not signed out; the site's day ended (VISIT-4)
)

// Kinds of event that screens follow.
const (
	Arrived    = "visit.arrived"
	Left       = "visit.left"
	EndedByDay = "visit.ended_by_day"
)

// Limits of the fields, in characters; the forms show them.
const (
	MaxName    = 60
	MaxPhone   = 32
	MaxHost    = 60
	MaxPlace   = 60
	MaxNote    = 200
	MaxCompany = 60
	MaxPlate   = 16
	MaxPeople  = 99
)

// Visit is one arrival. Phone, plate and pass token are sealed; the index columns find them by exact match (PRIVACY-3).
type Visit struct {
	bun.BaseModel `bun:"table:visits,alias:visit"`

	ID          int64 `bun:",pk,autoincrement"`
	SiteID      int64
	EntryKey    uuid.UUID `bun:"type:uuid"`
	EntryHash   []byte
	Number      string
	Name        string
	Phone       []byte
	PhoneIndex  []byte
	Host        string
	Place       string
	HouseholdID int64 `bun:",nullzero"`
	Purpose     string
	Note        string
	Company     string
	People      int
	Plate       []byte
	PlateIndex  []byte
	Channel     string
	DeviceID    int64 `bun:",nullzero"`
	StaffID     int64 `bun:",nullzero"`
	PassCode    string
	PassToken   []byte
	PassIndex   []byte
	ArrivedAt   time.Time
	EndedAt     time.Time `bun:",nullzero"`
	EndedBy     string    `bun:",nullzero"`
	EndedStaff  int64     `bun:",nullzero"`
	ExpiredAt   time.Time `bun:",nullzero"` // the personal data was removed (PRIVACY-5)
	Version     int64
}

// Open tells whether the visitor is still in the building.
func (v *Visit) Open() bool { return v.EndedAt.IsZero() }

// Sealed are the columns of visits whose values are encrypted (PRIVACY-3).
func Sealed() []pii.Column {
	return []pii.Column{
		{Table: tableName, Name: "phone", Kind: pii.Phone},
		{Table: tableName, Name: "plate", Kind: pii.Plate},
		{Table: tableName, Name: "pass_token", Kind: pii.Token},
	}
}

// Pass is what a registration hands out: the six-digit code, and the token of the link for the visitor's own phone.
type Pass struct {
	Visit  Visit
	Number string
	Code   string
	Token  string
}

// Register is one entry as somebody typed it. EntryKey is made by the client, so that the same entry sent again is
// known as the same.
type Register struct {
	EntryKey uuid.UUID
	Name     string
	Phone    string
	Host     string // whom they visit
	Place    string // or which unit
	Purpose  string // one of the site's purposes
	Note     string
	Company  string
	Plate    string
	People   int
	Channel  string

	sent string // the content, for telling the same entry from another with its key
}

// Check cleans the entry and names everything that is wrong with it at once: fault with fields, or nil (VISIT-1).
// Phone and plate come back in their normal form. Nothing here depends on who lives in the building (VISIT-2).
func (r Register) Check(rules Rules) (Register, error) {
	var wrong fault.Fields
	r.sent = r.content() // of all fields: what a site no longer asks doesn't make the same entry another one
	r.Name = wrong.Line("name", r.Name, MaxName, true)
	r.Phone = rules.field(&wrong, "phone", r.Phone, phone)
	r.Host = rules.field(&wrong, "host", r.Host, line("host", MaxHost))
	r.Place = rules.field(&wrong, "place", r.Place, line("place", MaxPlace))
	if rules.Either && r.Host == "" && r.Place == "" && !wrong.Has("host") && !wrong.Has("place") {
		wrong.Add("host", "visitor.error.whom")
	}
	r.Note = wrong.Text("note", r.Note, MaxNote, false)
	r.Company = rules.field(&wrong, "company", r.Company, line("company", MaxCompany))
	r.Plate = rules.field(&wrong, "plate", r.Plate, plate)
	r.Purpose = rules.field(&wrong, "purpose", r.Purpose, rules.purpose)
	switch {
	case rules.Needs["people"] == site.Off:
		r.People = 1
	case r.People < 1 || r.People > MaxPeople:
		wrong.Add("people", "visitor.error.people", fault.Args{"Max": MaxPeople})
	}
	if r.EntryKey == uuid.Nil {
		wrong.Add("entry", "visitor.error.entry")
	}
	if r.Channel != Kiosk && r.Channel != Counter {
		wrong.Add("channel", "visitor.error.entry")
	}
	return r, wrong.Err()
}

// content is what makes two entries the same; it is hashed with a key, since a phone alone could be guessed.
func (r Register) content() string {
	var ignored fault.Fields
	r.Name, r.Phone, r.Plate = ignored.Line("", r.Name, MaxName, false), phone(&ignored, r.Phone, false), plate(&ignored, r.Plate, false)
	r.Host, r.Place, r.Company = ignored.Line("", r.Host, MaxHost, false), ignored.Line("", r.Place, MaxPlace, false), ignored.Line("", r.Company, MaxCompany, false)
	r.Note = ignored.Text("", r.Note, MaxNote, false)
	return strings.Join([]string{"entry", r.Name, r.Phone, r.Host, r.Place, r.Purpose, r.Note, r.Company, r.Plate,
		strconv.Itoa(r.People), r.Channel}, "\x1f")
}

func phone(wrong *fault.Fields, raw string, required bool) string {
	text := wrong.Line("phone", raw, MaxPhone, required)
	if text == "" || wrong.Has("phone") {
		return text
	}
	normal, ok := pii.NormalisePhone(text)
	if !ok {
		wrong.Add("phone", "visitor.error.phone")
		return text
	}
	return normal
}

func plate(wrong *fault.Fields, raw string, required bool) string {
	text := wrong.Line("plate", raw, MaxPlate, required)
	if text == "" || wrong.Has("plate") {
		return text
	}
	normal, ok := pii.NormalisePlate(text)
	if !ok {
		wrong.Add("plate", "visitor.error.plate")
		return text
	}
	return normal
}

// end closes the visit in memory; a clock that was set back never makes it end before it began.
func (v *Visit) end(now time.Time, by string, staffID int64) {
	if now.Before(v.ArrivedAt) {
		now = v.ArrivedAt
	}
	v.EndedAt, v.EndedBy, v.EndedStaff = now, by, staffID
	v.Version++
}
