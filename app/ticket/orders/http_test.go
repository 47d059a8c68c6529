package orders_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/orders"
)

// counter is the pages of orders and tickets over real HTTP, with a technician in a department.
type counter struct {
	t      *testing.T
	db     *bun.DB
	svc    *ticket.Service
	site   int64
	who    map[staff.Role]actor.Actor
	people *webtest.People
	client *webtest.Client
	repair int64
}

func setup(t *testing.T) *counter {
	t.Helper()
	db := dbtest.New(t)
	now := func() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }
	c := &counter{t: t, db: db, who: map[staff.Role]actor.Actor{}, people: webtest.NewPeople(),
		svc: &ticket.Service{DB: db, Vault: piitest.Vault(t), Sites: site.NewDirectory(db), Now: now}}
	c.scan(&c.site, `insert into sites (code, name) values ('garden', '滨河花园') returning id`)
	for _, role := range staff.Roles {
		a := actor.Actor{Kind: actor.Person, Name: "员工 " + string(role), Site: c.site, May: staff.May(role)}
		c.scan(&a.ID, `insert into staff (login, name, password_hash) values (?, ?, '') returning id`, string(role), a.Name)
		if _, err := db.NewRaw(`insert into staff_roles (staff_id, site_id, role) select ?, ?, unnest(?::text[])`, a.ID, c.site, pgdialect.Array([]string{string(role)})).
			Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
		c.who[role] = a
	}
	cfg := c.people.Config()
	cfg.Now = now
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Site = func(context.Context, int64) (web.Site, error) {
		return web.Site{ID: c.site, Name: "滨河花园", Accent: "#0b6e5f", Zone: shanghai}, nil
	}
	app := web.New(cfg)
	(&ticket.Pages{Service: c.svc}).Routes(app)
	(&orders.Pages{Service: c.svc}).Routes(app)
	c.client = webtest.New(t, app)
	c.repair = c.department("repair", "工程维修部", c.who[staff.DepartmentHead].ID, c.who[staff.Technician].ID)
	return c
}

func (c *counter) scan(into any, query string, args ...any) {
	c.t.Helper()
	if err := c.db.NewRaw(query, args...).Scan(context.Background(), into); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
}

func (c *counter) department(code, name string, head int64, members ...int64) int64 {
	c.t.Helper()
	id, err := c.svc.SaveDepartment(actor.With(c.t.Context(), c.who[staff.Admin]), ticket.SaveDepartment{Code: code, Name: name, Head: head, Members: members})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *counter) at(role staff.Role) *webtest.Client {
	return c.client.Another().As(c.people, c.who[role])
}

// order sends one to the department, and gives its address.
func (c *counter) order(matter string) string {
	c.t.Helper()
	made, err := c.svc.Register(actor.With(c.t.Context(), c.who[staff.Agent]), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "18#2单元201室",
		Matter: matter, Reporter: "王小明", Phone: "13812345678", Channel: "phone", Classify: true, Then: ticket.Dispatch,
		Instructions: []ticket.Instruction{{Department: c.repair, Text: "带阀芯"}}})
	if err != nil {
		c.t.Fatal(err)
	}
	list, err := c.svc.Orders(actor.With(c.t.Context(), c.who[staff.Agent]), made.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return fmt.Sprintf("/orders/%d", list[0].ID)
}

