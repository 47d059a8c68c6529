package policy_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/policy"
	"lobby/views/locale"
)

const (
	policyPath = "/settings/policy"
	ladderPath = "/settings/ladder"
)

// office is a site's settings before its supervisor and its manager, with the tickets' own pages.
type office struct {
	*testing.T
	db   *bun.DB
	svc  *ticket.Service
	site int64
	mu   sync.Mutex
	now  time.Time

	chief, other, agent, guest *webtest.Client
	as                         actor.Actor // the supervisor
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func open(t *testing.T, lang string) *office {
	t.Helper()
	o := &office{T: t, db: dbtest.New(t), now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	o.svc = &ticket.Service{DB: o.db, Vault: piitest.Vault(t), Sites: site.NewDirectory(o.db), Now: o.clock}
	o.scan(&o.site, `insert into sites (code, name) values ('garden', '滨河花园') returning id`)
	people := webtest.NewPeople()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	people.Site.Zone = shanghai
	app := web.New(people.Config())
	(&policy.Pages{Service: o.svc}).Routes(app)
	(&ticket.Pages{Service: o.svc}).Routes(app)
	o.guest = webtest.New(t, app)
	who := func(name string, role staff.Role) (*webtest.Client, actor.Actor) {
		a := actor.Actor{Kind: actor.Person, Name: name, Site: o.site, Lang: lang, May: staff.May(role)}
		o.scan(&a.ID, `insert into staff (login, name, password_hash) values (?, ?, 'x') returning id`, strings.ToLower(name), name)
		if _, err := o.db.NewRaw(`insert into staff_roles (staff_id, site_id, role) values (?, ?, ?)`, a.ID, o.site, string(role)).Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
		return o.guest.Another().As(people, a), a
	}
	o.chief, o.as = who("Anna", staff.Supervisor)
	o.other, _ = who("Berta", staff.Manager)
	o.agent, _ = who("Carla", staff.Agent)
	return o
}

func (o *office) scan(into any, query string, args ...any) {
	o.Helper()
	if err := o.db.NewRaw(query, args...).Scan(context.Background(), into); err != nil {
		o.Fatalf("%s: %v", query, err)
	}
}

func (o *office) text(query string, args ...any) (text string) {
	o.Helper()
	o.scan(&text, query, args...)
	return text
}

func (o *office) register(kind, place string) *ticket.Ticket {
	o.Helper()
	t, err := o.svc.Register(actor.With(o.Context(), o.as), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: kind, Urgency: "B", Place: place, Matter: "水管漏水", Channel: "phone"})
	if err != nil {
		o.Fatal(err)
	}
	return t
}

// form is the page's form of a policy or ladder.
func form(p *webtest.Page) url.Values {
	_, fields := p.Form("form.rules")
	return fields
}

func with(f url.Values, pairs ...string) url.Values {
	out := maps.Clone(f)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = []string{pairs[i+1]}
	}
	return out
}

