package site

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/views/layout"
	"lobby/views/locale"
	parts "lobby/views/part"
	page "lobby/views/site"
)

// zones are time zones that are proposed; any other one can be typed.
var zones = []string{"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Macau", "Asia/Singapore", "Asia/Urumqi"}

// places for languages on the page of the site.
var languageFields = []string{"language-1", "language-2", "language-3"}

func readSite(s Site) map[string]string {
	v := map[string]string{"name": s.Name, "time-zone": s.TimeZone, "accent": s.Accent, "matters_title": s.Settings.MattersTitle}
	for n, field := range languageFields {
		v[field] = ""
		if n < len(s.Languages) {
			v[field] = s.Languages[n]
		}
	}
	return v
}

func changeSite(_ Site, f form) Change {
	accent := strings.ToLower(f.get("accent"))
	in := Change{Set: Set{Name: f.text("name"), TimeZone: f.text("time-zone"), Accent: &accent, Languages: []string{f.get(languageFields[0])}}}
	if _, asked := f["matters_title"]; asked { // a page of before doesn't
		in.MattersTitle = f.text("matters_title")
	}
	for _, field := range languageFields[1:] {
		if lang := f.get(field); lang != "" {
			in.Languages = append(in.Languages, lang)
		}
	}
	return in
}

func viewSite(ctx context.Context, s shown) viewed {
	p := page.About{Page: s.page(), Zones: zones, Accent: accent(ctx, s.values["accent"])}
	p.Fields = []parts.Input{
		s.input(ctx, parts.Input{Name: "name", Max: 80, Required: true}),
		s.input(ctx, parts.Input{Name: "time-zone", Required: true, List: "zones"}),
	}
	for n, field := range languageFields {
		in := parts.Input{Name: field, Type: "select", Required: true}
		if n > 0 {
			in.Options = []parts.Option{{Label: locale.T(ctx, "site.language_none")}}
		}
		for _, lang := range locale.Languages {
			in.Options = append(in.Options, parts.Option{Value: lang, Label: locale.T(ctx, "kiosk.lang."+lang)})
		}
		in = s.input(ctx, in)
		in.Hint = ""
		if n == 0 {
			in.Error = s.said["languages"]
		}
		p.Fields = append(p.Fields, in)
	}
	p.Fields = append(p.Fields, s.input(ctx, parts.Input{Name: "accent", Type: "color", Required: true}))
	title := parts.Input{Name: "matters_title", Type: "select", Required: true}
	for _, code := range MattersTitles {
		title.Options = append(title.Options, parts.Option{Value: code, Label: locale.T(ctx, "site.matters_title."+code)})
	}
	p.Fields = append(p.Fields, s.input(ctx, title))
	return func(shell layout.Shell) templ.Component { return page.SettingsSite(shell, p) }
}

// accent says what becomes of a colour on our pages, and what is done so that it can be read.
func accent(ctx context.Context, color string) page.Accent {
	var wrong fault.Fields
	row := Site{Accent: strings.ToLower(color)}
	judged, ok := web.JudgeAccent(row.Accent)
	if !ok {
		return page.Accent{Wrong: locale.T(ctx, "site.accent_form")}
	}
	a := page.Accent{Color: judged.Color, On: judged.On, Strong: judged.Strong, Soft: judged.Soft}
	row.checkAccent(&wrong)
	for _, w := range wrong {
		a.Wrong = locale.Say(ctx, w.Key, w.Args)
		return a
	}
	if a.On == "#000000" {
		a.Notes = append(a.Notes, locale.T(ctx, "site.accent_on"))
	}
	if a.Strong != a.Color {
		a.Notes = append(a.Notes, locale.T(ctx, "site.accent_strong", "Color", a.Strong))
	}
	if a.Soft != a.Color {
		a.Notes = append(a.Notes, locale.T(ctx, "site.accent_soft", "Color", a.Soft))
	}
	return a
}

