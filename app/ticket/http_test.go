package ticket_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
)

// counter is the desk with its pages served over real HTTP.
type counter struct {
	*desk
	people *webtest.People
	client *webtest.Client
}

func serve(t *testing.T) *counter {
	t.Helper()
	d := setup(t)
	people := webtest.NewPeople()
	cfg := people.Config()
	cfg.Now = d.clock.Now
	app := web.New(cfg)
	(&ticket.Pages{Service: d.svc}).Routes(app)
	return &counter{desk: d, people: people, client: webtest.New(t, app)}
}

// at is a browser in which somebody of a role is signed in.
func (c *counter) at(role staff.Role) *webtest.Client {
	return c.client.Another().As(c.people, c.desk.people[role])
}

// filled is the entry form as somebody fills it in.
func filled(browser *webtest.Client) url.Values {
	_, form := browser.Get("/desk/tickets/new").Want(http.StatusOK).Form("form[method=post][data-submit-keys]")
	form.Set("place", "18#2单元201室")
	form.Set("matter", "厨房水管漏水")
	form.Set("phone", "13812345678")
	return form
}

func TestPages(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 a ticket goes from registered to closed over the pages, with its history", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		browser := c.at(staff.Agent)
		made := browser.Post("/desk/tickets", filled(browser)).Want(http.StatusSeeOther)
		path := made.Header.Get("Location")
		page := browser.Get(path).Want(http.StatusOK).WantText("处理中", "厨房水管漏水", "138****5678", "员工 supervisor")
		page.WantNo("13812345678")
		for _, step := range []struct{ verb, remark, state string }{
			{"resolve", "换了水管", "已处理"}, {"reopen", "还在滴水", "处理中"}, {"urge", "", "催单 1 次"}, {"resolve", "再换一次", "已处理"}, {"verify", "", "已核实"},
			{"call_back", "满意", "已回访"}, {"close", "", "已关闭"},
		} {
			if step.verb == "call_back" { // on a page of its own; the bare step is for who comes from there
				if there := webtest.Attr(browser.Get(path).One("a.verb"), "href"); there != "/callbacks/"+path[strings.LastIndex(path, "/")+1:] {
					t.Errorf("the button leads to %s", there)
				}
				bare := browser.Post(path+"/call_back", url.Values{"remark": {step.remark}}).Want(http.StatusConflict)
				bare.WantText("还没有回访记录", step.remark)
				tickettest.Asked(t, c.db, 1, 1)
				browser.Post(path+"/call_back", url.Values{"remark": {step.remark}}).Want(http.StatusSeeOther)
				continue
			}
			action, form := browser.Get(path).Form("form[action=" + path + "/" + step.verb + "]")
			if step.remark != "" {
				form.Set("remark", step.remark)
			}
			if step.verb == "verify" {
				form.Set("customer", "王小明")
			}
			browser.Post(action, form).Want(http.StatusSeeOther).WantLocation(path)
			browser.Get(path).WantText(step.state, step.remark)
		}
		if !strings.Contains(browser.Get(path).Body, `href="/knowledge/new/1"`) {
			t.Error("no way to make a case of it (REVIEW-3)")
		}
		c.at(staff.Receptionist).Get(path).WantNo("/knowledge/new/")
		end := browser.Get(path).WantText("重新处理 1 次", "换了水管", "还在滴水", "再换一次")
		if n := len(end.All(".timeline li")); n != 10 {
			t.Errorf("%d lines of history, want 10", n)
		}
		if buttons := end.All(".verb"); len(buttons) != 1 || !strings.HasSuffix(webtest.Attr(buttons[0], "action"), "/reopen") {
			t.Errorf("a closed ticket has %d buttons, want only the one that opens it again", len(buttons))
		}
	})
	t.Run("TICKET-4 the second of two is told who was faster, and what was written is shown", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		first, second := c.at(staff.Agent), c.at(staff.Manager)
		path := first.Post("/desk/tickets", filled(first)).Header.Get("Location")
		first.Post(path+"/resolve", url.Values{"remark": {"换了水管"}}).Want(http.StatusSeeOther)
		second.Post(path+"/resolve", url.Values{"remark": {"我也去看了"}}).Want(http.StatusConflict).
			WantText("员工 agent", "已处理完", "我也去看了", "换了水管")
		first.Post(path+"/dance", url.Values{}).Want(http.StatusConflict).WantText("没有这一步")
	})
	t.Run("TICKET-8 what is still open for the household is shown before a second one is made", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		browser := c.at(staff.Agent)
		browser.Post("/desk/tickets", filled(browser)).Want(http.StatusSeeOther)
		again := filled(browser)
		asked := browser.Post("/desk/tickets", again).Want(http.StatusOK).WantText("没办完的报事", "T261123-0001")
		if n := c.count(`select count(*) from tickets`); n != 1 {
			t.Fatalf("%d tickets, want 1", n)
		}
		action, form := asked.Form("form[method=post][data-submit-keys]")
		if form.Get("matter") != "厨房水管漏水" || form.Get("entry_key") != again.Get("entry_key") {
			t.Fatalf("the form forgot what was typed: %v", form)
		}
		browser.Post(action, form).Want(http.StatusSeeOther)
		if n := c.count(`select count(*) from tickets`); n != 2 {
			t.Errorf("%d tickets, want 2", n)
		}
		browser.HTMX("/desk/tickets/similar", url.Values{"phone": {"13812345678"}, "place": {""}}).Want(http.StatusOK).
			WantText("T261123-0001", "T261123-0002").WantNo("<html")
	})
	t.Run("the form sent twice is one ticket, and leads to it", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		browser := c.at(staff.Agent)
		form := filled(browser)
		var wg sync.WaitGroup
		at := make([]string, 4)
		for i := range at {
			twin := c.at(staff.Agent)
			wg.Go(func() { at[i] = twin.Post("/desk/tickets", form).Header.Get("Location") })
		}
		wg.Wait()
		again := browser.Post("/desk/tickets", form).Want(http.StatusSeeOther).Header.Get("Location")
		for _, path := range at {
			if path != "" && path != again {
				t.Errorf("leads to %s and %s", path, again)
			}
		}
		if n := c.count(`select count(*) from tickets`); n != 1 {
			t.Errorf("%d tickets, want 1", n)
		}
		form.Set("matter", "另一件事")
		browser.Post("/desk/tickets", form).Want(http.StatusConflict).WantText("T261123-000", "18#2单元201室") // which of the five numbers it got is chance
	})
}

