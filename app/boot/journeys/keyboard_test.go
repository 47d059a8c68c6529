package journeys

import (
	"regexp"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"lobby/app/boot/boottest"
)

// Expressions: the page is there with its scripts (keys pressed before are nobody's); it is the one of a ticket.
const (
	loaded     = `document.readyState === "complete" && `
	ticketPath = loaded + `/\/desk\/tickets\/\d+$/.test(location.pathname)`
)

// numberShown finds a number for people on a page.
var numberShown = regexp.MustCompile(`[TV]\d{6}-\d{4}`)

// A ticket from the first word to the last without a mouse: entered, found by its number, resolved, verified, called back, closed.
func TestTicketByKeyboardAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	agent.keys("nt")
	agent.until("the entry", loaded+`location.pathname === "/desk/tickets/new" && document.activeElement?.name === "phone"`)
	agent.keys("13800138000\t")
	agent.keys("18#2单元201\t")
	agent.keys("厨房下水管漏水")
	agent.until("what was typed", `document.querySelector("[name=matter]").value === "厨房下水管漏水"`)
	agent.run(ctrlEnter())
	agent.until("the ticket is registered", ticketPath+` && document.body.innerText.includes("厨房下水管漏水")`)
	number := numberShown.FindString(agent.text("main"))

	agent.keys("gd")
	agent.until("the desk", loaded+`location.pathname === "/desk"`)
	agent.keys("/")
	agent.until("the search has the focus", `document.activeElement?.name === "q"`)
	agent.keys(number + "\r")
	agent.until("a number leads straight to it, in hand as the desk entered it", ticketPath+` && !!document.querySelector("form[action$='/resolve']")`)
	agent.keys("r")
	agent.until("it asks first what was done", `document.activeElement?.name === "remark"`)
	agent.keys("换了密封圈")
	agent.run(ctrlEnter())
	agent.until("resolved", loaded+`!!document.querySelector("form[action$='/verify']")`)
	agent.keys("v")
	agent.until("it asks who confirms", `document.activeElement?.name === "customer"`)
	agent.keys("王小明\r")
	agent.until("verified", loaded+`!!document.querySelector("a.verb[href^='/callbacks/']")`)
	own := eval[string](agent, `location.pathname`)
	agent.keys("b")
	agent.until("the page of the callback", loaded+`location.pathname.startsWith("/callbacks/")`)
	agent.keys("e")
	agent.until("it asks first whether somebody answered", `document.activeElement?.name === "reached"`)
	agent.keys(" ")
	agent.keys("\t")
	agent.keys("王小明\t ")
	agent.run(ctrlEnter())
	agent.until("called back", loaded+`location.search.startsWith("?done=satisfied&")`)
	agent.visit(own)
	agent.until("back at the ticket", ticketPath+` && !!document.querySelector("form[action$='/close']")`)
	agent.keys("c")
	agent.until("closed, with its history", `document.querySelectorAll(".timeline li").length === 7 && !document.querySelector("form[action$='/close']")`)
}

// A visitor by keyboard: registered, found by phone, signed out.
func TestVisitorByKeyboardAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	agent.keys("nv")
	agent.until("the entry", loaded+`location.pathname === "/desk/visits/new" && document.activeElement?.name === "place"`)
	for _, text := range []string{"18#2单元201\t", "\t", "钱七\t", "13800138000"} {
		agent.keys(text)
	}
	agent.until("what was typed", `document.querySelector("[name=phone]").value === "13800138000"`)
	agent.run(ctrlEnter())
	agent.until("the visit", loaded+`/\/desk\/visits\/\d+$/.test(location.pathname) && document.body.innerText.includes("钱七")`)

	agent.keys("gd")
	agent.until("the desk", loaded+`location.pathname === "/desk"`)
	agent.keys("/")
	agent.until("the search has the focus", `document.activeElement?.name === "q"`)
	agent.keys("138 0013 8000\r")
	agent.until("the one visit with this phone", loaded+`document.body.innerText.includes("钱七") && !document.body.innerText.includes("13800138000") && location.pathname !== "/desk"`)
	agent.keys("gv")
	agent.until("the register", loaded+`location.pathname === "/desk/visits"`)
	agent.keys("gd")
	agent.until("the desk again", loaded+`location.pathname === "/desk" && !!document.querySelector("#inside .visit")`)
	agent.keys(kb.ArrowDown) // to the first row; there are no tickets
	agent.until("the row has the focus", `!!document.activeElement?.closest("#inside .visit")`)
	agent.keys("x")
	agent.until("nobody is inside", `document.querySelectorAll("#inside .visit").length === 0`)
}
