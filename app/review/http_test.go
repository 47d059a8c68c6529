package review_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/table"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/review"
	"lobby/app/staff"
)

// served is the bundle with its pages over real HTTP, and a browser for somebody of a role at a site.
func served(t *testing.T) (*bundle, func(site int64, role staff.Role) *webtest.Client) {
	t.Helper()
	b := setup(t)
	people := webtest.NewPeople()
	people.Site.Zone = shanghai
	cfg := people.Config()
	cfg.Now = b.svc.Now
	app := web.New(cfg)
	figures := func(_ context.Context, from, to string) ([]*table.Table, error) {
		one := &table.Table{Key: "x", Title: from + "/" + to, Columns: []table.Column{{Key: "n", Title: "件数", Kind: table.Number}}, Notes: []string{"注"}}
		one.Add(41)
		return []*table.Table{one}, nil
	}
	(&review.Pages{Service: b.svc, Figures: figures}).Routes(app)
	client := webtest.New(t, app)
	return b, func(site int64, role staff.Role) *webtest.Client {
		return client.Another().As(people, actor.Actor{Kind: actor.Person, ID: b.who, Site: site, Name: "主管", May: staff.May(role)})
	}
}

func TestDayPage(t *testing.T) {
	t.Parallel()
	b, at := served(t)
	first, second := b.ticket("repair", "phone", time.Date(2026, 11, 23, 9, 0, 0, 0, shanghai)), b.ticket("repair", "phone", time.Date(2026, 11, 23, 10, 0, 0, 0, shanghai))
	b.ticket("complaint", "phone", time.Date(2026, 11, 23, 11, 0, 0, 0, shanghai))
	boss, path := at(b.site, staff.Supervisor), "/reviews/day/2026-11-23"
	boss.Get("/reviews").Want(http.StatusOK).WantText("2026年11月23日", "未复核 3 条", "逾期未复核", "没有一起分析过").WantNo("更早还有")
	_, form := boss.Get(path).Want(http.StatusOK).WantText("电话****", "接待", "投诉").WantNo("13800138000").Form("main form")
	wrong := boss.Post(path, url.Values{"remark": {strings.Repeat("长", 501)}, "record": {fmt.Sprint("reception:", first)}}).Want(http.StatusUnprocessableEntity)
	wrong.One("#f-remark-error")
	if len(wrong.All("input[name=record][checked]")) != 1 {
		t.Error("what was ticked is gone")
	}
	boss.Post(path, form).Want(http.StatusUnprocessableEntity).WantText("请至少勾选一条")
	form.Set("record", fmt.Sprint("reception:", first))
	form.Set("remark", "已看")
	boss.Post(path, form).Want(http.StatusSeeOther).WantLocation(path)
	if got := boss.Get(path).WantText("主管于", "已看"); len(got.All("input[name=record]")) != 2 {
		t.Error("what is reviewed can still be ticked, or something else can't")
	}
	_, form = boss.Get(path).Form("main form")
	form.Set("all", "reception") // what the page showed of a section, and nothing else
	boss.Post(path, form).Want(http.StatusSeeOther)
	if left := boss.Get(path).All("input[name=record]"); len(left) != 1 || !strings.HasPrefix(webtest.Attr(left[0], "value"), "complaint:") {
		t.Errorf("%d records are left after the whole section was ticked", len(left))
	}
	for _, junk := range []string{"reception", "reception:x", "king:1", fmt.Sprint("complaint:", second), "\x00"} {
		boss.Post(path, url.Values{"record": {junk}}).Want(http.StatusNotFound)
	}
	for _, junk := range []string{"2026-11-25", "2026-13-01", "x", "1999-01-01", "2026-11-23x"} {
		boss.Get("/reviews/day/" + junk).Want(http.StatusNotFound)
	}
	for n := range review.Look + 1 {
		b.ticket("repair", "phone", time.Date(2026, 11, 7-n, 9, 0, 0, 0, shanghai))
	}
	boss.Get("/reviews").Want(http.StatusOK).WantText("更早还有 2 天", "最早的是 2026年10月24日", "该一起分析了")
	other := at(b.other, staff.Supervisor)
	other.Get(path).Want(http.StatusOK).WantNo("电话****")
	other.Post(path, url.Values{"record": {fmt.Sprint("reception:", second)}}).Want(http.StatusNotFound)
	at(b.site, staff.Agent).Get(path).Want(http.StatusForbidden)
}

