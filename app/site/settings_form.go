package site

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"

	"lobby/views/locale"
	parts "lobby/views/part"
	page "lobby/views/site"
)

// form is a posted form.
type form map[string][]string

func (f form) get(name string) string {
	if len(f[name]) == 0 {
		return ""
	}
	return f[name][0]
}

// number reads a whole number; what is none is one that is refused.
func (f form) number(name string) *int {
	n, err := strconv.Atoi(strings.TrimSpace(f.get(name)))
	if err != nil {
		n = -1
	}
	return &n
}

func (f form) text(name string) *string {
	text := f.get(name)
	return &text
}

// over gives the fields of a page as they were typed.
func (f form) over(values map[string]string) map[string]string {
	out := maps.Clone(values)
	for name := range out {
		out[name] = f.get(name)
	}
	for name := range f {
		if strings.HasPrefix(name, "purpose-") || strings.HasPrefix(name, "on-") || strings.HasPrefix(name, "order-") {
			out[name] = f.get(name)
		}
	}
	return out
}

// shown is what a page of settings shows.
type shown struct {
	theme   theme
	now     Site              // as it stands
	values  map[string]string // of the form, by field
	said    map[string]string // what is wrong, by field
	seen    string            // as the form brought it; empty: as it stands
	notice  string
	message string
	changed []parts.Change
}

// overtaken mixes what was typed with what somebody else has changed: a field that the person left as it was shows what
// stands now. From here on the person has seen it.
func (s *shown) overtaken(ctx context.Context, now Site, typed form, seen map[string]string) {
	was, err := now.with(seen)
	if err != nil { // the form is not one of ours: everything that was typed stays
		was = now
	}
	old, stands := s.theme.read(was), s.theme.read(now)
	for name, value := range stands {
		if typed.get(name) == old[name] {
			s.values[name] = value
		}
	}
	s.now, s.seen = now, ""
	for _, name := range (Change{Seen: seen}).overtaken(now) {
		c := parts.Change{What: locale.T(ctx, "site.value."+name), Was: was.describe(ctx, name), Now: now.describe(ctx, name)}
		if c.Was != c.Now {
			s.changed = append(s.changed, c)
		}
	}
}

// page is what all pages have in common.
func (s shown) page() page.Page {
	p := page.Page{Path: s.theme.path, Notice: s.notice, Message: s.message, Changed: s.changed, Seen: s.seen}
	if p.Seen == "" {
		p.Seen = seenText(s.theme, s.now)
	}
	return p
}

// seenText is what a page shows of a site, for telling later what changed meanwhile.
func seenText(t theme, s Site) string {
	values, seen := s.Values(), map[string]string{}
	for _, key := range t.keys {
		seen[key] = values[key]
	}
	raw, err := json.Marshal(seen)
	if err != nil {
		panic("site: " + err.Error()) // strings
	}
	return string(raw)
}

// seenOf reads it back; what is missing is like nothing that ever stood.
func seenOf(t theme, text string) map[string]string {
	read, seen := map[string]string{}, map[string]string{}
	if json.Unmarshal([]byte(text), &read) != nil {
		clear(read)
	}
	for _, key := range t.keys {
		seen[key] = read[key]
	}
	return seen
}

// with is the site with some values as they once stood.
func (s Site) with(values map[string]string) (Site, error) {
	settings := map[string]json.RawMessage{}
	for name, raw := range values {
		var err error
		switch name {
		case "name":
			err = json.Unmarshal([]byte(raw), &s.Name)
		case "time_zone":
			err = json.Unmarshal([]byte(raw), &s.TimeZone)
		case "languages":
			s.Languages = nil
			err = json.Unmarshal([]byte(raw), &s.Languages)
		case "accent":
			err = json.Unmarshal([]byte(raw), &s.Accent)
		default:
			settings[name] = json.RawMessage(raw)
		}
		if err != nil {
			return s, err
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return s, err
	}
	return s, s.Settings.apply(raw)
}

// describe says a value in words.
func (s Site) describe(ctx context.Context, name string) string {
	f := s.Settings
	switch name {
	case "name":
		return s.Name
	case "time_zone":
		return s.TimeZone
	case "accent":
		return s.Accent
	case "languages":
		return list(s.Languages, func(lang string) string { return locale.T(ctx, "kiosk.lang."+lang) })
	case "purposes", "own_purposes":
		return list(f.Purposes, func(code string) string { return f.Purpose(ctx, code) })
	case "kiosk_fields":
		return list(Fields, func(field string) string {
			return locale.T(ctx, "visitor.field."+field) + " " + locale.T(ctx, "site.need."+string(f.KioskFields[field]))
		})
	case "hours":
		return list(week7[:], func(day time.Weekday) string {
			span := f.Hours[day].String()
			if span == "" {
				span = locale.T(ctx, "site.closed")
			}
			return dayName(ctx, day) + " " + span
		})
	case "auto_print":
		return locale.T(ctx, "site.switch."+strconv.FormatBool(f.AutoPrint))
	case "matters_title":
		return locale.T(ctx, "site.matters_title."+f.MattersTitle)
	case "desk_phone":
		return f.DeskPhone
	case "duty_phone":
		return f.DutyPhone
	case "kiosk_idle":
		return strconv.Itoa(int(f.KioskIdle / time.Second))
	case "visit_term_days":
		return strconv.Itoa(f.VisitTermDays)
	case "ticket_term_days":
		return strconv.Itoa(f.TicketTermDays)
	}
	return ""
}

func list[T any](items []T, say func(T) string) string {
	words := make([]string, len(items))
	for n, item := range items {
		words[n] = say(item)
	}
	return strings.Join(words, " · ")
}

// week7 are the days as people here count them: the week begins on Monday.
var week7 = [7]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func dayName(ctx context.Context, day time.Weekday) string {
	return locale.T(ctx, "site.day."+strconv.Itoa(int(day)))
}
