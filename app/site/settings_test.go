package site

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/site/calendar"
	"lobby/views/locale"
)

// at is a moment of the week of Monday, 23 November 2026, by the site's clock: "Mon 08:30".
func at(t *testing.T, s Site, text string) time.Time {
	t.Helper()
	day, clock, _ := strings.Cut(text, " ")
	minutes, err := ParseTime(clock)
	n := slices.Index([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}, day)
	if err != nil || n < 0 {
		t.Fatal(text)
	}
	return time.Date(2026, 11, 23+n, 0, minutes, 0, 0, s.Location())
}

func TestDeskHours(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ hours, now, want string }{
		"nothing is told":                {`{}`, "Mon 09:00", "untold"},
		"before opening":                 {`{"mon":"08:00-18:30"}`, "Mon 07:59", "closed until Mon 08:00"},
		"from the first minute":          {`{"mon":"08:00-18:30"}`, "Mon 08:00", "open until Mon 18:30"},
		"to the last minute":             {`{"mon":"08:00-18:30"}`, "Mon 18:29", "open until Mon 18:30"},
		"after closing":                  {`{"mon":"08:00-18:30","wed":"09:00-12:00"}`, "Mon 18:30", "closed until Wed 09:00"},
		"a closed day":                   {`{"mon":"08:00-18:30","wed":"09:00-12:00"}`, "Tue 10:00", "closed until Wed 09:00"},
		"a week later":                   {`{"mon":"08:00-18:30"}`, "Mon 19:00", "closed until Mon 08:00 +7"},
		"over midnight, the evening":     {`{"mon":"22:00-06:00"}`, "Mon 23:00", "open until Tue 06:00"},
		"over midnight, the morning":     {`{"mon":"22:00-06:00"}`, "Tue 05:59", "open until Tue 06:00"},
		"over midnight, over":            {`{"mon":"22:00-06:00","tue":"22:00-06:00"}`, "Tue 06:00", "closed until Tue 22:00"},
		"over midnight from Sunday":      {`{"sun":"22:00-06:00","mon":"08:00-18:00"}`, "Mon 05:00", "open until Mon 06:00"},
		"two days without a break":       {`{"mon":"08:00-00:00","tue":"00:00-12:00"}`, "Mon 09:00", "open until Tue 12:00"},
		"until midnight":                 {`{"mon":"08:00-00:00"}`, "Mon 23:59", "open until Tue 00:00"},
		"around the clock":               {`{"mon":"00:00-00:00","tue":"00:00-00:00","wed":"00:00-00:00","thu":"00:00-00:00","fri":"00:00-00:00","sat":"00:00-00:00","sun":"00:00-00:00"}`, "Wed 03:00", "open always"},
		"around the clock but on Sunday": {`{"mon":"00:00-00:00","tue":"00:00-00:00","wed":"00:00-00:00","thu":"00:00-00:00","fri":"00:00-00:00","sat":"00:00-00:00"}`, "Wed 03:00", "open until Sun 00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Site{Code: "x", TimeZone: "Asia/Shanghai", Raw: json.RawMessage(`{"hours":` + c.hours + `}`)}
			if err := s.finish(); err != nil {
				t.Fatal(err)
			}
			now := at(t, s, c.now)
			days, err := calendar.New(s.Location(), calendar.DefaultHours(), calendar.Shipped()...)
			if err != nil {
				t.Fatal(err)
			}
			d := s.DeskAt(now.UTC(), days)
			got := "untold"
			if d.Told {
				got = map[bool]string{true: "open", false: "closed"}[d.Open] + " until " + d.Until.In(s.Location()).Format("Mon 15:04")
				if d.Until.IsZero() {
					got = "open always"
				}
				if d.Until.Sub(now) > 6*24*time.Hour {
					got += " +7"
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// A public holiday isn't a normal day at the desk, nor is a make-up Sunday a free one.
func TestDeskHoursKnowTheCalendar(t *testing.T) {
	t.Parallel()
	days, err := calendar.New(time.UTC, calendar.DefaultHours(), calendar.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	workdays := `"mon":"08:00-18:00","tue":"08:00-18:00","wed":"08:00-18:00","thu":"08:00-18:00","fri":"08:00-18:00"`
	for _, c := range []struct{ name, hours, now, want string }{
		{"SHIFT-4 closed on a public holiday where Sundays are", "{" + workdays + "}", "2026-02-16T10:00", "closed until 02-24 08:00"},
		{"SHIFT-4 open on a public holiday as on Sundays", "{" + workdays + `,"sat":"08:00-18:00","sun":"09:00-12:00"}`, "2026-10-01T10:00", "open until 10-01 12:00"},
		{"SHIFT-4 open on a make-up Sunday as on Mondays", "{" + workdays + "}", "2026-01-04T10:00", "open until 01-04 18:00"},
		{"SHIFT-4 the evening before a holiday", "{" + workdays + "}", "2026-09-30T19:00", "closed until 10-08 08:00"},
		{"SHIFT-4 a year without data knows weekends only", "{" + workdays + "}", "2027-10-01T10:00", "open until 10-01 18:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := Site{Code: "x", TimeZone: "UTC", Raw: json.RawMessage(`{"hours":` + c.hours + `}`)}
			if err := s.finish(); err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse("2006-01-02T15:04", c.now)
			if err != nil {
				t.Fatal(err)
			}
			d := s.DeskAt(now, days)
			if got := map[bool]string{true: "open", false: "closed"}[d.Open] + " until " + d.Until.Format("01-02 15:04"); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestSettingsAreReadKindly(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 whatever stands in the settings, a visit says who comes and to whom or where", func(t *testing.T) {
		t.Parallel()
		for raw, want := range map[string][2]Need{
			`{}`: {Optional, Optional},
			`{"kiosk_fields":{"name":"off","place":"off","host":"off"}}`:         {Required, Off},
			`{"kiosk_fields":{"place":"off"}}`:                                   {Off, Required},
			`{"kiosk_fields":{"host":"off","lift":"required","phone":"always"}}`: {Required, Off},
			`{"kiosk_fields":{"host":"required"}}`:                               {Optional, Required},
		} {
			s := Defaults()
			if err := s.apply([]byte(raw)); err != nil {
				t.Fatal(err)
			}
			if s.Asks("place") != want[0] || s.Asks("host") != want[1] || s.Asks("name") != Required || s.Asks("phone") != Required || s.KioskFields["lift"] != "" {
				t.Errorf("%s: %v", raw, s.KioskFields)
			}
		}
		if Defaults().KioskFields["host"] != Optional {
			t.Error("the defaults were changed")
		}
	})
	for _, raw := range []string{`{"hours":{"mon":"8-18"}}`, `{"hours":{"mon":"25:00-18:00"}}`, `{"ticket_term_days":0}`, `{"kiosk_idle":"1s"}`} {
		s := Defaults()
		if err := s.apply([]byte(raw)); err == nil {
			t.Errorf("%s was taken", raw)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func (b *bundle) change(in Change) (Site, error) { return b.Change(b.ctx, in) }

func (b *bundle) must(in Change) Site {
	b.t.Helper()
	s, err := b.change(in)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestChange(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-4 what was changed is on record by name, told to every instance, and nothing is where nothing differs", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		before, err := b.Current(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		s := b.must(Change{Set: Set{Accent: ptr("#7a3b0b")}, VisitTermDays: ptr(7), DeskPhone: ptr(" 8888 6666 转 2 ")})
		if s.Accent != "#7a3b0b" || s.Settings.VisitTermDays != 7 || s.Settings.DeskPhone != "8888 6666 转 2" || s.Version != before.Version+1 {
			t.Errorf("%+v", s)
		}
		b.must(Change{VisitTermDays: ptr(7)})
		var fields string
		var records, events int
		if err := b.db.NewRaw(`select (select string_agg(array_to_string(fields, ','), ';') from audit_log where verb = 'site.set'),
			(select count(*) from audit_log where verb = 'site.set'), (select count(*) from events where topic = 'control' and kind = 'site.changed')`).
			Scan(t.Context(), &fields, &records, &events); err != nil {
			t.Fatal(err)
		}
		if fields != "accent,desk_phone,visit_term_days" || records != 1 || events != 2 { // one of the events is of adding it
			t.Errorf("%q, %d records, %d events", fields, records, events)
		}
		var raw string
		if err := b.db.NewRaw(`select settings::text from sites`).Scan(t.Context(), &raw); err != nil || strings.Contains(raw, "ticket_term") {
			t.Errorf("%s, %v: what nobody set follows the default", raw, err)
		}
	})
	t.Run("PRIVACY-5 terms have bounds, and everything wrong is said at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.change(Change{Set: Set{Name: ptr("\x00"), Accent: ptr("#fefefe"), TimeZone: ptr("Mars/Olympus"), Languages: []string{"en", "en"}},
			VisitTermDays: ptr(0), TicketTermDays: ptr(29), KioskIdle: ptr(5), DeskPhone: ptr("call me"), DutyPhone: ptr(strings.Repeat("1", 41)),
			KioskFields: map[string]Need{"name": Off, "place": Off, "host": Off, "phone": "sometimes"}, Purposes: []Offer{{Code: "visit"}, {On: true, Texts: map[string]string{"en": "School run"}}},
			Hours: &[7]Day{{"8 o'clock", ""}}})
		want := map[string]string{"name": "fault.field.characters", "accent": "site.accent_light", "time-zone": "site.zone_unknown", "languages": "site.languages_unknown",
			"visit_term_days": "site.bounds", "ticket_term_days": "site.bounds", "kiosk_idle": "site.bounds", "desk_phone": "site.phone_form", "duty_phone": "fault.field.long",
			"ask-name": "site.ask_name", "ask-host": "site.ask_whom", "ask-phone": "site.choice", "from-0": "site.time_form", "to-0": "site.time_form"}
		f, ok := fault.As(err)
		if !ok {
			t.Fatal(err)
		}
		for _, field := range f.Fields {
			if want[field.Name] == field.Key {
				delete(want, field.Name)
			} else {
				t.Errorf("%s: %s", field.Name, field.Key)
			}
		}
		if len(want) > 0 {
			t.Errorf("not said: %v", want)
		}
		if now, err := b.Current(b.ctx); err != nil || now.Version != 1 {
			t.Errorf("%+v, %v", now, err)
		}
	})
	t.Run("who may not is refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ctx := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: 1, Site: b.site})
		if _, err := b.Change(ctx, Change{VisitTermDays: ptr(7)}); !fault.Is(err, fault.Forbidden) {
			t.Error(err)
		}
		if _, err := b.Current(ctx); !fault.Is(err, fault.Forbidden) {
			t.Error(err)
		}
	})
	t.Run("ten at once with the same page open: one of them is first, all others are told", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		now, err := b.Current(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]string{"visit_term_days": now.Values()["visit_term_days"]}
		errs := make([]error, 10)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = b.change(Change{VisitTermDays: ptr(100 + i), Seen: seen}) })
		}
		wg.Wait()
		first := 0
		for _, err := range errs {
			switch {
			case err == nil:
				first++
			case !fault.Is(err, fault.Conflict):
				t.Error(err)
			}
		}
		if first != 1 {
			t.Errorf("%d were first", first)
		}
	})
}