func readKiosk(s Site) map[string]string {
	f := s.Settings
	v := map[string]string{"kiosk_idle": strconv.Itoa(int(f.KioskIdle / time.Second)), "auto_print": ""}
	if f.AutoPrint {
		v["auto_print"] = "1"
	}
	for _, field := range Fields {
		v["ask-"+field] = string(f.KioskFields[field])
	}
	for n, code := range offers(f) {
		v["order-"+code] = strconv.Itoa(n + 1)
		v["on-"+code] = ""
		if slices.Contains(f.Purposes, code) {
			v["on-"+code] = "1"
		}
		if own, is := f.OwnPurposes[code]; is {
			for _, lang := range locale.Languages {
				v["purpose-"+code+"-"+lang] = own.Texts[lang]
			}
		}
	}
	return v
}

// offers are the codes of all purposes that can be chosen: those on the kiosk in their order, then the others.
func offers(f Settings) []string {
	all := slices.Clone(f.Purposes)
	for _, code := range Defaults().Purposes {
		if !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	for _, code := range ownCodes(f) {
		if !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	return all
}

func changeKiosk(s Site, f form) Change {
	print := f.get("auto_print") == "1"
	in := Change{KioskIdle: f.number("kiosk_idle"), AutoPrint: &print, KioskFields: map[string]Need{}, Purposes: []Offer{}}
	for _, field := range Fields {
		in.KioskFields[field] = Need(f.get("ask-" + field))
	}
	for _, code := range append(offers(s.Settings), "") {
		order, err := strconv.Atoi(f.get("order-" + code))
		if err != nil || order < 0 || order > 999 {
			order = 999
		}
		o := Offer{Code: code, On: f.get("on-"+code) == "1", Order: order, Texts: map[string]string{}}
		for _, lang := range locale.Languages {
			o.Texts[lang] = f.get("purpose-" + code + "-" + lang)
		}
		in.Purposes = append(in.Purposes, o)
	}
	return in
}

func viewKiosk(ctx context.Context, s shown) viewed {
	p := page.KioskPage{Page: s.page(), Problem: s.said["purposes"]}
	for _, field := range Fields {
		in := parts.Input{Name: "ask-" + field, Type: "radio", Required: true, Value: s.values["ask-"+field], Error: s.said["ask-"+field],
			Label: locale.T(ctx, "visitor.field."+field)}
		for _, need := range []Need{Required, Optional, Off} {
			if field == "name" && need != Required {
				continue
			}
			in.Options = append(in.Options, parts.Option{Value: string(need), Label: locale.T(ctx, "site.need."+string(need))})
		}
		switch field {
		case "name":
			in.Hint = locale.T(ctx, "site.ask_hint.name")
		case "host", "place":
			in.Hint = locale.T(ctx, "site.ask_hint.whom")
		case "phone":
			in.Hint = locale.T(ctx, "site.ask_hint.phone")
		}
		p.Asks = append(p.Asks, in)
	}
	p.Fields = append(p.Fields, p.Asks...)
	p.Fields = append(p.Fields, parts.Input{Name: "purposes", Label: locale.T(ctx, "site.section.purposes"), Error: p.Problem})
	for _, code := range append(offers(s.now.Settings), "") {
		o := s.purpose(ctx, code)
		p.Purposes = append(p.Purposes, o)
		p.Fields = append(p.Fields, o.Texts...)
	}
	p.Fields = append(p.Fields,
		s.input(ctx, parts.Input{Name: "kiosk_idle", Type: "number", Required: true, Max: KioskIdleMax}),
		s.input(ctx, parts.Input{Name: "auto_print", Type: "checkbox"}))
	return func(shell layout.Shell) templ.Component { return page.SettingsKiosk(shell, p) }
}

// purpose is one line of the purposes.
func (s shown) purpose(ctx context.Context, code string) page.Purpose {
	o := page.Purpose{Code: code, Label: s.now.Settings.Purpose(ctx, code), On: s.values["on-"+code] == "1", Order: s.values["order-"+code]}
	_, own := s.now.Settings.OwnPurposes[code]
	if code != "" && !own {
		return o
	}
	if code == "" && s.values["order-"] == "" {
		o.On = true // who writes a new one wants it
	}
	for _, lang := range locale.Languages {
		name := "purpose-" + code + "-" + lang
		o.Texts = append(o.Texts, parts.Input{Name: name, Label: locale.T(ctx, "kiosk.lang."+lang), Value: s.values[name], Error: s.said[name],
			Max: MaxPurposeText, Required: slices.Contains(s.now.Languages, lang)})
	}
	return o
}

func readHours(s Site) map[string]string {
	v := map[string]string{"desk_phone": s.Settings.DeskPhone, "duty_phone": s.Settings.DutyPhone}
	for day, span := range s.Settings.Hours {
		from, to := fmt.Sprintf("from-%d", day), fmt.Sprintf("to-%d", day)
		v[from], v[to] = "", ""
		if span.Open {
			v[from], v[to] = TimeText(span.From), TimeText(span.To)
		}
	}
	return v
}

func changeHours(_ Site, f form) Change {
	var days [7]Day
	for n := range days {
		days[n] = Day{f.get(fmt.Sprintf("from-%d", n)), f.get(fmt.Sprintf("to-%d", n))}
	}
	return Change{Hours: &days, DeskPhone: f.text("desk_phone"), DutyPhone: f.text("duty_phone")}
}

func viewHours(ctx context.Context, s shown) viewed {
	p := page.HoursPage{Page: s.page()}
	for _, day := range week7 {
		d := page.HoursDay{Label: dayName(ctx, day)}
		for _, end := range []struct {
			name string
			to   *parts.Input
		}{{"from", &d.From}, {"to", &d.To}} {
			name := fmt.Sprintf("%s-%d", end.name, day)
			*end.to = parts.Input{Name: name, Type: "time", Label: locale.T(ctx, "site.field."+end.name), Value: s.values[name], Error: s.said[name]}
			p.Fields = append(p.Fields, *end.to)
		}
		p.Days = append(p.Days, d)
	}
	p.Fields = append(p.Fields, s.input(ctx, parts.Input{Name: "desk_phone", Type: "tel", Max: maxPhoneText}),
		s.input(ctx, parts.Input{Name: "duty_phone", Type: "tel", Max: maxPhoneText}))
	return func(shell layout.Shell) templ.Component { return page.SettingsHours(shell, p) }
}

func readPrivacy(s Site) map[string]string {
	return map[string]string{"visit_term_days": strconv.Itoa(s.Settings.VisitTermDays), "ticket_term_days": strconv.Itoa(s.Settings.TicketTermDays)}
}

func changePrivacy(_ Site, f form) Change {
	return Change{VisitTermDays: f.number("visit_term_days"), TicketTermDays: f.number("ticket_term_days")}
}

func viewPrivacy(ctx context.Context, s shown) viewed {
	p := s.page()
	p.Fields = []parts.Input{
		s.input(ctx, parts.Input{Name: "visit_term_days", Type: "number", Required: true, Max: VisitTermMax}),
		s.input(ctx, parts.Input{Name: "ticket_term_days", Type: "number", Required: true, Max: TicketTermMax}),
	}
	return func(shell layout.Shell) templ.Component { return page.SettingsPrivacy(shell, p) }
}

// input fills in what a field is called, what it is for, what it says and what is wrong with it.
func (s shown) input(ctx context.Context, in parts.Input) parts.Input {
	in.Label, in.Hint = locale.T(ctx, "site.field."+in.Name), locale.T(ctx, "site.hint."+in.Name)
	in.Value, in.Error = s.values[in.Name], s.said[in.Name]
	return in
}
