package boot_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
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
type records struct{ visit, ticket, order, department string }

func record(t *testing.T, app *boot.App, site int64) records {
	t.Helper()
	k := kept{t, app, site}
	return records{k.visit(), k.ticket(), k.order(), k.department()}
}

// kept makes records of a site, each anew: what one route does to one must not be what the next one meets.
type kept struct {
	t    *testing.T
	app  *boot.App
	site int64
}

func (k kept) visit() string {
	k.t.Helper()
	pass, err := k.app.Visits.Register(actor.AsJob(k.t.Context(), "test", k.site), visitor.Register{EntryKey: uuid.Must(uuid.NewV7()), Name: "王小明",
		Phone: "13812345678", Place: "18#2单元201", Purpose: "visit", People: 1, Channel: visitor.Counter})
	if err != nil {
		k.t.Fatal(err)
	}
	return strconv.FormatInt(pass.Visit.ID, 10)
}

func (k kept) ticket() string {
	k.t.Helper()
	made, err := k.app.Tickets.Register(actor.AsJob(k.t.Context(), "test", k.site), ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair",
		Place: "大堂", Matter: "灯不亮", Phone: "13812345678", Channel: "phone"})
	if err != nil {
		k.t.Fatal(err)
	}
	return strconv.FormatInt(made.ID, 10)
}

// department makes one that takes orders.
func (k kept) department() string {
	return k.row(`insert into departments (site_id, code, name) values (?, ?, ?) returning id`, k.site, fmt.Sprint("d", named.Add(1)), fmt.Sprintf("灯不亮%d", named.Load()))
}

// order sends one to a department, where it is at work.
func (k kept) order() string {
	k.t.Helper()
	ctx := actor.AsJob(k.t.Context(), "test", k.site)
	to, err := strconv.ParseInt(k.department(), 10, 64)
	if err != nil {
		k.t.Fatal(err)
	}
	made, err := k.app.Tickets.Register(ctx, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "大堂", Matter: "灯不亮", Channel: "phone",
		Classify: true, Then: ticket.Dispatch, Instructions: []ticket.Instruction{{Department: to}}})
	if err != nil {
		k.t.Fatal(err)
	}
	list, err := k.app.Tickets.Orders(ctx, made.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, verb := range []ticket.OrderVerb{ticket.AcceptOrder, ticket.StartOrder} {
		if _, err := k.app.Tickets.DoOrder(ctx, list[0].ID, verb, ticket.OrderAct{Rang: "reached"}); err != nil {
			k.t.Fatal(err)
		}
	}
	return strconv.FormatInt(list[0].ID, 10)
}

// picture is a photo of an order.
func (k kept) picture() string {
	order := k.order()
	file := k.row(`insert into files (site_id, mime, width, height, bytes, small, created_at) values (?, 'image/jpeg', 1, 1, '灯不亮', '灯不亮', now()) returning id`, k.site)
	return k.row(`insert into pictures (site_id, ticket_id, order_id, file_id, stage, sum, at)
		select site_id, ticket_id, id, ?, 'before', sha256('x'), now() from orders where id = ? returning id`, file, order)
}

// row inserts a row and gives its id.
func (k kept) row(query string, args ...any) string {
	k.t.Helper()
	var id int64
	if err := k.app.DB.NewRaw(query, args...).Scan(k.t.Context(), &id); err != nil {
		k.t.Fatal(err)
	}
	return strconv.FormatInt(id, 10)
}

var named atomic.Int64 // makes names that nobody else has

func (k kept) person() string {
	id := k.row(`insert into staff (login, name, password_hash) values (?, '灯不亮', 'x') returning id`, fmt.Sprintf("kept-%d", named.Add(1)))
	k.row(`insert into staff_roles (staff_id, site_id, role) values (?, ?, 'agent') returning staff_id`, id, k.site)
	return id
}

