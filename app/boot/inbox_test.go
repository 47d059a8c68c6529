package boot_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/web/webtest"
	"lobby/app/notice"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// office is a site with a ticket, and browsers of its staff.
type office struct {
	*testing.T
	h      *boottest.House
	app    *boot.App
	base   string
	site   int64
	ticket *ticket.Ticket
	people map[string]int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, h: boottest.New(t), people: map[string]int64{}}
	i := o.h.Start(t)
	o.app, o.base = i.App, i.URL()
	o.site = o.h.Site(t, o.app, "here").ID
	for login, role := range map[string]staff.Role{"chief": staff.Supervisor, "second": staff.Supervisor, "boss": staff.Manager, "agent": staff.Agent, "admin": staff.Admin} {
		o.people[login] = o.h.Person(t, o.app, o.site, login, role).ID
	}
	made, err := o.app.Tickets.Register(actor.AsJob(t.Context(), "test", o.site), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair",
		Place: "大堂 13812345678", Matter: "灯不亮", Channel: "phone", Classify: true})
	if err != nil {
		t.Fatal(err)
	}
	o.ticket = made
	return o
}

func (o *office) browser(login string) *webtest.Client {
	o.Helper()
	c := boottest.Browser(o.T, o.base)
	c.SignIn(login, boottest.Password)
	return c
}

// post does what a feature does in its transaction.
func (o *office) post(do func(ctx context.Context, tx bun.Tx, p notice.Post) error) {
	o.Helper()
	_, err := db.Tx(o.Context(), o.app.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, do(ctx, tx, notice.Post{})
	})
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) tell(site int64, kind, mark string, loud bool, to ...string) {
	o.Helper()
	o.post(func(ctx context.Context, tx bun.Tx, p notice.Post) error {
		told := notice.Told{Kind: kind, About: notice.Subject{Table: "tickets", ID: o.ticket.ID}, Mark: mark, Due: o.app.Now(), Loud: loud}
		if site == o.site {
			told.About.Ticket = o.ticket.ID
		}
		for _, login := range to {
			told.To = append(told.To, o.people[login])
		}
		return p.Tell(ctx, tx, site, o.app.Now(), told)
	})
}

func (o *office) ask(mark string, to ...string) (id int64) {
	o.Helper()
	o.post(func(ctx context.Context, tx bun.Tx, p notice.Post) error {
		asked := notice.Asked{Kind: "find_cause", About: notice.Subject{Table: "tickets", ID: o.ticket.ID, Ticket: o.ticket.ID}, Mark: mark, Due: o.app.Now().Add(-time.Hour)}
		for _, login := range to {
			asked.To = append(asked.To, o.people[login])
		}
		return p.Ask(ctx, tx, o.site, o.app.Now(), asked)
	})
	if err := o.app.DB.NewRaw(`select id from tasks where mark = ?`, mark).Scan(o.Context(), &id); err != nil {
		o.Fatal(err)
	}
	return id
}

// figure is what the head of a page shows.
func figure(p *webtest.Page) string {
	if webtest.Has(p.One(".inbox data"), "hidden") {
		return ""
	}
	return webtest.Text(p.One(".inbox data"))
}

type inboxFigure struct {
	Count int   `json:"count"`
	Loud  int64 `json:"loud"`
	Shown string
	Said  string
}

func figureOf(t *testing.T, c *webtest.Client) (n inboxFigure) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.Get("/inbox/count").Want(http.StatusOK).Body), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestInboxPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chief, agent, admin := o.browser("chief"), o.browser("agent"), o.browser("admin")
	if got := figure(chief.Get("/desk").Want(http.StatusOK)); got != "" {
		t.Errorf("an empty inbox shows %q", got)
	}
	o.tell(o.site, "escalated", "a", true, "chief", "admin")
	o.tell(o.site, "sung", "b", false, "chief")
	o.ask("c", "chief")
	if got := figureOf(t, chief); got.Count != 3 || got.Loud == 0 || !strings.Contains(got.Said, "3") {
		t.Errorf("counted %+v", got)
	}
	if got := figure(chief.Get("/desk/tickets").Want(http.StatusOK)); got != "3" {
		t.Errorf("the head of a page shows %q", got)
	}
	page := chief.Get("/inbox").Want(http.StatusOK).WantText("已升级到您处理", "查明超时原因", "有一条通知", o.ticket.Number, "紧急").WantNo("13812345678")
	if got := len(page.All(".fresh")); got != 2 {
		t.Errorf("%d are new", got)
	}
	if got := figure(page); got != "1" {
		t.Errorf("the page that shows the notices counts %q, want what it leaves: the task", got)
	}
	if href := webtest.Attr(page.One(".notices a"), "href"); href != "/desk/tickets/"+strconv.FormatInt(o.ticket.ID, 10) {
		t.Errorf("it leads to %s", href)
	}
	if got := figure(chief.Get("/inbox").WantText("已升级到您处理")); got != "1" {
		t.Errorf("after looking %q are left, want the task", got)
	}
	agent.Get("/inbox").Want(http.StatusOK).WantNo(o.ticket.Number, "查明超时原因")
	admin.Get("/inbox").Want(http.StatusOK).WantText("已升级到您处理").WantNo(o.ticket.Number, "大堂") // who may not see tickets
	if boottest.Browser(t, o.base).Get("/inbox/count").Status == http.StatusOK {
		t.Error("nobody has a figure")
	}
}

