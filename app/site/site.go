// Package site holds the places of a property and what is decided per property: sites, zones, buildings, households,
// and settings. Site → building (18#) → unit entrance (2单元) → household (201室) or shop (商铺).
package site

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Site is one property with one front desk.
type Site struct {
	bun.BaseModel `bun:"table:sites,alias:s"`

	ID        int64           `bun:"id,pk,autoincrement"`
	Code      string          `bun:"code"` // short name for the command line
	Name      string          `bun:"name"`
	TimeZone  string          `bun:"time_zone"`
	Languages []string        `bun:"languages,array"`
	Accent    string          `bun:"accent"` // #rrggbb, the one accent colour
	Demo      bool            `bun:"demo"`
	Raw       json.RawMessage `bun:"settings,type:jsonb"` // what this site sets differently from the defaults
	CreatedAt time.Time       `bun:"created_at,nullzero,default:now()"`

	Settings Settings       `bun:"-"` // defaults with Raw over them
	zone     *time.Location // parsed TimeZone
}

// Location is the site's time zone: its days begin and end there.
func (s Site) Location() *time.Location {
	if s.zone != nil {
		return s.zone
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Day is the site's calendar day of a moment, as its first instant.
func (s Site) Day(t time.Time) time.Time {
	y, m, d := t.In(s.Location()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, s.Location())
}

// Settings are the figures a site can change; the defaults ship as data.
type Settings struct {
	TicketLimit   time.Duration // a ticket's time from registration to its result: the repair row, 48 h
	Purposes      []string      // codes of what visitors come for, in the order shown; said by "visitor.purpose.<code>"
	KioskIdle     time.Duration // a kiosk forgets after this long without touch (PRIVACY-6)
	PassCodeTries int           // wrong pass codes before a device has to wait
	VisitTermDays int           // days that a visit's personal data is kept (PRIVACY-5)
	AutoPrint     bool          // the kiosk prints the slip without being asked
	DeskPhone     string        // shown by 'ask the desk'; empty: none
}

// settingsFile is how Settings are written down; a field that is left out keeps the default.
type settingsFile struct {
	TicketLimit   *string  `json:"ticket_limit"`
	Purposes      []string `json:"purposes"`
	KioskIdle     *string  `json:"kiosk_idle"`
	PassCodeTries *int     `json:"pass_code_tries"`
	VisitTermDays *int     `json:"visit_term_days"`
	AutoPrint     *bool    `json:"auto_print"`
	DeskPhone     *string  `json:"desk_phone"`
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
	for _, d := range []struct {
		text *string
		to   *time.Duration
	}{{f.TicketLimit, &s.TicketLimit}, {f.KioskIdle, &s.KioskIdle}} {
		if d.text == nil {
			continue
		}
		v, err := time.ParseDuration(*d.text)
		if err != nil {
			return err
		}
		*d.to = v
	}
	set(&s.PassCodeTries, f.PassCodeTries)
	set(&s.VisitTermDays, f.VisitTermDays)
	set(&s.AutoPrint, f.AutoPrint)
	set(&s.DeskPhone, f.DeskPhone)
	if len(f.Purposes) > 0 {
		s.Purposes = f.Purposes
	}
	return s.check()
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Settings) check() error {
	if s.TicketLimit <= 0 || s.KioskIdle < 10*time.Second {
		return errors.New("ticket_limit must be above 0, kiosk_idle at least 10s")
	}
	if s.PassCodeTries < 1 || s.VisitTermDays < 1 {
		return errors.New("pass_code_tries and visit_term_days must be at least 1")
	}
	return nil
}

// finish parses what came from the row.
func (s *Site) finish() error {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return fmt.Errorf("site %s: time zone: %w", s.Code, err)
	}
	s.zone = zone
	s.Settings = Defaults()
	if err := s.Settings.apply(s.Raw); err != nil {
		return fmt.Errorf("site %s: settings: %w", s.Code, err)
	}
	return nil
}
