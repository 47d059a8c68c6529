package kiosk_test

import (
	"testing"
	"time"

	"lobby/app/kit/web/webtest"
)

// ask sets how the site asks, for every instance at once.
func (l *lobby) ask(settings string) {
	l.t.Helper()
	if _, err := l.db.NewRaw(`update sites set settings = ? where id = ?`, settings, l.site).Exec(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.Client = webtest.New(l.t, l.app(l.people.Config())).As(l.people, l.device) // a fresh instance: what one remembers is control's matter
}

func TestWhatTheSiteAsks(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 fields that are off are neither asked nor kept; a question without fields is left out", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.ask(`{"kiosk_fields": {"host":"off","phone":"off","purpose":"off","people":"off","plate":"off","company":"off"}}`)
		p := l.Post("/kiosk/visit", set("lang", "zh-CN")).Want(200).WantText("您去哪里？")
		if len(p.All("main form [type=text][name=host]")) > 0 || len(p.All("ol li")) != 3 || !webtest.Has(p.One("main form [name=place]"), "required") {
			t.Error("more is asked than the site wants")
		}
		wantError(t, l.send(p, nil).Want(422), "place", "请填写这一项。")
		p = l.send(p, set("place", "18栋2单元201")).Want(200)
		if len(p.All("[type=tel]")) > 0 {
			t.Error("a phone is asked")
		}
		p = l.send(p, set("name", "王小明")).Want(200).WantText("请核对一下", "王小明").WantNo("来访事由", "1 人")
		l.send(p, set("go", "back")).Want(200).One("main form [type=text][name=name]")
		l.send(p, set("host", "李雷", "phone", "13812345678", "plate", "粤B12345", "company", "顺风", "purpose", "spying", "people", "x")).Want(200).WantText("登记好了")
		if l.id(`select count(*) from visits where host = '' and phone is null and phone_index is null and plate is null and company = '' and purpose = '' and people = 1`) != 1 {
			t.Error("something was kept that isn't asked")
		}
	})
	t.Run("VISIT-1 optional fields are marked so and may stay empty; what is typed must be right all the same", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.ask(`{"kiosk_fields": {"host":"required","phone":"optional","purpose":"optional","plate":"required"}}`)
		p := l.Post("/kiosk/visit", set("lang", "zh-CN")).Want(200)
		if webtest.Text(p.One("label[for=f-place]")) != "房号或地点 选填" || webtest.Text(p.One("label[for=f-host]")) != "来访对象" || len(p.All("#question-hint")) > 0 {
			t.Error("the fields are marked wrongly")
		}
		wantError(t, l.send(p, set("place", "18-2-201")).Want(422), "host", "请填写这一项。")
		p = l.send(p, set("host", "李雷")).Want(200)
		wantError(t, l.send(p, set("name", "王", "phone", "12")).Want(422), "phone", "电话号码格式不对")
		p = l.send(p, set("name", "王")).Want(200)
		wantError(t, l.send(p, nil).Want(422), "plate", "请填写这一项。")
		p = l.send(p, set("plate", "粤B12345")).Want(200)
		l.send(p, nil).Want(200).WantText("登记好了")
	})
	t.Run("VISIT-1 the purposes are the site's, in its order and the visitor's language", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.ask(`{"purposes": ["own1", "other"], "own_purposes": {"own1": {"texts": {"zh-CN": "接送学生", "en": "School run"}}}}`)
		to := func(lang string) *webtest.Page {
			p := l.Post("/kiosk/visit", set("lang", lang)).Want(200)
			p = l.send(p, set("place", "18-2-201")).Want(200)
			return l.send(p, set("name", "王", "phone", "13812345678")).Want(200)
		}
		p := to("en").WantText("School run", "Something else").WantNo("Delivery")
		if all := p.All("[type=radio]"); len(all) != 2 || webtest.Attr(all[0], "value") != "own1" {
			t.Error("another order")
		}
		wantError(t, l.send(p, set("purpose", "delivery")).Want(422), "purpose", "choose")
		p = l.send(p, set("purpose", "own1")).Want(200).WantText("School run")
		l.send(p, nil).Want(200)
		to("zh-TW").WantText("接送学生") // no text of its own: the site's first
	})
	t.Run("VISIT-1 what the site changes meanwhile is asked at the end, kindly, and nothing typed is lost", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		l.ask(`{"kiosk_fields": {"phone":"optional"}, "purposes": ["visit", "viewing"]}`)
		p := l.Post("/kiosk/visit", set("lang", "zh-CN")).Want(200)
		p = l.send(p, set("place", "18-2-201")).Want(200)
		p = l.send(p, set("name", "王小明")).Want(200)
		check := l.send(p, set("purpose", "viewing")).Want(200).WantText("请核对一下")
		l.ask(`{"purposes": ["visit"]}`)
		p = l.send(check, nil).Want(422).WantText("前台刚刚更改了登记的内容")
		wantError(t, p, "phone", "请填写这一项。")
		if value(p, "name") != "王小明" || value(p, "place") != "18-2-201" {
			t.Error("what was typed is lost")
		}
		p = l.send(p, set("phone", "13812345678")).Want(200).WantText("拜访").WantNo("看房")
		wantError(t, l.send(p, nil).Want(422), "purpose", "请选择一项事由。")
		p = l.send(p, set("purpose", "visit")).Want(200).WantText("请核对一下").WantNo("前台刚刚更改")
		l.send(p, nil).Want(200).WantText("登记好了")
		if l.id(`select count(*) from visits`) != 1 {
			t.Error("not one visit")
		}
	})
	t.Run("VISIT-1 a field switched off between two sendings of one entry doesn't make it another one", func(t *testing.T) {
		t.Parallel()
		l := openLobby(t)
		check := l.toCheck()
		first := code(l.send(check, nil).Want(200))
		l.ask(`{"kiosk_fields": {"plate":"off"}}`)
		if again := code(l.send(check, nil).Want(200)); again != first {
			t.Errorf("%s and %s", first, again)
		}
	})
}

