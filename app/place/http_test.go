package place_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/place"
	"lobby/app/place/grade"
	"lobby/app/place/sheet"
	"lobby/app/place/worktime"
	"lobby/app/site"
	"lobby/app/staff"
)

// office is a site with two zones, and browsers of its staff.
type office struct {
	*testing.T
	db       *bun.DB
	svc      *site.Service
	site     int64
	people   *webtest.People
	guest    *webtest.Client
	admin    *webtest.Client
	agent    *webtest.Client
	one, two int64 // zones
	house    int64 // 18# in zone one
	owners   map[string]int64
}

const places = "类别,区域,责任人,楼栋,单元,房号,申报户数\n区域,1,周敏,,,,4\n区域,2,李明,,,,\n楼栋,1,,18,,,\n住户,,,18,1,101,\n住户,,,18,1,102,\n住户,,,18,2,101,\n"

func open(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, db: dbtest.New(t), people: webtest.NewPeople(), owners: map[string]int64{}}
	o.svc = &site.Service{DB: o.db, Now: time.Now}
	job := actor.AsJob(t.Context(), "test", 0)
	s, err := o.svc.Add(job, site.Add{Code: "garden", Name: "翠园", TimeZone: "Asia/Shanghai", Accent: "#0b6e5f"})
	if err != nil {
		t.Fatal(err)
	}
	o.site = s.ID
	for login, name := range map[string]string{"zhou": "周敏", "li": "李明", "admin": "吴静"} {
		var id int64
		o.scan(&id, `with p as (insert into staff (login, name, password_hash) values (?, ?, 'x') returning id),
			r as (insert into staff_roles (staff_id, site_id, role) select id, ?, 'agent' from p) select id from p`, login, name, s.ID)
		o.owners[login] = id
	}
	if _, err := o.svc.Import(actor.AsJob(t.Context(), "test", s.ID), site.Import{Data: []byte(places), AcceptDifferences: true}); err != nil {
		t.Fatal(err)
	}
	o.scan(&o.one, `select id from zones where code = '1'`)
	o.scan(&o.two, `select id from zones where code = '2'`)
	o.scan(&o.house, `select id from buildings where name = '18#'`)
	cfg := o.people.Config()
	cfg.Uploads = []web.Upload{sheet.Upload, worktime.Upload}
	app := web.New(cfg)
	(&place.Pages{Service: o.svc}).Routes(app)
	(&sheet.Pages{Service: o.svc}).Routes(app)
	(&grade.Pages{Service: o.svc}).Routes(app)
	(&worktime.Pages{Service: o.svc, Now: func() time.Time { return o.svc.Now() }}).Routes(app)
	o.guest = webtest.New(t, app)
	o.admin, o.agent = o.as("admin", staff.Admin), o.as("li", staff.Agent)
	return o
}

func (o *office) as(login string, roles ...staff.Role) *webtest.Client {
	return o.guest.Another().As(o.people, actor.Actor{Kind: actor.Person, ID: o.owners[login], Name: login, Site: o.site, May: staff.May(roles...)})
}

func (o *office) scan(into any, query string, args ...any) {
	o.Helper()
	if err := o.db.NewRaw(query, args...).Scan(o.Context(), into); err != nil {
		o.Fatalf("%s: %v", query, err)
	}
}

func (o *office) text(query string, args ...any) (text string) {
	o.Helper()
	o.scan(&text, query, args...)
	return text
}

// form is the form at action as it stands on a page.
func form(p *webtest.Page, action string) url.Values {
	_, fields := p.Form(`form[method=post][action="` + action + `"]`)
	return fields
}

func (o *office) zonePath() string  { return fmt.Sprintf("/places/zones/%d", o.one) }
func (o *office) housePath() string { return fmt.Sprintf("/places/buildings/%d", o.house) }