func TestPurposes(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 a site chooses, orders and adds purposes; one that is gone keeps its words for old visits, and its code is never another's", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		texts := map[string]string{"zh-CN": "接送学生", "zh-TW": "接送學生", "en": "School run"}
		s := b.must(Change{Purposes: []Offer{{Code: "visit", On: true, Order: 2}, {Code: "delivery"}, {Code: "other", On: true, Order: 3}, {On: true, Order: 1, Texts: texts}}}).Settings
		if !slices.Equal(s.Purposes, []string{"own1", "visit", "other"}) || s.Purpose(b.ctx, "own1") != "School run" || s.Purpose(locale.With(b.ctx, "zh-TW"), "own1") != "接送學生" {
			t.Errorf("%+v", s)
		}
		s = b.must(Change{Purposes: []Offer{{Code: "visit", On: true}, {Code: "own1", On: true, Texts: map[string]string{}}}}).Settings
		if !slices.Equal(s.Purposes, []string{"visit"}) || s.Purpose(b.ctx, "own1") != "School run" || len(ownCodes(s)) != 0 {
			t.Errorf("%+v", s)
		}
		s = b.must(Change{Purposes: []Offer{{Code: "visit", On: true}, {On: true, Texts: map[string]string{"zh-CN": "参观", "zh-TW": "參觀", "en": "Tour"}}, {Code: "spying", On: true}}}).Settings
		if !slices.Equal(s.Purposes, []string{"visit", "own2"}) {
			t.Errorf("%+v", s)
		}
		if s.Purpose(b.ctx, "tea") != "tea" || s.Purpose(b.ctx, "visit") != "Personal visit" || s.Purpose(b.ctx, "") == "" {
			t.Error("a purpose is said wrongly")
		}
	})
	t.Run("VISIT-1 a new purpose has words in every language that the site offers, and there is always one to choose", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.change(Change{Set: Set{Languages: []string{"zh-CN", "en"}}, Purposes: []Offer{{Code: "visit", On: true}, {On: true, Texts: map[string]string{"en": "Tour"}}}})
		if f, ok := fault.As(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != "purpose--zh-CN" {
			t.Error(err)
		}
		_, err = b.change(Change{Purposes: []Offer{{Code: "visit"}, {Code: "other"}}})
		if f, ok := fault.As(err); !ok || len(f.Fields) != 1 || f.Fields[0].Key != "site.purposes_none" {
			t.Error(err)
		}
	})
}
