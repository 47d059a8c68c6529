package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-1 whichever channel it comes by, the flow is the same", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for _, channel := range ticket.Channels {
			in := entry()
			in.Channel = channel
			made := d.register(d.as(staff.Agent), in)
			if made.Channel != channel || made.State != ticket.Registered || len(d.verbs(made.ID)) != 1 {
				t.Errorf("%s: %+v", channel, made)
			}
		}
		in := entry()
		in.Channel = "phone"
		if made := d.register(d.by(d.kiosk()), in); made.Channel != "kiosk" || made.DeviceID == 0 || made.FirstAskedID != 0 {
			t.Errorf("a kiosk's ticket: %+v", made)
		}
	})
	t.Run("TICKET-2 every kind has a type until somebody says otherwise", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		want := map[string]string{"repair": "A1", "complaint": "C2", "inquiry": "C1"}
		for _, kind := range ticket.Kinds {
			in := entry()
			in.Kind = kind
			made := d.register(d.as(staff.Agent), in)
			typ := want[kind]
			if typ == "" {
				typ = "B2"
			}
			if made.Kind != kind || made.Type != typ || made.Urgency != "B" {
				t.Errorf("%s: %s %s", kind, made.Urgency, made.Type)
			}
		}
	})
	t.Run("ZONE-1 a household's ticket goes to its zone's owner, others to nobody yet", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		for _, place := range []string{"18#2单元201室", "18-2-201", "18栋201室"} {
			in := entry()
			in.Place = place
			made := d.register(ctx, in)
			if made.HouseholdID != d.household || made.OwnerID != d.people[staff.Supervisor].ID || made.OwnerName == "" {
				t.Errorf("%s: household %d, owner %d", place, made.HouseholdID, made.OwnerID)
			}
		}
		in := entry()
		in.Place = "东门岗亭"
		if made := d.register(ctx, in); made.OwnerID != 0 || made.HouseholdID != 0 {
			t.Errorf("a place without household: %+v", made)
		}
		if _, err := d.db.NewRaw(`update staff set disabled_at = now() where id = ?`, d.people[staff.Supervisor].ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if made := d.register(ctx, entry()); made.OwnerID != 0 {
			t.Error("it went to somebody who has left")
		}
	})
	t.Run("SLA-1 the limit runs from registration: the repair row's 48 hours, or the site's own", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if made := d.register(d.as(staff.Agent), entry()); !made.DueAt.Equal(monday.Add(48 * time.Hour)) {
			t.Errorf("due %s", made.DueAt)
		}
		if _, err := d.db.NewRaw(`update sites set settings = '{"ticket_limit": "6h"}' where id = ?`, d.site).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.svc = d.another()
		if made := d.register(d.as(staff.Agent), entry()); !made.DueAt.Equal(monday.Add(6 * time.Hour)) {
			t.Errorf("due %s", made.DueAt)
		}
	})
	t.Run("PRIVACY-3 the phone is sealed, and found by exact match however it is written", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Phone, in.Reporter = piitest.Canary.Phone, piitest.Canary.Name
		made := d.register(d.as(staff.Agent), in)
		piitest.AssertAbsent(t, d.db, piitest.Canary.Phone, piitest.Canary.E164)
		for _, spelt := range []string{"13900706785", "+86 139 0070 6785", "139-0070-6785"} {
			found, err := d.svc.ByPhone(d.as(staff.Guard), spelt)
			if err != nil || len(found) != 1 || found[0].ID != made.ID {
				t.Errorf("%s: %v, %v", spelt, found, err)
			}
		}
		if found, _ := d.svc.ByPhone(d.as(staff.Guard), "13900706786"); len(found) != 0 {
			t.Error("another phone found it")
		}
	})
}

func TestFirstAsked(t *testing.T) {
	t.Parallel()
	d := setup(t)
	t.Run("ORG-3 first asked is who enters it, or somebody named on whose behalf it is entered", func(t *testing.T) {
		made := d.register(d.as(staff.Guard), entry())
		if made.FirstAskedID != d.people[staff.Guard].ID {
			t.Errorf("first asked %d", made.FirstAskedID)
		}
		in := entry()
		in.FirstAsked = d.people[staff.Guard].ID
		made = d.register(d.as(staff.Receptionist), in)
		if made.FirstAskedID != d.people[staff.Guard].ID || made.FirstAskedName != d.people[staff.Guard].Name {
			t.Errorf("first asked %d", made.FirstAskedID)
		}
	})
	t.Run("ORG-3 somebody without a role here can't be named", func(t *testing.T) {
		for _, id := range []int64{-1, 999999, d.addPerson("stranger").ID} {
			in := entry()
			in.FirstAsked = id
			if _, err := d.svc.Register(d.as(staff.Agent), in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%d: %v, want invalid", id, err)
			}
		}
	})
	t.Run("ORG-3 first asked never changes, whoever handles it, not even by hand in the database", func(t *testing.T) {
		made := d.register(d.as(staff.Guard), entry())
		d.do(d.as(staff.Agent), made.ID, ticket.Take, "")
		got, err := d.svc.Get(d.as(staff.Agent), made.ID)
		if err != nil || got.FirstAskedID != d.people[staff.Guard].ID || got.OwnerID != d.people[staff.Agent].ID {
			t.Errorf("first asked %d, owner %d, %v", got.FirstAskedID, got.OwnerID, err)
		}
		for _, to := range []any{d.people[staff.Agent].ID, nil} {
			_, err := d.db.NewRaw(`update tickets set first_asked_id = ? where id = ?`, to, made.ID).Exec(t.Context())
			if db.Constraint(err) != "tickets_first_asked" {
				t.Errorf("to %v: %v, want it refused", to, err)
			}
		}
	})
}