func TestPlacesPages(t *testing.T) {
	t.Parallel()
	o := open(t)
	t.Run("ZONE-3 the overview says the difference in words, to who may only look too", func(t *testing.T) {
		page := o.agent.Get("/places").Want(http.StatusOK)
		page.WantText("1 区", "周敏", "3 户", "申报 4 户", "区域1：申报4户，实际3户，相差1。")
		page.WantNo("/places/zones/new", "/places/import", "export")
		o.admin.Get("/places").Want(http.StatusOK).WantText("新建区域", "下载现有房屋")
	})
	t.Run("every page in every language; who may only look finds nothing to press", func(t *testing.T) {
		for _, lang := range []string{"zh-CN", "zh-TW", "en"} {
			for _, path := range []string{"/places", o.zonePath(), o.housePath(), "/places/zones/new", "/places/import", "/settings/grades"} {
				o.admin.Get(path+"?lang="+lang).Want(http.StatusOK).WantNo("place.label", "place.hint", "place.zone", "place.grades", ">place.", "import.")
			}
		}
		for _, path := range []string{o.zonePath(), o.housePath()} {
			if page := o.agent.Get(path).Want(http.StatusOK); len(page.All("main form[method=post]")) != 0 {
				t.Errorf("%s has a form for who may only look", path)
			}
		}
	})
	t.Run("VISIT-2 nobody from outside sees a place", func(t *testing.T) {
		kiosk := o.guest.Another().As(o.people, actor.Actor{Kind: actor.Device, ID: 1, Screen: "kiosk", Site: o.site, May: staff.OpenKiosk(o.site).May})
		for _, browser := range []*webtest.Client{o.guest, kiosk} {
			for _, path := range []string{"/places", o.zonePath(), o.housePath(), "/places/export.csv", "/places/import"} {
				browser.Get(path).Want(http.StatusUnauthorized)
			}
		}
		for _, path := range []string{"/places/import", "/places/export.csv", "/places/export.xlsx", "/places/zones/new", "/settings/grades"} {
			o.agent.Get(path).Want(http.StatusForbidden)
		}
	})
}

