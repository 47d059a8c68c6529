package ticket_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestTold(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-5 a delay is told before the limit passes: what is near and wasn't told of stands on the work list", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		due := func() bool {
			got, err := d.svc.List(ctx, ticket.Filter{Told: true})
			if err != nil {
				t.Fatal(err)
			}
			return len(got.Tickets) == 1
		}
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		tell := func() {
			t.Helper()
			if _, err := d.svc.Do(ctx, made.ID, ticket.Update, ticket.Act{Remark: "配件明天到", Until: d.clock.Now().Add(30 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		near := monday.Add(36 * time.Hour) // of 48 hours the last twelve
		d.clock.Set(near.Add(-time.Minute))
		tell()
		if d.mark(d.svc); due() {
			t.Error("due though they were told a minute ago and the limit isn't near")
		}
		d.clock.Set(near)
		if d.mark(d.svc); !due() {
			t.Fatal("the limit is near, and nobody has to tell")
		}
		if tell(); due() {
			t.Error("due though they were just told that it takes longer")
		}
		if got, err := d.svc.Recompute(d.as(staff.Manager), false); err != nil || len(got.Wrong) > 0 {
			t.Errorf("stored figures are others than history says: %+v, %v", got.Wrong, err)
		}
	})
	t.Run("HELP-2 screens count down to the answer that the customer has to have within ten minutes", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		in := entry()
		in.Kind, in.HelpKind, in.Classify, in.Then = "help", "repair", true, ticket.Handle
		made := d.register(ctx, in)
		shown := func() (due time.Time) {
			t.Helper()
			cards, err := ticket.CardsByID(t.Context(), d.db, d.site, []int64{made.ID})
			if err != nil {
				t.Fatal(err)
			}
			row, err := d.svc.Get(ctx, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			if due = cards[made.ID].Pressing(); !due.Equal(row.Pressing()) || cards[made.ID].Running() != row.Counting() {
				t.Errorf("the wall counts to %s, the list to %s", due, row.Pressing())
			}
			return due
		}
		if due := shown(); !due.Equal(monday.Add(10 * time.Minute)) {
			t.Errorf("before the answer it counts to %s", due)
		}
		d.clock.Add(6 * time.Minute)
		got := d.do(ctx, made.ID, ticket.Answer, "师傅二十分钟内到")
		if due := shown(); !due.Equal(monday.Add(48*time.Hour)) || !got.SolutionAt.Equal(d.clock.Now()) {
			t.Errorf("after the answer it counts to %s, answered %s", due, got.SolutionAt)
		}
		d.clock.Add(time.Hour)
		if d.mark(d.svc); strings.Contains(fmt.Sprint(d.verbs(made.ID)), "overdue") {
			t.Errorf("%v: the answer came in time", d.verbs(made.ID))
		}
	})
	t.Run("HELP-2 the ticket's page counts down to the first answer as well", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		in := entry()
		in.Kind, in.HelpKind, in.Classify = "help", "consultation", true
		made := c.register(c.as(staff.Agent), in)
		facts := webtest.Text(c.at(staff.Agent).Get(fmt.Sprintf("/desk/tickets/%d", made.ID)).Want(http.StatusOK).One("dl.facts"))
		for _, clock := range []string{"首次响应", "提出方案", "时限"} {
			if !strings.Contains(facts, clock) {
				t.Errorf("%s is not among %q", clock, facts)
			}
		}
	})
	t.Run("COMPLAINT-1 what was found invalid stands before the supervisor until it is confirmed", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := complaint("")
		in.Validity, in.About = "invalid", ""
		made := d.register(d.as(staff.Agent), in)
		waiting := func() int {
			t.Helper()
			o, err := d.svc.Oversight(d.as(staff.Supervisor))
			if err != nil {
				t.Fatal(err)
			}
			return len(o.Invalid)
		}
		if waiting() != 1 {
			t.Error("the supervisor isn't shown it")
		}
		d.do(d.as(staff.Supervisor), made.ID, ticket.Invalidate, "已向业主说明，业主理解")
		if waiting() != 0 {
			t.Error("it is shown though it is confirmed")
		}
	})
	t.Run("COMPLAINT-6 a repeated complaint says so in lists", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		first, second := c.register(c.as(staff.Agent), complaint("minor")), c.register(c.as(staff.Agent), complaint("minor"))
		if _, err := c.svc.Do(c.as(staff.Agent), second.ID, ticket.Link, ticket.Act{Earlier: first.ID}); err != nil {
			t.Fatal(err)
		}
		list := c.at(staff.Agent).Get("/desk/tickets").Want(http.StatusOK)
		for id, want := range map[int64]bool{first.ID: false, second.ID: true} {
			if got := strings.Contains(webtest.Text(list.One(fmt.Sprintf("#ticket-%d", id))), "重复投诉"); got != want {
				t.Errorf("ticket %d is said to be repeated: %t", id, got)
			}
		}
	})
	t.Run("TICKET-8 who is shown the matter that is open already counts an urge with one button", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		browser := c.at(staff.Agent)
		made := c.register(c.as(staff.Agent), entry())
		asked := browser.Post("/desk/tickets", filled(browser)).Want(http.StatusOK)
		action, form := asked.Form("[role=alert] form[method=post]")
		browser.Post(action, form).Want(http.StatusSeeOther).WantLocation(fmt.Sprintf("/desk/tickets/%d", made.ID))
		if got, err := c.svc.Get(c.as(staff.Agent), made.ID); err != nil || got.Urged != 1 || c.count(`select count(*) from tickets`) != 1 {
			t.Errorf("urged %d times, %v", got.Urged, err)
		}
	})
	t.Run("TICKET-4 of a history of 200 steps the older ones are folded, and all are there", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		made := c.register(c.as(staff.Agent), entry())
		if _, err := c.db.NewRaw(`insert into ticket_steps (site_id, ticket_id, verb, from_state, to_state, at, noted_at, actor_kind, actor_id, remark)
			select ?, ?, 'remark', 'registered', 'registered', ?::timestamptz + n * interval '1 minute', now(), 'person', ?, '第 ' || n || ' 步' from generate_series(1, 199) n`,
			c.site, made.ID, monday, c.desk.people[staff.Agent].ID).Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
		answer := c.at(staff.Agent).Get(fmt.Sprintf("/desk/tickets/%d", made.ID)).Want(http.StatusOK).WantText("更早的 180 步")
		if all, folded := len(answer.All(".timeline li")), len(answer.All("details.before .timeline li")); all != 200 || folded != 180 {
			t.Errorf("%d steps, %d of them folded", all, folded)
		}
	})
}
