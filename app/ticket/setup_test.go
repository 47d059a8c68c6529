package ticket_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
)

// monday is when the tests begin: in the middle of a working day.
var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) Add(d time.Duration) { c.Set(c.Now().Add(d)) }

// desk is a site with people in every role, a zone and a household, and the service.
type desk struct {
	t         testing.TB
	db        *bun.DB
	clock     *clock
	svc       *ticket.Service
	site      int64
	other     int64 // another site
	household int64 // 18#2单元201室
	people    map[staff.Role]actor.Actor
}

func setup(t testing.TB) *desk {
	t.Helper()
	return setupOn(t, dbtest.New(t))
}

func setupOn(t testing.TB, db *bun.DB) *desk {
	t.Helper()
	d := &desk{t: t, db: db, clock: &clock{now: monday}, people: map[staff.Role]actor.Actor{}}
	d.site, d.other = d.addSite("reference"), d.addSite("other")
	for _, role := range staff.Roles {
		d.people[role] = d.addPerson(string(role), role)
	}
	var zone, building int64
	d.scan(&zone, `insert into zones (site_id, code, name, owner_id) values (?, '1', '一区', ?) returning id`, d.site, d.people[staff.Supervisor].ID)
	d.scan(&building, `insert into buildings (site_id, zone_id, name) values (?, ?, '18#') returning id`, d.site, zone)
	d.scan(&d.household, `insert into households (site_id, building_id, entrance, room) values (?, ?, '2单元', '201') returning id`, d.site, building)
	d.svc = d.another()
	return d
}

// another is the service of a second instance on the same database.
func (d *desk) another() *ticket.Service {
	vault := piitest.Vault(d.t)
	if d.svc != nil {
		vault = d.svc.Vault
	}
	return &ticket.Service{DB: d.db, Vault: vault, Sites: site.NewDirectory(d.db), Now: d.clock.Now}
}

func (d *desk) scan(into any, query string, args ...any) {
	d.t.Helper()
	if err := d.db.NewRaw(query, args...).Scan(context.Background(), into); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
}

func (d *desk) addSite(code string) (id int64) {
	d.t.Helper()
	d.scan(&id, `insert into sites (code, name) values (?, ?) returning id`, code, "滨河花园 "+code)
	return id
}

func (d *desk) addPerson(login string, roles ...staff.Role) actor.Actor {
	d.t.Helper()
	a := actor.Actor{Kind: actor.Person, Name: "员工 " + login, Site: d.site, May: staff.May(roles...)}
	d.scan(&a.ID, `insert into staff (login, name, password_hash) values (?, ?, '') returning id`, login, a.Name)
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	_, err := d.db.NewRaw(`insert into staff_roles (staff_id, site_id, role) select ?, ?, unnest(?::text[])`, a.ID, d.site, pgdialect.Array(names)).
		Exec(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// kiosk is a paired kiosk of the site.
func (d *desk) kiosk() actor.Actor {
	d.t.Helper()
	a := actor.Actor{Kind: actor.Device, Screen: "kiosk", Site: d.site, May: staff.OpenKiosk(d.site).May}
	d.scan(&a.ID, `insert into devices (site_id, kind, name) values (?, 'kiosk', '大堂') returning id`, d.site)
	return a
}

// as is a context in which somebody of a role acts.
func (d *desk) as(role staff.Role) context.Context { return actor.With(d.t.Context(), d.people[role]) }

func (d *desk) by(a actor.Actor) context.Context { return actor.With(d.t.Context(), a) }

// entry is a sensible entry with a key of its own.
func entry() ticket.Register {
	return ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "18#2单元201室", Matter: "厨房水管漏水",
		Reporter: "王小明", Phone: "13812345678", Channel: "phone"}
}

func (d *desk) register(ctx context.Context, in ticket.Register) *ticket.Ticket {
	d.t.Helper()
	t, err := d.svc.Register(ctx, in)
	if err != nil {
		d.t.Fatalf("register: %v", err)
	}
	tickettest.Asked(d.t, d.db, t.ID, rounds) // these tests are about the ticket's own flow
	return t
}

// rounds is how often a test may open a ticket again.
const rounds = 9

// do takes a step with a remark, and whatever else the step needs.
func (d *desk) do(ctx context.Context, id int64, verb ticket.Verb, remark string) *ticket.Ticket {
	d.t.Helper()
	t, err := d.svc.Do(ctx, id, verb, d.act(id, remark))
	if err != nil {
		d.t.Fatalf("%s: %v", verb, err)
	}
	return t
}

// act is enough for any step of a ticket.
func (d *desk) act(id int64, remark string) ticket.Act {
	d.t.Helper()
	now, err := d.svc.Get(d.as(staff.Manager), id)
	if err != nil {
		d.t.Fatal(err)
	}
	act := tickettest.Act(now, remark)
	act.Person, act.On, act.Until, act.Instead = 0, "parts", d.clock.Now().Add(time.Hour), ""
	return act
}

// bring leads a ticket to a state; a job does it all, which nobody's grade or hand in the work keeps from it.
func (d *desk) bring(id int64, to ticket.State) *ticket.Ticket {
	d.t.Helper()
	return tickettest.Bring(actor.AsJob(d.t.Context(), "test", d.site), d.t, d.svc, id, to)
}

// complaint is an entry that is classified at once.
func complaint(severity string) ticket.Register {
	in := entry()
	in.Kind, in.Matter, in.Classify = "complaint", "保安态度生硬", true
	in.Validity, in.About, in.Topic, in.Severity = "valid", "property", "attitude", severity
	return in
}

// department makes a department with a head and members.
func (d *desk) department(code string, head int64, members ...int64) int64 {
	d.t.Helper()
	id, err := d.svc.SaveDepartment(d.as(staff.Admin), ticket.SaveDepartment{Code: code, Name: "部门 " + code, Head: head, Members: members})
	if err != nil {
		d.t.Fatalf("department %s: %v", code, err)
	}
	return id
}

// senior gives everybody a seniority in their roles.
func (d *desk) senior(who actor.Actor, seniority int) {
	d.t.Helper()
	if _, err := d.db.NewRaw(`update staff_roles set seniority = ? where staff_id = ?`, seniority, who.ID).Exec(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}

// verbs are the verbs of a ticket's history, in order.
func (d *desk) verbs(id int64) []ticket.Verb {
	d.t.Helper()
	list, err := d.svc.Steps(d.as(staff.Manager), id)
	if err != nil {
		d.t.Fatal(err)
	}
	out := make([]ticket.Verb, len(list))
	for i, s := range list {
		out[i] = s.Verb
	}
	return out
}

// count counts rows.
func (d *desk) count(query string, args ...any) (n int) {
	d.t.Helper()
	d.scan(&n, query, args...)
	return n
}
