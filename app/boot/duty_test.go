package boot_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/web/webtest"
)

// shanghai is the time of the sites.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func TestDutyPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chief, agent := o.browser("chief"), o.browser("agent")
	today := o.h.Clock.Now().In(shanghai).Format(time.DateOnly)
	page := chief.Get("/duty").Want(http.StatusOK)
	action, form := page.Form("section.panel form")
	form.Set("staff", strconv.FormatInt(o.people["agent"], 10))
	form.Set("kind", "away")
	form.Set("stand-in", strconv.FormatInt(o.people["boss"], 10))
	chief.Post(action, form).Want(http.StatusSeeOther).WantLocation("/duty?day=" + today + "&done=added#day-" + today)
	chief.Get("/duty").Want(http.StatusOK).WantText("测试agent", "测试boss替班", "不在岗")
	chief.Post(action, form).Want(http.StatusConflict).WantText("已经有一条同类的安排")
	wrong := chief.Post(action, url.Values{"here": form["here"], "staff": {"0"}, "kind": {"asleep"}, "from": {"soon"}, "until": {""}}).Want(http.StatusUnprocessableEntity)
	for _, field := range []string{"staff", "kind", "from", "until"} {
		if n := wrong.All("[name=" + field + "]"); len(n) != 1 || webtest.Attr(n[0], "aria-invalid") != "true" {
			t.Errorf("%s isn't marked", field)
		}
	}
	if webtest.Attr(wrong.One("input[name=from]"), "value") != "soon" {
		t.Error("what was typed is gone")
	}
	seen := agent.Get("/duty").Want(http.StatusOK).WantText("测试agent", "测试boss替班")
	if len(seen.All("main form")) != 0 {
		t.Error("an agent can change the table")
	}
	agent.Post("/duty", form).Want(http.StatusForbidden)
	end, _ := chief.Get("/duty").Form("td form")
	agent.Post(end, url.Values{}).Want(http.StatusForbidden)
	chief.Post(end, url.Values{}).Want(http.StatusSeeOther)
	if len(chief.Get("/duty").Want(http.StatusOK).All("#now")) != 1 {
		t.Error("no list of who is on")
	}
	agent.Get("/duty").WantText("值班表上现在没有人")
	chief.Post(end, url.Values{}).Want(http.StatusConflict).WantText("这条安排已经结束")
}

// Whoever keeps the table reads it by days: who is there, who can be reached, who is away; and stays at the day they work on.
func TestDutyByDays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	now := o.h.Clock.Now().In(shanghai)
	day := func(n int) time.Time { return time.Date(now.Year(), now.Month(), now.Day()+n, 0, 0, 0, 0, shanghai) }
	for _, d := range []struct {
		login, kind string
		from, until time.Time
	}{
		{"boss", "away", day(1), day(3)},
		{"second", "list", day(2).Add(8 * time.Hour), day(3).Add(8 * time.Hour)},
		{"agent", "on", day(2).Add(9 * time.Hour), day(2).Add(17*time.Hour + 30*time.Minute)},
	} {
		if _, err := o.app.DB.NewRaw(`insert into duties (site_id, staff_id, kind, from_at, until_at) values (?, ?, ?, ?, ?)`,
			o.site, o.people[d.login], d.kind, d.from, d.until).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	chief := o.browser("chief")
	rows := func(p *webtest.Page, n int) (out []string) {
		for _, row := range p.All("#day-" + day(n).Format(time.DateOnly) + " tbody tr") {
			out = append(out, strings.Join(strings.Fields(webtest.Text(row)), ""))
		}
		return out
	}
	t.Run("SHIFT-6 each day has its lines, whichever day they began, by what they say; today is unfolded", func(t *testing.T) {
		page := chief.Get("/duty").Want(http.StatusOK)
		for n, want := range map[int][]string{
			0: nil, 1: {"测试boss不在岗全天取消"}, 4: nil,
			2: {"测试agent在岗09:00–17:30取消", "测试second值班名单（随时可联系）08:00起取消", "测试boss不在岗全天取消"},
			3: {"测试second值班名单（随时可联系）至08:00取消"},
		} {
			if got := rows(page, n); !slices.Equal(got, want) {
				t.Errorf("in %d days: %q, want %q", n, got, want)
			}
		}
		if n, open := len(page.All(".folds details")), page.All(".folds details[open]"); n != 15 || len(open) != 1 || webtest.Attr(open[0], "id") != "day-"+day(0).Format(time.DateOnly) {
			t.Errorf("%d days, %d unfolded", n, len(open))
		}
	})
	t.Run("SHIFT-6 who takes a line off a day stays at that day; a day that is none unfolds today", func(t *testing.T) {
		that := day(2).Format(time.DateOnly)
		action, form := chief.Get("/duty").Form("#day-" + that + " td form")
		to := chief.Post(action, form).Want(http.StatusSeeOther).WantLocation("/duty?day=" + that + "&done=ended#day-" + that).Header.Get("Location")
		page := chief.Get(to).Want(http.StatusOK)
		page.One("#day-" + that + "[open]")
		if got := rows(page, 2); len(got) != 2 {
			t.Errorf("left: %q", got)
		}
		for _, odd := range []string{"soon", "1999-01-01", "2999-12-31"} {
			chief.Get("/duty?day=" + odd).Want(http.StatusOK).One("#day-" + day(0).Format(time.DateOnly) + "[open]")
		}
	})
}
