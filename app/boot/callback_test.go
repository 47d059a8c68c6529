package boot_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/callback"
	"lobby/app/config"
	"lobby/app/kit/actor"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
)

// The flow of tickets and the callbacks count the same tries, and don't import each other.
func TestOneNumberOfTries(t *testing.T) {
	t.Parallel()
	if callback.Tries != ticket.CallTries {
		t.Errorf("%d and %d", callback.Tries, ticket.CallTries)
	}
}

// callers is a house whose tickets are called back.
type callers struct {
	*boottest.House
	t     *testing.T
	i     *boot.Instance
	site  int64
	agent *webtest.Client
	log   bytes.Buffer
}

func newCallers(t *testing.T, public string) *callers {
	t.Helper()
	c := &callers{House: boottest.New(t), t: t}
	c.Log = slog.New(slog.NewJSONHandler(&c.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Tweak = func(cfg *config.Config) { cfg.URL = public }
	c.i = c.Start(t)
	c.site = c.Site(t, c.i.App, "garden").ID
	c.Person(t, c.i.App, c.site, "caller", staff.Supervisor)
	c.agent = boottest.Browser(t, c.i.URL())
	c.agent.SignIn("caller", boottest.Password)
	return c
}

func (c *callers) as() context.Context { return actor.AsJob(c.t.Context(), "test", c.site) }

// ticket is one of a kind in a state, of the canary.
func (c *callers) ticket(kind string, to ticket.State) (id int64, page string) {
	c.t.Helper()
	made, err := c.i.App.Tickets.Register(c.as(), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: kind, Place: "18#2单元201",
		Matter: "保安态度差，回电 " + piitest.Canary.Phone, Reporter: piitest.Canary.Name, Phone: piitest.Canary.Phone, Channel: "phone"})
	if err != nil {
		c.t.Fatal(err)
	}
	tickettest.Bring(c.as(), c.t, c.i.App.Tickets, made.ID, to)
	return made.ID, fmt.Sprintf("/callbacks/%d", made.ID)
}

func (c *callers) state(id int64) ticket.State {
	c.t.Helper()
	got, err := c.i.App.Tickets.Get(c.as(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return got.State
}

// call fills the form of a call in.
func call(p *webtest.Page, set url.Values) url.Values {
	_, form := p.Want(http.StatusOK).Form("form.answer")
	for name, v := range set {
		form[name] = v
	}
	return form
}

var satisfied = url.Values{"reached": {"yes"}, "asked": {"欧阳太太"}, "satisfied": {"yes"}, "speed": {"9"}, "attitude": {"8"}, "upkeep": {"10"}, "remark": {"师傅很好，电话 13700137000"}}

func TestCallbackPages(t *testing.T) {
	t.Parallel()
	c := newCallers(t, "")
	t.Run("CALLBACK-1 a complaint is called back: apology first, who was asked, marks, and the ticket is called back", func(t *testing.T) {
		id, path := c.ticket("complaint", ticket.Verified)
		c.agent.Get("/callbacks").Want(http.StatusOK).WantText("必须回访", "18#2单元201", "投诉").WantNo(piitest.Canary.Phone)
		page := c.agent.Get(path).Want(http.StatusOK).WantText("garden", "代表责任部门向您道歉", "已处理").WantNo(piitest.Canary.Phone)
		if text := page.Body; strings.Index(text, "代表责任部门向您道歉") > strings.Index(text, "您各给几分") {
			t.Error("the apology doesn't come first")
		}
		c.agent.Post(path, call(page, satisfied)).Want(http.StatusSeeOther).WantLocation("/callbacks?done=satisfied&ticket=" + path[len("/callbacks/"):])
		if got := c.state(id); got != ticket.CalledBack {
			t.Errorf("the ticket is %s", got)
		}
		shown := c.agent.Get(fmt.Sprintf("/desk/tickets/%d", id)).Want(http.StatusOK).WantText("回访", "受访人：欧阳太太", "响应速度 9 分", "服务态度 8 分", "设施维护 10 分", "师傅很好")
		shown.WantNo("13700137000")
		lines := shown.All(".timeline li")
		if last := webtest.Text(lines[len(lines)-1]); !strings.Contains(last, "回访") || !strings.Contains(last, "欧阳太太") || !strings.Contains(last, "设施维护 10 分") {
			t.Errorf("the timeline ends with %q", last)
		}
		c.agent.Get("/callbacks").WantNo(path)
	})
	t.Run("CALLBACK-1 who isn't satisfied has the ticket opened again; what is missing is said at each field", func(t *testing.T) {
		id, path := c.ticket("repair", ticket.Verified)
		page := c.agent.Get(path)
		c.agent.Post(path, call(page, nil)).Want(http.StatusUnprocessableEntity).One("#f-reached-error")
		wrong := c.agent.Post(path, call(page, url.Values{"reached": {"yes"}, "speed": {"11"}, "answer": {"还在漏"}})).Want(http.StatusUnprocessableEntity).WantText("还在漏")
		for _, field := range []string{"asked", "satisfied", "speed"} {
			wrong.One("#f-" + field + "-error")
		}
		c.agent.Post(path, call(page, url.Values{"reached": {"yes"}, "asked": {"欧阳太太"}, "satisfied": {"no"}})).Want(http.StatusUnprocessableEntity).One("#f-answer-error")
		c.agent.Post(path, call(page, url.Values{"reached": {"yes"}, "asked": {"欧阳太太"}, "satisfied": {"no"}, "answer": {"还在漏"}})).
			Want(http.StatusSeeOther).WantLocation("/callbacks?done=reopened&ticket=" + path[len("/callbacks/"):])
		if got := c.state(id); got != ticket.InHand {
			t.Errorf("the ticket is %s", got)
		}
		lines := c.agent.Get(fmt.Sprintf("/desk/tickets/%d", id)).WantText("不满意，重新处理", "还在漏").All(".timeline li")
		if last := webtest.Text(lines[len(lines)-1]); !strings.Contains(last, "欧阳太太") || strings.Count(last, "还在漏") != 1 {
			t.Errorf("the timeline ends with %q", last)
		}
		own := fmt.Sprintf("/desk/tickets/%d", id)
		c.agent.Get("/callbacks?done=reopened&ticket=" + path[len("/callbacks/"):]).WantText("客户不满意，报事重新处理").One(`.alert a[href="` + own + `"]`)
		if n := len(c.agent.Get("/callbacks?done=reopened&ticket=999999").Want(http.StatusOK).WantText("客户不满意，报事重新处理").All(".alert a")); n != 0 {
			t.Error("a ticket that isn't here is linked")
		}
	})
	t.Run("CALLBACK-1 a ticket that has moved meanwhile is told of, and what was typed is kept", func(t *testing.T) {
		id, path := c.ticket("repair", ticket.Verified)
		form := call(c.agent.Get(path), satisfied)
		if _, err := c.i.App.Tickets.Do(c.as(), id, ticket.Reopen, ticket.Act{Remark: "又漏了"}); err != nil {
			t.Fatal(err)
		}
		late := c.agent.Post(path, form).Want(http.StatusConflict).WantText("处理中", "师傅很好")
		if _, kept := late.Form("form.answer"); kept.Get("speed") != "9" || kept.Get("asked") != "欧阳太太" || kept.Get("entry_key") != form.Get("entry_key") {
			t.Errorf("kept %v", kept)
		}
		var n int
		if err := c.i.App.DB.NewRaw(`select (select count(*) from callbacks where ticket_id = ?0) + (select count(*) from ratings where ticket_id = ?0)`, id).Scan(t.Context(), &n); err != nil || n != 0 {
			t.Errorf("%d rows were written, %v", n, err)
		}
	})
	t.Run("CALLBACK-1 nobody answers on three days: noted and closed, by the flow of the ticket", func(t *testing.T) {
		id, path := c.ticket("help", ticket.Verified)
		for n, done := range []string{"again", "again", "given_up"} {
			if got := c.agent.Get(path); n > 0 {
				got.WantText(fmt.Sprintf("%d/3 天无人接听", n))
			}
			c.agent.Post(path, call(c.agent.Get(path), url.Values{"reached": {"no"}, "asked": {"没有人"}})).Want(http.StatusSeeOther).WantLocation("/callbacks?done=" + done + "&ticket=" + path[len("/callbacks/"):])
			c.Clock.Add(24 * time.Hour) // the day is the site's
			c.agent = boottest.Browser(c.t, c.i.URL())
			c.agent.SignIn("caller", boottest.Password)
		}
		if got := c.state(id); got != ticket.Closed {
			t.Errorf("the ticket is %s", got)
		}
		c.agent.Get(fmt.Sprintf("/desk/tickets/%d", id)).WantText("回访，无人接听", "1/3 天无人接听", "2/3 天无人接听", "3/3 天无人接听")
	})
	t.Run("CALLBACK-1 the button of a ticket leads to where it is written down who was asked; the bare step is refused, and what was typed kept", func(t *testing.T) {
		id, path := c.ticket("repair", ticket.Verified)
		own := fmt.Sprintf("/desk/tickets/%d", id)
		if there := webtest.Attr(c.agent.Get(own).One("a.verb"), "href"); there != path {
			t.Errorf("it leads to %s", there)
		}
		c.agent.Post(own+"/call_back", url.Values{"remark": {"满意"}}).Want(http.StatusConflict).WantText("问了谁", "您刚才写的没有保存：满意")
		c.agent.Post(path, call(c.agent.Get(path), url.Values{"reached": {"no"}})).Want(http.StatusSeeOther) // a try is no answer
		c.agent.Post(own+"/call_back", url.Values{"remark": {"满意"}}).Want(http.StatusConflict)
		if got := c.state(id); got != ticket.Verified {
			t.Errorf("the ticket is %s", got)
		}
	})
	t.Run("CALLBACK-2 what may be sampled is listed apart, and waits for nobody", func(t *testing.T) {
		id, path := c.ticket("suggestion", ticket.Verified)
		list := c.agent.Get("/callbacks").Want(http.StatusOK)
		if _, may, _ := strings.Cut(list.Body, `id="may"`); !strings.Contains(may, path+`"`) {
			t.Error("it isn't among what may be sampled")
		}
		if _, err := c.i.App.Tickets.Do(c.as(), id, ticket.Close, ticket.Act{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("PRIVACY-2 the phone is masked until it is opened for a reason, on record", func(t *testing.T) {
		_, path := c.ticket("repair", ticket.Verified)
		c.agent.Get(path).WantText("****").WantNo(piitest.Canary.Phone)
		c.agent.Post(path+"/reveal", url.Values{}).Want(http.StatusUnprocessableEntity).One("#f-reason-error")
		opened := c.agent.Post(path+"/reveal", url.Values{"reason": {"电话回访客户"}}).Want(http.StatusOK)
		if got := strings.ReplaceAll(webtest.Text(opened.One("b.big")), " ", ""); !strings.Contains(got, piitest.Canary.Phone) {
			t.Errorf("shows %q", got)
		}
	})
	t.Run("SURVEY-1 without a public address no link is made, and that is said", func(t *testing.T) {
		_, path := c.ticket("repair", ticket.Closed)
		c.agent.Post(path+"/link", url.Values{}).Want(http.StatusOK).WantText("LOBBY_URL").WantNo("/r/")
	})
}

func TestRatingByLink(t *testing.T) {
	t.Parallel()
	c := newCallers(t, "http://lobby.example")
	phone := boottest.Browser(t, c.i.URL())
	var number string
	link := func(id int64) string {
		t.Helper()
		made, err := c.i.App.Tickets.Get(c.as(), id)
		if err != nil {
			t.Fatal(err)
		}
		number = made.Number
		page := c.agent.Post(fmt.Sprintf("/callbacks/%d/link", id), url.Values{}).Want(http.StatusOK)
		page.One(".link-qr svg")
		return strings.TrimPrefix(webtest.Text(page.One("code.address")), "http://lobby.example")
	}
	t.Run("SURVEY-1 a customer rates by a link on the own phone, once, and sees nothing of the ticket", func(t *testing.T) {
		id, _ := c.ticket("repair", ticket.Closed)
		path := link(id)
		page := phone.Get(path).Want(http.StatusOK).WantText("garden", "响应速度", "服务态度", "设施维护")
		page.WantNo(number, "18#2单元201", "保安", piitest.Canary.Name, `href="/desk`)
		if page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("Referrer-Policy") != "same-origin" || page.Header.Get("X-Robots-Tag") != "noindex" {
			t.Errorf("headers: %v", page.Header)
		}
		phone.Post(path, url.Values{"speed": {""}, "remark": {"  "}}).Want(http.StatusUnprocessableEntity).One("#f-speed-error")
		phone.Post(path, url.Values{"speed": {"ten"}, "remark": {"来得快"}}).Want(http.StatusUnprocessableEntity).WantText("来得快")
		phone.Post(path, url.Values{"speed": {"10"}, "remark": {"来得快"}}).Want(http.StatusOK).WantText("谢谢您的评价")
		c.agent.Get(fmt.Sprintf("/desk/tickets/%d", id)).WantText("客户评分", "响应速度 10 分", "手机链接", "来得快")
		over := phone.Get(path).Want(http.StatusNotFound)
		unknown := phone.Get("/r/" + strings.Repeat("A", 26)).Want(http.StatusNotFound)
		if over.Body != unknown.Body || !strings.Contains(over.Body, "已经用过") {
			t.Error("a used link and one that never was look different")
		}
		if again := phone.Post(path, url.Values{"speed": {"1"}}).Want(http.StatusNotFound); again.Body != unknown.Body {
			t.Error("a link used twice is answered otherwise")
		}
		back := link(id)
		if _, err := c.i.App.Tickets.Do(c.as(), id, ticket.Reopen, ticket.Act{Remark: "又坏了"}); err != nil {
			t.Fatal(err)
		}
		if waits := phone.Get(back).Want(http.StatusNotFound); waits.Body != unknown.Body {
			t.Error("a link of a ticket that was opened again is answered otherwise")
		}
		tickettest.Bring(c.as(), t, c.i.App.Tickets, id, ticket.Closed)
		old := link(id)
		c.Clock.Add(callback.LinkTerm + time.Hour)
		phone.Get(old).Want(http.StatusNotFound)
		for _, token := range []string{path, old} {
			if strings.Contains(c.log.String(), strings.TrimPrefix(token, "/r/")) {
				t.Error("the log holds what a link holds")
			}
		}
	})
}

func TestRatingAtTheKiosk(t *testing.T) {
	t.Parallel()
	c := newCallers(t, "")
	token, _ := c.Device(t, c.i.App, c.site, "kiosk")
	kiosk := boottest.Screen(t, c.i.URL(), token)
	send := func(p *webtest.Page, set url.Values) *webtest.Page {
		t.Helper()
		action, form := p.Form("main form")
		for name, v := range set {
			form[name] = v
		}
		return kiosk.Post(action, form)
	}
	set := func(pairs ...string) url.Values {
		v := url.Values{"go": {"next"}}
		for n := 0; n < len(pairs); n += 2 {
			v.Set(pairs[n], pairs[n+1])
		}
		return v
	}
	t.Run("SURVEY-1 the kiosk takes marks, and answers the same whether or not there is such a ticket", func(t *testing.T) {
		id, _ := c.ticket("repair", ticket.Closed)
		made, err := c.i.App.Tickets.Get(c.as(), id)
		if err != nil {
			t.Fatal(err)
		}
		var ends []string
		for _, who := range [][2]string{{"T990101-0001", piitest.Canary.Phone}, {made.Number, "13900139000"}, {made.Number, piitest.Canary.Phone}} {
			first := kiosk.Post("/kiosk/rate", nil).Want(http.StatusOK).WantText("您要评价哪一件事")
			send(first, set()).Want(http.StatusUnprocessableEntity).One("#f-number-error")
			second := send(first, set("number", who[0], "phone", who[1])).Want(http.StatusOK).WantText("您觉得怎么样")
			send(second, set()).Want(http.StatusUnprocessableEntity).One("#f-speed-error")
			end := send(second, set("speed", "7", "remark", "还行")).Want(http.StatusOK).WantText("谢谢您的评价")
			end.WantNo(made.Number, piitest.Canary.Phone)
			_, main, _ := strings.Cut(end.Body, `<main id="main">`)
			ends = append(ends, main)
		}
		if ends[0] != ends[1] || ends[1] != ends[2] {
			t.Error("the answers differ")
		}
		var n int
		if err := c.i.App.DB.NewRaw(`select count(*) from ratings where ticket_id = ? and via = 'kiosk' and speed = 7`, id).Scan(t.Context(), &n); err != nil || n != 1 {
			t.Errorf("%d ratings, %v", n, err)
		}
	})
	t.Run("PRIVACY-6 back keeps what was typed in the form only, and a reload begins anew", func(t *testing.T) {
		first := kiosk.Post("/kiosk/rate", set("lang", "en")).Want(http.StatusOK).WantText("Which report is it about?")
		second := send(first, set("number", "T990101-0001", "phone", piitest.Canary.Phone)).Want(http.StatusOK)
		send(second, url.Values{"go": {"back"}}).Want(http.StatusOK).WantText("Which report is it about?")
		kiosk.Get("/kiosk/rate").Want(http.StatusSeeOther).WantLocation("/kiosk")
		kiosk.Get("/kiosk").WantText("我要评价").WantNo("T990101-0001", piitest.Canary.Phone)
	})
}

func TestCallbackRegister(t *testing.T) {
	t.Parallel()
	c := newCallers(t, "")
	id, path := c.ticket("complaint", ticket.Verified)
	c.agent.Post(path, call(c.agent.Get(path), satisfied)).Want(http.StatusSeeOther)
	day := c.Clock.Now().UTC().Add(8 * time.Hour).Format(time.DateOnly)
	query := "/registers/callbacks/file?from=" + day + "&to=" + day
	t.Run("CALLBACK-1 the register of callbacks is a form on the screen and a file, masked", func(t *testing.T) {
		c.agent.Get("/registers/callbacks").Want(http.StatusOK).WantText("客户回访登记表", "欧阳**", "满意", "师傅很好").WantNo("13700137000", "欧阳太太", piitest.Canary.Phone)
		csv := c.agent.Get(query + "&as=csv").Want(http.StatusOK)
		if !strings.Contains(csv.Body, "投诉,18#2单元201,") || !strings.Contains(csv.Body, ",欧阳**,满意,,9,8,10,") || !strings.Contains(csv.Header.Get("Content-Disposition"), "callbacks.csv") {
			t.Errorf("%v\n%s", csv.Header, csv.Body)
		}
		if book := c.agent.Get(query + "&as=xlsx").Want(http.StatusOK); !strings.HasPrefix(book.Body, "PK") {
			t.Error("no workbook")
		}
		c.agent.Get("/registers/callbacks?from=x\"><b>&to=2026").Want(http.StatusUnprocessableEntity).WantNo(`"><b>`).One("#f-from-error")
		c.agent.Get("/registers/callbacks?from=2020-01-01&to=2020-01-31").Want(http.StatusOK).WantNo("欧阳**")
	})
	t.Run("PRIVACY-5 names and words of callbacks and marks go with their ticket, results and marks stay", func(t *testing.T) {
		if _, err := c.i.App.DB.NewRaw(`update callbacks set asked = ?, answer = ? where ticket_id = ?`, piitest.Canary.Name, "找"+piitest.Canary.Name, id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.i.App.DB.NewRaw(`update ratings set remark = ? where ticket_id = ?`, "回电 "+piitest.Canary.Phone, id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.i.App.Callbacks.Link(c.as(), id); err != nil {
			t.Fatal(err)
		}
		tickettest.Bring(c.as(), t, c.i.App.Tickets, id, ticket.Closed)
		c.Clock.Add(366 * 24 * time.Hour)
		if _, err := c.i.App.Tickets.Expire(c.as(), c.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		piitest.AssertAbsent(t, c.i.App.DB, append(piitest.Canary.Values(), "欧阳太太")...)
		var left string
		err := c.i.App.DB.NewRaw(`select c.satisfied || ' ' || r.speed || ' ' || r.attitude || ' ' || r.upkeep || ' ' || (select count(*) from rating_links)
			|| ' ' || (length(c.entry_hash) + position(c.asked in '—') - 1) || ' ' || (length(r.person) < 16)
			from callbacks c join ratings r on r.ticket_id = c.ticket_id where c.ticket_id = ?`, id).Scan(t.Context(), &left)
		if err != nil || left != "true 9 8 10 0 0 true" {
			t.Errorf("left: %s, %v", left, err)
		}
		if _, err := c.i.App.Callbacks.Link(c.as(), id); err == nil {
			t.Error("a link to an emptied ticket was made")
		}
	})
}
