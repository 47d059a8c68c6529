package boot_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestRegisterPages(t *testing.T) {
	t.Parallel()
	c := newCallers(t, "")
	complaint, _ := c.ticket("complaint", ticket.Verified)
	repair, _ := c.ticket("repair", ticket.Registered)
	c.agent = c.signedIn(staff.Receptionist)
	const page = "/registers/reception"
	t.Run("TICKET-9 a register on the screen, masked, narrowed at an address that can be kept", func(t *testing.T) {
		c.agent.Get("/registers").Want(http.StatusOK).WantText("接待业主情况记录", "商户投诉、求助登记表", "客户回访登记表").WantNo("时限统计")
		c.agent.Get(page).Want(http.StatusOK).WantText("接待业主情况记录", "欧阳**").WantNo(piitest.Canary.Phone, piitest.Canary.Name)
		c.agent.Post(page, url.Values{"kind": {"complaint"}, "from": {"2020-01-01"}, "to": {"2020-01-31"}}).Want(http.StatusSeeOther).
			WantLocation(page + "?from=2020-01-01&kind=complaint&to=2020-01-31")
		c.agent.Get(page + "?from=2020-01-01&to=2020-01-31").Want(http.StatusOK).WantText("没有符合条件").WantNo("欧阳**")
		c.agent.Get(page + `?from=x"><b>&to=2026`).Want(http.StatusUnprocessableEntity).WantNo(`"><b>`).One("#f-from-error")
	})
	t.Run("PRIVACY-2 a phone that is looked for is posted, and stands in no address of the answer", func(t *testing.T) {
		found := c.agent.Post(page, url.Values{"text": {piitest.Canary.Phone}}).Want(http.StatusOK).WantText("欧阳**")
		if strings.Contains(found.Body, "?text=") || strings.Contains(found.Body, "text="+piitest.Canary.Phone) || !strings.Contains(found.Body, `name="text" value="`+piitest.Canary.Phone+`"`) {
			t.Error("the phone stands in an address, or isn't carried along")
		}
		c.agent.Post(page, url.Values{"text": {"13900139000"}}).Want(http.StatusOK).WantNo("欧阳**")
		c.agent.Get(page + "?text=13900139000").Want(http.StatusOK).WantText("欧阳**") // an address doesn't narrow by it
		c.agent.Post(page, url.Values{"text": {"a\x07b"}}).Want(http.StatusUnprocessableEntity).One("#f-text-error")
		c.agent.Post(page+"/print", url.Values{"text": {"13900139000"}}).Want(http.StatusOK).WantNo("欧阳**")
	})
	t.Run("FORM-1 it prints as the form and opens in Excel, and nothing in it becomes a formula", func(t *testing.T) {
		c.agent.Get(page+"/print").Want(http.StatusOK).WantText("接待业主情况记录", "登记人", "审核人").One("article.paper.wide thead .form-name")
		if _, err := c.i.App.DB.NewRaw(`update tickets set matter = '=1+1'`).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		csv := c.agent.Get(page + "/file?as=csv").Want(http.StatusOK)
		if !strings.HasPrefix(csv.Body, "\ufeff编号,日期,姓名") || !strings.Contains(csv.Body, ",'=1+1,") || !strings.Contains(csv.Header.Get("Content-Disposition"), "reception.csv") {
			t.Errorf("%v\n%s", csv.Header, csv.Body)
		}
		book := c.agent.Post(page+"/file", url.Values{"as": {"xlsx"}, "text": {piitest.Canary.Phone}}).Want(http.StatusOK)
		if !strings.HasPrefix(book.Body, "PK") || !strings.Contains(book.Header.Get("Content-Type"), "spreadsheetml") {
			t.Error("no workbook")
		}
	})
	t.Run("FORM-1 a ticket prints as its own form, masked", func(t *testing.T) {
		for id, name := range map[int64]string{complaint: "投诉记录表", repair: "报修单"} {
			p := c.agent.Get(fmt.Sprintf("/desk/tickets/%d/print", id)).Want(http.StatusOK).WantText(name, "欧阳**", "139****6785", "审核人签字").WantNo(piitest.Canary.Phone, piitest.Canary.Name)
			p.One("article.paper .seal")
			c.agent.Get(fmt.Sprintf("/desk/tickets/%d", id)).One(fmt.Sprintf(`a[href="/desk/tickets/%d/print"]`, id))
		}
		c.agent.Get("/desk/tickets/999999/print").Want(http.StatusNotFound)
	})
	t.Run("who may not see registers or reports is refused", func(t *testing.T) {
		guard := c.signedIn(staff.Guard)
		for _, path := range []string{"/registers", page, page + "/print", page + "/file", "/reports/sla"} {
			guard.Get(path).Want(http.StatusForbidden)
		}
		c.agent.Get("/reports/sla").Want(http.StatusForbidden)
		manager := c.signedIn(staff.Manager)
		manager.Get("/registers").Want(http.StatusOK).WantText("时限统计")
		for _, name := range []string{"sla", "complaints", "callbacks", "reviews", "tickets", "visitors"} {
			manager.Get("/reports/"+name).Want(http.StatusOK).WantNo(">report.", "report.column")
			if got := manager.Get("/reports/" + name + "?as=xlsx").Want(http.StatusOK); !strings.HasPrefix(got.Body, "PK") {
				t.Errorf("%s: no workbook", name)
			}
		}
		manager.Get("/reports/sla?from=2026-02-30").Want(http.StatusUnprocessableEntity).One("#f-from-error")
	})
}

// signedIn is a browser of somebody with a role.
func (c *callers) signedIn(role staff.Role) *webtest.Client {
	c.t.Helper()
	c.Person(c.t, c.i.App, c.site, "is-"+string(role), role)
	browser := boottest.Browser(c.t, c.i.URL())
	browser.SignIn("is-"+string(role), boottest.Password)
	return browser
}
