package site_test

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/views/locale"
)

// office is a site's settings before two administrators.
type office struct {
	t        *testing.T
	db       *bun.DB
	site     int64
	one, two *webtest.Client
	other    *webtest.Client // somebody else of the staff
}

func openOffice(t *testing.T, lang string) *office {
	t.Helper()
	o := &office{t: t, db: dbtest.New(t)}
	people := webtest.NewPeople()
	ctx := context.WithoutCancel(t.Context())
	if err := o.db.NewRaw(`insert into sites (code, name) values ('here', '滨河花园') returning id`).Scan(ctx, &o.site); err != nil {
		t.Fatal(err)
	}
	app := web.New(people.Config())
	(&site.Pages{Service: &site.Service{DB: o.db, Now: time.Now}}).Routes(app)
	who := func(name string, may ...actor.Permission) *webtest.Client {
		a := actor.Actor{Kind: actor.Person, Name: name, Site: o.site, Lang: lang, May: webtest.May(may...)}
		if err := o.db.NewRaw(`insert into staff (login, name, password_hash) values (?, ?, 'x') returning id`, "p"+strings.ToLower(name), name).Scan(ctx, &a.ID); err != nil {
			t.Fatal(err)
		}
		return webtest.New(t, app).As(people, a)
	}
	o.one, o.two, o.other = who("Anna", site.Manage), who("Berta", site.Manage), who("Carla")
	return o
}

// save fills in the form of a page and sends it.
func save(c *webtest.Client, p *webtest.Page, pairs ...string) *webtest.Page {
	action, form := p.Form("form.settings")
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return c.Post(action, form)
}

func value(p *webtest.Page, name string) string {
	return webtest.Attr(p.One("[name="+name+"]"), "value")
}

var themes = []string{"/settings/site", "/settings/kiosk", "/settings/hours", "/settings/privacy"}

