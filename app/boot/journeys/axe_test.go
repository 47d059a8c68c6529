package journeys

import (
	_ "embed"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/callback"
	"lobby/app/dispute"
	"lobby/app/kit/actor"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
	"lobby/app/visitor"
	"lobby/views/locale"
)

//go:embed testdata/axe.min.js
var axe string

// check runs axe-core on the page as it stands; it must have nothing to say (WCAG 2.2 AA).
func (b *tab) check(what string) {
	b.Helper()
	if !eval[bool](b, `typeof axe === "object"`) {
		b.run(script(axe))
	}
	b.run(script(`for (const a of document.getAnimations()) a.finish()`))
	found := eval[[]string](b, `(async () => {
		const run = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
		return run.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " | " + n.failureSummary.replaceAll("\n", " ").slice(0, 200)));
	})()`)
	for _, violation := range found {
		b.Errorf("%s: %s", what, violation)
	}
}

// people is what stands on the pages: a visitor inside, a ticket that nobody took, one in hand, one that is over.
func people(t *testing.T, h *house) (visit *visitor.Pass, tickets []*ticket.Ticket) {
	t.Helper()
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	visit, err := h.app.Visits.Register(as, visitor.Register{
		EntryKey: uuid.Must(uuid.NewV7()), Name: "李小明", Phone: "13800138000", Place: "18#2单元201", Host: "王先生",
		Purpose: "visit", People: 2, Plate: "粤B12345", Channel: visitor.Counter,
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, urgency := range []string{"A", "B", "C"} {
		made, err := h.app.Tickets.Register(as, ticket.Register{
			EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Urgency: urgency, Place: fmt.Sprintf("18#2单元20%d", n+1),
			Matter: "厨房下水管漏水", Phone: "13800138000", Reporter: "张三", Channel: "phone",
		})
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, tickettest.Bring(as, t, h.app.Tickets, made.ID, []ticket.State{ticket.Registered, ticket.InHand, ticket.Closed}[n]))
	}
	return visit, tickets
}

// toCall is a complaint that waits for its callback, after one try.
func toCall(t *testing.T, h *house) int64 {
	t.Helper()
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	made, err := h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "complaint", Place: "18#2单元201",
		Matter: "楼道灯一直不亮", Phone: "13800138000", Reporter: "张三", Channel: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	tickettest.Bring(as, t, h.app.Tickets, made.ID, ticket.Verified)
	p := h.Person(t, h.app, h.at.ID, "tries", staff.Agent)
	who := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: p.ID, Site: h.at.ID, May: staff.May(staff.Agent)})
	if _, err := h.app.Callbacks.Record(who, callback.Call{EntryKey: uuid.Must(uuid.NewV7()), Ticket: made.ID}); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// quarrel is a complaint in hand with a dispute in which something was said, and one in which none was begun.
func quarrel(t *testing.T, h *house) (running, fresh string) {
	t.Helper()
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	p := h.Person(t, h.app, h.at.ID, "mediates", staff.Supervisor)
	who := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: p.ID, Site: h.at.ID, May: staff.May(staff.Supervisor)})
	var ids [2]int64
	for n := range ids {
		made, err := h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "complaint", Place: "18#2单元201", Matter: "楼上半夜吵闹", Channel: "phone"})
		if err != nil {
			t.Fatal(err)
		}
		ids[n] = tickettest.Bring(as, t, h.app.Tickets, made.ID, ticket.InHand).ID
	}
	_, err := h.app.Disputes.Open(who, dispute.Open{EntryKey: uuid.Must(uuid.NewV7()), Ticket: ids[0], Parties: []dispute.Party{{Name: "张三"}, {Place: "18#2单元301"}}})
	if err == nil {
		err = h.app.Disputes.Say(who, ids[0], 0, "一起谈了", uuid.Must(uuid.NewV7()))
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/disputes/%d", ids[0]), fmt.Sprintf("/disputes/%d", ids[1])
}

// pair types a device's code on the screen itself.
func pair(t *testing.T, h *house, size [2]int64, kind, lang string) *tab {
	t.Helper()
	code, _, err := h.app.Staff.Pair(actor.AsJob(t.Context(), "test", h.at.ID), staff.Pair{Kind: kind, Name: kind + " " + lang, Language: lang})
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, h.base, size)
	b.visit("/pair?lang=" + lang)
	b.check("/pair in " + lang)
	b.fill("[name=code]", code)
	b.click("[data-pair] [type=submit]")
	b.until("the screen", fmt.Sprintf(`location.pathname === "/%s"`, kind))
	return b
}

