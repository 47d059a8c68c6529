package kiosk_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
	"lobby/kiosk"
)

// lobby is a kiosk before a database of its own.
type lobby struct {
	*webtest.Client
	t      *testing.T
	db     *bun.DB
	url    string
	vault  *pii.Vault
	people *webtest.People
	site   int64
	device actor.Actor
	now    time.Time
}

func openLobby(t *testing.T) *lobby {
	t.Helper()
	l := &lobby{t: t, url: dbtest.URL(t), vault: piitest.Vault(t), people: webtest.NewPeople(), now: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}
	zone8, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	l.people.Site.Zone = zone8
	l.db = dbtest.Open(t, l.url)
	l.site = l.id(`insert into sites (code, name) values ('here', '滨河花园') returning id`)
	zone := l.id(`insert into zones (site_id, code, name) values (?, '1', '一区') returning id`, l.site)
	building := l.id(`insert into buildings (site_id, zone_id, name) values (?, ?, '18#') returning id`, l.site, zone)
	l.id(`insert into households (site_id, building_id, entrance, room) values (?, ?, '2单元', '201') returning id`, l.site, building)
	device := l.id(`insert into devices (site_id, kind, name) values (?, 'kiosk', '大堂一号') returning id`, l.site)
	l.device = actor.Actor{Kind: actor.Device, ID: device, Site: l.site, Screen: "kiosk", Lang: "zh-CN",
		May: webtest.May(staff.RegisterVisit, staff.RegisterTicket)}
	l.Client = webtest.New(t, l.app(l.people.Config())).As(l.people, l.device)
	return l
}

// app is a server on the lobby's database.
func (l *lobby) app(cfg web.Config) *fiber.App {
	pool := dbtest.Open(l.t, l.url)
	sites, now := site.NewDirectory(pool), func() time.Time { return l.now }
	visits := &visitor.Service{DB: pool, Vault: l.vault, Sites: sites, Now: now}
	tickets := &ticket.Service{DB: pool, Vault: l.vault, Sites: sites, Now: now}
	app := web.New(cfg)
	(&kiosk.Flow{Visits: visits, Tickets: tickets, Sites: sites, Now: now, URL: "https://lobby.example.com"}).Routes(app)
	(&visitor.Pages{Service: visits, URL: "https://lobby.example.com"}).Routes(app)
	return app
}

func (l *lobby) id(query string, args ...any) int64 {
	l.t.Helper()
	var id int64
	if err := l.db.NewRaw(query, args...).Scan(l.t.Context(), &id); err != nil {
		l.t.Fatal(err)
	}
	return id
}

// send fills the form of a page and sends it.
func (l *lobby) send(p *webtest.Page, fill url.Values) *webtest.Page {
	l.t.Helper()
	action, form := p.Form("main form")
	maps.Copy(form, fill)
	if form.Get("go") == "" {
		form.Set("go", "next")
	}
	return l.Post(action, form)
}

