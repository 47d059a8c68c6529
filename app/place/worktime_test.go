package place_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"lobby/app/kit/actor"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/site/calendar"
	"lobby/app/staff"
)

const (
	shiftsPath   = "/settings/shifts"
	calendarPath = "/settings/calendar"
)

// whole is the form at action with all its fields, those of one name too.
func whole(p *webtest.Page, action string) url.Values {
	_, fields := p.Form(`form[method=post][action="` + action + `"]`)
	return fields
}

// said is what stands at a field as its mistake.
func said(p *webtest.Page, field string) string {
	for _, n := range p.All("small.error") {
		if webtest.Attr(n, "id") == "f-"+field+"-error" {
			return webtest.Text(n)
		}
	}
	return ""
}

// chiefs are two who may change rules, on a Monday in November 2026.
func (o *office) chiefs() (one, other *webtest.Client) {
	o.svc.Now = func() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }
	return o.as("zhou", staff.Supervisor), o.as("li", staff.Manager)
}

func (o *office) hours() (calendar.Hours, int64) {
	o.Helper()
	h, version, err := o.svc.HoursOf(actor.With(o.Context(), actor.Actor{Kind: actor.Person, ID: o.owners["zhou"], Site: o.site, May: staff.May(staff.Supervisor)}))
	if err != nil {
		o.Fatal(err)
	}
	return h, version
}

func TestShiftsPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	chief, other := o.chiefs()
	t.Run("SHIFT-1 the seasons' dates and shifts are set, and limits in working days close by them", func(t *testing.T) {
		form := whole(chief.Get(shiftsPath).Want(http.StatusOK).WantText("夏季", "冬季", "早班", "每天 18:30 下班"), shiftsPath)
		form.Set("season.1.month", "4")
		form.Set("season.1.day", "15")
		form.Set("season.1.shift.3.to", "20:00")
		form.Set("season.2.shift.1.from", "") // no early shift in winter
		form.Set("season.2.shift.1.to", "")
		form.Set("season.2.shift.4.code", "夜 班")
		form.Set("season.2.shift.4.from", "14:00")
		form.Set("season.2.shift.4.to", "22:00")
		chief.Post(shiftsPath, form).Want(http.StatusUnprocessableEntity).WantText("冬季 夜 班")
		form.Set("season.2.shift.4.code", "夜班")
		chief.Post(shiftsPath, form).WantLocation(shiftsPath + "?done=saved")
		chief.Get(shiftsPath+"?done=saved").WantText("已保存", "每天 20:00 下班", "每天 22:00 下班", "夜班")
		h, version := o.hours()
		if version != 1 || h.Seasons[0].From.String() != "04-15" || len(h.Seasons[1].Shifts) != 3 || h.Seasons[1].Shifts[2].Code != "夜班" {
			t.Errorf("%+v, %d", h, version)
		}
		if n := o.text(`select count(*)::text from audit_log where verb = 'site.rules' and fields = '{hours}'`); n != "1" {
			t.Errorf("%s changes on record", n)
		}
	})
	t.Run("SHIFT-1 what is wrong with hours is said at its field, and what was typed stays", func(t *testing.T) {
		form := whole(chief.Get(shiftsPath), shiftsPath)
		form["weekend"] = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
		form.Set("season.1.month", "2")
		form.Set("season.1.day", "30")
		form.Set("season.2.shift.1.to", "07:00")
		form.Set("season.2.shift.2.break_from", "23:00")
		form.Set("season.2.shift.3.from", "half past")
		page := chief.Post(shiftsPath, form).Want(http.StatusUnprocessableEntity).WantText("一周至少有一天上班", "08:30 这样的时间")
		for field, words := range map[string]string{"season.1.month": "日期", "season.2.shift.1.from": "行政班", "season.2.shift.2.break_from": "晚班", "season.2.shift.3.from": "时间"} {
			if got := said(page, field); !strings.Contains(got, words) {
				t.Errorf("%s: %q", field, got)
			}
		}
		kept := whole(page, shiftsPath)
		if kept.Get("season.2.shift.1.to") != "07:00" || kept.Get("season.1.day") != "30" || len(kept["weekend"]) != 7 {
			t.Errorf("what was typed is lost: %v", kept)
		}
		if _, version := o.hours(); version != 1 {
			t.Errorf("version %d", version)
		}
	})
	t.Run("SHIFT-1 of two who change hours at once the second is told what changed, and keeps what they typed", func(t *testing.T) {
		one, two := whole(chief.Get(shiftsPath), shiftsPath), whole(other.Get(shiftsPath), shiftsPath)
		one.Set("season.1.shift.1.from", "07:30")
		chief.Post(shiftsPath, one).Want(http.StatusSeeOther)
		two.Set("season.1.shift.2.to", "18:15")
		told := other.Post(shiftsPath, two).Want(http.StatusConflict).WantText("周敏", "早班 08:00–16:30", "早班 07:30–16:30")
		kept := whole(told, shiftsPath)
		if kept.Get("season.1.shift.2.to") != "18:15" || kept.Get("season.1.shift.1.from") != "07:30" {
			t.Error("what was typed is lost, or what was left alone would undo the other's change")
		}
		other.Post(shiftsPath, kept).Want(http.StatusSeeOther)
		two.Set("seen", `{"seasons":[{"from":"13-77"}]}`)
		other.Post(shiftsPath, two).Want(http.StatusConflict)
	})
	t.Run("only who may change rules sees the pages, in every language", func(t *testing.T) {
		for _, path := range []string{shiftsPath, calendarPath, calendarPath + ".csv"} {
			o.admin.Get(path).Want(http.StatusForbidden)
			o.agent.Get(path).Want(http.StatusForbidden)
			o.guest.Get(path).Want(http.StatusUnauthorized)
		}
		o.agent.Post(shiftsPath, url.Values{"version": {"3"}}).Want(http.StatusForbidden)
		o.agent.Post(calendarPath, url.Values{"year": {"2026"}, "day": {"2026-11-23"}, "kind": {"holiday"}, "name": {"x"}, "version": {"0"}}).Want(http.StatusForbidden)
		for _, lang := range []string{"zh-CN", "zh-TW", "en"} {
			for _, path := range []string{shiftsPath, calendarPath} {
				page := chief.Get(path+"?lang="+lang).Want(http.StatusOK).WantNo("calendar.shift", "calendar.label", "calendar.month", ">calendar.")
				for _, a := range page.All("nav.sections a") {
					if href := webtest.Attr(a, "href"); href == "/settings/site" {
						t.Error("the supervisor is led to a page that isn't theirs")
					}
				}
			}
		}
		o.admin.Get("/settings/grades").Want(http.StatusOK)
		chief.Get("/settings/grades").Want(http.StatusOK)
	})
}