func TestOrderPages(t *testing.T) {
	t.Parallel()
	c := setup(t)
	path := c.order("厨房水管漏水，打 13987654321")
	tech := c.at(staff.Technician)
	t.Run("TICKET-4 a technician takes an order from accepting to done, the desk takes its result", func(t *testing.T) {
		tech.Get("/orders").Want(http.StatusOK).WantText("18#2单元201室", "带阀芯", "已派出").WantNo("13812345678", "13987654321")
		tech.Get(path).Want(http.StatusOK).WantText("厨房水管漏水", "138****5678").WantNo("13812345678", "13987654321")
		for _, step := range []struct {
			browser *webtest.Client
			verb    string
			fill    url.Values
			state   string
		}{
			{tech, "order_accept", nil, "已接单"},
			{tech, "order_start", url.Values{"rang": {"reached"}}, "作业中"},
			{tech, "order_wait", url.Values{"on": {"parts"}, "remark": {"等阀芯"}}, "等待中"},
			{tech, "order_resume", nil, "作业中"},
			{tech, "done", url.Values{"work_kind": {"replace"}, "done": {"换了阀芯"}, "result": {"不漏了"}, "materials": {"阀芯 1 个"}, "customer": {"王小明"}}, "已完工"},
			{c.at(staff.Receptionist), "feed_back", nil, "已回收"},
		} {
			action, form := step.browser.Get(path).Want(http.StatusOK).Form("form[action=" + path + "/" + step.verb + "]")
			for name, values := range step.fill {
				form[name] = values
			}
			step.browser.Post(action, form).Want(http.StatusSeeOther).WantLocation(path)
			step.browser.Post(action, form).Want(http.StatusSeeOther) // the same button pressed twice
			step.browser.Get(path).WantText(step.state)
		}
		tech.Get(path).WantText("换了阀芯", "不漏了", "阀芯 1 个", "等阀芯")
		var id int64
		c.scan(&id, `select ticket_id from orders where id = ?`, strings.TrimPrefix(path, "/orders/"))
		c.at(staff.Receptionist).Get(fmt.Sprintf("/desk/tickets/%d", id)).WantText("F261123-0001", "工程维修部", "换了阀芯", "阀芯 1 个")
		if len(tech.Get("/orders?scope=over").All(".job")) != 1 || len(tech.Get("/orders").All(".job")) != 0 {
			t.Error("the lists are wrong")
		}
	})
	t.Run("FORM-1 the service order prints with form name, number and places for signatures and seal, numbers masked", func(t *testing.T) {
		for _, lang := range []string{"zh-CN", "zh-TW", "en"} {
			page := tech.Get(path + "/print?lang=" + lang).Want(http.StatusOK)
			page.WantText("F261123-0001", "滨河花园", "18#2单元201室", "换了阀芯", "不漏了", "138****5678").WantNo("13812345678", "13987654321", "order.form")
		}
		tech.Get(path+"/print").WantText("服务单", "编号：", "业主签字", "盖章处", "现场工作记录")
	})
	t.Run("what is wrong is said at its field, and what was typed stays", func(t *testing.T) {
		path := c.order("水管漏水")
		tech.Post(path+"/order_reject", url.Values{"remark": {" "}}).Want(http.StatusUnprocessableEntity).One("#f-order_reject-remark-error")
		tech.Post(path+"/order_accept", nil).Want(http.StatusSeeOther)
		tech.Post(path+"/order_start", url.Values{"rang": {"reached"}}).Want(http.StatusSeeOther)
		page := tech.Post(path+"/done", url.Values{"work_kind": {"repair"}, "done": {"换了阀芯"}, "started": {"yesterday"}}).Want(http.StatusUnprocessableEntity)
		page.WantText("换了阀芯")
		page.One("#f-done-started-error")
		page = tech.Post(path+"/done", url.Values{"work_kind": {"repair"}, "done": {"换了阀芯"}}).Want(http.StatusUnprocessableEntity)
		page.One("#f-done-result-error")
		tech.Post(path+"/dance", nil).Want(http.StatusConflict).WantText("没有这一步")
		c.at(staff.Guard).Post(path+"/order_wait", url.Values{"on": {"parts"}, "remark": {"x"}}).Want(http.StatusConflict).WantText("工程维修部")
		c.at(staff.Cashier).Post(path+"/order_wait", url.Values{"on": {"parts"}, "remark": {"x"}}).Want(http.StatusForbidden)
	})
	t.Run("the second of two is told who was faster", func(t *testing.T) {
		path := c.order("水管漏水")
		tech.Post(path+"/order_accept", nil).Want(http.StatusSeeOther)
		c.at(staff.DepartmentHead).Post(path+"/order_reject", url.Values{"remark": {"今天没人"}}).Want(http.StatusConflict).WantText("员工 technician", "今天没人")
	})
}

