package ticket_test

import (
	"fmt"
	"net/http"
	"testing"

	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestFirstAskedTracksUntilClosed(t *testing.T) {
	t.Parallel()
	c := serve(t)
	agent, technician := c.desk.people[staff.Agent], c.desk.people[staff.Technician]
	var ids []int64
	for n := range 3 {
		in := entry()
		in.Matter = fmt.Sprintf("第%d件", n)
		if n == 2 {
			in.FirstAsked = technician.ID
		}
		ids = append(ids, c.register(c.by(agent), in).ID)
	}
	c.bring(ids[0], ticket.InHand) // somebody else handles it: the first asked tracks it all the same
	rows := func(role staff.Role, query string) int {
		return len(c.at(role).Get("/desk/tickets?" + query).Want(http.StatusOK).All("li.row"))
	}
	t.Run("ORG-3 each finds what they were asked first and isn't closed yet, whoever handles it", func(t *testing.T) {
		for role, want := range map[staff.Role]int{staff.Agent: 2, staff.Technician: 1, staff.Manager: 0} {
			n, err := c.svc.AskedOpen(c.as(role), c.db)
			if got := rows(role, "asked=1"); err != nil || n != want || got != want {
				t.Errorf("%s: counted %d, listed %d, want %d (%v)", role, n, got, want, err)
			}
		}
	})
	t.Run("ORG-3 what is closed is tracked no longer", func(t *testing.T) {
		c.bring(ids[0], ticket.Resolved)
		if n, err := c.svc.AskedOpen(c.by(agent), c.db); err != nil || n != 2 {
			t.Errorf("resolved, not closed: %d, %v", n, err)
		}
		c.bring(ids[0], ticket.Closed)
		if n, err := c.svc.AskedOpen(c.by(agent), c.db); err != nil || n != 1 || rows(staff.Agent, "asked=1") != 1 {
			t.Errorf("closed: %d, %v", n, err)
		}
	})
	t.Run("the list of one owner, and of one that is nobody", func(t *testing.T) {
		owner := c.desk.people[staff.Supervisor].ID // the household's zone is theirs
		page := c.at(staff.Manager).Get(fmt.Sprintf("/desk/tickets?owner=%d", owner)).Want(http.StatusOK)
		if n := len(page.All("li.row")); n != 2 {
			t.Errorf("%d rows of the owner, want 2", n)
		}
		if got := webtest.Fields(page.One("form.filters")).Get("owner"); got != fmt.Sprint(owner) {
			t.Errorf("the form shows owner %q", got)
		}
		if n := rows(staff.Manager, "owner=-1"); n != 2 { // no such owner: nobody asked for one
			t.Errorf("%d rows", n)
		}
		if n := rows(staff.Manager, "owner=999999"); n != 0 {
			t.Errorf("%d rows of nobody", n)
		}
	})
}
