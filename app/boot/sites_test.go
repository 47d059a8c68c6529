package boot_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"golang.org/x/net/html"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/layout"
)

// The permission has two names, since site and staff don't import each other; they mean the same.
func TestOnePermissionForSites(t *testing.T) {
	t.Parallel()
	if site.Manage != staff.ManageSite {
		t.Errorf("%q and %q", site.Manage, staff.ManageSite)
	}
}

// twoSites is an instance with two sites, and somebody with a role at each.
type twoSites struct {
	*boottest.House
	base         string
	first, other site.Site
	browser      *webtest.Client
	grant        func(login string, at site.Site, roles ...staff.Role)
	withdraw     func(login string, at site.Site, roles ...staff.Role)
	count        func(query string, args ...any) int
}

func newTwoSites(t *testing.T, first, other staff.Role) *twoSites {
	t.Helper()
	h := boottest.New(t)
	i := h.Start(t)
	s := &twoSites{House: h, base: i.URL(), first: h.Site(t, i.App, "east"), other: h.Site(t, i.App, "west")}
	h.Person(t, i.App, s.first.ID, "both", first)
	change := func(do func(login string, at site.Site, roles []staff.Role) error) func(string, site.Site, ...staff.Role) {
		return func(login string, at site.Site, roles ...staff.Role) {
			t.Helper()
			if err := do(login, at, roles); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.grant = change(func(login string, at site.Site, roles []staff.Role) error {
		_, err := i.App.Staff.Grant(actor.AsJob(t.Context(), "test", at.ID), login, roles)
		return err
	})
	s.withdraw = change(func(login string, at site.Site, roles []staff.Role) error {
		_, err := i.App.Staff.Withdraw(actor.AsJob(t.Context(), "test", at.ID), login, roles)
		return err
	})
	s.count = func(query string, args ...any) (n int) {
		t.Helper()
		if err := i.App.DB.NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.browser = boottest.Browser(t, s.base)
	s.browser.SignIn("both", boottest.Password)
	told := make(chan struct{}, 16)
	i.Hub.OnControl("staff.changed", func(live.Event) { told <- struct{}{} })
	s.grant("both", s.other, other)
	select {
	case <-told: // open screens have started anew by now
	case <-time.After(20 * time.Second):
		t.Fatal("the grant never reached the instance")
	}
	return s
}

func (s *twoSites) switchTo(at site.Site) {
	s.browser.Post("/site", url.Values{"site": {fmt.Sprint(at.ID)}}).Want(http.StatusSeeOther).WantLocation("/desk")
}

// nav lists where the page's navigation leads.
func nav(page *webtest.Page) (all []string) {
	for _, a := range page.All("header nav a") {
		all = append(all, webtest.Attr(a, "href"))
	}
	return all
}

// An agent at one site who administers another: navigation and rights are those of the site where they are now.
func TestTwoRolesAtTwoSites(t *testing.T) {
	t.Parallel()
	s := newTwoSites(t, staff.Agent, staff.Admin)
	for range 2 {
		page := s.browser.Get("/desk").Want(http.StatusOK).WantText(s.first.Name)
		if all := nav(page); !slices.Contains(all, "/desk/tickets") || slices.Contains(all, "/staff") || slices.Contains(all, "/devices") {
			t.Errorf("an agent's navigation: %v", all)
		}
		s.browser.Get("/desk/tickets").Want(http.StatusOK)
		s.browser.Get("/staff").Want(http.StatusForbidden)
		s.browser.Post("/devices", url.Values{"kind": {"wall"}, "name": {"x"}, "language": {"en"}}).Want(http.StatusForbidden)

		s.switchTo(s.other)
		page = s.browser.Get("/desk").Want(http.StatusOK).WantText(s.other.Name)
		if all := nav(page); slices.Contains(all, "/desk/tickets") || !slices.Contains(all, "/staff") || !slices.Contains(all, "/devices") {
			t.Errorf("an administrator's navigation: %v", all)
		}
		s.browser.Get("/desk/tickets").Want(http.StatusForbidden)
		s.browser.Get("/staff").Want(http.StatusOK).WantText(s.other.Name)
		s.switchTo(s.first)
	}
}

// A form that stood open in a tab while the person switched in another one: nothing is written at the wrong site, what
// was typed is kept, and one button sends it to its own site.
func TestOldTabAfterASwitch(t *testing.T) {
	t.Parallel()
	s := newTwoSites(t, staff.Agent, staff.Supervisor)
	action, typed := s.browser.Get("/desk/tickets/new").Want(http.StatusOK).Form("main form[method=post]")
	for name, value := range map[string]string{"kind": "repair", "place": "大堂", "matter": "灯不亮", "phone": "13812345678", "urgency": "B", "channel": "phone"} {
		typed.Set(name, value)
	}
	s.switchTo(s.other)
	refused := s.browser.Post(action, typed).Want(http.StatusConflict).WantText(s.first.Name, s.other.Name)
	if n := s.count(`select count(*) from tickets`); n != 0 {
		t.Fatalf("%d tickets were written", n)
	}
	back, kept := refused.Form("main form")
	again := s.browser.Post(back, kept).Want(http.StatusOK)
	path, form := again.Form("form[data-continue]")
	if path != action || form.Get("matter") != "灯不亮" {
		t.Fatalf("what is sent on: %s %v", path, form)
	}
	s.browser.Post(path, form).Want(http.StatusSeeOther)
	if here, there := s.count(`select count(*) from tickets where site_id = ?`, s.first.ID), s.count(`select count(*) from tickets where site_id = ?`, s.other.ID); here != 1 || there != 0 {
		t.Errorf("%d tickets at its own site, %d at the other one", here, there)
	}
	s.browser.Get("/desk").Want(http.StatusOK).WantText(s.first.Name)

	// Where the person has lost their role in between, there is no way back, and it is said.
	s.switchTo(s.other)
	s.withdraw("both", s.first, staff.Agent)
	if gone := s.browser.Post(action, typed).Want(http.StatusConflict).WantNo(s.first.Name); len(gone.All("main form")) != 0 {
		t.Error("there is a way to a site where one has no role")
	}
	if n := s.count(`select count(*) from tickets`); n != 1 {
		t.Errorf("%d tickets", n)
	}
}

// Who has no role at any site any more is told so on the next page, wherever that is, and works again once they have one.
func TestNoRoleAnywhere(t *testing.T) {
	t.Parallel()
	s := newTwoSites(t, staff.Agent, staff.Guard)
	s.withdraw("both", s.other, staff.Guard)
	s.withdraw("both", s.first, staff.Agent)
	for _, path := range []string{"/desk", "/desk/tickets", "/desk/visits/new", "/staff", "/devices"} {
		s.browser.Get(path).Want(http.StatusForbidden).WantText("没有角色")
	}
	s.browser.Get("/").Want(http.StatusSeeOther).WantLocation("/desk")
	s.browser.Get("/account").Want(http.StatusOK)
	s.browser.Post("/desk/tickets", url.Values{"matter": {"x"}}).Want(http.StatusForbidden)
	s.browser.Post("/site", url.Values{"site": {fmt.Sprint(s.first.ID)}}).Want(http.StatusNotFound)
	s.grant("both", s.other, staff.Guard)
	s.browser.Get("/desk").Want(http.StatusOK).WantText(s.other.Name)
	s.browser.Post("/logout", nil).Want(http.StatusSeeOther)
}

// A role that is taken away reaches the person's open screens within a second: the socket starts anew, and is refused.
func TestRoleTakenAwayReachesOpenScreens(t *testing.T) {
	t.Parallel()
	s := newTwoSites(t, staff.Agent, staff.Guard)
	conn := staffWall(t, s)
	start := time.Now()
	s.withdraw("both", s.first, staff.Agent)
	if code := closed(t, conn); code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d", code)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	}
}

// staffWall opens the wall's socket of somebody signed in.
func staffWall(t *testing.T, s *twoSites) *websocket.Conn {
	t.Helper()
	header := http.Header{"Cookie": {web.SessionCookie + "=" + s.browser.Cookie(web.SessionCookie)}, "Origin": {s.base}}
	//nolint:bodyclose // after a handshake the body is the socket
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.base, "http")+"/live?view=wall&epoch=1&seq=0", header)
	if err != nil {
		t.Fatalf("socket: %v, %v", err, res)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.ReadMessage(); err != nil { // it is served
		t.Fatal(err)
	}
	return conn
}

// ownForms are about the person, not about a site, or only look something up.
var ownForms = []string{"/site", "/logout", "/logout/everywhere", "/account/password", "/account/language", "/desk/search"}

// aboutOne is a form about a record, which exists at one site only; somebody of the staff may exist at two.
var aboutOne = regexp.MustCompile(`^/(desk|devices|places|orders)/.*\d`)

// Every form of a staff page that makes something new says at which site it was opened, on every page of the program.
func TestEveryFormSaysItsSite(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	here := h.Site(t, i.App, "here")
	h.Person(t, i.App, here.ID, "all", append(everything, staff.Admin)...)
	own := kept{t, i.App, here.ID}
	browser := boottest.Browser(t, i.URL())
	browser.SignIn("all", boottest.Password)
	seen := 0
	look := func(path string) {
		page := browser.Get(path)
		if page.Status != http.StatusOK || page.Root == nil || len(page.All("body.staff")) == 0 {
			return
		}
		for _, form := range forms(page) {
			action := webtest.Attr(form, "action")
			if slices.Contains(ownForms, action) || aboutOne.MatchString(action) {
				continue
			}
			seen++
			if !says(form, fmt.Sprint(here.ID)) {
				t.Errorf("%s: the form to %s doesn't say its site: put @layout.Here() into it", path, action)
			}
		}
	}
	for _, route := range i.Routes() {
		switch {
		case route.Method != http.MethodGet || strings.Contains(route.Path, "*") || slices.Contains(open, route.Path), slices.Contains(dated, route.Path):
		case !parameter.MatchString(route.Path):
			look(route.Path)
		default:
			all, record := paths(t, route.Path)
			for _, path := range all {
				look(strings.Replace(path, ":id", record(own), 1))
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d forms were found", seen)
	}
}

func says(form *html.Node, id string) bool {
	return webtest.Fields(form).Get(layout.HereField) == id
}