// Above 99 the head of a page and what a screen reader says both say that it is more.
func TestInboxOfVeryMuch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chief := o.browser("chief")
	for n := range 100 {
		o.tell(o.site, "sung", strconv.Itoa(n), false, "chief")
	}
	if got := figure(chief.Get("/desk").Want(http.StatusOK)); got != "99+" {
		t.Errorf("the head of a page shows %q", got)
	}
	if got := figureOf(t, chief); got.Shown != "99+" || !strings.Contains(got.Said, "超过99") {
		t.Errorf("counted %+v", got)
	}
}

func TestInboxTasks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := o.browser("chief"), o.browser("second")
	path := "/inbox/tasks/" + strconv.FormatInt(o.ask("x", "chief", "second"), 10)
	second.Get("/inbox").Want(http.StatusOK).WantText("我来办")
	first.Post(path+"/take", url.Values{}).Want(http.StatusSeeOther).WantLocation("/inbox?done=take")
	first.Get("/inbox?done=take").WantText("这项任务已由您接手。")
	refused := second.Post(path+"/finish", url.Values{"result": {"我已经打过电话"}}).Want(http.StatusConflict).WantText("测试chief", "我已经打过电话")
	if len(refused.All("form[action="+path+"/finish]")) != 0 {
		t.Error("somebody else's task can be finished")
	}
	second.Post(path+"/take", url.Values{}).Want(http.StatusConflict).WantText("测试chief")
	wrong := first.Post(path+"/finish", url.Values{"result": {"  "}}).Want(http.StatusUnprocessableEntity)
	if webtest.Attr(wrong.One("textarea[name=result]"), "aria-invalid") != "true" {
		t.Error("the field isn't marked")
	}
	long := strings.Repeat("长", notice.MaxResult+1)
	if kept := first.Post(path+"/finish", url.Values{"result": {long}}).Want(http.StatusUnprocessableEntity); webtest.Text(kept.One("textarea[name=result]")) != long {
		t.Error("what was typed is gone")
	}
	first.Post(path+"/finish", url.Values{"result": {"部门漏看，已补派，电话 13812345678"}}).Want(http.StatusSeeOther)
	second.Get("/inbox").WantText("部门漏看，已补派", "测试chief").WantNo("13812345678")
	if got := figureOf(t, first).Count; got != 0 {
		t.Errorf("%d are left", got)
	}
	first.Post(path+"/finish", url.Values{"result": {"改口"}}).Want(http.StatusConflict).WantText("改口")
}

