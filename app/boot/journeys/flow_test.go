package journeys

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/actor"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// departments makes two that take orders, each with somebody who signs in.
func (h *house) departments(t *testing.T) (repair, guards int64) {
	t.Helper()
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	made := map[string]int64{}
	for login, role := range map[string]staff.Role{"tech": staff.Technician, "guard": staff.Guard} {
		h.Person(t, h.app, h.at.ID, login, role)
		var id int64
		if err := h.app.DB.NewRaw(`select id from staff where login = ?`, login).Scan(t.Context(), &id); err != nil {
			t.Fatal(err)
		}
		name := map[string]string{"tech": "工程维修部", "guard": "安保部"}[login]
		department, err := h.app.Tickets.SaveDepartment(as, ticket.SaveDepartment{Code: login, Name: name, Head: id})
		if err != nil {
			t.Fatal(err)
		}
		made[login] = department
	}
	return made["tech"], made["guard"]
}

// flowPages are pages of the flow with something of everything on them: a complaint in hand that repeats an earlier one,
// orders at work and done, a department.
func flowPages(t *testing.T, h *house) []string {
	t.Helper()
	as := actor.AsJob(t.Context(), "test", h.at.ID)
	repair, guards := h.departments(t)
	var last *ticket.Ticket
	for n := range 2 {
		in := ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: "complaint", Place: "18#2单元201", Matter: "保安态度生硬", Phone: "13800138000", Reporter: "张三",
			Channel: "phone", Classify: true, Validity: "valid", About: "property", Topic: "attitude", Severity: "minor", Against: guards}
		if n == 1 {
			in.Then, in.Instructions = ticket.Dispatch, []ticket.Instruction{{Department: repair, Text: "请核实"}, {Department: guards}}
		}
		made, err := h.app.Tickets.Register(as, in)
		if err != nil {
			t.Fatal(err)
		}
		if last != nil {
			if _, err := h.app.Tickets.Do(as, made.ID, ticket.Link, ticket.Act{Earlier: last.ID}); err != nil {
				t.Fatal(err)
			}
		}
		last = made
	}
	if _, err := h.app.Tickets.Do(as, last.ID, ticket.Urge, ticket.Act{}); err != nil {
		t.Fatal(err)
	}
	orders, err := h.app.Tickets.Orders(as, last.ID)
	if err != nil {
		t.Fatal(err)
	}
	way := []ticket.OrderVerb{ticket.AcceptOrder, ticket.StartOrder, ticket.FinishOrder}
	for i, to := range [][]ticket.OrderVerb{way[:2], way} {
		for _, verb := range to {
			act := ticket.OrderAct{Work: ticket.Work{Kind: "inspect", Done: "查看了录像", Result: "情况属实"}}
			if _, err := h.app.Tickets.DoOrder(as, orders[i].ID, verb, act); err != nil {
				t.Fatal(err)
			}
		}
	}
	return []string{fmt.Sprintf("/desk/tickets/%d", last.ID), "/orders", "/orders?scope=done", fmt.Sprintf("/orders/%d", orders[0].ID), fmt.Sprintf("/orders/%d", orders[1].ID),
		fmt.Sprintf("/orders/%d/print", orders[1].ID), "/departments", "/departments/new", fmt.Sprintf("/departments/%d", repair)}
}

// step presses the button of a verb, with what it asks for filled in; a folded one is opened first.
func (b *tab) step(verb string, fill map[string]string) {
	b.Helper()
	form := "form[action$='/" + verb + "']"
	b.until(verb+" is there", loaded+fmt.Sprintf("!!document.querySelector(%s)", quote(form)))
	b.run(script(fmt.Sprintf(`{ const d = document.querySelector(%s).closest("details"); if (d) d.open = true }`, quote(form))))
	for name, text := range fill {
		field := form + " [name='" + name + "']"
		if eval[bool](b, fmt.Sprintf(`document.querySelector(%s).type === "radio"`, quote(field))) {
			b.run(clickLabelOf(field + "[value='" + text + "']"))
		} else {
			b.run(script(fmt.Sprintf(`{ const f = document.querySelector(%s); f.value = %s; f.dispatchEvent(new Event("change", {bubbles: true})) }`, quote(field), quote(text))))
		}
	}
	was := eval[string](b, `document.querySelector("[name=version]").value`)
	b.click(form + " > button[type=submit]")
	b.until(verb+" is done", loaded+fmt.Sprintf(`!document.querySelector("[role=alert]") && (document.querySelector("[name=version]")?.value ?? "over") !== %s`, quote(was)))
}

// calledBack follows the button of the ticket to its callback, writes down who was asked and that they are satisfied, and
// comes back.
func (b *tab) calledBack(asked string) {
	b.Helper()
	path := eval[string](b, `location.pathname`)
	b.until("the callback is next", loaded+`!!document.querySelector("a.verb[href^='/callbacks/']")`)
	b.click("a.verb[href^='/callbacks/']")
	b.until("its page", loaded+`location.pathname.startsWith("/callbacks/")`)
	b.run(clickLabelOf("[name=reached][value=yes]"))
	b.fill("[name=asked]", asked)
	b.run(clickLabelOf("[name=satisfied][value=yes]"))
	b.click("form.answer > button[type=submit]")
	b.until("it is recorded", loaded+`location.search.startsWith("?done=satisfied&")`)
	b.visit(path)
}

