package boot_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
)

// everything is what somebody may do who has every right of a site's desk.
var everything = []staff.Role{"receptionist", "agent", "supervisor", "manager", "security_supervisor", "technician", "guard"}

// records is a visit and a ticket of one site.
type records struct{ visit, ticket string }

func record(t *testing.T, app *boot.App, site int64) records {
	t.Helper()
	ctx := actor.AsJob(t.Context(), "test", site)
	pass, err := app.Visits.Register(ctx, visitor.Register{EntryKey: uuid.Must(uuid.NewV7()), Name: "王小明", Phone: "13812345678",
		Place: "18#2单元201", Purpose: "visit", People: 1, Channel: visitor.Counter})
	if err != nil {
		t.Fatal(err)
	}
	made, err := app.Tickets.Register(ctx, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "大堂", Matter: "灯不亮",
		Phone: "13812345678", Channel: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	return records{strconv.FormatInt(pass.Visit.ID, 10), strconv.FormatInt(made.ID, 10)}
}

// under gives the record that a route's :id means.
func (r records) under(t *testing.T, path string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(path, "/desk/tickets/"):
		return r.ticket
	case strings.HasPrefix(path, "/desk/visits/"), strings.HasPrefix(path, "/desk/leave/"):
		return r.visit
	}
	t.Fatalf("this test doesn't know which record %s is about: teach it", path)
	return ""
}

// verbs are what stands for :verb.
var verbs = []string{"accept", "classify", "resolve", "reopen", "close", "reassign", "urge", "dance"}

// whole is a form that is right for whichever route it is sent to.
var whole = url.Values{"reason": {"回电确认上门时间"}, "field": {"phone"}, "remark": {"换了水管"}, "urgency": {"A"}, "type": {"A1"}, "version": {"1"}}

// A record of another site is not found, on every route of the program with an id, whatever one may do at one's own
// site; nor is one that doesn't exist, or an id that is none. A new route is tried without being named here.
func TestRecordsOfAnotherSite(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	here, there := h.Site(t, i.App, "here"), h.Site(t, i.App, "there")
	own, others := record(t, i.App, here.ID), record(t, i.App, there.ID)
	h.Person(t, i.App, here.ID, "all", everything...)
	browser := boottest.Browser(t, i.URL())
	browser.SignIn("all", boottest.Password)
	ask := func(method, path string) *webtest.Page {
		if method == http.MethodPost {
			return browser.Post(path, whole)
		}
		return browser.Get(path)
	}
	tried := 0
	for _, route := range i.Routes() {
		if !strings.Contains(route.Path, ":id") || (route.Method != http.MethodGet && route.Method != http.MethodPost) {
			continue
		}
		paths := []string{route.Path}
		if strings.Contains(route.Path, ":verb") {
			paths = nil
			for _, verb := range verbs {
				paths = append(paths, strings.Replace(route.Path, ":verb", verb, 1))
			}
		}
		for _, path := range paths {
			tried++
			for _, id := range []string{others.under(t, path), "999999", "0", "-1", "x", "1e3", "99999999999999999999", "%27%20or%201=1"} {
				if got := ask(route.Method, strings.Replace(path, ":id", id, 1)); got.Status != http.StatusNotFound || strings.Contains(got.Body, "王小明") || strings.Contains(got.Body, "灯不亮") {
					t.Errorf("%s %s with id %s: %d", route.Method, path, id, got.Status)
				}
			}
			if got := ask(route.Method, strings.Replace(path, ":id", own.under(t, path), 1)); got.Status == http.StatusNotFound || got.Status >= 500 {
				t.Errorf("%s %s with an id of one's own: %d, so that the test shows nothing", route.Method, path, got.Status)
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d routes with an id were found", tried)
	}
	var touched int
	err := i.App.DB.NewRaw(`select (select count(*) from audit_log where site_id = ?0 and actor_kind = 'person')
		+ (select count(*) from ticket_steps where site_id = ?0 and verb <> 'register')
		+ (select count(*) from visits where site_id = ?0 and ended_at is not null)`, there.ID).Scan(t.Context(), &touched)
	if err != nil || touched != 0 {
		t.Errorf("%d traces at the other site, %v", touched, err)
	}
}
