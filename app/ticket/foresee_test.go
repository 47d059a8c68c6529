package ticket_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
	page "lobby/views/ticket"
)

func TestForesee(t *testing.T) {
	t.Parallel()
	t.Run("SLA-1 the limits that are shown before saving are those that are set, of a new matter and of one that stands", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Manager)
		stands := d.register(ctx, entry())
		for _, in := range everyClass() {
			class := ticket.Class{Kind: in.Kind, Urgency: in.Urgency, HelpKind: in.HelpKind, Validity: in.Validity, About: in.About, Topic: in.Topic, Severity: in.Severity}
			before, err := d.svc.Foresee(ctx, 0, class, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			made := d.register(ctx, in)
			said := map[string]time.Time{}
			for _, f := range before {
				said[f.Clock] = f.Due
			}
			for clock, due := range map[string]time.Time{"response": made.ResponseDue, "solution": made.SolutionDue, "result": made.DueAt} {
				if !said[clock].Equal(due) {
					t.Errorf("%s %s%s: %s foreseen for %s, set %s", in.Kind, in.Urgency, in.HelpKind, said[clock], clock, due)
				}
			}
			d.clock.Add(time.Hour)
			before, err = d.svc.Foresee(ctx, stands.ID, class, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			now, err := d.svc.Do(ctx, stands.ID, ticket.Classify, ticket.Act{Class: class})
			if err != nil {
				t.Fatal(err)
			}
			if at := slices.IndexFunc(before, func(f page.Foreseen) bool { return f.Clock == "result" }); at < 0 && !now.DueAt.IsZero() || at >= 0 && !before[at].Due.Equal(now.DueAt) {
				t.Errorf("%s %s of a ticket that stands: %v foreseen, set %s", in.Kind, in.Urgency, before, now.DueAt)
			}
		}
	})
	t.Run("SLA-1 the page shows them while the form is filled in, and without script by a button that saves nothing", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		browser := c.at(staff.Agent)
		browser.Get("/desk/tickets/new").Want(http.StatusOK).One(".foreseen time")
		browser.HTMX("/desk/tickets/limits", url.Values{"kind": {"activity"}}).Want(http.StatusOK).WantNo("<html", "办结")
		browser.HTMX("/desk/tickets/limits", url.Values{"kind": {"inquiry"}, "past_registered": {"yesterday"}}).Want(http.StatusOK).WantText("办结", "24小时")
		form := filled(browser)
		form.Set("kind", "help")
		form.Set("help_kind", "consultation")
		form.Set("foresee", "1")
		answer := browser.Post("/desk/tickets", form).Want(http.StatusOK).WantText("首次响应", "1分钟", "10分钟", "厨房水管漏水")
		action, again := answer.Form("form.class")
		if again.Get("entry_key") != form.Get("entry_key") || c.count(`select count(*) from tickets`) != 0 {
			t.Fatal("something was saved, or the entry is another one")
		}
		to := browser.Post(action, again).Want(http.StatusSeeOther).Header.Get("Location")
		form = url.Values{"kind": {"inquiry"}, "urgency": {"C"}, "type": {"C1"}, "foresee": {"1"}}
		chief := c.at(staff.Supervisor)
		if answer := chief.Post(to+"/reclassify", form).Want(http.StatusOK); len(answer.All("form[action='"+to+"/reclassify'] .foreseen time")) == 0 || len(answer.All("details.fold[open] .foreseen")) == 0 {
			t.Error("the limits of another class are not shown where they were asked for")
		}
		chief.Get(to).WantText("求助")
	})
	t.Run("COMPLAINT-2 what each severity means stands at it, in the entry and where it is classified anew", func(t *testing.T) {
		t.Parallel()
		c := serve(t)
		browser := c.at(staff.Supervisor)
		in := entry()
		made := c.register(c.as(staff.Agent), in)
		for _, path := range []string{"/desk/tickets/new", fmt.Sprintf("/desk/tickets/%d", made.ID)} {
			words := ""
			for _, label := range browser.Get(path).Want(http.StatusOK).All(".for-complaint .explained label") {
				words += webtest.Text(label) + "\n"
			}
			for _, part := range []string{"轻微 设施或管理条件所限", "重要 因管理或服务有过失", "重大 承诺或约定的服务没做到", "一个月没有合理解决"} {
				if !strings.Contains(strings.Join(strings.Fields(words), " "), part) {
					t.Errorf("%s: %q isn't said at the choice: %q", path, part, words)
				}
			}
		}
	})
}

// everyClass is an entry of each class for which the table of limits has a row.
func everyClass() (out []ticket.Register) {
	for _, kind := range ticket.Kinds {
		for _, urgency := range ticket.Urgencies {
			in := entry()
			if kind == "complaint" {
				in = complaint("minor")
			}
			in.Kind, in.Urgency, in.Classify = kind, urgency, true
			if kind == "help" {
				in.HelpKind = ticket.HelpKinds[3+len(out)%4]
			}
			out = append(out, in)
		}
	}
	return out
}