func TestFormErrors(t *testing.T) {
	t.Parallel()
	c := serve(t)
	browser := c.at(staff.Agent)
	for name, try := range map[string]struct {
		field, value string
	}{
		"no place": {"place", ""}, "long place": {"place", strings.Repeat("长", 61)}, "control in the place": {"place", "a\x07"},
		"no matter": {"matter", " "}, "NUL in the matter": {"matter", "a\x00b"}, "long matter": {"matter", strings.Repeat("长", 501)},
		"no phone number": {"phone", "12345"}, "letters for a phone": {"phone", "<script>"}, "long reporter": {"reporter", strings.Repeat("长", 61)},
		"unknown kind": {"kind", "party"}, "unknown urgency": {"urgency", "Z"}, "unknown type": {"type", "Z9"},
		"unknown channel": {"channel", "smoke"}, "unknown first asked": {"first_asked", "999999"}, "junk as first asked": {"first_asked", "x'"},
		"first asked beyond numbers": {"first_asked", "99999999999999999999"},
	} {
		t.Run(name, func(t *testing.T) {
			form := filled(browser)
			form.Set("reporter", "王小明")
			form.Set(try.field, try.value)
			page := browser.Post("/desk/tickets", form).Want(http.StatusUnprocessableEntity)
			field := page.One(".field.wrong")
			if webtest.Text(page.One(".field.wrong .error")) == "" {
				t.Error("the field has no words")
			}
			named := false
			for n := range field.Descendants() {
				named = named || webtest.Attr(n, "name") == try.field
			}
			if !named {
				t.Errorf("another field than %s is marked", try.field)
			}
			if try.field != "matter" {
				page.WantText("厨房水管漏水") // what was typed stays
			}
			if c.count(`select count(*) from tickets`) != 0 {
				t.Error("something was recorded")
			}
		})
	}
	t.Run("HTML and SQL are shown as text", func(t *testing.T) {
		form := filled(browser)
		form.Set("matter", `<script>alert(1)</script>'; drop table tickets; -- 🚰`)
		form.Set("place", `<b>大堂</b>`)
		path := browser.Post("/desk/tickets", form).Want(http.StatusSeeOther).Header.Get("Location")
		browser.Get(path).WantText(`<script>alert(1)</script>'; drop table tickets; -- 🚰`).WantNo("<script>alert", "<b>大堂")
	})
	t.Run("a form without its key is refused in words, and can be sent again", func(t *testing.T) {
		form := filled(browser)
		form.Set("entry_key", "not-a-key")
		form.Set("place", "东门")
		form.Set("phone", "")
		page := browser.Post("/desk/tickets", form).Want(http.StatusUnprocessableEntity).WantText("表单已失效")
		action, again := page.Form("form[method=post][data-submit-keys]")
		browser.Post(action, again).Want(http.StatusSeeOther)
	})
	t.Run("wrong types in a query are left out, unknown ids do not exist", func(t *testing.T) {
		browser.Get("/desk/tickets?state=nonsense&kind=%27&page=-3&mine=x&overdue=x").Want(http.StatusOK)
		browser.Get("/desk/tickets?page=99999999999999999999").Want(http.StatusOK)
		for _, id := range []string{"0", "-1", "x", "999999", "99999999999999999999", "1'"} {
			browser.Get("/desk/tickets/" + id).Want(http.StatusNotFound)
			browser.Post("/desk/tickets/"+id+"/urge", url.Values{}).Want(http.StatusNotFound)
			browser.Post("/desk/tickets/"+id+"/reveal", url.Values{"field": {"phone"}, "reason": {"回电确认"}}).Want(http.StatusNotFound)
		}
	})
}

