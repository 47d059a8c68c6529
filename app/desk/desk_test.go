package desk_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/desk"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
	"lobby/app/visitor"
)

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// house is a desk over real services, served over real HTTP.
type house struct {
	t       testing.TB
	db      *bun.DB
	desk    *desk.Desk
	tickets *ticket.Service
	visits  *visitor.Service
	people  *webtest.People
	client  *webtest.Client
	site    int64
	other   int64
	roles   map[staff.Role]actor.Actor
}

func setup(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, db: dbtest.New(t), people: webtest.NewPeople(), roles: map[staff.Role]actor.Actor{}}
	for code, id := range map[string]*int64{"reference": &h.site, "other": &h.other} {
		h.scan(id, `insert into sites (code, name) values (?, '滨河花园') returning id`, code)
	}
	for _, role := range staff.Roles {
		a := actor.Actor{Kind: actor.Person, Name: "员工 " + string(role), Site: h.site, May: staff.May(role)}
		h.scan(&a.ID, `insert into staff (login, name, password_hash) values (?, ?, '') returning id`, string(role), a.Name)
		h.roles[role] = a
	}
	vault, sites, now := piitest.Vault(t), site.NewDirectory(h.db), func() time.Time { return monday }
	h.tickets = &ticket.Service{DB: h.db, Vault: vault, Sites: sites, Now: now}
	h.visits = &visitor.Service{DB: h.db, Vault: vault, Sites: sites, Now: now}
	h.desk = &desk.Desk{DB: h.db, Sites: sites, Tickets: h.tickets, Visits: h.visits, Now: now}
	cfg := h.people.Config()
	cfg.Now = now
	app := web.New(cfg)
	h.desk.Routes(app)
	h.client = webtest.New(t, app)
	return h
}

func (h *house) scan(into any, query string, args ...any) {
	h.t.Helper()
	if err := h.db.NewRaw(query, args...).Scan(context.Background(), into); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) at(role staff.Role) *webtest.Client {
	return h.client.Another().As(h.people, h.roles[role])
}

func (h *house) as(role staff.Role) context.Context { return actor.With(h.t.Context(), h.roles[role]) }

