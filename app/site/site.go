// Package site holds the places of a property and what is decided per property: sites, zones, buildings, households,
// and settings. Site → building (18#) → unit entrance (2单元) → household (201室) or shop (商铺).
package site

import (
	"encoding/json"
	"fmt"
	"strconv"
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
	Version   int64           `bun:"version,nullzero,default:1"` // counts the changes of the row, by a trigger

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

// Look names the state from which pages and screens of the site are made: another one, another look.
func (s Site) Look() string { return strconv.FormatInt(s.Version, 10) }

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