func set(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// toCheck walks a visitor to the last question.
func (l *lobby) toCheck() *webtest.Page {
	l.t.Helper()
	p := l.Post("/kiosk/visit", set("lang", "zh-CN")).Want(200)
	p = l.send(p, set("place", "18栋2单元201", "host", "李雷")).Want(200)
	p = l.send(p, set("name", "王小明", "phone", "138 1234 5678")).Want(200)
	return l.send(p, set("purpose", "visit", "people", "2", "plate", "粤B12345")).Want(200)
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

func code(p *webtest.Page) string { return strings.TrimSpace(webtest.Text(p.One("p.code"))) }

func TestVisit(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 a visitor registers alone in four screens and gets a pass", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.Get("/kiosk").Want(200).WantText("我来拜访", "我要报事", "我要离开", "问前台", "滨河花园")
		pass := l.send(l.toCheck().WantText("王小明", "2 人"), nil).Want(200)
		if !sixDigits.MatchString(code(pass)) {
			t.Errorf("code %q", code(pass))
		}
		pass.One(".qr .qr-code")
		pass.One(".slip .qr-code")
		pass.WantText("V261122-0001")
		if l.id(`select count(*) from visits where name = '王小明' and people = 2 and place = '18栋2单元201' and host = '李雷'
			and channel = 'kiosk' and device_id = ? and household_id is not null`, l.device.ID) != 1 {
			t.Error("the visit is not in the register")
		}
	})
	t.Run("VISIT-1 each field has an error of its own, beside it and tied to it", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		p := l.Post("/kiosk/visit", nil).Want(200)
		p = l.send(p, nil).Want(422)
		wantError(t, p, "host", "请填写来访对象，或者房号地点。")
		p = l.send(p, set("place", strings.Repeat("长", 61))).Want(422)
		wantError(t, p, "place", "最多 60 个字。")
		p = l.send(p, set("place", "18-2-201")).Want(200)
		p = l.send(p, set("name", "a\x00b", "phone", "12")).Want(422)
		wantError(t, p, "name", "含有不能使用的字符。")
		wantError(t, p, "phone", "这不像一个电话号码，请再看一下。")
		p = l.send(p, set("name", "王", "phone", "13812345678")).Want(200)
		p = l.send(p, set("people", "many", "plate", "ABC", "company", strings.Repeat("x", 61))).Want(422)
		wantError(t, p, "purpose", "请选择一项事由。")
		wantError(t, p, "people", "请填写 1 到 99 之间的人数。")
		wantError(t, p, "plate", "这不像一个车牌号，例如：粤B12345。")
		wantError(t, p, "company", "最多 60 个字。")
		if l.id(`select count(*) from visits`)+l.id(`select count(*) from counters`) != 0 {
			t.Error("a refused entry used something up")
		}
	})
	t.Run("VISIT-1 back and 'change' keep what was typed", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		check := l.toCheck()
		entry := value(check, "entry")
		p := l.send(check, set("go", "2")).Want(200)
		if value(p, "name") != "王小明" || value(p, "phone") != "138 1234 5678" || value(p, "place") != "18栋2单元201" {
			t.Error("what was typed is lost")
		}
		p = l.send(p, set("go", "back")).Want(200)
		if value(p, "place") != "18栋2单元201" || value(p, "host") != "李雷" || value(p, "name") != "王小明" {
			t.Error("what was typed is lost on the way back")
		}
		for range 3 {
			p = l.send(p, nil).Want(200)
		}
		if value(p, "plate") != "粤B12345" || value(p, "entry") != entry {
			t.Error("what was typed is lost on the way forth")
		}
		l.send(l.send(p, set("go", "back")), set("go", "back")).Want(200)
		l.send(l.Post("/kiosk/visit", nil), set("go", "back")).Want(200).WantText("我来拜访")
	})
	t.Run("VISIT-1 the same entry sent again shows the same pass; with other content, what stands recorded", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		check := l.toCheck()
		first, again := l.send(check, nil).Want(200), l.send(check, nil).Want(200)
		if code(first) != code(again) {
			t.Errorf("%s and %s", code(first), code(again))
		}
		l.send(check, set("name", "王大明")).Want(409).WantText("V261122-0001", "李雷").WantNo("王小明", "13812345678", "138 1234 5678")
		if l.id(`select count(*) from visits`) != 1 {
			t.Error("more than one visit")
		}
	})
	t.Run("VISIT-1 ten equal requests at once over two instances make one visit", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		other := webtest.New(t, l.app(l.people.Config())).As(l.people, l.device)
		_, form := l.toCheck().Form("main form")
		form.Set("go", "next")
		codes := make(chan string, 10)
		for i := range 10 {
			client := []*webtest.Client{l.Client, other}[i%2]
			go func() { codes <- sent(client, "/kiosk/visit", form) }()
		}
		first := <-codes
		for range 9 {
			if c := <-codes; c != first {
				t.Errorf("pass %q differs from %q", c, first)
			}
		}
		if first == "" || l.id(`select count(*) from visits`) != 1 {
			t.Error("not exactly one visit")
		}
	})
	t.Run("VISIT-2 every answer is the same whether or not the host or the unit exists, and there is no list to browse", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		walk := func(place, host string) (all []string) {
			p := l.Post("/kiosk/visit", nil).Want(200)
			for _, fill := range []url.Values{set("place", place, "host", host), set("name", "王", "phone", "13812345678"), set("purpose", "visit", "people", "1"), nil} {
				all = append(all, same(p, place, host))
				p = l.send(p, fill).Want(200)
			}
			return append(all, same(p, place, host))
		}
		known, unknown := walk("18#2单元201", "李雷"), walk("99#9单元909", "查无此人")
		for i := range known {
			if known[i] != unknown[i] {
				t.Errorf("screen %d differs:\n%s\n%s", i, known[i], unknown[i])
			}
		}
		if l.id(`select count(household_id) from visits`) != 1 {
			t.Error("the test's first place is not one of the site's households")
		}
		p := l.Post("/kiosk/visit", nil)
		if len(p.All("datalist")) > 0 || len(p.All("select")) > 0 {
			t.Error("there is something to browse")
		}
	})
	t.Run("VISIT-4 'I am leaving' signs out by code; wrong codes are limited for this kiosk", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		pass := code(l.send(l.toCheck(), nil))
		wrong := "000000"
		if wrong == pass {
			wrong = "000001"
		}
		p := l.Post("/kiosk/leave", nil).Want(200)
		wantError(t, l.send(p, set("code", "12")).Want(422), "code", "访客码是六位数字。")
		for range 5 {
			wantError(t, l.send(p, set("code", wrong)).Want(422), "code", "没有这个访客码，请再看一下访客证。")
		}
		refused := l.send(p, set("code", pass)).Want(429)
		wantError(t, refused, "code", "请等 5 秒再试")
		l.now = l.now.Add(10 * time.Second)
		l.send(p, set("code", pass)).Want(200).WantText("已签退，再见！", "10:00").WantNo("王小明", "李雷")
		if l.id(`select count(*) from visits where ended_by = 'code'`) != 1 {
			t.Error("the visit did not end")
		}
	})
	t.Run("VISIT-4 the link of the QR code shows the pass and signs out, naming nobody", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.send(l.toCheck(), nil).Want(200)
		var sealed []byte
		if err := l.db.NewRaw(`select pass_token from visits`).Scan(t.Context(), &sealed); err != nil {
			t.Fatal(err)
		}
		token, err := l.vault.Open(pii.Token, sealed)
		if err != nil {
			t.Fatal(err)
		}
		phone := l.Another()
		p := phone.Get("/p/" + token).Want(200)
		p.WantNo("王小明", "李雷", "13812345678", "138****5678", "18栋")
		if p.Header.Get("Cache-Control") != "no-store" {
			t.Error("a phone may keep the pass page")
		}
		action, _ := p.Form("main form")
		phone.Post(action, nil).Want(200)
		phone.Get("/p/"+token).Want(200).WantNo("王小明", `class="qr-code"`)
		if l.id(`select count(*) from visits where ended_by = 'pass'`) != 1 {
			t.Error("the visit did not end")
		}
		for _, junk := range []string{"AAAAAAAAAAAAAAAAAAAAAA", "..%2f..", strings.Repeat("x", 2000), "'%20or%201=1"} {
			phone.Get("/p/" + junk).Want(404)
		}
		phone.Get("/p/%00").Want(400)
	})
}

