package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// bad are texts that no field takes.
var bad = map[string]string{"control": "水管\x07漏", "NUL": "水管\x00", "broken": "水管\xff", "escape": "\x1b[31m红"}

// odd are texts that are taken as they stand, and shown as text.
var odd = []string{`<script>alert(1)</script>`, `'; drop table tickets; --`, "🚰𠮷水管", "%_\\", `{{.Name}}`, "a & b"}

func TestFields(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ctx := d.as(staff.Agent)
	set := map[string]func(*ticket.Register, string){
		"place":    func(r *ticket.Register, s string) { r.Place = s },
		"matter":   func(r *ticket.Register, s string) { r.Matter = s },
		"reporter": func(r *ticket.Register, s string) { r.Reporter = s },
	}
	limits := map[string]int{"place": ticket.MaxPlace, "matter": ticket.MaxMatter, "reporter": ticket.MaxReporter}
	refused := func(t *testing.T, field string, in ticket.Register) {
		t.Helper()
		_, err := d.svc.Register(ctx, in)
		f, _ := fault.As(err)
		if f == nil || f.Kind != fault.Invalid || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Name == field }) {
			t.Errorf("%v, want field %s refused", err, field)
		}
	}
	for field, put := range set {
		t.Run(field, func(t *testing.T) {
			for name, text := range bad {
				in := entry()
				put(&in, text)
				t.Run(name, func(t *testing.T) { refused(t, field, in) })
			}
			in := entry()
			put(&in, strings.Repeat("长", limits[field]+1))
			t.Run("too long", func(t *testing.T) { refused(t, field, in) })
			for _, text := range append(odd, strings.Repeat("𠮷", limits[field])) {
				in := entry()
				put(&in, text)
				made := d.register(ctx, in)
				got, err := d.svc.Get(ctx, made.ID)
				if err != nil || (got.Place != text && got.Matter != text && got.Reporter != text) {
					t.Errorf("%q came back as %+v (%v)", text, got, err)
				}
			}
			in = entry()
			put(&in, "\u202e水管\u200f\ufeff")
			if made := d.register(ctx, in); made.Place+made.Matter+made.Reporter != strings.ReplaceAll(made.Place+made.Matter+made.Reporter, "\u202e", "") {
				t.Error("a mark that turns the reading direction was kept")
			}
		})
	}
	t.Run("required and choices", func(t *testing.T) {
		for field, change := range map[string]func(*ticket.Register){
			"place": func(r *ticket.Register) { r.Place = " " }, "matter": func(r *ticket.Register) { r.Matter = "\n" },
			"kind": func(r *ticket.Register) { r.Kind = "party" }, "urgency": func(r *ticket.Register) { r.Urgency = "D" },
			"type": func(r *ticket.Register) { r.Type = "A3" }, "channel": func(r *ticket.Register) { r.Channel = "smoke" },
			"entry_key": func(r *ticket.Register) { r.EntryKey = uuid.Nil },
		} {
			in := entry()
			change(&in)
			refused(t, field, in)
		}
	})
	t.Run("what is no phone is refused at the field, none at all is taken", func(t *testing.T) {
		for _, phone := range []string{"12", "abc", "1381234567", "138123456789", "<b>", "+", strings.Repeat("1", 40), "\x00"} {
			in := entry()
			in.Phone = phone
			refused(t, "phone", in)
		}
		in := entry()
		in.Phone = ""
		if made := d.register(ctx, in); made.Phone != nil {
			t.Error("a phone out of nothing")
		}
	})
	t.Run("all wrong fields are said at once", func(t *testing.T) {
		_, err := d.svc.Register(ctx, ticket.Register{Kind: "x", Urgency: "x", Type: "x", Channel: "x", Phone: "x"})
		f, _ := fault.As(err)
		if f == nil || len(f.Fields) != 8 {
			t.Errorf("%v, want eight fields", err)
		}
	})
}
