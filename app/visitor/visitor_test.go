package visitor

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/kit/patience"
	"lobby/app/site"
)

// shipped are the rules of a kiosk whose site has changed nothing.
var shipped = RulesFor(site.Defaults(), Kiosk)

func TestCheck(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 61)
	for name, c := range map[string]struct {
		change func(*Register)
		wrong  map[string]string // field → key; empty: nothing is wrong
	}{
		"VISIT-1 a whole entry is taken":             {func(*Register) {}, nil},
		"VISIT-1 a unit without a person is enough":  {func(r *Register) { r.Host = "" }, nil},
		"VISIT-1 a person without a unit is enough":  {func(r *Register) { r.Place = "" }, nil},
		"VISIT-1 plate and company may be left out":  {func(r *Register) { r.Plate, r.Company = "", "" }, nil},
		"VISIT-1 whom or which unit must be said":    {func(r *Register) { r.Host, r.Place = "", " " }, map[string]string{"host": "visitor.error.whom"}},
		"VISIT-1 a name must be said":                {func(r *Register) { r.Name = "  " }, map[string]string{"name": "fault.field.required"}},
		"VISIT-1 a phone must be said":               {func(r *Register) { r.Phone = "" }, map[string]string{"phone": "fault.field.required"}},
		"VISIT-1 a purpose is one of the site's":     {func(r *Register) { r.Purpose = "spying" }, map[string]string{"purpose": "visitor.error.purpose"}},
		"VISIT-1 nobody comes alone with nobody":     {func(r *Register) { r.People = 0 }, map[string]string{"people": "visitor.error.people"}},
		"VISIT-1 a hundred people are a mistake":     {func(r *Register) { r.People = 100 }, map[string]string{"people": "visitor.error.people"}},
		"VISIT-1 fewer than nobody are a mistake":    {func(r *Register) { r.People = -1 }, map[string]string{"people": "visitor.error.people"}},
		"VISIT-1 a phone must be one":                {func(r *Register) { r.Phone = "12" }, map[string]string{"phone": "visitor.error.phone"}},
		"VISIT-1 a phone of words is none":           {func(r *Register) { r.Phone = "call me" }, map[string]string{"phone": "visitor.error.phone"}},
		"VISIT-1 a plate must be one":                {func(r *Register) { r.Plate = "ABC" }, map[string]string{"plate": "visitor.error.plate"}},
		"VISIT-1 an over-long name is refused":       {func(r *Register) { r.Name = long }, map[string]string{"name": "fault.field.long"}},
		"VISIT-1 an over-long host is refused":       {func(r *Register) { r.Host = long }, map[string]string{"host": "fault.field.long"}},
		"VISIT-1 an over-long place is refused":      {func(r *Register) { r.Place = long }, map[string]string{"place": "fault.field.long"}},
		"VISIT-1 an over-long company is refused":    {func(r *Register) { r.Company = long }, map[string]string{"company": "fault.field.long"}},
		"VISIT-1 an over-long note is refused":       {func(r *Register) { r.Note = strings.Repeat("x", 201) }, map[string]string{"note": "fault.field.long"}},
		"VISIT-1 an over-long phone is refused":      {func(r *Register) { r.Phone = strings.Repeat("1", 40) }, map[string]string{"phone": "fault.field.long"}},
		"VISIT-1 an over-long plate is refused":      {func(r *Register) { r.Plate = strings.Repeat("A", 40) }, map[string]string{"plate": "fault.field.long"}},
		"VISIT-1 sixty characters of four bytes fit": {func(r *Register) { r.Name = strings.Repeat("𠮷", 60) }, nil},
		"VISIT-1 emoji are taken":                    {func(r *Register) { r.Name, r.Host = "王🙂", "👩‍👩‍👧" }, nil},
		"VISIT-1 HTML and SQL are just text":         {func(r *Register) { r.Name, r.Host = "<script>alert(1)</script>", "'; drop table visits; --" }, nil},
		"VISIT-1 NUL is refused, field by field":     {func(r *Register) { r.Name, r.Host, r.Note = "a\x00b", "\x00", "c\x00" }, map[string]string{"name": "fault.field.characters", "host": "fault.field.characters", "note": "fault.field.characters"}},
		"VISIT-1 control characters are refused":     {func(r *Register) { r.Place, r.Company = "18\x1b[31m", "\x07" }, map[string]string{"place": "fault.field.characters", "company": "fault.field.characters"}},
		"VISIT-1 broken UTF-8 is refused":            {func(r *Register) { r.Name = "\xff\xfe" }, map[string]string{"name": "fault.field.characters"}},
		"VISIT-1 an entry without a key is none":     {func(r *Register) { r.EntryKey = uuid.Nil }, map[string]string{"entry": "visitor.error.entry"}},
		"VISIT-1 an unknown channel is none":         {func(r *Register) { r.Channel = "fax" }, map[string]string{"channel": "visitor.error.entry"}},
		"VISIT-1 everything wrong is said at once":   {func(r *Register) { *r = Register{EntryKey: r.EntryKey, Channel: Kiosk} }, map[string]string{"name": "fault.field.required", "phone": "fault.field.required", "host": "visitor.error.whom", "purpose": "visitor.error.purpose", "people": "visitor.error.people"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := wang()
			c.change(&in)
			_, err := in.Check(shipped)
			got := wrongFields(err)
			if !maps.Equal(got, c.wrong) && (len(got) > 0 || len(c.wrong) > 0) {
				t.Errorf("wrong fields %v, want %v", got, c.wrong)
			}
			if err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("error %v is no refusal of fields", err)
			}
		})
	}
	t.Run("VISIT-1 the desk takes a visit without a phone, but not without a name, a purpose, and whom or where", func(t *testing.T) {
		t.Parallel()
		desk := RulesFor(site.Defaults(), Counter)
		in := wang()
		in.Channel, in.Phone, in.Plate, in.Company, in.Host = Counter, "", "", "", ""
		if _, err := in.Check(desk); err != nil {
			t.Error(err)
		}
		in.Name, in.Purpose, in.Place, in.Phone = "", "", "", "12"
		_, err := in.Check(desk)
		want := map[string]string{"name": "fault.field.required", "purpose": "visitor.error.purpose", "host": "visitor.error.whom", "phone": "visitor.error.phone"}
		if got := wrongFields(err); !maps.Equal(got, want) {
			t.Errorf("%v", got)
		}
	})
	t.Run("VISIT-1 marks that turn the reading direction are taken out, spaces in a line become one", func(t *testing.T) {
		t.Parallel()
		in := wang()
		in.Name, in.Host, in.Place = "\u202e王\u200f小明\ufeff", " 李 \n 雷 ", "18-2-201"
		out, err := in.Check(shipped)
		if err != nil || out.Name != "王小明" || out.Host != "李 雷" {
			t.Errorf("%q %q %v", out.Name, out.Host, err)
		}
		if out.Phone != "+8613812345678" || out.Plate != "粤B12345" {
			t.Errorf("phone %q, plate %q are not in their normal form", out.Phone, out.Plate)
		}
	})
}