func TestInboxOfASiteAndARole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	there := o.h.Site(t, o.app, "there").ID
	if _, err := o.app.Staff.Grant(actor.AsJob(t.Context(), "test", there), "chief", []staff.Role{staff.Supervisor}); err != nil {
		t.Fatal(err)
	}
	o.tell(o.site, "escalated", "here", false, "chief")
	o.tell(there, "major", "there", false, "chief")
	chief := o.browser("chief")
	at := func(site int64, want, not string) {
		t.Helper()
		chief.Post("/site", url.Values{"site": {strconv.FormatInt(site, 10)}})
		if got := figureOf(t, chief).Count; got != 1 {
			t.Errorf("%d at one site", got)
		}
		chief.Get("/inbox").Want(http.StatusOK).WantText(want).WantNo(not)
	}
	at(there, "已升为重大投诉", "已升级到您处理")
	at(o.site, "已升级到您处理", "已升为重大投诉")
	task := "/inbox/tasks/" + strconv.FormatInt(o.ask("y", "chief"), 10)
	for _, site := range []int64{o.site, there} {
		if _, err := o.app.Staff.ChangeRoles(actor.AsJob(t.Context(), "test", site), "chief", staff.RoleChange{Take: []staff.Role{staff.Supervisor}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/inbox", "/inbox/count", "/duty", "/supervisor"} {
		if page := chief.Get(path); page.Status != http.StatusForbidden || strings.Contains(page.Body, "已升级") {
			t.Errorf("who lost every role gets %d at %s", page.Status, path)
		}
	}
	if got := chief.Post(task+"/take", url.Values{}).Status; got != http.StatusForbidden {
		t.Errorf("and takes a task: %d", got)
	}
}

func TestSupervisorPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chief, agent := o.browser("chief"), o.browser("agent")
	if _, err := o.app.DB.NewRaw(`update tickets set due_at = now() - interval '1 hour' where id = ?`, o.ticket.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := chief.Get("/supervisor").Want(http.StatusOK).WantText(o.ticket.Number, "已经超时").WantNo("13812345678")
	action, form := page.Form("form.give")
	wrong := chief.Post(action, form).Want(http.StatusUnprocessableEntity)
	if webtest.Attr(wrong.One("select[name=person]"), "aria-invalid") != "true" {
		t.Error("the field isn't marked")
	}
	form.Set("person", strconv.FormatInt(o.people["agent"], 10))
	form.Set("remark", "请今天处理")
	agent.Post(action, form).Want(http.StatusForbidden)
	agent.Get("/supervisor").Want(http.StatusForbidden)
	stale := url.Values{"person": form["person"], "remark": {"写了一半"}, "list": form["list"], "version": {"99"}}
	if kept := chief.Post(action, stale).Want(http.StatusConflict); webtest.Attr(kept.One("form.give input[name=remark]"), "value") != "写了一半" {
		t.Error("what was typed is gone")
	}
	done := chief.Post(action, form).Want(http.StatusSeeOther).Header.Get("Location")
	chief.Get(done).Want(http.StatusOK).WantText(o.ticket.Number + "已改派给测试agent")
	if got := figureOf(t, agent).Count; got != 1 {
		t.Errorf("who got it has %d notices", got)
	}
	agent.Get("/inbox").WantText("报事已改派给您", o.ticket.Number)
	if _, err := o.app.DB.NewRaw(`update tickets set state = 'closed', closed_at = now(), resolved_at = now() where id = ?`, o.ticket.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	form.Set("person", strconv.FormatInt(o.people["second"], 10))
	chief.Post(action, form).Want(http.StatusConflict).WantText("请今天处理", o.ticket.Number)
}

// escalate lets the ticket stand for two days, so that the supervisors are told of it.
func (o *office) escalate() {
	o.Helper()
	if _, err := o.app.DB.NewRaw(`update tickets set registered_at = registered_at - interval '49 hours', next_at = 'epoch' where id = ?`, o.ticket.ID).Exec(o.Context()); err != nil {
		o.Fatal(err)
	}
	if _, err := o.app.Tickets.MarkDue(actor.AsJob(o.Context(), "watch", 0)); err != nil {
		o.Fatal(err)
	}
}

func TestSupervisorTakesOver(t *testing.T) {
	t.Parallel()
	t.Run("ESC-5 what nobody took stands on the supervisor's page, is taken there once, and the second is told who has it", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.escalate()
		chief, second := o.browser("chief"), o.browser("second")
		lists := chief.Get("/supervisor/lists").Want(http.StatusOK).WantText(o.ticket.Number, "升级后没有人接手", "还没有人接手").WantNo("13812345678", "<html")
		chief.Get("/supervisor").Want(http.StatusOK).WantText("升级后没有人接手")
		action, form := lists.Form("#part-untaken form.take")
		done := chief.Post(action, form).Want(http.StatusSeeOther).Header.Get("Location")
		chief.Get(done).Want(http.StatusOK).WantText(o.ticket.Number + "已由您接手")
		second.Post(action, form).Want(http.StatusConflict).WantText("已有人接手：测试chief")
		agent := o.browser("agent")
		agent.Get("/supervisor/lists").Want(http.StatusForbidden)
		agent.Post(action, form).Want(http.StatusForbidden)
		agent.Get("/desk/tickets/"+strconv.FormatInt(o.ticket.ID, 10)).Want(http.StatusOK).WantText("接手", "主管")
	})
	t.Run("SHIFT-6 when nobody can be reached the duty table and the supervisor's page say so", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		chief := o.browser("chief")
		chief.Get("/supervisor").WantText("值班表上现在没有可以联系的人")
		chief.Get("/duty").WantText("这些时间值班表上没有可以随时联系的人")
		if _, err := o.app.DB.NewRaw(`insert into duties (site_id, staff_id, kind, from_at, until_at) values (?, ?, 'list', now() - interval '1 day', now() + interval '60 days')`,
			o.site, o.people["agent"]).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		chief.Get("/supervisor").WantText("测试agent", "值班名单").WantNo("值班表上现在没有可以联系的人")
		chief.Get("/duty").WantNo("这些时间值班表上没有可以随时联系的人")
	})
}