func TestWeekPage(t *testing.T) {
	t.Parallel()
	b, at := served(t)
	b.ticket("repair", "phone", time.Date(2026, 11, 17, 9, 0, 0, 0, shanghai))
	chief, path := at(b.site, staff.Manager), "/reviews/week/2026-11-16"
	chief.Get("/reviews").Want(http.StatusOK).WantText("待复核的周", "2026年11月16日", "逾期未复核")
	_, form := chief.Get(path).Want(http.StatusOK).WantText("0%").Form("main form")
	chief.Post(path, form).Want(http.StatusUnprocessableEntity).WantText("请至少勾选一条")
	form["section"] = []string{"reception", "complaint", "dispatch", "patrol"}
	chief.Post(path, form).Want(http.StatusSeeOther).WantLocation(path)
	if got := chief.Get(path).WantText("主管于"); len(got.All("input[name=section]")) != 0 {
		t.Error("a signed week can be signed again")
	}
	chief.Get("/reviews").WantText("过去几周都已复核")
	chief.Get("/reviews/week/2026-11-23").Want(http.StatusOK).WantText("还没有结束")
	chief.Post("/reviews/week/2026-11-23", form).Want(http.StatusConflict)
	chief.Get("/reviews/week/2026-11-17").Want(http.StatusNotFound) // no Monday
	chief.Post("/reviews/week/2026-11-09", url.Values{"section": {"king"}}).Want(http.StatusNotFound)
	at(b.site, staff.Supervisor).Get(path).Want(http.StatusForbidden)
}

func TestUnsolvedPage(t *testing.T) {
	t.Parallel()
	b, at := served(t)
	old := b.ticket("repair", "phone", time.Date(2026, 11, 10, 9, 0, 0, 0, shanghai))
	boss := at(b.site, staff.Supervisor)
	boss.Get("/reviews/unsolved").Want(http.StatusOK).WantText("电话****")
	wrong := boss.Post("/reviews/unsolved", url.Values{"ticket": {fmt.Sprint(old)}, "shared": {"同一根立管"}}).Want(http.StatusUnprocessableEntity)
	wrong.One("#f-change-error")
	if len(wrong.All("input[name=ticket][checked]")) != 1 || webtest.Text(wrong.One("#f-shared")) != "同一根立管" {
		t.Error("what was typed or ticked is gone")
	}
	boss.Post("/reviews/unsolved", url.Values{"ticket": {fmt.Sprint(old)}, "shared": {"同一根立管 13800138000"}, "change": {"换管"}}).Want(http.StatusSeeOther)
	boss.Get("/reviews/unsolved?done=1").WantText("结论已记下", "同一根立管", "已分析 1 次").WantNo("13800138000")
	other := at(b.other, staff.Supervisor)
	other.Get("/reviews/unsolved").Want(http.StatusOK).WantNo("同一根立管")
	for _, id := range []string{fmt.Sprint(old), "x", "999999"} {
		other.Post("/reviews/unsolved", url.Values{"ticket": {id}, "shared": {"甲"}, "change": {"乙"}}).Want(http.StatusNotFound)
	}
}

func TestMonthPage(t *testing.T) {
	t.Parallel()
	b, at := served(t)
	chief, path := at(b.site, staff.Manager), "/reviews/month/2026-11"
	_, mine := chief.Get(path).Want(http.StatusOK).WantText("2026-11-01/2026-11-30", "41").Form("main form")
	_, theirs := chief.Get(path).Form("main form")
	theirs.Set("measures", "每周巡查")
	theirs.Set("analysis", "噪音最多")
	chief.Post(path, theirs).Want(http.StatusSeeOther).WantLocation(path + "?done=1")
	mine.Set("measures", "加装照明")
	faster := chief.Post(path, mine).Want(http.StatusConflict).WantText("每周巡查")
	if webtest.Text(faster.One("#f-measures")) != "加装照明" {
		t.Error("what was typed is gone")
	}
	_, again := faster.Form("main form")
	chief.Post(path, again).Want(http.StatusSeeOther) // brought together and saved
	chief.Get(path).WantText("加装照明")
	chief.Post(path, url.Values{"version": {"x"}, "plan": {"无"}}).Want(http.StatusConflict)
	for _, junk := range []string{"2026-12", "2026-00", "2026-11-01", "x"} {
		chief.Get("/reviews/month/" + junk).Want(http.StatusNotFound)
	}
	at(b.other, staff.Manager).Get(path).Want(http.StatusOK).WantNo("加装照明")
	boss := at(b.site, staff.Supervisor)
	boss.Post(path, mine).Want(http.StatusForbidden)
	if page := boss.Get(path).Want(http.StatusOK).WantText("加装照明"); len(page.All("main textarea")) != 0 {
		t.Error("who may not write has a form")
	}
}