func TestEntryOnce(t *testing.T) {
	t.Parallel()
	t.Run("the same entry ten times at once over two instances is one ticket", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		services := []*ticket.Service{d.svc, d.another()}
		in := entry()
		kiosk := d.kiosk()
		var wg sync.WaitGroup
		got, errs := make([]*ticket.Ticket, 10), make([]error, 10)
		for i := range 10 {
			wg.Go(func() { got[i], errs[i] = services[i%2].Register(d.by(kiosk), in) })
		}
		wg.Wait()
		for i := range got {
			if errs[i] != nil {
				t.Fatalf("%d: %v", i, errs[i])
			}
			if got[i].ID != got[0].ID || got[i].Number != got[0].Number {
				t.Errorf("%d: ticket %d %s, want %d %s", i, got[i].ID, got[i].Number, got[0].ID, got[0].Number)
			}
		}
		for table, want := range map[string]int{"tickets": 1, "ticket_steps": 1, "events": 1, "audit_log": 1} {
			var n int
			if err := d.db.NewSelect().TableExpr(table).ColumnExpr("count(*)").Scan(t.Context(), &n); err != nil || n != want {
				t.Errorf("%s: %d rows, want %d (%v)", table, n, want, err)
			}
		}
	})
	t.Run("the same key with other content is refused, showing what stands", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		in := entry()
		made := d.register(ctx, in)
		for _, change := range []func(*ticket.Register){
			func(r *ticket.Register) { r.Matter = "别的事" }, func(r *ticket.Register) { r.Place = "18-2-201" },
			func(r *ticket.Register) { r.Phone = "13812345679" }, func(r *ticket.Register) { r.Phone = "" },
			func(r *ticket.Register) { r.Kind = "help" }, func(r *ticket.Register) { r.Urgency = "A" },
			func(r *ticket.Register) { r.Reporter = "李四" }, func(r *ticket.Register) { r.Channel = "counter" },
			func(r *ticket.Register) { r.FirstAsked = d.people[staff.Guard].ID },
		} {
			other := in
			change(&other)
			_, err := d.svc.Register(ctx, other)
			f, _ := fault.As(err)
			if f == nil || f.Kind != fault.Conflict || f.Args["Number"] != made.Number {
				t.Errorf("%+v: %v, want a conflict that names %s", other, err, made.Number)
			}
		}
		same := in
		same.Phone, same.Matter = "138 1234 5678", " 厨房水管漏水\r\n"
		if got := d.register(ctx, same); got.ID != made.ID {
			t.Error("the same content in another spelling made another ticket")
		}
	})
	t.Run("the key of another site is another entry", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		made := d.register(d.as(staff.Agent), in)
		elsewhere := d.people[staff.Agent]
		elsewhere.Site = d.other
		if got := d.register(d.by(elsewhere), in); got.ID == made.ID {
			t.Error("one site was shown another one's ticket")
		}
	})
	t.Run("a refused entry uses up nothing", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		matter := in.Matter
		in.Matter = ""
		if _, err := d.svc.Register(d.as(staff.Agent), in); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		for _, table := range []string{"tickets", "ticket_steps", "events", "audit_log", "counters"} {
			var n int
			if err := d.db.NewSelect().TableExpr(table).ColumnExpr("count(*)").Scan(t.Context(), &n); err != nil || n != 0 {
				t.Errorf("%s: %d rows (%v)", table, n, err)
			}
		}
		in.Matter = matter
		if made := d.register(d.as(staff.Agent), in); made.Number != "T261123-0001" {
			t.Errorf("number %s", made.Number)
		}
	})
}

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