func TestTries(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	t.Run("VISIT-4 slips are free, then the wait doubles to five minutes", func(t *testing.T) {
		t.Parallel()
		var tr patience.Tries
		want := []time.Duration{0, 0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second,
			80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute}
		for i, w := range want {
			tr = ofCodes(3).Fail(tr, now)
			if _, got := ofCodes(3).Wait(tr, now); got != w {
				t.Errorf("after %d wrong codes the wait is %v, want %v", i+1, got, w)
			}
		}
		if _, wait := ofCodes(3).Wait(tr, now.Add(5*time.Minute)); wait != 0 {
			t.Error("the wait never ends")
		}
	})
	t.Run("VISIT-4 a quarter of an hour without a slip forgets them", func(t *testing.T) {
		t.Parallel()
		tr := ofCodes(3).Fail(patience.Tries{Failures: 9, LastAt: now}, now.Add(16*time.Minute))
		if tr.Failures != 1 || !tr.LockedUntil.Equal(tr.LastAt) {
			t.Errorf("still %d failures", tr.Failures)
		}
	})
	t.Run("VISIT-4 a clock set back locks nobody out for longer", func(t *testing.T) {
		t.Parallel()
		tr := patience.Tries{Failures: 5, LastAt: now, LockedUntil: now.Add(20 * time.Second)}
		if _, w := ofCodes(3).Wait(tr, now.Add(-24*time.Hour)); w != 20*time.Second {
			t.Errorf("wait of %v", w)
		}
	})
}

func TestCodes(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-4 codes have six digits, links 128 bits, and don't repeat", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{}
		for range 1000 {
			if code := newCode(); !sixDigits.MatchString(code) {
				t.Fatalf("code %q", code)
			}
			token := newToken()
			if len(token) != 22 || seen[token] {
				t.Fatalf("token %q", token)
			}
			seen[token] = true
		}
	})
}