func TestPolicyPage(t *testing.T) {
	t.Parallel()
	t.Run("SLA-1 what a policy would move is shown first; saved, the limit on the ticket's page moves, and its history keeps the old one", func(t *testing.T) {
		t.Parallel()
		o := open(t, locale.English)
		moved, still := o.register("repair", "18#2单元201"), o.register("complaint", "大堂")
		start := form(o.chief.Get(policyPath).Want(http.StatusOK).WantText("Repair", "first response", "This is what ships"))
		page := o.chief.Post(policyPath, with(start, "result.repair----.n", "12", "go", "preview")).Want(http.StatusOK)
		page.WantText("1 of 2 open tickets would be moved", moved.Number, "18#2单元201", "48 hours", "12 hours", "25 Nov 2026 10:00", "23 Nov 2026 22:00").WantNo(still.Number)
		if n := o.text(`select count(*)::text from site_rules`); n != "0" {
			t.Fatal("the preview saved it")
		}
		o.chief.Get("/desk/tickets/" + id(moved)).WantText("25 Nov 2026 10:00").WantNo("23 Nov 2026 22:00")
		o.later(time.Hour)
		o.chief.Post(policyPath, with(form(page), "go", "save")).WantLocation(policyPath + "?done=saved")
		o.chief.Get(policyPath+"?done=saved").WantText("Saved.", "This, too, shows first")
		if _, err := o.svc.MarkDue(actor.AsJob(t.Context(), "test", 0)); err != nil { // what every instance does each moment
			t.Fatal(err)
		}
		shown := o.chief.Get("/desk/tickets/" + id(moved)).Want(http.StatusOK)
		shown.WantText("23 Nov 2026 22:00", "25 Nov 2026 10:00", "replaced")
		if fields := o.text(`select string_agg(array_to_string(fields, ','), ';') from audit_log where verb = 'site.rules'`); fields != "policy" {
			t.Errorf("on record: %s", fields)
		}
	})
	t.Run("SLA-6 the promises of being at the spot are a ready choice, and the shipped policy one back; both are shown before they are saved", func(t *testing.T) {
		t.Parallel()
		o := open(t, locale.English)
		o.register("repair", "大堂")
		page := o.chief.Post(policyPath, url.Values{"go": {"on_spot"}}).Want(http.StatusOK)
		page.WantText("30 minutes (at the spot)", "1 of 1 open tickets", "5 minutes")
		o.chief.Post(policyPath, with(form(page), "go", "save")).WantLocation(policyPath + "?done=saved")
		p, version, err := o.svc.Policy(actor.With(t.Context(), o.as))
		if err != nil || version != 1 || len(p.Rows) != 18 {
			t.Fatalf("version %d with %d rows, %v", version, len(p.Rows), err)
		}
		back := o.chief.Post(policyPath, url.Values{"go": {"default"}}).Want(http.StatusOK).WantText("24 hours")
		o.chief.Post(policyPath, with(form(back), "go", "save")).WantLocation(policyPath + "?done=saved")
		o.chief.Get(policyPath).WantText("This is what ships")
	})
	t.Run("SLA-1 a policy of zero hours and whatever else makes no sense is refused at its field, all at once, and what was typed stays", func(t *testing.T) {
		t.Parallel()
		o := open(t, locale.English)
		start := form(o.chief.Get(policyPath))
		page := o.chief.Post(policyPath, with(start, "result.repair----.n", "0", "response.complaint----.n", "367", "response.complaint----.u", "d", "spot.inquiry----", "1",
			"update.other----.n", "soon", "kind.new", "help", "result.new.n", "5", "within.n", "", "share", "101", "go", "save")).Want(http.StatusUnprocessableEntity)
		for field, words := range map[string]string{"result.repair----": "more than nothing", "response.complaint----": "a year at most", "response.inquiry----": "At the spot until when",
			"update.other----": "whole number", "kind.new": "An earlier row is for the same", "within": "Callbacks need a limit", "share": "0 to 100"} {
			if got := said(page, field); !strings.Contains(got, words) {
				t.Errorf("%s: %q", field, got)
			}
		}
		kept := form(page)
		if kept.Get("result.repair----.n") != "0" || kept.Get("update.other----.n") != "soon" || kept.Get("kind.new") != "help" || kept.Get("share") != "101" {
			t.Errorf("what was typed is lost: %v", kept)
		}
		page.WantText("Repair · result", "Near")
		if n := o.text(`select count(*)::text from site_rules`); n != "0" {
			t.Error("it was saved")
		}
	})
	t.Run("of two who change the policy at once the second is told what changed, keeps what they typed, and undoes nothing", func(t *testing.T) {
		t.Parallel()
		o := open(t, locale.English)
		one, two := form(o.chief.Get(policyPath)), form(o.other.Get(policyPath))
		save := func(c *webtest.Client, f url.Values) *webtest.Page {
			return c.Post(policyPath, with(form(c.Post(policyPath, with(f, "go", "preview")).Want(200)), "go", "save"))
		}
		save(o.chief, with(one, "result.repair----.n", "12")).Want(http.StatusSeeOther)
		told := save(o.other, with(two, "result.other----.n", "5")).Want(http.StatusConflict).WantText("Anna changed the settings", "Repair · result", "48 hours", "12 hours")
		kept := form(told)
		if kept.Get("result.other----.n") != "5" || kept.Get("result.repair----.n") != "12" {
			t.Error("what was typed is lost, or what was left alone would undo the other's change")
		}
		o.other.Post(policyPath, with(kept, "go", "save")).Want(http.StatusSeeOther)
	})
	t.Run("what is saved is what was previewed, rows removed and added with it", func(t *testing.T) {
		t.Parallel()
		o := open(t, locale.English)
		start := form(o.chief.Get(policyPath))
		changed := with(start, "drop.other----A", "1", "kind.new", "repair", "urgency.new", "A", "response.new.n", "2", "spot.new", "1", "go", "preview")
		page := o.chief.Post(policyPath, changed).Want(http.StatusOK).WantText("Other · A At once", "removed", "Repair · A At once", "2 hours (at the spot)")
		again := form(page)
		if again.Get("response.repair----A.n") != "2" || again.Get("kind.new") != "" || again.Has("result.other----A.n") {
			t.Errorf("the form isn't as it was previewed: %v", again)
		}
		o.chief.Post(policyPath, with(again, "result.repair----.n", "30", "go", "save")).Want(http.StatusUnprocessableEntity).WantText("You changed something after the preview", "30 hours")
		o.chief.Post(policyPath, with(again, "go", "save")).Want(http.StatusSeeOther)
	})
	t.Run("ESC-2 the ladder is set in words, and says of how many tickets somebody would be told at once", func(t *testing.T) {
		t.Parallel()
		o := open(t, locale.English)
		made := o.register("repair", "大堂")
		o.later(25 * time.Hour)
		start := form(o.chief.Get(ladderPath).Want(http.StatusOK).WantText("A case that is no complaint and isn’t done in 2 days passes to: Supervisor"))
		page := o.chief.Post(ladderPath, with(start, "after.2.n", "1", "drop.1", "1", "on.5", "result", "level.5.1", "manager", "go", "preview")).Want(http.StatusOK)
		page.WantText("Of 1 somebody would be told at once", made.Number, "tells at once: Supervisor", "the result is overdue", "removed")
		o.chief.Post(ladderPath, with(form(page), "go", "save")).WantLocation(ladderPath + "?done=saved")
		p, _, err := o.svc.Policy(actor.With(t.Context(), o.as))
		if err != nil || len(p.Ladder) != 4 || p.Ladder[0].After.N != 1 || p.Ladder[3].On != "result" || len(p.Rows) != 16 {
			t.Errorf("%+v, %v", p.Ladder, err)
		}
		bad := o.chief.Post(ladderPath, with(form(o.chief.Get(ladderPath)), "after.1.n", "0", "level.2.1", "", "on.3", "moon", "go", "save")).Want(http.StatusUnprocessableEntity)
		for field, words := range map[string]string{"after.1": "more than nothing", "ladder.2": "Who is told", "ladder.3": "no such thing"} {
			if got := said(bad, field); !strings.Contains(got, words) {
				t.Errorf("%s: %q", field, got)
			}
		}
		back := o.chief.Post(ladderPath, url.Values{"go": {"default"}}).Want(http.StatusOK)
		o.chief.Post(ladderPath, with(form(back), "go", "save")).Want(http.StatusSeeOther)
		o.chief.Get(ladderPath).WantText("This is what ships")
	})
	t.Run("only who may change rules, in every language", func(t *testing.T) {
		t.Parallel()
		o := open(t, "")
		for _, path := range []string{policyPath, ladderPath} {
			o.agent.Get(path).Want(http.StatusForbidden)
			o.agent.Post(path, url.Values{"go": {"default"}}).Want(http.StatusForbidden)
			o.guest.Get(path).Want(http.StatusUnauthorized)
			for _, lang := range locale.Languages {
				o.chief.Get(path+"?lang="+lang).Want(http.StatusOK).WantNo("limit.page", "limit.ladder", "limit.unit", "layout.settings", "team.role")
			}
		}
	})
}