func (k kept) screen() string {
	return k.row(`insert into devices (site_id, kind, name) values (?, 'wall', '灯不亮') returning id`, k.site)
}

// task is one that everybody at the site may take.
func (k kept) task() string {
	id := k.row(`insert into tasks (site_id, kind, subject, subject_id, mark, due_at, noticed_at) values (?, 'find_cause', 'tickets', 1, ?, now(), now()) returning id`,
		k.site, fmt.Sprint(named.Add(1)))
	k.row(`with told as (insert into notices (site_id, staff_id, kind, subject, subject_id, task_id, due_at, sent_at)
		select distinct site_id, staff_id, 'find_cause', 'tickets', 1, ?::bigint, now(), now() from staff_roles where site_id = ? returning id) select count(*) from told`, id, k.site)
	return id
}

func (k kept) duty() string {
	return k.row(`insert into duties (site_id, staff_id, kind, from_at, until_at) values (?, ?, 'on', now(), now() + interval '1 hour') returning id`, k.site, k.person())
}

func (k kept) zone() string {
	return k.row(`insert into zones (site_id, code, name) values (?, ?, '灯不亮') returning id`, k.site, fmt.Sprint(named.Add(1)))
}

func (k kept) building() string {
	return k.row(`insert into buildings (site_id, zone_id, name) values (?, ?, ?) returning id`, k.site, k.zone(), fmt.Sprintf("灯不亮%d", named.Add(1)))
}

func (k kept) door() string {
	return k.row(`insert into households (site_id, building_id, room) values (?, ?, '灯不亮') returning id`, k.site, k.building())
}

func (k kept) lesson() string {
	by := k.person()
	return k.row(`insert into knowledge_cases (site_id, ticket_id, sort, kind, title, situation, handling, by_id, at)
		values (?, ?, 'good', 'repair', '灯不亮', '灯不亮', '换灯', ?, now()) returning id`, k.site, k.ticket(), by)
}

// dispute is the ticket of a complaint with one that runs.
func (k kept) dispute() string {
	id := k.row(`update tickets set kind = 'complaint' where id = ? returning id`, k.ticket())
	k.row(`insert into disputes (site_id, ticket_id, entry_key, opened_by, opened_at) values (?, ?, gen_random_uuid(), ?, now()) returning id`, k.site, id, k.person())
	return id
}

// about is which record a route's :id means, and what stands for its :verb. A route that isn't named here fails the test:
// no new page can be forgotten.
var about = []struct {
	prefix string
	record func(kept) string
	verbs  []string
}{
	{"/desk/tickets/", kept.ticket, []string{"accept", "classify", "resolve", "reopen", "close", "reassign", "urge", "dance"}},
	{"/orders/", kept.order, []string{"order_accept", "done", "feed_back", "order_assign", "dance"}},
	{"/departments/", kept.department, nil},
	{"/desk/visits/", kept.visit, nil},
	{"/desk/leave/", kept.visit, nil},
	{"/pictures/", kept.picture, nil},
	{"/callbacks/", kept.ticket, nil},
	{"/disputes/", kept.dispute, nil},
	{"/inbox/tasks/", kept.task, nil},
	{"/duty/", kept.duty, nil},
	{"/supervisor/", kept.ticket, nil},
	{"/staff/", kept.person, []string{"password", "sessions", "disable", "enable"}},
	{"/devices/", kept.screen, nil},
	{"/knowledge/new/", kept.ticket, nil},
	{"/knowledge/", kept.lesson, nil},
	{"/places/zones/", kept.zone, nil},
	{"/places/buildings/", kept.building, nil},
	{"/places/doors/", kept.door, nil},
}

// open are routes that are meant for whoever holds the secret in them.
var open = []string{"/p/:token", "/r/:token"}

// dated are routes that name a day, the same at every site: app/review's own tests try that each site sees its own.
var dated = []string{"/reviews/day/:date", "/reviews/week/:monday", "/reviews/month/:month"}

