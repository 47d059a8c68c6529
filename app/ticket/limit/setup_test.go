package limit_test

import (
	"strings"
	"testing"
	"time"

	"lobby/app/site/calendar"
	"lobby/app/ticket/limit"
)

// bench is what a test works with: a site's calendar, and a policy.
type bench struct {
	t      testing.TB
	zone   *time.Location
	cal    *calendar.Calendar
	policy *limit.Policy
}

func setup(t testing.TB, zone string) bench {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	years := calendar.Shipped()
	if zone != "Asia/Shanghai" {
		years = nil
	}
	c, err := calendar.New(z, calendar.DefaultHours(), years...)
	if err != nil {
		t.Fatal(err)
	}
	return bench{t: t, zone: z, cal: c, policy: limit.Default()}
}

// at reads "2026-03-02 10:00", with seconds or without, as the site's clocks show it.
func (b bench) at(text string) time.Time {
	b.t.Helper()
	layout := "2006-01-02 15:04"
	if strings.Count(text, ":") == 2 {
		layout = time.DateTime
	}
	at, err := time.ParseInLocation(layout, text, b.zone)
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

// history reads lines "2026-03-02 10:00 what [argument]": a class as repair/A/major, a party, or a time promised.
func (b bench) history(lines ...string) limit.History {
	b.t.Helper()
	var h limit.History
	for _, line := range lines {
		words := strings.Fields(line)
		e := limit.Event{At: b.at(words[0] + " " + words[1]), What: limit.What(words[2])}
		argument := strings.Join(words[3:], " ")
		switch e.What {
		case limit.Registered, limit.Classified, limit.Sent:
			e.Class = class(argument)
		case limit.WaitStarted:
			e.On = limit.Party(argument)
		case limit.Promised:
			e.Until = b.at(argument)
		}
		h = append(h, e)
	}
	return h
}

// class reads kind/urgency/severity; help may say of which kind after a colon, and an exclamation mark is life safety.
func class(text string) limit.Class {
	parts := strings.Split(text+"//", "/")
	kind, life := strings.CutSuffix(parts[0], "!")
	kind, help, _ := strings.Cut(kind, ":")
	return limit.Class{Kind: kind, Help: help, Urgency: parts[1], Severity: parts[2], LifeSafety: life}
}

func (b bench) limits(lines ...string) limit.Limits {
	b.t.Helper()
	return limit.Of(b.policy, b.cal, b.history(lines...))
}

func clock(t testing.TB, l limit.Limits, k limit.Kind) limit.Clock {
	t.Helper()
	c, ok := l.Clock(k)
	if !ok {
		t.Fatalf("no clock of the %s in %v", k, l)
	}
	return c
}

// due holds the clock's limit against what it should be.
func (b bench) due(l limit.Limits, k limit.Kind, want string) {
	b.t.Helper()
	if c := clock(b.t, l, k); !c.Due.Equal(b.at(want)) {
		b.t.Errorf("%s due %s, want %s", k, c.Due.In(b.zone), want)
	}
}

// is holds the clock's state at a moment, and when its limit passed ("" for not), against what they should be.
func (b bench) is(c limit.Clock, now string, want limit.State, breached string) {
	b.t.Helper()
	if got := c.State(b.at(now)); got != want {
		b.t.Errorf("%s at %s is %s, want %s", c.Kind, now, got, want)
	}
	var passed time.Time
	if breached != "" {
		passed = b.at(breached)
	}
	if got := c.Breached(b.at(now)); !got.Equal(passed) {
		b.t.Errorf("%s passed at %s, want %q", c.Kind, got.In(b.zone), breached)
	}
}

// why says a clock's working in short: "2026-03-02 10:00–2026-03-03 00:00 -received".
func (b bench) why(c limit.Clock, now string) string {
	b.t.Helper()
	var lines []string
	for _, p := range c.Why(b.at(now)) {
		line := p.From.In(b.zone).Format("01-02 15:04") + "–" + p.Until.In(b.zone).Format("01-02 15:04") + " "
		if p.Counted {
			line += "+"
		} else {
			line += "-"
		}
		line += string(p.Code)
		if p.Name != "" {
			line += " " + p.Name
		}
		if p.Number > 0 {
			line += " " + string(rune('0'+p.Number))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// escalations says the first ones in short, not to whom they went on: "2026-03-04 10:00 supervisor result+takeover".
func (b bench) escalations(l limit.Limits, now string) string {
	b.t.Helper()
	var lines []string
	for _, e := range l.Escalations(b.at(now)) {
		if e.Of != "" {
			continue
		}
		var from []string
		for _, k := range e.From {
			from = append(from, string(k))
		}
		lines = append(lines, e.At.In(b.zone).Format("2006-01-02 15:04")+" "+e.Level+" "+strings.Join(from, "+"))
	}
	return strings.Join(lines, "\n")
}

// climbs says every escalation in short: level, when it was told, from which level it went on, and since when it is taken.
func (b bench) climbs(l limit.Limits, now string) string {
	b.t.Helper()
	var lines []string
	for _, e := range l.Escalations(b.at(now)) {
		line := e.At.In(b.zone).Format("01-02 15:04") + " " + e.Level
		if e.Of != "" {
			line += " < " + e.Of
		}
		if !e.Taken.IsZero() {
			line += ", taken " + e.Taken.In(b.zone).Format("01-02 15:04")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func same(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
