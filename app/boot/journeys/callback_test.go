package journeys

import (
	"testing"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
)

// A complaint that was dealt with is called back, the customer's marks come from the own phone as well, and the ticket
// closes.
func TestComplaintIsCalledBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	made, err := h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "complaint", Place: "18#2单元201",
		Matter: "楼道灯一直不亮", Phone: "13800138000", Reporter: "张三", Channel: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	tickettest.Bring(as, t, h.app.Tickets, made.ID, ticket.Verified)
	t.Run("CALLBACK-1 the desk finds the complaint, calls, and records the answer by keyboard", func(t *testing.T) {
		chief := desk(t, h.base, deskSize, "chief", boottest.Password)
		chief.visit("/callbacks")
		chief.run(clickText(".calls a", "18#2单元201"))
		chief.until("the words", `document.body.innerText.includes("向您道歉")`)
		chief.run(clickLabelOf("[name=reached][value=yes]"))
		chief.fill("[name=asked]", "张三")
		chief.run(clickLabelOf("[name=satisfied][value=yes]"))
		chief.run(clickLabelOf("[name=attitude][value='9']"))
		chief.run(focusOn("[name=remark]"), ctrlEnter())
		chief.until("it is recorded", `location.search.startsWith("?done=satisfied&") && document.readyState === "complete"`)
	})
	tickettest.Bring(as, t, h.app.Tickets, made.ID, ticket.Closed)
	t.Run("SURVEY-1 a link is good for one answer on a phone", func(t *testing.T) {
		other, err := h.app.Tickets.Register(as, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "repair", Place: "大堂", Matter: "灯不亮", Channel: "phone"})
		if err != nil {
			t.Fatal(err)
		}
		tickettest.Bring(as, t, h.app.Tickets, other.ID, ticket.Closed)
		token, err := h.app.Callbacks.Link(as, other.ID)
		if err != nil {
			t.Fatal(err)
		}
		phone := open(t, h.base, phoneSize)
		phone.visit("/r/" + token)
		phone.run(clickLabelOf("[name=speed][value='10']"))
		phone.click(".rate [type=submit]")
		phone.until("thanks", `!document.querySelector(".rate") && document.body.innerText.includes("Thank you")`)
		phone.visit("/r/" + token)
		phone.until("it is over", `document.body.innerText.includes("used already")`)
	})
}