func TestHoursOnTheKiosk(t *testing.T) {
	t.Parallel()
	const week = `"hours": {"mon":"08:00-18:30","tue":"08:00-18:30","wed":"08:00-18:30","thu":"08:00-18:30","fri":"08:00-18:30","sun":"09:00-12:00"}, "desk_phone": "8888"`
	l := openLobby(t) // Sunday, 10:00
	l.Get("/kiosk").WantNo("data-until", "服务中")
	l.ask(`{` + week + `}`)
	open := l.Get("/kiosk").Want(200).WantText("前台服务中，12:00 结束")
	if until := webtest.Attr(open.One("[data-until]"), "data-until"); until != "2026-11-22T04:00:00Z" {
		t.Errorf("until %s", until)
	}
	l.now = l.now.Add(2 * time.Hour)
	l.Get("/kiosk").Want(200).WantText("前台现在无人值班，周一 08:00 开放", "您照常可以在这里登记", "8888")
	l.send(l.toCheck(), nil).Want(200).WantText("登记好了")
	l.ask(`{` + week + `, "duty_phone": "9999"}`)
	l.Get("/kiosk?lang=en").Want(200).WantText("The desk is closed until Monday 08:00", "Day and night: 9999").WantNo("8888")
}

func TestLanguagesOfTheSite(t *testing.T) {
	t.Parallel()
	l := openLobby(t)
	if _, err := l.db.NewRaw(`update sites set languages = '{en,zh-TW}' where id = ?`, l.site).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.ask(`{}`)
	p := l.Get("/kiosk").Want(200).WantText("What can we do for you?") // the device's own language is not offered any more
	if all := p.All("nav a"); len(all) != 2 || webtest.Attr(all[0], "hreflang") != "en" || webtest.Attr(all[1], "hreflang") != "zh-TW" {
		t.Errorf("%d languages", len(all))
	}
	l.Post("/kiosk/visit", set("lang", "zh-TW")).WantText("您要找誰")
}