func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	visit, tickets := people(t, h)
	zone, building, door := places(t, h)
	called := toCall(t, h)
	running, fresh := quarrel(t, h)
	var rating sync.Mutex
	flow := flowPages(t, h)
	day := h.at.Day(h.Clock.Now())
	h.Clock.Add(50 * time.Hour) // limits have passed: their colours count too
	for _, lang := range locale.Languages {
		_, err := h.app.Staff.Add(actor.AsJob(t.Context(), "test", h.at.ID), staff.Add{
			Login: "speaks-" + lowered(lang), Name: "陈静", Password: boottest.Password, Language: lang, Roles: []staff.Role{staff.Supervisor, staff.Admin},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Run("staff pages in "+lang, func(t *testing.T) {
			t.Parallel()
			b := open(t, h.base, deskSize)
			b.visit("/login?lang=" + lang)
			b.check("/login")
			b.fill("[name=login]", "speaks-"+lowered(lang))
			b.fill("[name=password]", boottest.Password)
			b.click("form[action='/login'] [type=submit]")
			b.until("the desk", `location.pathname === "/desk" && document.readyState === "complete"`)
			for _, path := range append([]string{
				"/desk", "/desk/visits", "/desk/visits/new", fmt.Sprintf("/desk/visits/%d", visit.Visit.ID), "/desk/inside",
				"/desk/tickets", "/desk/tickets?state=all", "/desk/tickets/new", fmt.Sprintf("/desk/tickets/%d", tickets[0].ID),
				fmt.Sprintf("/desk/tickets/%d", tickets[2].ID), fmt.Sprintf("/desk/tickets/%d/print", tickets[2].ID), "/account", "/no/such/page", "/places", "/places/import", "/places/zones/new", zone, building, door, "/settings/grades", "/settings/policy", "/settings/ladder", "/settings/shifts", "/settings/calendar", "/settings/site", "/settings/kiosk", "/settings/hours", "/settings/privacy",
				running, fresh, "/disputes", "/callbacks", fmt.Sprintf("/callbacks/%d", called), "/registers", "/registers/reception", "/registers/reception/print", "/registers/matters", "/registers/matters/print", "/registers/callbacks", "/registers/callbacks/print", "/reports/sla", "/reports/complaints", "/reports/reviews",
				"/inbox", "/duty", "/supervisor",
				"/reviews", "/reviews/day/" + day.Format(time.DateOnly), "/reviews/unsolved", "/reviews/month/" + day.Format("2006-01"),
				"/knowledge", fmt.Sprintf("/knowledge/new/%d", tickets[2].ID),
			}, flow...) {
				b.visit(path)
				b.inBothSchemes(path)
				if got := eval[string](b, `document.documentElement.lang`); got != lang {
					t.Errorf("%s speaks %s, not %s", path, got, lang)
				}
			}
		})
		t.Run("screens in "+lang, func(t *testing.T) {
			t.Parallel()
			for kind, size := range map[string][2]int64{"wall": wallSize, "display": wallSize} {
				b := pair(t, h, size, kind, lang)
				b.until("it is live", `!document.querySelector("[data-stale]:not([hidden])")`)
				b.inBothSchemes("/" + kind)
			}
			kioskWay(t, pair(t, h, kioskSize, "kiosk", lang), lang)
			phone := open(t, h.base, phoneSize)
			phone.visit("/p/" + visit.Token + "?lang=" + lang)
			phone.inBothSchemes("/p/…")
			rating.Lock() // a new link ends the one before
			defer rating.Unlock()
			token, err := h.app.Callbacks.Link(actor.AsJob(t.Context(), "test", h.at.ID), tickets[2].ID)
			if err != nil {
				t.Fatal(err)
			}
			phone.visit("/r/" + token + "?lang=" + lang)
			phone.inBothSchemes("/r/…")
		})
	}
}

func lowered(lang string) string {
	out := []byte(lang)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// kioskWay checks each screen of a visit, with and without errors, of a report and of leaving.
func kioskWay(t *testing.T, k *tab, lang string) {
	t.Helper()
	welcome := func() {
		k.visit("/kiosk?lang=" + lang)
		k.until("the kiosk's script", `document.readyState === "complete"`)
	}
	welcome()
	k.inBothSchemes("/kiosk")
	k.click("[formaction='/kiosk/visit']")
	k.until("whom", `!!document.querySelector("[name=place]:not([type=hidden])")`)
	k.click("[value=next]")
	k.until("an error", `!!document.querySelector("[aria-invalid=true]")`)
	k.inBothSchemes("whom, with an error")
	k.fill("[name=place]", "18#2单元201")
	k.click("[value=next]")
	k.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
	k.inBothSchemes("who")
	k.fill("[name=name]", "李小明")
	k.fill("[name=phone]", "13800138000")
	k.click("[value=next]")
	k.until("what for", `!!document.querySelector("[name=purpose]:not([type=hidden])")`)
	k.inBothSchemes("what for")
	k.run(clickLabelOf("[name=purpose][value=visit]"))
	k.click("[value=next]")
	k.until("all right?", `!!document.querySelector(".check")`)
	k.inBothSchemes("all right?")
	k.click("[value=next]")
	k.until("the pass", `!!document.querySelector(".pass .code")`)
	k.inBothSchemes("the pass")
	welcome()
	k.click("[formaction='/kiosk/report']")
	k.until("what kind", `!!document.querySelector("[name=kind]")`)
	k.inBothSchemes("what kind")
	k.click("[name=kind][value=repair]")
	k.until("where and what", `!!document.querySelector("[name=matter]:not([type=hidden])")`)
	k.inBothSchemes("where and what")
	welcome()
	k.click("[formaction='/kiosk/leave']")
	k.until("the digits", `!!document.querySelector("[data-digit]")`)
	k.inBothSchemes("leaving")
	welcome()
	k.click("[formaction='/kiosk/rate']")
	k.until("which ticket", `!!document.querySelector("[name=number]:not([type=hidden])")`)
	k.inBothSchemes("which ticket to rate")
	k.fill("[name=number]", "T990101-0001")
	k.fill("[name=phone]", "13800138000")
	k.click("[value=next]")
	k.until("how it was", `!!document.querySelector("[name=speed]:not([type=hidden])")`)
	k.click("[value=next]")
	k.until("an error", `!!document.querySelector(".error")`)
	k.inBothSchemes("marks, with an error")
}

// inBothSchemes checks the page in light and in dark.
func (b *tab) inBothSchemes(what string) {
	b.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.run(preferring(scheme))
		b.check(what + ", " + scheme)
	}
	b.run(preferring("light"))
}