func TestZoneChangesHands(t *testing.T) {
	t.Parallel()
	o := open(t)
	_, err := o.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, owner_id, matter, registered_at, due_at, state)
		select ?, gen_random_uuid(), '', 'T' || n, 'phone', 'repair', '18#', ?, '漏水', now(), now(), case n when 3 then 'closed' else 'registered' end
		from generate_series(1, 3) n`, o.site, o.owners["zhou"]).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := form(o.admin.Get(o.zonePath()), o.zonePath())
	t.Run("ZONE-1 the page says what the former owner still has, and leads there", func(t *testing.T) {
		mine := form(o.admin.Get(o.zonePath()), o.zonePath())
		mine.Set("owner", fmt.Sprint(o.owners["li"]))
		to := o.admin.Post(o.zonePath(), mine).Want(http.StatusSeeOther).Header.Get("Location")
		page := o.as("admin", staff.Admin, staff.Manager).Get(to).Want(http.StatusOK)
		page.WantText("周敏 名下还有 2 件没办完的报事", "已保存")
		if href := webtest.Attr(page.One(".alert.warn a"), "href"); href != fmt.Sprintf("/desk/tickets?owner=%d", o.owners["zhou"]) {
			t.Error(href)
		}
		if len(o.admin.Get(to).All(".alert.warn[role=status] a")) != 0 {
			t.Error("a link to tickets for who may not see them")
		}
	})
	t.Run("the second of two who change a zone is told, keeps what was typed, and saves at the next press", func(t *testing.T) {
		seen.Set("name", "东区")
		page := o.admin.Post(o.zonePath(), seen).Want(http.StatusConflict)
		page.WantText("有人改过这里")
		again := form(page, o.zonePath())
		if again.Get("name") != "东区" || again.Get("owner") != fmt.Sprint(o.owners["zhou"]) {
			t.Errorf("what was typed is lost: %v", again)
		}
		if got := o.text(`select name from zones where id = ?`, o.one); got != "1" {
			t.Errorf("written over: %s", got)
		}
		o.admin.Post(o.zonePath(), again).Want(http.StatusSeeOther)
		if got := o.text(`select name from zones where id = ?`, o.one); got != "东区" {
			t.Error(got)
		}
	})
	t.Run("errors stand at their fields, and what was typed stays", func(t *testing.T) {
		bad := form(o.admin.Get(o.zonePath()), o.zonePath())
		bad.Set("code", "")
		bad.Set("households", "很多")
		bad.Set("name", "南\x00区")
		page := o.admin.Post(o.zonePath(), bad).Want(http.StatusUnprocessableEntity)
		if n := len(page.All("[aria-invalid=true]")); n != 3 {
			t.Errorf("%d fields are marked", n)
		}
		page.WantText("请填写整数")
	})
	t.Run("a new zone, and one that can't go", func(t *testing.T) {
		fresh := form(o.admin.Get("/places/zones/new"), "/places/zones")
		fresh.Set("code", "9")
		to := o.admin.Post("/places/zones", fresh).Want(http.StatusSeeOther).Header.Get("Location")
		path, _, _ := strings.Cut(to, "?")
		o.admin.Post(path+"/remove", url.Values{}).WantLocation("/places?done=removed")
		o.admin.Post(o.zonePath()+"/remove", url.Values{}).Want(http.StatusConflict).WantText("还有 1 栋楼")
		o.admin.Post("/places/zones/999/remove", url.Values{}).Want(http.StatusNotFound)
	})
}

func TestBuildingPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	t.Run("doors by entrance, found by their number", func(t *testing.T) {
		page := o.admin.Get(o.housePath()).Want(http.StatusOK)
		if n := len(page.All("ul.doors li")); n != 3 {
			t.Errorf("%d doors", n)
		}
		if n := len(o.admin.Get(o.housePath() + "?q=102").All("ul.doors li")); n != 1 {
			t.Errorf("%d doors are found", n)
		}
		o.admin.Get(o.housePath()+"?q="+url.QueryEscape("2单元")).Want(http.StatusOK).WantText("2单元", "101")
	})
	add := o.housePath() + "/doors"
	t.Run("floors are added at once, what is wrong is said at its field", func(t *testing.T) {
		in := form(o.admin.Get(o.housePath()), add)
		in.Set("entrances", "3")
		in.Set("floors", "1-18")
		in.Set("rooms", "01-05")
		to := o.admin.Post(add, in).Want(http.StatusSeeOther).Header.Get("Location")
		o.admin.Get(to).WantText("已添加 90 个", "3单元")
		to = o.admin.Post(add, in).Want(http.StatusSeeOther).Header.Get("Location")
		o.admin.Get(to).WantText("这 90 个原来就有")
		in.Set("rooms", "5-1")
		page := o.admin.Post(add, in).Want(http.StatusUnprocessableEntity).WantText("101-105 这样的范围")
		if got := form(page, add); got.Get("floors") != "1-18" {
			t.Errorf("what was typed is lost: %v", got)
		}
	})
	t.Run("what a ticket names can't go; the others can, once they are chosen alone", func(t *testing.T) {
		var used, free int64
		o.scan(&used, `select id from households where room = '102'`)
		o.scan(&free, `select id from households where entrance = '3单元' and room = '101'`)
		_, err := o.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, household_id, matter, registered_at, due_at)
			values (?, gen_random_uuid(), '', 'T1', 'phone', 'repair', '18#', ?, '漏水', now(), now())`, o.site, used).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		page := o.admin.Post(add+"/remove", url.Values{"door": {fmt.Sprint(used), fmt.Sprint(free), "x"}}).Want(http.StatusConflict)
		page.WantText("18#1单元102室 有 1 件报事、0 次访客登记")
		if n := len(page.All("ul.doors input[checked]")); n != 2 {
			t.Errorf("%d are still chosen", n)
		}
		o.admin.Post(add+"/remove", url.Values{"door": {fmt.Sprint(free)}}).WantLocation(o.housePath() + "?done=doors_removed&n=1")
		o.admin.Post(add+"/remove", url.Values{}).Want(http.StatusConflict).WantText("还没有选中")
		o.admin.Post(o.housePath()+"/remove", url.Values{}).Want(http.StatusConflict).WantText("没有删除")
	})
	t.Run("a door is renamed; the second who does is told", func(t *testing.T) {
		var id int64
		o.scan(&id, `select id from households where room = '102'`)
		path := fmt.Sprintf("/places/doors/%d", id)
		first, second := form(o.admin.Get(path), path), form(o.admin.Get(path), path)
		first.Set("room", "103")
		second.Set("kind", "shop")
		o.admin.Post(path, first).WantLocation(o.housePath() + "?done=saved")
		o.admin.Post(path, second).Want(http.StatusConflict).WantText("有人改过这里")
		if got := o.text(`select room || kind from households where id = ?`, id); got != "103household" {
			t.Error(got)
		}
	})
	t.Run("ZONE-1 a building goes to another zone", func(t *testing.T) {
		move := form(o.admin.Get(o.housePath()), o.housePath())
		move.Set("zone", fmt.Sprint(o.two))
		o.admin.Post(o.housePath(), move).Want(http.StatusSeeOther)
		o.admin.Get(o.housePath()).WantText("李明")
		move.Set("building", "19")
		o.admin.Post(o.housePath(), move).Want(http.StatusConflict)
		house := fmt.Sprintf("/places/zones/%d/buildings", o.two)
		o.admin.Post(house, url.Values{"building": {"18栋"}}).Want(http.StatusUnprocessableEntity).WantText("已有这个名称的楼栋")
		o.admin.Post(house, url.Values{"building": {"20"}}).Want(http.StatusSeeOther)
	})
}