func TestDepartmentPages(t *testing.T) {
	t.Parallel()
	c := setup(t)
	boss := c.at(staff.Supervisor)
	t.Run("a department is made, changed and closed, and an old page overwrites nothing", func(t *testing.T) {
		_, form := boss.Get("/departments/new").Want(http.StatusOK).Form("form.narrow")
		form.Set("name", "环境部")
		form.Set("code", "Cleaning!")
		page := boss.Post("/departments", form).Want(http.StatusUnprocessableEntity)
		page.One("#f-code-error")
		form.Set("code", "cleaning")
		form["members"] = []string{fmt.Sprint(c.who[staff.Guard].ID)}
		boss.Post("/departments", form).Want(http.StatusSeeOther).WantLocation("/departments?saved=1")
		boss.Get("/departments?saved=1").WantText("环境部", "员工 guard", "已保存")
		var id int64
		c.scan(&id, `select id from departments where code = 'cleaning'`)
		path := fmt.Sprintf("/departments/%d", id)
		action, old := boss.Get(path).Want(http.StatusOK).Form("form.narrow")
		if old.Get("members") != fmt.Sprint(c.who[staff.Guard].ID) {
			t.Errorf("the form shows members %v", old["members"])
		}
		old.Set("closed", "1")
		boss.Post(action, old).Want(http.StatusSeeOther)
		boss.Post(action, old).Want(http.StatusConflict).WantText("有人改了这个部门")
		boss.Get("/departments").WantText("已停用")
	})
	t.Run("names are shown as text, and only who may manages", func(t *testing.T) {
		_, form := boss.Get("/departments/new").Form("form.narrow")
		form.Set("name", `<script>alert(1)</script>`)
		form.Set("code", "x")
		boss.Post("/departments", form).Want(http.StatusSeeOther)
		boss.Get("/departments").WantText("<script>alert(1)</script>").WantNo("<script>alert")
		for _, role := range []staff.Role{staff.Agent, staff.Technician, staff.Guard} {
			c.at(role).Get("/departments").Want(http.StatusForbidden)
			c.at(role).Post("/departments", form).Want(http.StatusForbidden)
		}
		for _, id := range []string{"0", "x", "999999"} {
			boss.Get("/departments/" + id).Want(http.StatusNotFound)
			boss.Post("/departments/"+id, form).Want(http.StatusNotFound)
		}
	})
}

func TestEntry(t *testing.T) {
	t.Parallel()
	c := setup(t)
	desk := c.at(staff.Receptionist)
	fill := func() url.Values {
		_, form := desk.Get("/desk/tickets/new").Want(http.StatusOK).Form("form.class")
		form.Set("place", "18#2单元"+uuid.NewString()[:4])
		form.Set("matter", "保安态度生硬")
		return form
	}
	t.Run("COMPLAINT-4 whoever takes a complaint is reminded to apologise first and never to argue", func(t *testing.T) {
		desk.Get("/desk/tickets/new").WantText("先代表有关部门道歉", "不要争辩")
	})
	t.Run("COMPLAINT-1 the entry classifies in one screen, says what is missing at its field, and sends orders at once", func(t *testing.T) {
		form := fill()
		form.Set("kind", "complaint")
		form.Set("then", "dispatch")
		page := desk.Post("/desk/tickets", form).Want(http.StatusUnprocessableEntity)
		for _, name := range []string{"validity", "topic", "about", "severity"} {
			found := false
			for _, field := range page.All(".field.wrong") {
				for n := range field.Descendants() {
					found = found || webtest.Attr(n, "name") == name
				}
			}
			if !found {
				t.Errorf("nothing is said at %s", name)
			}
		}
		for name, value := range map[string]string{"validity": "valid", "topic": "attitude", "about": "property", "severity": "minor", "department": fmt.Sprint(c.repair)} {
			form.Set(name, value)
		}
		form.Set(fmt.Sprintf("instruction-%d", c.repair), "请核实情况")
		to := desk.Post("/desk/tickets", form).Want(http.StatusSeeOther).Header.Get("Location")
		desk.Get(to).Want(http.StatusOK).WantText("处理中", "F261123-", "工程维修部", "请核实情况", "有效投诉 · 轻微")
	})
	t.Run("TICKET-4 what comes from a kiosk is classified later on the ticket's page", func(t *testing.T) {
		form := fill()
		form.Set("then", "later")
		to := desk.Post("/desk/tickets", form).Want(http.StatusSeeOther).Header.Get("Location")
		action, class := desk.Get(to).WantText("已登记").Form("form[action=" + to + "/classify]")
		class.Set("kind", "help")
		desk.Post(action, class).Want(http.StatusUnprocessableEntity).One("#f-classify-help_kind-error")
		class.Set("help_kind", "medical")
		desk.Post(action, class).Want(http.StatusSeeOther)
		desk.Get(to).WantText("已分类", "危及生命安全", "医疗急救", "A 立即")
	})
	t.Run("TICKET-6 true past times are typed in the site's own time", func(t *testing.T) {
		form := fill()
		for name, value := range map[string]string{"urgency": "A", "then": "queue", "past_registered": "2026-11-23T09:30"} {
			form.Set(name, value)
		}
		to := desk.Post("/desk/tickets", form).Want(http.StatusSeeOther).Header.Get("Location")
		desk.Get(to).WantText("事后补录", "2026年11月23日")
		var at time.Time
		c.scan(&at, `select registered_at from tickets where id = ?`, strings.TrimPrefix(to, "/desk/tickets/"))
		if want := time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC); !at.Equal(want) { // half past nine in Shanghai
			t.Errorf("registered %s, want %s", at, want)
		}
		form.Set("past_registered", "half past eight")
		desk.Post("/desk/tickets", form).Want(http.StatusUnprocessableEntity).One("#f-past_registered-error")
	})
}