func (h *house) ticket(change func(*ticket.Register)) *ticket.Ticket {
	h.t.Helper()
	in := ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "18-2-201", Matter: "厨房水管漏水", Phone: "13812345678", Channel: "phone"}
	if change != nil {
		change(&in)
	}
	t, err := h.tickets.Register(h.as(staff.Agent), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

func (h *house) visit(name, place string) visitor.Visit {
	h.t.Helper()
	p, err := h.visits.Register(h.as(staff.Receptionist), visitor.Register{EntryKey: uuid.Must(uuid.NewV7()), Name: name, Phone: "13987654321",
		Place: place, Purpose: "visit", People: 2, Channel: visitor.Counter})
	if err != nil {
		h.t.Fatal(err)
	}
	return p.Visit
}

func (h *house) bring(id int64, to ticket.State) {
	h.t.Helper()
	tickettest.Bring(h.as(staff.Manager), h.t, h.tickets, id, to)
}

func TestDesk(t *testing.T) {
	t.Parallel()
	h := setup(t)
	calm := h.ticket(nil)
	urgent := h.ticket(func(r *ticket.Register) { r.Urgency, r.Matter, r.Place = "A", "电梯困人", "29#电梯厅" })
	guest := h.visit("赵明", "21-701")
	t.Run("TICKET-3 the desk shows open tickets in the order of work", func(t *testing.T) {
		rows := h.at(staff.Agent).Get("/desk").Want(http.StatusOK).All("#lane-registered li")
		if len(rows) != 2 || webtest.Attr(rows[0], "id") != fmt.Sprintf("ticket-%d", urgent.ID) || webtest.Attr(rows[1], "id") != fmt.Sprintf("ticket-%d", calm.ID) {
			t.Errorf("%d rows in another order", len(rows))
		}
	})
	t.Run("VISIT-6 who is in the building is on the desk, phones masked", func(t *testing.T) {
		h.at(staff.Agent).Get("/desk").WantText("赵明", "21-701", "139****4321", "2 人").WantNo("13987654321")
	})
	t.Run("each role sees what it may, and no more", func(t *testing.T) {
		for role, want := range map[staff.Role]struct{ live, inside, end bool }{
			staff.Agent: {true, true, true}, staff.Guard: {true, true, false}, staff.Technician: {true, false, false},
			staff.Cashier: {true, false, false}, staff.Admin: {false, false, false},
		} {
			page := h.at(role).Get("/desk").Want(http.StatusOK)
			if got := len(page.All("[data-live=desk]")) == 1; got != want.live {
				t.Errorf("%s: live %v", role, got)
			}
			if got := len(page.All("#inside")) == 1; got != want.inside || strings.Contains(page.Body, "赵明") != want.inside {
				t.Errorf("%s: visitors %v", role, got)
			}
			if got := len(page.All(".end")) == 1; got != want.end {
				t.Errorf("%s: signs out %v", role, got)
			}
		}
		h.at(staff.Technician).HTMX("/desk/inside-list", nil).Want(http.StatusForbidden).WantNo("赵明")
		h.at(staff.Guard).Post(fmt.Sprintf("/desk/leave/%d", guest.ID), url.Values{}).Want(http.StatusForbidden)
		h.client.Another().Get("/desk").Want(http.StatusUnauthorized)
	})
	t.Run("VISIT-4 one key signs a visitor out, twice is answered the same", func(t *testing.T) {
		browser := h.at(staff.Agent)
		path := fmt.Sprintf("/desk/leave/%d", guest.ID)
		browser.HTMX(path, url.Values{}).Want(http.StatusOK).WantNo("赵明", "<html")
		browser.Post(path, url.Values{}).Want(http.StatusSeeOther).WantLocation("/desk?left=" + guest.Number)
		browser.Get("/desk?left=" + guest.Number).WantText(guest.Number)
		browser.Get("/desk?left=%3Cs%3E").Want(http.StatusOK).WantNo("<s>")
		var n int
		h.scan(&n, `select count(*) from audit_log where verb like 'visit.%' and subject_id = ? and verb <> 'visit.register'`, guest.ID)
		if n != 1 {
			t.Errorf("%d endings on record, want 1", n)
		}
		for _, id := range []string{"0", "x", "999999"} {
			browser.Post("/desk/leave/"+id, url.Values{}).Want(http.StatusNotFound)
		}
	})
	t.Run("every language says everything", func(t *testing.T) {
		for _, lang := range []string{"zh-CN", "zh-TW", "en"} {
			h.at(staff.Manager).Get("/desk?lang="+lang).Want(http.StatusOK).WantNo("desk.key", "ticket.lane", "ticket.kind", "desk.search_hint")
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := setup(t)
	made := h.ticket(nil)
	guest := h.visit("赵明", "21-701")
	find := func(role staff.Role, q string) *webtest.Page {
		return h.at(role).Post("/desk/search", url.Values{"q": {q}})
	}
	t.Run("a number leads straight to what has it", func(t *testing.T) {
		find(staff.Agent, strings.ToLower(made.Number)).Want(http.StatusSeeOther).WantLocation(fmt.Sprintf("/desk/tickets/%d", made.ID))
		find(staff.Agent, " "+guest.Number+" ").Want(http.StatusSeeOther).WantLocation(fmt.Sprintf("/desk/visits/%d", guest.ID))
		find(staff.Agent, "T000000-0000").Want(http.StatusOK).WantText("没有找到")
	})
	t.Run("PRIVACY-3 a phone is found by exact match, comes by POST, and is in no address", func(t *testing.T) {
		find(staff.Agent, "138 1234 5678").Want(http.StatusOK).WantText(made.Number).WantNo(guest.Number)
		find(staff.Agent, "+8613987654321").Want(http.StatusOK).WantText(guest.Number, "赵明").WantNo(made.Number)
		find(staff.Agent, "1381234567").Want(http.StatusOK).WantText("没有找到")
		h.at(staff.Agent).Get("/desk/search?q=13812345678").WantNo(made.Number)
	})
	t.Run("a place finds tickets and visitors", func(t *testing.T) {
		find(staff.Agent, "18-2").Want(http.StatusOK).WantText(made.Number)
		find(staff.Agent, "21-701").Want(http.StatusOK).WantText(guest.Number)
	})
	t.Run("a place that reads like a phone is found where no phone is", func(t *testing.T) {
		odd := h.ticket(func(in *ticket.Register) { in.Place, in.Phone = "13700000001", "" })
		find(staff.Agent, "13700000001").Want(http.StatusOK).WantText(odd.Number)
	})
	t.Run("who may see only tickets finds only tickets", func(t *testing.T) {
		find(staff.Technician, "21-701").Want(http.StatusOK).WantNo(guest.Number, "赵明")
		find(staff.Technician, "13987654321").Want(http.StatusOK).WantNo(guest.Number)
		find(staff.Admin, "18-2").Want(http.StatusForbidden).WantNo(made.Number)
	})
	t.Run("another site's things are not found", func(t *testing.T) {
		stranger := h.roles[staff.Manager]
		stranger.Site = h.other
		browser := h.client.Another().As(h.people, stranger)
		for _, q := range []string{made.Number, "13812345678", "18-2", guest.Number, "21-701"} {
			browser.Post("/desk/search", url.Values{"q": {q}}).Want(http.StatusOK).WantText("没有找到")
		}
	})
	t.Run("bad queries are answered in words", func(t *testing.T) {
		for _, q := range []string{"", "  ", "a\x00b", "a\x07", strings.Repeat("长", 61), "\xff"} {
			find(staff.Agent, q).Want(http.StatusUnprocessableEntity).One(".alert.bad")
		}
		for _, q := range []string{"'; drop table visits; --", "%", "_", `\`, "<script>alert(1)</script>", "🚰", "T261123-99999999999"} {
			find(staff.Agent, q).Want(http.StatusOK).WantNo("<script>alert")
		}
	})
}