// said is what stands at a field as its mistake.
func id(t *ticket.Ticket) string { return strconv.FormatInt(t.ID, 10) }

func said(p *webtest.Page, field string) string {
	for _, n := range p.All("small.error") {
		if webtest.Attr(n, "id") == "f-"+field+"-error" {
			return webtest.Text(n)
		}
	}
	return ""
}

// Whatever is typed into any field: a page in words.
func TestPolicyWithBadInput(t *testing.T) {
	t.Parallel()
	o := open(t, locale.English)
	for _, path := range []string{policyPath, ladderPath} {
		start := form(o.chief.Get(path))
		for _, name := range []string{"row", "rung", "version", "seen", "result.repair----.n", "result.repair----.u", "kind.new", "help.new", "within.n", "share", "most.u", "sampled",
			"on.1", "after.2.n", "after.2.u", "level.1.1", "drop.1"} {
			for _, text := range []string{"", strings.Repeat("长", 1000), "a\x00b", `"'><script>alert(1)</script>`, "99999999999999999999", "-1", "\xff\xfe", "a-b-c-d-e"} {
				for _, do := range []string{"save", "preview"} {
					p := o.chief.Post(path, with(start, name, text, "go", do))
					if p.Status != 422 && p.Status != 409 && p.Status != 303 && p.Status != 200 {
						t.Errorf("%s, %q in %s: %d", path, text, name, p.Status)
					}
					p.WantNo("<script>alert")
				}
			}
		}
	}
}