func TestSettingsPages(t *testing.T) {
	t.Parallel()
	t.Run("only who may change the site sees them", func(t *testing.T) {
		t.Parallel()
		o := openOffice(t, locale.English)
		o.one.Get("/settings").Want(303).WantLocation("/settings/site")
		for _, path := range append(themes, "/settings/accent?accent=%23ff0000") {
			o.other.Get(path).Want(403)
			o.other.Post(strings.SplitN(path, "?", 2)[0], url.Values{"name": {"x"}})
			o.one.Another().Get(path).Want(401)
			o.one.Get(path).Want(200)
		}
		if n := o.count(`select count(*) from audit_log`); n != 0 {
			t.Errorf("%d changes", n)
		}
	})
	t.Run("each page shows what stands, and saving it as it is changes nothing", func(t *testing.T) {
		t.Parallel()
		o := openOffice(t, locale.English)
		for _, path := range themes {
			save(o.one, o.one.Get(path).Want(200)).Want(303).WantLocation(path + "?done=saved")
		}
		if n := o.count(`select count(*) from audit_log`); n != 0 {
			t.Errorf("%d changes", n)
		}
	})
	t.Run("what is set is kept, and stands on the page again", func(t *testing.T) {
		t.Parallel()
		o := openOffice(t, locale.English)
		save(o.one, o.one.Get("/settings/site"), "name", "翠园", "accent", "#7A3B0B", "language-1", "en", "language-2", "zh-CN", "language-3", "").Want(303)
		save(o.one, o.one.Get("/settings/kiosk"), "ask-phone", "optional", "ask-plate", "off", "on-delivery", "", "order-other", "1", "order-visit", "2",
			"on-", "1", "order-", "0", "purpose--en", "School run", "purpose--zh-CN", "接送学生", "kiosk_idle", "45", "auto_print", "1").Want(303)
		save(o.one, o.one.Get("/settings/hours"), "from-1", "08:00", "to-1", "18:30", "desk_phone", "0755-8888 6666", "duty_phone", "8000").Want(303)
		save(o.one, o.one.Get("/settings/privacy"), "visit_term_days", "14", "ticket_term_days", "180").Want(303)
		s, err := site.NewDirectory(o.db).Get(t.Context(), o.site)
		if err != nil {
			t.Fatal(err)
		}
		f := s.Settings
		if s.Name != "翠园" || s.Accent != "#7a3b0b" || strings.Join(s.Languages, " ") != "en zh-CN" || f.Asks("phone") != site.Optional || f.Asks("plate") != site.Off ||
			strings.Join(f.Purposes, " ") != "own1 other visit service business viewing" || f.KioskIdle != 45*time.Second || !f.AutoPrint || f.Hours[1].String() != "08:00-18:30" ||
			f.DeskPhone != "0755-8888 6666" || f.DutyPhone != "8000" || f.VisitTermDays != 14 || f.TicketTermDays != 180 {
			t.Errorf("%+v", s)
		}
		p := o.one.Get("/settings/kiosk?done=saved").Want(200).WantText("Saved.", "School run")
		if value(p, "order-own1") != "1" || value(p, "purpose-own1-en") != "School run" || webtest.Has(p.One("[name=on-delivery]"), "checked") {
			t.Error("the page shows something else")
		}
		if value(o.one.Get("/settings/hours"), "from-1") != "08:00" {
			t.Error("the hours are shown wrongly")
		}
	})
	t.Run("of two who change one page at once the second is told what changed, and keeps what they typed", func(t *testing.T) {
		t.Parallel()
		o := openOffice(t, locale.English)
		a, b := o.one.Get("/settings/privacy"), o.two.Get("/settings/privacy")
		hours := o.two.Get("/settings/hours")
		save(o.one, a, "visit_term_days", "14").Want(303)
		told := save(o.two, b, "ticket_term_days", "180").Want(409).WantText("Anna changed the settings", "Term of visits (days)", "30", "14")
		if value(told, "ticket_term_days") != "180" || value(told, "visit_term_days") != "14" {
			t.Error("what was typed is lost, or what was left alone would undo the other's change")
		}
		save(o.two, told).Want(303)
		if n := o.count(`select count(*) from sites where settings->>'visit_term_days' = '14' and settings->>'ticket_term_days' = '180'`); n != 1 {
			t.Error("not both changes stand")
		}
		save(o.two, hours, "duty_phone", "8000").Want(303) // another page is another matter
		same := o.one.Get("/settings/privacy")
		save(o.two, o.two.Get("/settings/privacy"), "visit_term_days", "20").Want(303)
		both := save(o.one, same, "visit_term_days", "21").Want(409)
		if value(both, "visit_term_days") != "21" {
			t.Error("what was typed is lost")
		}
		for _, seen := range []string{"", "{", `{"visit_term_days":"\u0000"}`, `[1]`} {
			save(o.one, same, "seen", seen, "visit_term_days", "22").Want(409)
		}
	})
	t.Run("a wrong field says so in each language, and the others are kept", func(t *testing.T) {
		t.Parallel()
		for lang, words := range map[string]string{"zh-CN": "请填写 1 到 365 之间的整数。", "zh-TW": "請填 1 到 365 之間的整數。", "en": "A whole number from 1 to 365, please."} {
			o := openOffice(t, lang)
			p := save(o.one, o.one.Get("/settings/privacy"), "visit_term_days", "eternity", "ticket_term_days", "400").Want(422)
			if said := webtest.Text(p.One("#f-visit_term_days-error")); said != words {
				t.Errorf("%q", said)
			}
			if value(p, "ticket_term_days") != "400" || value(p, "visit_term_days") != "eternity" {
				t.Error("what was typed is lost")
			}
		}
	})
	t.Run("a colour is shown before it is taken, with what is done so that it can be read", func(t *testing.T) {
		t.Parallel()
		o := openOffice(t, locale.English)
		page := o.one.Get("/settings/site")
		tried := save(o.one, page, "go", "preview", "accent", "#ffd400", "name", "half typed").Want(200).WantText("#ffd400", "text on its buttons is black", "darkened to")
		if value(tried, "name") != "half typed" || o.count(`select count(*) from audit_log`) != 0 {
			t.Error("it was saved, or what was typed is lost")
		}
		o.one.Get("/settings/accent?accent=%23ffffff").Want(200).WantText("nobody would see a button")
		for color, words := range map[string]string{"#ffffff": "too light", "#000000": "too dark", "red;}": "Write the colour like"} {
			p := save(o.one, page, "accent", color).Want(422).WantText(words)
			p.WantNo("style=")
		}
	})
}

// Whatever is typed into any field: a page in words.
func TestSettingsWithBadInput(t *testing.T) {
	t.Parallel()
	o := openOffice(t, locale.English)
	for _, path := range themes {
		page := o.one.Get(path)
		action, form := page.Form("form.settings")
		for name := range form {
			for _, text := range []string{"", strings.Repeat("长", 1000), "a\x00b", "\u202egnp.exe", `"'><script>alert(1)</script>`, "99999999999999999999", "-1", "\xff\xfe"} {
				sent := maps.Clone(form)
				sent.Set(name, text)
				p := o.one.Post(action, sent)
				if p.Status != 422 && p.Status != 409 && p.Status != 303 && p.Status != 200 {
					t.Errorf("%s, %q in %s: %d", path, text, name, p.Status)
				}
				p.WantNo("<script>alert")
				if p.Status == 303 { // it was taken: the next one begins from what stands now
					action, form = o.one.Get(path).Want(200).WantNo("<script>alert", "\u202e").Form("form.settings")
				}
			}
		}
	}
}

func (o *office) count(query string) (n int) {
	o.t.Helper()
	if err := o.db.NewRaw(query).Scan(context.WithoutCancel(o.t.Context()), &n); err != nil {
		o.t.Fatal(err)
	}
	return n
}
