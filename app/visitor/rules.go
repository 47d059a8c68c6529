package visitor

import (
	"slices"

	"lobby/app/kit/fault"
	"lobby/app/site"
)

// Rules are what an entry must say at a site (VISIT-1).
type Rules struct {
	Purposes []string             // that may be chosen
	Needs    map[string]site.Need // by field; a field that is off is not taken, whatever was sent
	Either   bool                 // one of host and place is enough
}

// RulesFor are those of a channel: a kiosk asks as the site has set it; at the desk somebody decides who sees the
// visitor, so that it takes less: who comes, to whom or where, and what for.
func RulesFor(s site.Settings, channel string) Rules {
	r := Rules{Purposes: s.Purposes, Needs: map[string]site.Need{}}
	for _, field := range site.Fields {
		r.Needs[field] = site.Optional
		if channel == Kiosk {
			r.Needs[field] = s.Asks(field)
		}
	}
	if channel != Kiosk {
		r.Needs["name"], r.Needs["purpose"] = site.Required, site.Required
	}
	r.Either = r.Needs["host"] == site.Optional && r.Needs["place"] == site.Optional
	return r
}

// field takes one field: nothing where it is not asked for, and a word where it is required and missing.
func (r Rules) field(wrong *fault.Fields, name, raw string, take func(wrong *fault.Fields, raw string, required bool) string) string {
	if r.Needs[name] == site.Off {
		return ""
	}
	return take(wrong, raw, r.Needs[name] == site.Required)
}

// line is a field of one line.
func line(name string, most int) func(*fault.Fields, string, bool) string {
	return func(wrong *fault.Fields, raw string, required bool) string {
		return wrong.Line(name, raw, most, required)
	}
}

func (r Rules) purpose(wrong *fault.Fields, raw string, required bool) string {
	if (raw != "" || required) && !slices.Contains(r.Purposes, raw) {
		wrong.Add("purpose", "visitor.error.purpose")
	}
	return raw
}
