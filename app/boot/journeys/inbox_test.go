package journeys

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/ticket"
)

// The supervisor gives a ticket to somebody else in place; that one's figure rises in another browser by itself, on a page
// without a socket of its own and on the desk, which has one; and an urgent notice rings.
func TestSupervisorReassignsAndTheOtherIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	var made [2]*ticket.Ticket
	for n := range made {
		var err error
		made[n], err = h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Urgency: "A",
			Place: fmt.Sprintf("地下车库%d", n), Matter: "水管爆裂", Channel: "phone", Classify: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.app.DB.NewRaw(`update tickets set due_at = now() - interval '1 hour' where site_id = ?`, h.at.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	account := desk(t, h.base, phoneSize, "agent", boottest.Password)
	account.visit("/account")
	account.until("an empty inbox", `document.querySelector(".inbox data").hidden`)
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	chief := desk(t, h.base, deskSize, "chief", boottest.Password)
	chief.run(script(`globalThis.rung = 0; document.body.addEventListener("lobby:ring", () => globalThis.rung++)`))
	for n, one := range made {
		other := desk(t, h.base, deskSize, "chief", boottest.Password)
		other.visit("/supervisor")
		form := fmt.Sprintf("form[action='/supervisor/%d/reassign']", one.ID)
		other.run(script(fmt.Sprintf(`document.querySelector(%s).closest("details").open = true`, quote(form))))
		other.run(script(fmt.Sprintf(`{const s = document.querySelector(%s + " select"); s.value = [...s.options].find(o => o.text === "测试agent").value}`, quote(form))))
		other.fill(form+" [name=remark]", "请接手")
		other.click(form + " button")
		other.until("it is given", has(".alert.good", one.Number))
		for _, b := range []*tab{account, agent} {
			b.until("the figure rises by itself", fmt.Sprintf(`document.querySelector(".inbox data").value === "%d" && !document.querySelector(".inbox data").hidden`, n+1))
		}
	}
	if said := account.text("[data-inbox-said]"); said == "" {
		t.Error("a screen reader isn't told")
	}
	account.click(".inbox")
	account.until("the inbox", has(".notice", made[0].Number))
	account.click(fmt.Sprintf(".notice a[href='/desk/tickets/%d']", made[0].ID))
	account.until("the ticket", fmt.Sprintf(`location.pathname === "/desk/tickets/%d"`, made[0].ID))
	account.until("nothing is left", `document.querySelector(".inbox data").hidden`)

	if _, err := h.app.Tickets.Do(as, made[1].ID, ticket.Ask, ticket.Act{Remark: "可以先关总阀吗"}); err != nil {
		t.Fatal(err)
	}
	chief.until("a sound", `globalThis.rung === 1 && document.querySelector(".inbox").classList.contains("is-loud")`)
}

// The supervisor's page follows by itself what time alone does, keeps a form that is in use, comes back after the machine
// slept, and takes over in place; the inbox can be silenced.
func TestSupervisorsPageFollows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	old := func(place string) *ticket.Ticket {
		made, err := h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "inquiry", Urgency: "A",
			Place: place, Matter: "何时来电", Channel: "phone", Classify: true, Past: &ticket.Past{Registered: time.Now().Add(-49 * time.Hour)}})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := old("大堂")
	chief := desk(t, h.base, deskSize, "chief", boottest.Password)
	chief.visit("/supervisor")
	chief.until("what time did", has("#part-untaken", first.Number))
	chief.until("its limit", has("#part-overdue", first.Number))
	chief.run(script(`document.querySelector("#part-overdue details").open = true; document.querySelector("#part-overdue [name=remark]").value = "写了一半"`))
	second := old("车库")
	chief.until("the next one comes by itself", has("#part-untaken", second.Number))
	chief.until("a form in use stays, and says so", `document.querySelector("#part-overdue [name=remark]").value === "写了一半" && !document.querySelector("#part-overdue .held").hidden`)
	chief.run(script(`document.querySelector("#part-overdue details").open = false`))
	chief.until("what was held", has("#part-overdue", second.Number))

	chief.run(script(`{const Plain = WebSocket; globalThis.sockets = 0; globalThis.WebSocket = class extends Plain { constructor(...a) { super(...a); globalThis.sockets++; } }}`))
	chief.run(script(`{const real = Date.now; Date.now = () => real() + 3600e3}`))
	chief.until("a new socket after the machine slept", `globalThis.sockets > 0 && !document.documentElement.classList.contains("is-stale")`)

	chief.click(fmt.Sprintf("form[action='/supervisor/%d/take'] button", first.ID))
	chief.until("it is taken", has(".alert.good", first.Number))
	chief.until("and off the list", fmt.Sprintf(`!document.querySelector("#part-untaken").textContent.includes(%s)`, quote(first.Number)))

	chief.visit("/inbox")
	chief.until("it would ring", `document.querySelector("[data-inbox-ring] input").checked && document.querySelector("[data-inbox-silent]").hidden`)
	chief.click("[data-inbox-ring] input")
	chief.until("it is silent, and says so", `!document.querySelector("[data-inbox-silent]").hidden`)
	chief.run(script(`{globalThis.rung = 0; document.body.addEventListener("lobby:ring", () => globalThis.rung++)}`))
	third := old("大门")
	chief.until("the figure rises all the same", `document.querySelector(".inbox").classList.contains("is-loud")`)
	chief.until("without a sound", `globalThis.rung === 0`)
	chief.visit("/inbox")
	chief.until("it stays silent", has(".notices", third.Number)+` && !document.querySelector("[data-inbox-silent]").hidden`)
}
