package visitor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/staff"
)

// clock is the time that a test decides.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is a service on a database of its own with two sites.
type house struct {
	*Service
	t         testing.TB
	url       string
	clock     *clock
	vault     *pii.Vault
	here      int64
	elsewhere int64
	person    int64
	device    int64
	device2   int64
	household int64
}

// setup makes a house on 22 November 2026, 10:00 in Shanghai.
func setup(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, url: dbtest.URL(t), vault: piitest.Vault(t), clock: &clock{at: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}}
	h.Service = h.instance()
	h.here = h.id(`insert into sites (code, name) values ('here', '滨河花园') returning id`)
	h.elsewhere = h.id(`insert into sites (code, name, time_zone) values ('elsewhere', '别处', 'America/New_York') returning id`)
	h.person = h.id(`insert into staff (login, name, password_hash) values ('anna', '安娜', 'x') returning id`)
	h.device = h.id(`insert into devices (site_id, kind, name) values (?, 'kiosk', '大堂一号') returning id`, h.here)
	h.device2 = h.id(`insert into devices (site_id, kind, name) values (?, 'kiosk', '大堂二号') returning id`, h.here)
	zone := h.id(`insert into zones (site_id, code, name) values (?, '1', '一区') returning id`, h.here)
	building := h.id(`insert into buildings (site_id, zone_id, name) values (?, ?, '18#') returning id`, h.here, zone)
	h.household = h.id(`insert into households (site_id, building_id, entrance, room) values (?, ?, '2单元', '201') returning id`, h.here, building)
	return h
}

// instance is another server on the same database.
func (h *house) instance() *Service {
	pool := dbtest.Open(h.t, h.url)
	return &Service{DB: pool, Vault: h.vault, Sites: site.NewDirectory(pool), Now: h.clock.Now}
}

func (h *house) id(query string, args ...any) int64 {
	h.t.Helper()
	var id int64
	if err := h.DB.NewRaw(query, args...).Scan(h.t.Context(), &id); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// count gives the result of a counting query.
func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	return int(h.id(query, args...))
}

func may(ps ...actor.Permission) map[actor.Permission]bool {
	m := map[actor.Permission]bool{}
	for _, p := range ps {
		m[p] = true
	}
	return m
}

// kiosk acts as the first kiosk of the site.
func (h *house) kiosk() context.Context { return h.as(h.device, h.here) }

func (h *house) as(device, siteID int64) context.Context {
	return actor.With(h.t.Context(), actor.Actor{Kind: actor.Device, ID: device, Site: siteID, Screen: "kiosk",
		May: may(staff.RegisterVisit, staff.RegisterTicket)})
}

func (h *house) desk() context.Context {
	return actor.With(h.t.Context(), actor.Actor{Kind: actor.Person, ID: h.person, Name: "安娜", Site: h.here,
		May: may(staff.RegisterVisit, staff.ViewVisits, staff.EndVisit, actor.Reveal)})
}

// wang is an entry in which nothing is wrong.
func wang() Register {
	key, err := uuid.NewV7()
	if err != nil {
		panic(err)
	}
	return Register{EntryKey: key, Name: "王小明", Phone: "138 1234 5678", Host: "李雷", Place: "18栋2单元201",
		Purpose: "visit", People: 2, Plate: "粤b12345", Company: "顺风", Channel: Kiosk}
}

func (h *house) register(ctx context.Context, in Register) *Pass {
	h.t.Helper()
	pass, err := h.Register(ctx, in)
	if err != nil {
		h.t.Fatalf("register: %v", err)
	}
	return pass
}

func (h *house) visit(id int64) *Visit {
	h.t.Helper()
	v := new(Visit)
	if err := h.DB.NewSelect().Model(v).Where("id = ?", id).Scan(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return v
}

// wantFault fails the test unless err is a fault of that kind.
func wantFault(t testing.TB, err error, kind fault.Kind) *fault.Fault {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind {
		t.Fatalf("error %v, want a fault of kind %d", err, kind)
	}
	return f
}

// wrongFields are the names of the fields that a fault is about.
func wrongFields(err error) map[string]string {
	out := map[string]string{}
	if f, ok := fault.As(err); ok {
		for _, field := range f.Fields {
			out[field.Name] = field.Key
		}
	}
	return out
}

// dump is a whole table as text, to look for what must not stand there.
func (h *house) dump(table string) string {
	h.t.Helper()
	var text string
	if err := h.DB.NewRaw(`select coalesce(string_agg(t::text, ' '), '') from ? t`, bun.Ident(table)).Scan(h.t.Context(), &text); err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprint(text)
}