// A complaint comes in at the kiosk, is classified at the desk, owned by the supervisor, and closed after the callback.
func TestComplaintFromKioskToClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wall := screen(t, h.base, wallSize, h.wall)
	wall.visit("/wall")
	kiosk := screen(t, h.base, kioskSize, h.kiosk)
	kiosk.visit("/kiosk")
	kiosk.click("[formaction='/kiosk/report']")
	kiosk.until("what kind", `!!document.querySelector("[name=kind][value=complaint]")`)
	kiosk.click("[name=kind][value=complaint]")
	kiosk.until("where and what", `!!document.querySelector("[name=matter]:not([type=hidden])")`)
	kiosk.fill("[name=place]", "24#大堂")
	kiosk.fill("[name=matter]", "保洁两天没来")
	kiosk.click("[value=next]")
	kiosk.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
	kiosk.fill("[name=phone]", "13800138000")
	kiosk.click("[value=next]")
	kiosk.until("the number", `!!document.querySelector(".end .code")`)
	wall.until("the card", has("#lane-registered .card", "24#大堂"))

	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	agent.run(clickText("#lane-registered a", "24#大堂"))
	agent.until("the ticket", ticketPath)
	path := eval[string](agent, `location.pathname`)
	t.Run("COMPLAINT-4 the agent is reminded to apologise first", func(t *testing.T) {
		agent.until("the words", has(".for-complaint", "道歉"))
	})
	agent.step("accept", nil)
	wall.until("the wall says that it is accepted", `!!document.querySelector("#lane-registered .card .accepted")`)
	agent.step("classify", map[string]string{"validity": "valid", "topic": "environment", "about": "property", "severity": "minor"})
	agent.step("urge", nil)
	wall.until("the wall says that it was urged", `!!document.querySelector(".card .urged")`)

	t.Run("COMPLAINT-3 the supervisor owns it", func(t *testing.T) {
		agent.until("the owner", has(".facts", "测试chief")+" || "+has(".facts", "chief"))
	})
	chief := desk(t, h.base, phoneSize, "chief", boottest.Password)
	chief.visit(path)
	chief.step("handle", nil)
	wall.until("in hand", has("#lane-in_hand .card", "24#大堂"))
	chief.step("answer", map[string]string{"remark": "已安排保洁当天补扫"})
	chief.step("resolve", map[string]string{"remark": "补扫完成，已调整排班"})
	agent.visit(path)
	agent.step("verify", nil)
	agent.calledBack("李先生")
	chief.visit(path)
	chief.step("close", nil)
	wall.until("the card has gone", `document.querySelectorAll(".card").length === 0`)
	chief.until("the whole history", `document.querySelectorAll(".timeline li").length === 10`)
}

// An order goes to a department that rejects it, and to another one that does it on a phone.
func TestOrderRejectedByOneAndDoneByAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	repair, guards := h.departments(t)
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	agent.visit("/desk/tickets/new")
	agent.fill("[name=place]", "24#大堂")
	agent.fill("[name=matter]", "大门合页松动")
	agent.run(clickLabelOf("[name=then][value=dispatch]"))
	agent.click(fmt.Sprintf("[name=department][value='%d']", guards))
	agent.click("form.class button[type=submit]")
	agent.until("the ticket in hand", ticketPath+` && !!document.querySelector(".orders a")`)
	path := eval[string](agent, `location.pathname`)

	guard := desk(t, h.base, phoneSize, "guard", boottest.Password)
	guard.visit("/orders")
	guard.run(clickText(".job a", "24#大堂"))
	guard.step("order_reject", map[string]string{"remark": "不归我们管，请派工程部"})
	guard.until("it says so", has(".head", "已退单"))

	agent.visit("/desk/tickets?rejected=1")
	agent.run(clickText("main a.what", "24#大堂"))
	agent.until("the ticket", ticketPath)
	agent.run(script(fmt.Sprintf(`document.querySelector("form[action$='/dispatch'] [name=department][value='%d']").checked = true`, repair)))
	agent.step("dispatch", nil)

	tech := desk(t, h.base, phoneSize, "tech", boottest.Password)
	tech.visit("/orders")
	tech.run(clickText(".job a", "24#大堂"))
	tech.step("order_accept", nil)
	tech.step("order_start", map[string]string{"rang": "on_the_spot"})
	tech.step("done", map[string]string{"done": "紧固合页并加油", "result": "开合正常", "customer": "王小明"})
	tech.until("it says so", has(".head", "已完工"))
	if wide := eval[bool](tech, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("the order scrolls sideways on a phone")
	}

	agent.visit(path)
	if eval[bool](agent, `!!document.querySelector("form[action$='/resolve']")`) {
		t.Error("the ticket can be resolved before the desk has read the result")
	}
	agent.until("why not", has(".refused", "1 张"))
	agent.visit("/orders?scope=done")
	agent.run(clickText(".job a", "24#大堂"))
	agent.step("feed_back", nil)
	agent.visit(path)
	agent.step("resolve", map[string]string{"remark": "合页已紧固"})
	agent.until("the customer's name is there already", `document.querySelector("form[action$='/verify'] [name=customer]").value === "王小明"`)
	agent.step("verify", nil)
	agent.until("verified", has(".head", "已核实"))
}