func TestAccess(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-2 the phone is shown whole in one answer, for a reason, to whoever may", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		agent := c.at(staff.Agent)
		path := agent.Post("/desk/tickets", filled(agent)).Header.Get("Location")
		agent.Post(path+"/reveal", url.Values{"field": {"phone"}, "reason": {""}}).Want(http.StatusUnprocessableEntity).WantNo("13812345678")
		agent.Post(path+"/reveal", url.Values{"field": {"phone"}, "reason": {"回电确认上门时间"}}).Want(http.StatusOK).WantText("13812345678")
		agent.Get(path).WantNo("13812345678")
		c.at(staff.Technician).Get(path).Want(http.StatusOK).WantNo("13812345678", path+"/reveal")
		c.at(staff.Technician).Post(path+"/reveal", url.Values{"field": {"phone"}, "reason": {"我想知道"}}).Want(http.StatusForbidden).WantNo("13812345678")
		if n := c.count(`select count(*) from audit_log where verb = 'pii.reveal'`); n != 1 {
			t.Errorf("%d openings on record, want 1", n)
		}
	})
	t.Run("PRIVACY-2 numbers that were written into the texts are masked until they are opened", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		agent := c.at(staff.Agent)
		form := filled(agent)
		form.Set("matter", "漏水，打 13987654321，车牌粤B12345")
		form.Set("phone", "")
		path := agent.Post("/desk/tickets", form).Header.Get("Location")
		agent.Post(path+"/resolve", url.Values{"remark": {"回电 0755-83456789，已修好"}}).Want(http.StatusSeeOther)
		agent.Get("/desk/tickets").WantText("漏水").WantNo("13987654321", "粤B12345")
		agent.Get(path).WantText("查看原文", "回电").WantNo("13987654321", "粤B12345", "83456789", `value="phone"`)
		agent.Post(path+"/reveal", url.Values{"field": {"matter"}, "reason": {"给业主回电话"}}).Want(http.StatusOK).WantText("13987654321", "粤B12345")
		agent.Get(path).WantNo("13987654321")
		c.at(staff.Technician).Post(path+"/reveal", url.Values{"field": {"matter"}, "reason": {"我想知道"}}).Want(http.StatusForbidden).WantNo("13987654321")
		if n := c.count(`select count(*) from audit_log where verb = 'pii.reveal' and fields = '{matter}'`); n != 1 {
			t.Errorf("%d openings on record, want 1", n)
		}
	})
	t.Run("who may not see tickets registers one all the same, and is told its number (ORG-3)", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		admin := c.at(staff.Admin)
		admin.Get("/desk/tickets").Want(http.StatusForbidden)
		to := admin.Post("/desk/tickets", filled(admin)).Want(http.StatusSeeOther).Header.Get("Location")
		admin.Get(to).Want(http.StatusOK).WantText("已登记：T261123-0001")
	})
	t.Run("a ticket of another site does not exist", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		agent := c.at(staff.Agent)
		path := agent.Post("/desk/tickets", filled(agent)).Header.Get("Location")
		stranger := c.desk.people[staff.Manager]
		stranger.Site = c.other
		elsewhere := c.client.Another().As(c.people, stranger)
		elsewhere.Get(path).Want(http.StatusNotFound)
		elsewhere.Post(path+"/urge", url.Values{}).Want(http.StatusNotFound)
		elsewhere.Get("/desk/tickets").Want(http.StatusOK).WantNo("厨房水管漏水")
	})
	t.Run("nobody signed in sees nothing, a device neither", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		for _, browser := range []*webtest.Client{c.client.Another(), c.client.Another().As(c.people, actor.Actor{Kind: actor.Device, ID: 1, Site: c.site})} {
			for _, path := range []string{"/desk/tickets", "/desk/tickets/new", "/desk/tickets/1"} {
				browser.Get(path).Want(http.StatusUnauthorized)
			}
			browser.Post("/desk/tickets", url.Values{"place": {"大堂"}}).Want(http.StatusUnauthorized)
		}
	})
	t.Run("a foreign page can't press the buttons", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		agent := c.at(staff.Agent)
		path := agent.Post("/desk/tickets", filled(agent)).Header.Get("Location")
		r := agent.Request(http.MethodPost, path+"/urge", strings.NewReader(""))
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		agent.Do(r).Want(http.StatusForbidden)
	})
}
