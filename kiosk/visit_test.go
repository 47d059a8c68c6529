package kiosk_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/pii"
	"lobby/app/kit/web/webtest"
)

func TestVisit(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 a visitor registers alone in four screens and gets a pass", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.Get("/kiosk").Want(200).WantText("我来拜访", "我要报事", "我要离开", "问前台", "滨河花园").WantNo("htmx.min.js", "hx-ws")
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
		wantError(t, p, "phone", "电话号码格式不对，请核对。")
		p = l.send(p, set("name", "王", "phone", "13812345678")).Want(200)
		p = l.send(p, set("people", "many", "plate", "ABC", "company", strings.Repeat("x", 61))).Want(422)
		wantError(t, p, "purpose", "请选择一项事由。")
		wantError(t, p, "people", "请填写 1 到 99 之间的人数。")
		wantError(t, p, "plate", "车牌号格式不对，例如：粤B12345。")
		wantError(t, p, "company", "最多 60 个字。")
		if l.id(`select count(*) from visits`)+l.id(`select count(*) from counters`) != 0 {
			t.Error("a refused entry used something up")
		}
	})
	t.Run("VISIT-1 unit or person: one is enough, neither is marked as required or optional, and both fields say so", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		first := l.Post("/kiosk/visit", set("lang", "zh-CN")).Want(200)
		hint := first.One("#question-hint")
		if webtest.Text(hint) != "填写一项就可以。" || len(first.All("main form .optional")) != 0 {
			t.Errorf("the hint says %q", webtest.Text(hint))
		}
		for _, name := range []string{"place", "host"} {
			field := first.One("main form [name=" + name + "]")
			if webtest.Has(field, "required") || !strings.Contains(webtest.Attr(field, "aria-describedby"), "question-hint") {
				t.Errorf("%s: required, or not tied to the hint", name)
			}
			l.send(first, set(name, "18-2-201")).Want(200).One("main form [name=phone]")
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
			go func() {
				got := ""
				defer func() { codes <- got }() // also when the answer is no pass, which ends this goroutine
				got = sent(client, "/kiosk/visit", form)
			}()
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
		// All that a program could know of somebody: the host works here, looks after the unit, and had a visitor today.
		host := l.id(`insert into staff (login, name, password_hash) values ('lilei', '李雷', '-') returning id`)
		l.id(`insert into staff_roles (staff_id, site_id, role) values (?, ?, 'agent') returning staff_id`, host, l.site)
		l.id(`update zones set owner_id = ? where site_id = ? returning id`, host, l.site)
		l.send(l.toCheck(), nil).Want(200)
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
		if l.id(`select count(household_id) from visits where place = '18#2单元201'`) != 1 {
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
