package journeys

import (
	"fmt"
	"testing"

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