// sent posts from a goroutine, where a test can't be failed; the code of the pass, or nothing.
func sent(c *webtest.Client, path string, form url.Values) string {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.Base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return code(c.Do(r))
}

// same is a screen without what was typed and what must differ: key, code, number, link.
func same(p *webtest.Page, typed ...string) string {
	text := p.Body
	for _, s := range typed {
		text = strings.ReplaceAll(text, s, "…")
	}
	for _, pattern := range []string{`value="[0-9a-f-]{36}"`, `d="M[^"]*"`, `\b[0-9]{6}\b`, `(\d ){5}\d`, `V261122-\d{4}`} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, "…")
	}
	return text
}

func value(p *webtest.Page, name string) string {
	return webtest.Attr(p.One("main form [name="+name+"]"), "value")
}

// wantError fails the test unless the field has an error of its own that says text, and the control points to it.
func wantError(t *testing.T, p *webtest.Page, field, text string) {
	t.Helper()
	if said := webtest.Text(p.One("#f-" + field + "-error")); !strings.Contains(said, text) {
		t.Errorf("%s: the error says %q, want %q", field, said, text)
	}
	if !strings.Contains(webtest.Attr(p.One("main form [name="+field+"]"), "aria-describedby"), "f-"+field+"-error") {
		t.Errorf("%s: the control does not point to its error", field)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 HTML, SQL, emoji and bidi marks come back as plain text, and are stored as typed", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		nasty := `<script>alert('x')</script>"'; drop table visits; -- 🙂` + "\u202e"
		p := l.Post("/kiosk/visit", nil).Want(200)
		p = l.send(p, set("host", nasty, "place", nasty)).Want(200)
		p = l.send(p, set("name", nasty, "phone", "13812345678")).Want(200)
		p = l.send(p, set("purpose", "visit", "people", "1", "company", nasty)).Want(200)
		p.WantNo("<script>alert", "\u202e")
		l.send(p, nil).Want(200).WantNo("<script>alert")
		clean := strings.TrimSuffix(nasty, "\u202e")
		if l.id(`select count(*) from visits where name = ? and host = ? and company = ?`, clean, clean, clean) != 1 {
			t.Error("stored otherwise")
		}
	})
	t.Run("VISIT-1 wrong types, unknown steps, keys and fields lead nowhere but to a screen", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.Get("/kiosk?lang=xx").Want(200).WantText("我来拜访")
		for _, form := range []url.Values{
			set("step", "x"), set("step", "-1"), set("step", "99", "go", "next"), set("go", "99"), set("step", "2", "go", "99999999999999999999"),
			set("lang", "../../etc"), set("entry", "not a uuid"), set("entry", strings.Repeat("0", 32)), set("purpose", "x\"><b>", "step", "1", "go", "back"),
		} {
			for _, path := range []string{"/kiosk/visit", "/kiosk/report", "/kiosk/leave"} {
				if p := l.Post(path, form); p.Status != 200 && p.Status != 422 {
					t.Errorf("%s %v: status %d", path, form, p.Status)
				}
			}
		}
		// Sending the last step alone gets over none of the questions.
		l.Post("/kiosk/visit", set("step", "4", "go", "next")).Want(422)
		l.Post("/kiosk/report", set("step", "3", "go", "next")).Want(422)
		if l.id(`select (select count(*) from visits) + (select count(*) from tickets)`) != 0 {
			t.Error("something was entered")
		}
	})
	t.Run("PRIVACY-6 a revoked kiosk, and one that was never paired, are led to the pairing page", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		cfg := l.people.Config()
		cfg.Device = func(context.Context, string) (actor.Actor, error) {
			return actor.Actor{}, fault.Wrap(web.ErrRevoked, fault.SignIn, "fault.sign_in")
		}
		revoked := webtest.New(t, l.app(cfg)).As(l.people, l.device)
		for _, c := range []*webtest.Client{revoked, l.Another()} {
			c.Get("/kiosk").Want(303).WantLocation("/pair")
			if to := c.HTMX("/kiosk/visit", set("step", "0")).Header.Get("HX-Redirect"); to != "/pair" {
				t.Errorf("leads to %q", to)
			}
		}
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-1 a report at the kiosk becomes a ticket, and its number is shown", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		p := l.Post("/kiosk/report", nil).Want(200)
		p = l.send(p, set("kind", "repair")).Want(200)
		p = l.send(p, nil).Want(422)
		wantError(t, p, "place", "请填写这一项。")
		wantError(t, p, "matter", "请填写这一项。")
		p = l.send(p, set("place", "18栋2单元201", "matter", "电梯门口灯不亮")).Want(200)
		p = l.send(p, set("phone", "x")).Want(422)
		wantError(t, p, "phone", "这不像一个电话号码，请再看一下。")
		form := set("phone", "13812345678", "name", "王")
		done := l.send(p, form).Want(200)
		if code(done) != code(l.send(p, form).Want(200)) || code(done) != "T261122-0001" {
			t.Errorf("number %q", code(done))
		}
		l.send(p, set("phone", "13812345679")).Want(409).WantText("T261122-0001")
		if l.id(`select count(*) from tickets where kind = 'repair' and urgency = 'B' and channel = 'kiosk' and matter = '电梯门口灯不亮'
			and not life_safety and phone is not null and device_id = ?`, l.device.ID) != 1 {
			t.Error("the ticket is not there")
		}
	})
	t.Run("HELP-3 'someone is in danger' takes two screens and makes life-safety help of urgency A, in words the staff read", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		p := l.Post("/kiosk/report", set("lang", "en")).Want(200).WantText("Someone is in danger")
		p = l.send(p, set("kind", "danger")).Want(200).WantText("120")
		p = l.send(p, nil).Want(422)
		if said := webtest.Text(p.One("#f-danger-error")); said != "Please choose what is happening." {
			t.Errorf("error %q", said)
		}
		l.send(p, set("danger", "lift", "place", "building 18")).Want(200).WantText("Our staff have been alerted", "T261122-0001")
		if l.id(`select count(*) from tickets where kind = 'help' and urgency = 'A' and life_safety and matter = '电梯困人' and phone is null`) != 1 {
			t.Error("the ticket is not there as it should be")
		}
	})
	t.Run("TICKET-2 only kinds that there are", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		p := l.Post("/kiosk/report", nil).Want(200)
		l.send(p, set("kind", "gossip")).Want(422).WantText("请选择一类。")
		l.send(p, nil).Want(422)
		p = l.send(p, set("kind", "repair", "step", "1"))
		l.send(l.send(p, set("go", "back")).Want(200), set("go", "back")).Want(200).WantText("我来拜访")
	})
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-6 no answer may be kept, no field filled in, no cookie holds a choice, no address holds what was typed", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		before := l.Cookie(web.LanguageCookie)
		check := l.toCheck()
		pass := l.send(check, nil).Want(200)
		for _, p := range []*webtest.Page{l.Get("/kiosk"), check, pass, l.Post("/kiosk/leave", set("lang", "en")), l.Post("/kiosk/report", nil)} {
			if p.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: Cache-Control %q", p.Path, p.Header.Get("Cache-Control"))
			}
			for _, cookie := range p.Header.Values("Set-Cookie") {
				if !strings.HasPrefix(cookie, web.DeviceCookie+"=") { // the kiosk's own
					t.Errorf("%s sets a cookie: %s", p.Path, cookie)
				}
			}
			for _, form := range p.All("main form") {
				if webtest.Attr(form, "method") != "post" {
					t.Errorf("%s: a form puts what was typed into the address", p.Path)
				}
			}
			for _, kind := range []string{"input", "textarea"} {
				for _, in := range p.All("main form " + kind) {
					if webtest.Attr(in, "type") != "hidden" && webtest.Attr(in, "type") != "radio" && webtest.Attr(in, "autocomplete") != "off" {
						t.Errorf("%s: %s may be filled in from memory", p.Path, webtest.Attr(in, "name"))
					}
				}
			}
		}
		if l.Cookie(web.LanguageCookie) != before {
			t.Error("the language of one visitor is kept for the next")
		}
		l.Post("/kiosk/leave", set("lang", "en")).WantText("Please enter your code")
		l.Get("/kiosk").WantText("我来拜访")
	})
	t.Run("PRIVACY-6 who reloads in the middle of the way begins anew", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		for _, path := range []string{"/kiosk/visit", "/kiosk/report", "/kiosk/leave"} {
			l.Get(path).Want(303).WantLocation("/kiosk")
		}
	})
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 the whole way speaks the language that the visitor picked", func(t *testing.T) {
		t.Parallel()
		for lang, words := range map[string][]string{
			"zh-CN": {"我来拜访", "您来找谁，或去哪里？", "请问您怎么称呼？", "您来办什么事？", "请核对一下", "登记好了，欢迎您！"},
			"zh-TW": {"我要拜訪", "您要找誰，或要去哪裡？", "請問您怎麼稱呼？", "您來辦什麼事？", "請確認內容", "登記完成，歡迎您！"},
			"en":    {"I am visiting", "Whom are you visiting", "Who are you?", "What brings you here?", "Is everything right?", "You are signed in. Welcome!"},
		} {
			l := openLobby(t)
			l.Get("/kiosk?lang=" + lang).Want(200).WantText(words[0])
			p := l.Post("/kiosk/visit", set("lang", lang)).Want(200).WantText(words[1])
			for i, fill := range []url.Values{set("place", "18-2-201"), set("name", "王", "phone", "13812345678"), set("purpose", "visit", "people", "1"), nil} {
				p = l.send(p, fill).Want(200).WantText(words[i+2])
			}
		}
	})
}
