package knowledge_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/knowledge"
	"lobby/app/staff"
)

func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	people := webtest.NewPeople()
	app := web.New(people.Config())
	(&knowledge.Pages{Service: b.svc}).Routes(app)
	client := webtest.New(t, app)
	at := func(site int64, role staff.Role) *webtest.Client {
		return client.Another().As(people, actor.Actor{Kind: actor.Person, ID: b.who, Site: site, Name: "客服", May: staff.May(role)})
	}
	ticket := b.ticket()
	agent, path := at(b.site, staff.Agent), fmt.Sprintf("/knowledge/new/%d", ticket)
	_, form := agent.Get(path).Want(http.StatusOK).WantText("角阀", "T261123-0001").WantNo("王建国").WantNo("13800138000").Form("main form")
	form.Set("title", "王建国家的角阀")
	wrong := agent.Post(path, form).Want(http.StatusUnprocessableEntity)
	wrong.One("#f-title-error")
	if got := webtest.Attr(wrong.One("#f-title"), "value"); got != "王建国家的角阀" {
		t.Errorf("what was typed is gone: %q", got)
	}
	form.Set("title", "角阀老化")
	made := agent.Post(path, form).Want(http.StatusSeeOther)
	one := made.Header.Get("Location")
	agent.Get(one).Want(http.StatusOK).WantText("角阀老化", "T261123-0001", "客服")
	faster := agent.Post(path, form).Want(http.StatusConflict) // the form was sent twice
	_, again := faster.Form("main form")
	again.Set("lesson", "定期更换")
	agent.Post(path, again).Want(http.StatusSeeOther).WantLocation(one)
	agent.Post(path, url.Values{"version": {"x"}, "sort": {"king"}}).Want(http.StatusUnprocessableEntity)
	agent.Post("/knowledge", url.Values{"q": {"角阀 定期"}}).Want(http.StatusOK).WantText("角阀老化")
	agent.Post("/knowledge", url.Values{"q": {"电梯"}}).Want(http.StatusOK).WantNo("角阀老化").WantText("没有案例")
	agent.Post("/knowledge", url.Values{"q": {"\x00"}}).Want(http.StatusUnprocessableEntity)
	other := at(b.other, staff.Agent)
	other.Get("/knowledge").Want(http.StatusOK).WantNo("角阀老化")
	for _, there := range []string{one, path, "/knowledge/0", "/knowledge/x", "/knowledge/new/999999"} {
		other.Get(there).Want(http.StatusNotFound)
	}
	form.Del("here") // with it, it would be a form of another site
	other.Post(path, form).Want(http.StatusNotFound)
	at(b.site, staff.Receptionist).Get(path).Want(http.StatusForbidden)
	at(b.site, staff.Receptionist).Get(one).Want(http.StatusOK)
}