func TestReveal(t *testing.T) {
	t.Parallel()
	d := setup(t)
	made := d.register(d.as(staff.Agent), entry())
	t.Run("PRIVACY-2 a phone is opened with permission and a reason, and the opening is on record", func(t *testing.T) {
		phone, err := d.svc.Reveal(d.as(staff.Agent), made.ID, "phone", "回电确认上门时间")
		if err != nil || phone != "+8613812345678" {
			t.Fatalf("%q, %v", phone, err)
		}
		var reason string
		d.scan(&reason, `select reason from audit_log where verb = 'pii.reveal' and subject = 'tickets' and subject_id = ? and fields = '{phone}' and actor_id = ?`,
			made.ID, d.people[staff.Agent].ID)
		if reason != "回电确认上门时间" {
			t.Errorf("reason on record: %q", reason)
		}
		masked, err := d.svc.MaskedPhone(made)
		if err != nil || masked != "138****5678" {
			t.Errorf("masked %q, %v", masked, err)
		}
	})
	t.Run("PRIVACY-2 without permission or reason it stays closed", func(t *testing.T) {
		before := d.count(`select count(*) from audit_log where verb = 'pii.reveal'`)
		for _, role := range []staff.Role{staff.Technician, staff.Admin, staff.Cashier, staff.Guard} {
			if _, err := d.svc.Reveal(d.as(role), made.ID, "phone", "我想知道"); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v, want forbidden", role, err)
			}
		}
		if _, err := d.svc.Reveal(actor.AsJob(t.Context(), "curious", d.site), made.ID, "phone", "我想知道"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a job: %v, want forbidden", err)
		}
		for _, reason := range []string{"", "  ", "\x00", strings.Repeat("长", 201)} {
			if _, err := d.svc.Reveal(d.as(staff.Agent), made.ID, "phone", reason); !fault.Is(err, fault.Invalid) {
				t.Errorf("reason %q: %v, want invalid", reason, err)
			}
		}
		if after := d.count(`select count(*) from audit_log where verb = 'pii.reveal'`); after != before {
			t.Error("a refused opening is on record as done")
		}
	})
	t.Run("what isn't there can't be opened", func(t *testing.T) {
		in := entry()
		in.Phone = ""
		without := d.register(d.as(staff.Agent), in)
		for _, try := range []struct {
			id    int64
			field string
		}{{without.ID, "phone"}, {made.ID, "entry_hash"}, {9999, "phone"}} {
			if _, err := d.svc.Reveal(d.as(staff.Agent), try.id, try.field, "回电确认"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%+v: %v, want not found", try, err)
			}
		}
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ctx := d.as(staff.Agent)
	first := d.register(ctx, entry())
	in := entry()
	in.Place, in.Phone, in.Kind = "东门%岗亭", "0755-83456789", "inquiry"
	second := d.register(ctx, in)
	t.Run("by number, in either case", func(t *testing.T) {
		got, err := d.svc.ByNumber(ctx, " "+strings.ToLower(first.Number)+" ")
		if err != nil || got.ID != first.ID {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := d.svc.ByNumber(ctx, "T000000-0000"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v, want not found", err)
		}
	})
	t.Run("by place, by household however it is written, and no sign is a wildcard", func(t *testing.T) {
		for place, want := range map[string]int{"18-2-201": 1, "18#2单元": 1, "东门": 1, "东门%岗": 1, "%": 0, "_": 0, "": 0, "西门": 0} {
			found, err := d.svc.ByPlace(ctx, place)
			if err != nil || len(found) != want {
				t.Errorf("%q: %d, want %d (%v)", place, len(found), want, err)
			}
		}
	})
	t.Run("TICKET-8 what is open for the same household or phone is found before a second one is made", func(t *testing.T) {
		for _, try := range []struct {
			place, phone string
			want         int64
		}{{"18栋201", "", first.ID}, {"", "138 1234 5678", first.ID}, {"东门%岗亭", "", second.ID}} {
			open, err := d.svc.Similar(ctx, try.place, try.phone)
			if err != nil || len(open) != 1 || open[0].ID != try.want {
				t.Errorf("%+v: %v, %v", try, open, err)
			}
		}
		d.do(ctx, second.ID, ticket.Take, "")
		d.do(ctx, second.ID, ticket.Resolve, "已答复")
		d.do(ctx, second.ID, ticket.Close, "")
		if open, err := d.svc.Similar(ctx, "东门%岗亭", ""); err != nil || len(open) != 0 {
			t.Errorf("a closed one is still shown: %v, %v", open, err)
		}
	})
	t.Run("the list by state, kind, mine and overdue", func(t *testing.T) {
		d.clock.Add(49 * time.Hour)
		for i, try := range []struct {
			f    ticket.Filter
			want []int64
		}{
			{ticket.Filter{}, []int64{first.ID}}, {ticket.Filter{Over: true}, []int64{second.ID}},
			{ticket.Filter{All: true}, []int64{second.ID, first.ID}}, {ticket.Filter{State: ticket.Closed}, []int64{second.ID}},
			{ticket.Filter{All: true, Kind: "repair"}, []int64{first.ID}}, {ticket.Filter{All: true, Mine: true}, []int64{second.ID}},
			{ticket.Filter{All: true, Overdue: true}, []int64{first.ID}}, {ticket.Filter{All: true, Page: 2}, nil},
		} {
			got, err := d.svc.List(ctx, try.f)
			ids := []int64{}
			for _, x := range got.Tickets {
				ids = append(ids, x.ID)
			}
			if err != nil || fmt.Sprint(ids) != fmt.Sprint(append([]int64{}, try.want...)) {
				t.Errorf("%d %+v: %v, want %v (%v)", i, try.f, ids, try.want, err)
			}
		}
	})
	t.Run("admin sees no tickets", func(t *testing.T) {
		if _, err := d.svc.List(d.as(staff.Admin), ticket.Filter{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
		if _, err := d.svc.ByPlace(d.as(staff.Admin), "18-2-201"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
	})
}
