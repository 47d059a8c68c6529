package visitor

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
)

// front is the desk's pages before a house.
type front struct {
	*house
	desk   *webtest.Client
	people *webtest.People
}

func openDesk(t *testing.T) *front {
	t.Helper()
	f := &front{house: setup(t), people: webtest.NewPeople()}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	f.people.Site.Zone = zone
	app := web.New(f.people.Config())
	(&Pages{Service: f.Service, URL: "https://lobby.example.com"}).Routes(app)
	f.desk = webtest.New(t, app).As(f.people, f.agent(staff.RegisterVisit, staff.ViewVisits, staff.EndVisit, actor.Reveal))
	return f
}

func (f *front) agent(may ...actor.Permission) actor.Actor {
	return actor.Actor{Kind: actor.Person, ID: f.person, Name: "安娜", Site: f.here, Lang: "zh-CN", May: webtest.May(may...)}
}

// typed is the desk's form filled in rightly.
func (f *front) typed() url.Values {
	_, form := f.desk.Get("/desk/visits/new").Want(http.StatusOK).Form("main form")
	for name, value := range map[string]string{"name": "王小明", "phone": "13812345678", "place": "18#2单元201", "people": "2", "plate": "粤B12345"} {
		form.Set(name, value)
	}
	return form
}

func TestDesk(t *testing.T) {
	t.Parallel()
	t.Run("VISIT-1 an agent registers a visitor, and sending the form twice enters once", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		form := f.typed()
		first := f.desk.Post("/desk/visits", form).Want(http.StatusSeeOther)
		f.desk.Post("/desk/visits", form).Want(http.StatusSeeOther).WantLocation(first.Header.Get("Location"))
		page := f.desk.Get(first.Header.Get("Location")).Want(http.StatusOK).WantText("V261122-0001", "王小明", "138****5678", "18#2单元201", "2 人", "登记", "安娜")
		page.WantNo("13812345678", "粤B12345", "粤B·12345")
		if f.count(`select count(*) from visits where channel = 'counter' and staff_id = ?`, f.person) != 1 {
			t.Error("not one visit")
		}
		form.Set("name", "王大明")
		f.desk.Post("/desk/visits", form).Want(http.StatusConflict).WantText("V261122-0001")
	})
	t.Run("VISIT-1 every wrong field is said at the field, and what was typed stays", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		form := f.typed()
		for name, value := range map[string]string{"name": "", "phone": "12", "place": "", "people": "two", "plate": "x", "purpose": "spying",
			"company": strings.Repeat("长", 61), "note": "a\x00b"} {
			form.Set(name, value)
		}
		page := f.desk.Post("/desk/visits", form).Want(http.StatusUnprocessableEntity)
		for name, text := range map[string]string{"name": "请填写", "phone": "电话号码格式不对", "host": "来访对象", "people": "1 到 99", "plate": "车牌号格式不对",
			"purpose": "请选择", "company": "最多 60", "note": "不能使用的字符"} {
			if said := webtest.Text(page.One("#f-" + name + "-error")); !strings.Contains(said, text) {
				t.Errorf("%s: %q", name, said)
			}
		}
		if _, again := page.Form("main form"); again.Get("phone") != "12" || again.Get("entry") != form.Get("entry") {
			t.Error("what was typed is lost")
		}
		form.Set("entry", "no key")
		f.desk.Post("/desk/visits", form).Want(http.StatusUnprocessableEntity)
		if f.count(`select count(*) from visits`) != 0 {
			t.Error("something was entered")
		}
	})
	t.Run("VISIT-1 HTML and SQL come back as text on every page", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		form := f.typed()
		for _, name := range []string{"name", "host", "place", "company", "note"} {
			form.Set(name, `<img src=x onerror=alert(1)>'; drop table visits;--🙂`)
		}
		to := f.desk.Post("/desk/visits", form).Want(http.StatusSeeOther).Header.Get("Location")
		for _, path := range []string{to, "/desk/visits", "/desk/inside"} {
			f.desk.Get(path).Want(http.StatusOK).WantNo("<img src=x").WantText("drop table visits;--🙂")
		}
	})
	t.Run("VISIT-4 the desk signs out, by code or by name; the second of two is told so", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		a, b := f.register(f.kiosk(), wang()), f.register(f.kiosk(), wang())
		f.desk.Post("/desk/visits/leave", url.Values{"code": {"12"}}).Want(http.StatusUnprocessableEntity).WantText("访客码是六位数字。")
		f.desk.Post("/desk/visits/leave", url.Values{"code": {a.Code}}).Want(http.StatusSeeOther)
		path := address(b.Visit.ID)
		f.desk.Post(path+"/leave", nil).Want(http.StatusSeeOther)
		f.desk.Post(path+"/leave", nil).Want(http.StatusConflict).WantText(b.Number + " 已经离开了")
		f.desk.Get(path).WantText("前台签退").WantNo(b.Code)
	})
	t.Run("VISIT-6 who is inside stands on one page by building, phones masked, ready to print", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		f.register(f.kiosk(), wang())
		f.desk.Get("/desk/inside").Want(http.StatusOK).WantText("18#", "王小明", "138****5678", "2 人在楼内", "滨河花园").WantNo("13812345678", "粤B12345")
		f.desk.Get("/desk/visits").Want(http.StatusOK).WantText("138****5678").WantNo("13812345678")
	})
	t.Run("PRIVACY-2 a phone is shown once, in the answer to who gave a reason", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		path := address(f.register(f.kiosk(), wang()).Visit.ID)
		f.desk.Post(path+"/reveal", url.Values{"field": {"phone"}}).Want(http.StatusUnprocessableEntity).WantText("请填写这一项。")
		short := f.desk.Post(path+"/reveal", url.Values{"field": {"phone"}, "reason": {"急"}}).Want(http.StatusUnprocessableEntity)
		if !strings.Contains(short.Body, `value="急"`) {
			t.Error("what was typed is gone")
		}
		f.desk.Post(path+"/reveal", url.Values{"field": {"name"}, "reason": {"访客失联"}}).Want(http.StatusNotFound)
		shown := f.desk.Post(path+"/reveal", url.Values{"field": {"phone"}, "reason": {"访客失联"}}).Want(http.StatusOK)
		if text := webtest.Text(shown.One(".revealed")); !strings.Contains(strings.ReplaceAll(text, " ", ""), "13812345678") {
			t.Errorf("shows %q", text)
		}
		f.desk.Get(path).Want(http.StatusOK).WantText("访客失联", "安娜").WantNo("13812345678")
		other := f.desk.Another().As(f.people, f.agent(staff.ViewVisits))
		other.Post(path+"/reveal", url.Values{"field": {"phone"}, "reason": {"x"}}).Want(http.StatusForbidden)
		other.Get(path).Want(http.StatusOK).WantNo(path + "/reveal")
	})
	t.Run("PRIVACY-2 numbers that were written into the texts are masked until they are opened", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		in := wang()
		in.Note, in.Host = "送货，打 13987654321", "张三 13500001111"
		path := address(f.register(f.kiosk(), in).Visit.ID)
		f.desk.Get("/desk/visits").WantText("张三").WantNo("13500001111")
		f.desk.Get(path).WantText("送货", "查看原文").WantNo("13987654321", "13500001111")
		f.desk.Post(path+"/reveal", url.Values{"field": {"note"}, "reason": {"访客失联"}}).Want(http.StatusOK).WantText("13987654321", "13500001111")
		f.desk.Get(path).WantText("访客失联", "备注").WantNo("13987654321")
	})
	t.Run("VISIT-1 unknown ids, junk and another site's visit are not found; nobody gets in without signing in or permission", func(t *testing.T) {
		t.Parallel()
		f := openDesk(t)
		other := f.register(f.as(0, f.elsewhere), wang())
		for _, id := range []string{strconv.FormatInt(other.Visit.ID, 10), "0", "-1", "x", "1e3", "99999999999999999999", "1%20or%201=1"} {
			f.desk.Get("/desk/visits/" + id).Want(http.StatusNotFound)
			f.desk.Post("/desk/visits/"+id+"/leave", nil).Want(http.StatusNotFound)
			f.desk.Post("/desk/visits/"+id+"/reveal", url.Values{"field": {"phone"}, "reason": {"x"}}).Want(http.StatusNotFound)
		}
		nobody, guest := f.desk.Another(), f.desk.Another().As(f.people, f.agent())
		for _, path := range []string{"/desk/visits", "/desk/visits/new", "/desk/inside", address(other.Visit.ID)} {
			nobody.Get(path).Want(http.StatusUnauthorized)
			guest.Get(path).Want(http.StatusForbidden)
		}
	})
}
