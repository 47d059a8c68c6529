package ticket_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestListPage(t *testing.T) {
	t.Parallel()
	c := serve(t)
	ctx := c.as(staff.Agent)
	for i := range ticket.PageSize + 5 {
		in := entry()
		in.Place, in.Phone = fmt.Sprintf("大堂 %d", i), ""
		c.register(ctx, in)
	}
	late := entry()
	late.Matter = "最急的一件"
	late.Urgency = "A"
	c.register(ctx, late)
	browser := c.at(staff.Agent)
	t.Run("TICKET-3 the list is in the order of work, by pages", func(t *testing.T) {
		page := browser.Get("/desk/tickets").Want(http.StatusOK)
		if n := len(page.All("li.row")); n != ticket.PageSize {
			t.Errorf("%d rows, want %d", n, ticket.PageSize)
		}
		if !strings.Contains(webtest.Text(page.One("li.row")), "最急的一件") {
			t.Error("the most urgent one is not first")
		}
		next := browser.Get(webtest.Attr(page.One("a[rel=next]"), "href")).Want(http.StatusOK)
		if n := len(next.All("li.row")); n != 6 {
			t.Errorf("%d rows on the second page, want 6", n)
		}
		next.One("a[rel=prev]")
	})
	t.Run("every language and filter answers", func(t *testing.T) {
		for _, lang := range []string{"zh-CN", "zh-TW", "en"} {
			for _, state := range []string{"open", "over", "all", "registered", "in_hand", "resolved", "closed"} {
				page := browser.Get("/desk/tickets?lang=" + lang + "&state=" + state).Want(http.StatusOK)
				page.WantNo("ticket.label", "ticket.state", "ticket.filter")
			}
		}
	})
	t.Run("SLA-4 what is overdue is found before anything has marked it", func(t *testing.T) {
		browser.Get("/desk/tickets?overdue=1").WantText("没有符合条件的报事")
		c.clock.Add(48 * time.Hour)
		if n := len(browser.Get("/desk/tickets?overdue=1").All("li.row")); n != ticket.PageSize {
			t.Errorf("%d rows", n)
		}
	})
}
