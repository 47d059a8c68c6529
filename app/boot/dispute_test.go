package boot_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web/webtest"
	"lobby/app/ticket"
)

func TestDisputePages(t *testing.T) {
	t.Parallel()
	c := newCallers(t, "")
	id, _ := c.ticket("complaint", ticket.InHand)
	own, path := fmt.Sprintf("/desk/tickets/%d", id), fmt.Sprintf("/disputes/%d", id)
	// send fills a form of the page in.
	send := func(action string, set url.Values) *webtest.Page {
		t.Helper()
		there, form := c.agent.Get(path).Want(http.StatusOK).Form("form[action=" + action + "]")
		for name, v := range set {
			form[name] = v
		}
		return c.agent.Post(there, form)
	}
	var party string
	t.Run("COMPLAINT-8 from the ticket: the parties, with what is wrong said at its field and what was typed kept", func(t *testing.T) {
		c.agent.Get(own).Want(http.StatusOK).WantText("登记邻里纠纷")
		wrong := send(path, url.Values{"name-0": {"欧阳太太"}, "place-0": {"18#2单元201"}}).Want(http.StatusUnprocessableEntity)
		wrong.One("#f-name-1-error")
		if _, kept := wrong.Form("main form"); kept.Get("name-0") != "欧阳太太" {
			t.Errorf("kept %v", kept)
		}
		send(path, url.Values{"name-0": {"欧阳太太"}, "place-0": {"18#2单元201"}, "place-1": {"18#2单元301"}, "name-1": {"电话 " + piitest.Canary.Phone}}).Want(http.StatusSeeOther).WantLocation(path)
		c.agent.Get(own).WantText("邻里纠纷", "调解中", "欧阳太太 · 18#2单元201", "当事各方：").WantNo(piitest.Canary.Phone)
		late := c.agent.Post(path, url.Values{"entry_key": {"0190a000-0000-7000-8000-000000000000"}, "name-0": {"甲"}, "name-1": {"乙"}}).Want(http.StatusConflict)
		late.WantText("已由测试caller", "甲 · 乙")
	})
	t.Run("COMPLAINT-8 those that run are one list, with numbers hidden, for who classifies; nothing of another site", func(t *testing.T) {
		list := c.agent.Get("/disputes").Want(http.StatusOK).WantText("欧阳太太 · 18#2单元201", "登记，还没有谈过").WantNo(piitest.Canary.Phone)
		list.One(`.disputes a[href="` + path + `"]`)
		list.One(`.disputes a[href="` + own + `"]`)
		list.One(`header nav a[href="/disputes"]`)
	})
	t.Run("COMPLAINT-8 a complaint isn't resolved before its dispute has an outcome", func(t *testing.T) {
		c.agent.Post(own+"/resolve", url.Values{"remark": {"谈好了"}}).Want(http.StatusConflict).WantText("邻里纠纷还在调解", "谈好了")
		if got := c.state(id); got != ticket.InHand {
			t.Errorf("the ticket is %s", got)
		}
		c.agent.Get(own).WantText("邻里纠纷还在调解")
	})
	t.Run("COMPLAINT-8 what was said to each and what came of it, on its page and in the ticket's timeline", func(t *testing.T) {
		for _, radio := range c.agent.Get(path).All("input[name=party]") {
			if party == "" {
				party = webtest.Attr(radio, "value")
			}
		}
		send(path+"/talk", url.Values{"said": {"没选和谁"}}).Want(http.StatusUnprocessableEntity).WantText("没选和谁").One("#f-party-error")
		send(path+"/talk", url.Values{"party": {party}, "said": {"先道歉，回电 " + piitest.Canary.Phone}}).Want(http.StatusSeeOther)
		send(path+"/end", url.Values{"outcome": {"settled"}, "ending": {"十点后安静"}}).Want(http.StatusConflict).WantText("还没有和这些当事方谈过", "18#2单元301", "十点后安静")
		send(path+"/talk", url.Values{"party": {"0"}, "said": {"坐下来一起谈"}}).Want(http.StatusSeeOther)
		c.agent.Get("/disputes").WantText("谈过 2 次")
		send(path+"/end", url.Values{"outcome": {"settled"}, "ending": {"十点后安静"}}).Want(http.StatusSeeOther)
		c.agent.Get("/disputes").WantText("没有正在调解的邻里纠纷。")
		over := c.agent.Get(path).WantText("达成一致", "坐下来一起谈").WantNo(piitest.Canary.Phone)
		if len(over.All("main form")) != 0 {
			t.Error("a dispute that is over has a form")
		}
		c.agent.Post(path+"/talk", url.Values{"entry_key": {"0190a000-0000-7000-8000-000000000001"}, "party": {"0"}, "said": {"晚了一步"}}).
			Want(http.StatusConflict).WantText("已在", "晚了一步")
		var lines []string
		for _, l := range c.agent.Get(own).WantNo(piitest.Canary.Phone).All(".timeline li") {
			lines = append(lines, webtest.Text(l))
		}
		last := strings.Join(lines[len(lines)-4:], "\n")
		for _, want := range []string{"登记邻里纠纷", "与欧阳太太 · 18#2单元201沟通", "各方一起调解", "调解结果：达成一致", "十点后安静"} {
			if !strings.Contains(last, want) {
				t.Errorf("%q isn't in\n%s", want, last)
			}
		}
		if _, err := c.i.App.Tickets.Do(c.as(), id, ticket.Resolve, ticket.Act{Remark: "谈好了"}); err != nil {
			t.Error(err)
		}
	})
}
