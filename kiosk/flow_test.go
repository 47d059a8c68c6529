package kiosk_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
)

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
		wantError(t, p, "phone", "电话号码格式不对，请核对。")
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