// year sends the file of a year as the page does.
func year(c *webtest.Client, t *testing.T, number, version string, data []byte) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"year": number, "version": version} {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "year.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := c.Request(http.MethodPost, calendarPath+"/import", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.Do(r)
}

func TestCalendarPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	chief, _ := o.chiefs()
	t.Run("SHIFT-4 a year at a glance says its holidays in words and where they are from; a year without data warns", func(t *testing.T) {
		page := chief.Get(calendarPath).Want(http.StatusOK).WantText("2026年", "国务院办公厅", "随程序提供", "2月15日至2月23日（9天）", "调休上班：2月14日、2月28日", "还没有2027年的节假日资料")
		if n := len(page.All("td.cell-holiday")); n != 33 {
			t.Errorf("%d days are marked as holidays", n)
		}
		if n := len(page.All("td.cell-makeup")); n != 6 {
			t.Errorf("%d days are marked as made up", n)
		}
		chief.Get(calendarPath+"?year=2025").WantText("2025年", "国庆节、中秋节")
		chief.Get(calendarPath + "?year=2027").WantText("没有资料")
		chief.Get(calendarPath + "?year=99999999999999999999").Want(http.StatusOK).WantText("2026年")
	})
	t.Run("SHIFT-4 a file with mistakes is refused line by line, and nothing of it is kept", func(t *testing.T) {
		year(chief, t, "2027", "0", []byte("date,kind,name\n2027-02-06,holiday,春节\n2026-02-07,holiday,春节\n2027-02-30,x,\n2027-02-08,feast,春节\n2027-02-06,workday,春节\n")).
			Want(http.StatusUnprocessableEntity).WantText("什么都没有导入", "第3行：2026-02-07属于另一年", "第4行：2027-02-30不是日期", "第5行：feast", "第6行：2027-02-06")
		for _, wrong := range []string{"", "\xff\xfe\x00", strings.Repeat("#", 65<<10), "\x00\x01"} {
			if p := year(chief, t, "2027", "0", []byte(wrong)); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("%.10q: %d", wrong, p.Status)
			}
		}
		year(chief, t, "1492", "0", []byte("1492-02-06,holiday,x\n")).Want(http.StatusUnprocessableEntity)
		if n := o.text(`select count(*)::text from site_rules`); n != "0" {
			t.Errorf("%s rules", n)
		}
	})
	t.Run("SHIFT-4 a year is imported as Excel writes it, a day corrected, and the file comes back as it stands", func(t *testing.T) {
		gbk, err := simplifiedchinese.GBK.NewEncoder().String("# source: 通知\ndate,kind,name\n2027-02-06,holiday,春节\n2027-02-20,workday,春节\n")
		if err != nil {
			t.Fatal(err)
		}
		year(chief, t, "2027", "0", []byte(gbk)).WantLocation(calendarPath + "?done=imported&year=2027")
		chief.Get(calendarPath+"?done=imported&year=2027").WantText("已导入2027年", "来源：通知", "2月6日").WantNo("还没有2027年")
		year(chief, t, "2027", "0", []byte("2027-02-06,holiday,x\n")).Want(http.StatusConflict).WantText("更改了设置")
		form := whole(chief.Get(calendarPath+"?year=2027"), calendarPath)
		form.Set("day", "2027-02-08")
		form.Set("kind", "holiday")
		form.Set("name", "")
		kept := whole(chief.Post(calendarPath, form).Want(http.StatusUnprocessableEntity), calendarPath)
		if kept.Get("day") != "2027-02-08" {
			t.Error("what was typed is lost")
		}
		form.Set("name", "春\u202e节")
		chief.Post(calendarPath, form).WantLocation(calendarPath + "?done=day&year=2027")
		chief.Post(calendarPath, form).Want(http.StatusConflict)
		for _, wrong := range [][2]string{{"2028-01-01", "holiday"}, {"soon", "holiday"}, {"2027-02-09", "workday"}, {"2027-02-09", "feast"}} {
			form := whole(chief.Get(calendarPath+"?year=2027"), calendarPath)
			form.Set("day", wrong[0])
			form.Set("kind", wrong[1])
			form.Set("name", "x")
			chief.Post(calendarPath, form).Want(http.StatusUnprocessableEntity)
		}
		want := "\ufeff# source: 通知\ndate,kind,name\n2027-02-06,holiday,春节\n2027-02-08,holiday,春节\n2027-02-20,workday,春节\n"
		if got := chief.Get(calendarPath + ".csv?year=2027").Want(http.StatusOK).Body; got != want {
			t.Errorf("%q", got)
		}
	})
}

// Whatever is typed into any field of the pages: a page in words.
func TestWorktimeWithBadInput(t *testing.T) {
	t.Parallel()
	o := open(t)
	chief, _ := o.chiefs()
	for _, path := range []string{shiftsPath, calendarPath} {
		form := whole(chief.Get(path), path)
		for name := range form {
			for _, text := range []string{"", strings.Repeat("长", 1000), "a\x00b", `"'><script>alert(1)</script>`, "99999999999999999999", "-1", "\xff\xfe"} {
				sent := url.Values{}
				for n, v := range form {
					sent[n] = v
				}
				sent.Set(name, text)
				p := chief.Post(path, sent)
				if p.Status != 422 && p.Status != 409 && p.Status != 303 {
					t.Errorf("%s, %q in %s: %d", path, text, name, p.Status)
				}
				p.WantNo("<script>alert")
				if p.Status == 303 {
					form = whole(chief.Get(path).Want(200).WantNo("<script>alert"), path)
				}
			}
		}
	}
	if site.ManageRules != staff.ManageRules || site.ManageGrades != staff.ManageGrades {
		t.Error("a permission has two names that differ")
	}
}
