package site

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"lobby/views/locale"
)

// Settings are the figures a site can change; the defaults ship as data.
type Settings struct {
	Purposes       []string              // codes of what visitors come for, in the order shown; said by Purpose
	OwnPurposes    map[string]OwnPurpose // those that only this site has, by code
	KioskFields    map[string]Need       // how the kiosk asks a visitor, by field (VISIT-1)
	KioskIdle      time.Duration         // a kiosk forgets after this long without touch (PRIVACY-6)
	PassCodeTries  int                   // wrong pass codes before a device has to wait
	VisitTermDays  int                   // days that a visit's personal data is kept after it ended (PRIVACY-5)
	TicketTermDays int                   // days that a ticket's personal data is kept after it was closed (PRIVACY-5)
	MattersTitle   string                // what the register of complaints and help is called: complaints or matters (FORM-1)
	AutoPrint      bool                  // the kiosk prints the slip without being asked
	DeskPhone      string                // shown by 'ask the desk'; empty: none
	DutyPhone      string                // somebody who answers day and night; empty: none
	Hours          Hours                 // when the desk is staffed
}

// Need is how the kiosk asks for a field.
type Need string

// The ways of asking.
const (
	Required Need = "required"
	Optional Need = "optional"
	Off      Need = "off"
)

// Fields are what the kiosk asks of a visitor, in its order.
var Fields = []string{"place", "host", "name", "phone", "purpose", "people", "plate", "company"}

// Asks tells how the kiosk asks for a field. Of whom and which unit one is always needed, so that where only one of
// the two is asked it is required (VISIT-1).
func (s Settings) Asks(field string) Need {
	other := map[string]string{"place": "host", "host": "place"}[field]
	if other != "" && s.KioskFields[field] != Off && s.KioskFields[other] == Off {
		return Required
	}
	return s.KioskFields[field]
}

// Either tells whether one of whom and which unit is enough.
func (s Settings) Either() bool { return s.Asks("place") == Optional && s.Asks("host") == Optional }

// OwnPurpose is what visitors come for at one site only. Its texts stay as long as the site does, since old visits
// say them.
type OwnPurpose struct {
	Texts map[string]string `json:"texts"`          // by language
	Gone  bool              `json:"gone,omitempty"` // no longer offered for choosing it anew
}

// Purpose says a purpose in the language of ctx: a site's own one in another language where it has no text in that, a
// code that nobody knows as it stands.
func (s Settings) Purpose(ctx context.Context, code string) string {
	if code == "" {
		return locale.T(ctx, "visitor.purpose_none")
	}
	if own, ok := s.OwnPurposes[code]; ok {
		for _, lang := range append([]string{locale.Lang(ctx)}, locale.Languages...) {
			if own.Texts[lang] != "" {
				return own.Texts[lang]
			}
		}
	}
	if text := locale.T(ctx, "visitor.purpose."+code); text != "visitor.purpose."+code {
		return text
	}
	return code
}

// settingsFile is how Settings are written down; a field that is left out keeps the default.
type settingsFile struct {
	Purposes       []string              `json:"purposes"`
	OwnPurposes    map[string]OwnPurpose `json:"own_purposes"`
	KioskFields    map[string]Need       `json:"kiosk_fields"`
	KioskIdle      *string               `json:"kiosk_idle"`
	PassCodeTries  *int                  `json:"pass_code_tries"`
	VisitTermDays  *int                  `json:"visit_term_days"`
	TicketTermDays *int                  `json:"ticket_term_days"`
	MattersTitle   *string               `json:"matters_title"`
	AutoPrint      *bool                 `json:"auto_print"`
	DeskPhone      *string               `json:"desk_phone"`
	DutyPhone      *string               `json:"duty_phone"`
	Hours          *Hours                `json:"hours"`
}

//go:embed defaults.json
var defaults []byte

// Defaults are the settings of a site that changes none.
func Defaults() Settings {
	var s Settings
	if err := s.apply(defaults); err != nil {
		panic("site: defaults.json: " + err.Error())
	}
	return s
}

// apply lays what raw sets over s and checks the result.
func (s *Settings) apply(raw json.RawMessage) error {
	var f settingsFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return err
	}
	if f.KioskIdle != nil {
		v, err := time.ParseDuration(*f.KioskIdle)
		if err != nil {
			return err
		}
		s.KioskIdle = v
	}
	set(&s.PassCodeTries, f.PassCodeTries)
	set(&s.VisitTermDays, f.VisitTermDays)
	set(&s.TicketTermDays, f.TicketTermDays)
	set(&s.MattersTitle, f.MattersTitle)
	set(&s.AutoPrint, f.AutoPrint)
	set(&s.DeskPhone, f.DeskPhone)
	set(&s.DutyPhone, f.DutyPhone)
	set(&s.Hours, f.Hours)
	if len(f.Purposes) > 0 {
		s.Purposes = f.Purposes
	}
	if f.OwnPurposes != nil {
		s.OwnPurposes = f.OwnPurposes
	}
	s.KioskFields = asked(s.KioskFields, f.KioskFields)
	return s.check()
}

// asked lays what a site says about the kiosk's fields over what stood; a word that means nothing is left out, and what
// every visit must say stays (VISIT-1).
func asked(stood, says map[string]Need) map[string]Need {
	fields := maps.Clone(stood)
	if fields == nil {
		fields = map[string]Need{}
	}
	for name, need := range says {
		if slices.Contains(Fields, name) && slices.Contains([]Need{Required, Optional, Off}, need) {
			fields[name] = need
		}
	}
	fields["name"] = Required
	if fields["place"] == Off && fields["host"] == Off {
		fields["place"] = Required
	}
	return fields
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Settings) check() error {
	if s.KioskIdle < 10*time.Second {
		return errors.New("kiosk_idle must be at least 10s")
	}
	if s.PassCodeTries < 1 || s.VisitTermDays < 1 || s.TicketTermDays < 1 {
		return errors.New("pass_code_tries, visit_term_days and ticket_term_days must be at least 1")
	}
	if !slices.Contains(MattersTitles, s.MattersTitle) {
		return errors.New("matters_title must be complaints or matters")
	}
	return nil
}

// MattersTitles are the names that the register of complaints and help has on paper, by code.
var MattersTitles = []string{"complaints", "matters"}