// parameter is a part of a route that stands for something.
var parameter = regexp.MustCompile(`:\w+|\*`)

// paths are the addresses of a route, one for each verb, with ":id" in them; record makes what it is about.
func paths(t *testing.T, route string) (all []string, record func(kept) string) {
	t.Helper()
	for _, a := range about {
		if !strings.HasPrefix(route, a.prefix) {
			continue
		}
		for _, p := range parameter.FindAllString(route, -1) {
			if p != ":id" && (p != ":verb" || len(a.verbs) == 0) {
				t.Errorf("this test doesn't know what %s is in %s: teach it", p, route)
			}
		}
		if !strings.Contains(route, ":verb") {
			return []string{route}, a.record
		}
		for _, verb := range a.verbs {
			all = append(all, strings.Replace(route, ":verb", verb, 1))
		}
		return all, a.record
	}
	t.Errorf("this test doesn't know which record %s is about: teach it", route)
	return nil, nil
}

// whole is a form that is right for whichever route it is sent to.
var whole = url.Values{"reason": {"回电确认上门时间"}, "field": {"phone"}, "remark": {"换了水管"}, "result": {"问过了"}, "urgency": {"A"}, "type": {"A1"}, "version": {"1"}}

// A record of another site is not found, on every route of the program with an id, whatever one may do at one's own
// site; nor is one that doesn't exist, or an id that is none. A new route is tried without being named here.
func TestRecordsOfAnotherSite(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	i := h.Start(t)
	here, there := h.Site(t, i.App, "here"), h.Site(t, i.App, "there")
	own, others := kept{t, i.App, here.ID}, kept{t, i.App, there.ID}
	h.Person(t, i.App, here.ID, "all", append(everything, staff.Admin)...)
	h.Person(t, i.App, here.ID, "second", staff.Admin)
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
		if !parameter.MatchString(route.Path) || (route.Method != http.MethodGet && route.Method != http.MethodPost) ||
			slices.Contains(open, route.Path) || slices.Contains(dated, route.Path) || strings.HasPrefix(route.Path, "/static/") {
			continue
		}
		all, record := paths(t, route.Path)
		for _, path := range all {
			tried++
			for _, id := range []string{record(others), "999999", "0", "-1", "x", "1e3", "99999999999999999999", "%27%20or%201=1"} {
				if got := ask(route.Method, strings.Replace(path, ":id", id, 1)); got.Status != http.StatusNotFound || strings.Contains(got.Body, "王小明") || strings.Contains(got.Body, "灯不亮") {
					t.Errorf("%s %s with id %s: %d", route.Method, path, id, got.Status)
				}
			}
			if got := ask(route.Method, strings.Replace(path, ":id", record(own), 1)); got.Status == http.StatusNotFound || got.Status >= 500 {
				t.Errorf("%s %s with an id of one's own: %d, so that the test shows nothing", route.Method, path, got.Status)
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d routes with an id were found", tried)
	}
	var touched int
	err := i.App.DB.NewRaw(`select (select count(*) from audit_log where site_id = ?0 and actor_kind = 'person')
		+ (select count(*) from ticket_steps where site_id = ?0 and actor_kind = 'person')
		+ (select count(*) from audit_log where actor_kind = 'person' and subject = 'staff' and subject_id in (select staff_id from staff_roles where site_id = ?0))
		+ (select count(*) from staff p join staff_roles r on r.staff_id = p.id where r.site_id = ?0 and (p.disabled_at is not null or p.password_hash <> 'x'))
		+ (select count(*) from devices where site_id = ?0 and revoked_at is not null)
		+ (select count(*) from visits where site_id = ?0 and ended_at is not null)`, there.ID).Scan(t.Context(), &touched)
	if err != nil || touched != 0 {
		t.Errorf("%d traces at the other site, %v", touched, err)
	}
}
