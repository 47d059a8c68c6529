package journeys

import (
	"regexp"
	"strings"
	"testing"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/site"
	"lobby/app/staff"
)

// house is one instance with a site, its screens paired, an agent and a supervisor.
type house struct {
	*boottest.House
	app         *boot.App
	at          site.Site
	base        string
	kiosk, wall string // device tokens
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{House: boottest.New(t)}
	i := h.Start(t)
	h.app, h.base = i.App, i.URL()
	h.furnish(t)
	return h
}

// furnish makes the site, its people and its devices.
func (h *house) furnish(t *testing.T) {
	t.Helper()
	h.at = h.Site(t, h.app, "garden")
	h.Person(t, h.app, h.at.ID, "agent", staff.Agent)
	h.Person(t, h.app, h.at.ID, "chief", staff.Supervisor)
	h.kiosk, _ = h.Device(t, h.app, h.at.ID, "kiosk")
	h.wall, _ = h.Device(t, h.app, h.at.ID, "wall")
}

var sixDigits = regexp.MustCompile(`^\d{6}$`)

// register walks a visitor through the kiosk and gives the pass code.
func register(t *testing.T, k *tab, name string) string {
	t.Helper()
	k.visit("/kiosk")
	k.click("[formaction='/kiosk/visit']")
	k.until("whom", `!!document.querySelector("[name=place]:not([type=hidden])")`)
	k.fill("[name=place]", "18#2单元201")
	k.click("[value=next]")
	k.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
	k.fill("[name=name]", name)
	k.fill("[name=phone]", "13800138000")
	k.click("[value=next]")
	k.until("what for", `!!document.querySelector("[name=purpose]:not([type=hidden])")`)
	k.run(clickLabelOf("[name=purpose][value=visit]"))
	k.click("[value=next]")
	k.until("all right?", `!!document.querySelector(".check")`)
	k.click("[value=next]")
	k.until("the pass", `!!document.querySelector(".pass .code")`)
	code := k.text(".pass .code")
	if !sixDigits.MatchString(code) {
		t.Fatalf("the pass shows %q, not six digits", code)
	}
	return code
}

func TestVisitorFromKioskToWallToDesk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wall := screen(t, h.base, wallSize, h.wall)
	wall.visit("/wall")
	wall.until("nobody inside", `document.querySelector("#count-guests").value === "0"`)
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)

	t.Run("VISIT-1 a visitor does all of it alone, and the wall shows it", func(t *testing.T) {
		kiosk := screen(t, h.base, kioskSize, h.kiosk)
		register(t, kiosk, "李小明")
		wall.until("one visit", `document.querySelector("#count-guests").value === "1"`)
		if text := wall.text(".guests"); strings.Contains(text, "李小明") || !strings.Contains(text, "李") {
			t.Errorf("the wall says %q: the name must be there, masked", text)
		}
	})
	t.Run("PRIVACY-6 at the end nothing of the visitor is left on the kiosk", func(t *testing.T) {
		kiosk := screen(t, h.base, kioskSize, h.kiosk)
		register(t, kiosk, "王晓红")
		kiosk.click(".end [data-restart]")
		kiosk.until("the welcome screen", `"start" in document.getElementById("kiosk").dataset`)
		left := eval[string](kiosk, `document.documentElement.outerHTML + JSON.stringify([...Object.entries(localStorage), ...Object.entries(sessionStorage)]) + location.href`)
		for _, secret := range []string{"王晓红", "13800138000", "18#2单元201"} {
			if strings.Contains(left, secret) {
				t.Errorf("%q is left", secret)
			}
		}
		if n := eval[int](kiosk, `history.length`); n > 2 {
			t.Errorf("%d pages are in the history; going back would show them", n)
		}
	})
	t.Run("VISIT-6 the desk sees who is inside and signs out with one key", func(t *testing.T) {
		agent.until("two visits on the desk", `document.querySelectorAll("#inside .visit").length === 2`)
		agent.click("#inside .visit form.end button")
		agent.until("one visit on the desk", `document.querySelectorAll("#inside .visit").length === 1`)
		wall.until("one visit on the wall", `document.querySelector("#count-guests").value === "1"`)
	})
}

func TestReportFromKioskToWallToDesk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wall := screen(t, h.base, wallSize, h.wall)
	wall.visit("/wall")
	first := desk(t, h.base, deskSize, "agent", boottest.Password)
	second := desk(t, h.base, phoneSize, "chief", boottest.Password)
	kiosk := screen(t, h.base, kioskSize, h.kiosk)

	kiosk.visit("/kiosk")
	kiosk.click("[formaction='/kiosk/report']")
	kiosk.until("what kind", `!!document.querySelector("[name=kind][value=repair]")`)
	kiosk.click("[name=kind][value=repair]")
	kiosk.until("where and what", `!!document.querySelector("[name=matter]:not([type=hidden])")`)
	kiosk.fill("[name=place]", "24#大堂")
	kiosk.fill("[name=matter]", "大门的灯不亮")
	kiosk.click("[value=next]")
	kiosk.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
	kiosk.fill("[name=phone]", "13800138000")
	kiosk.click("[value=next]")
	kiosk.until("the number", `!!document.querySelector(".end .code")`)
	number := kiosk.text(".end .code")

	wall.until("the card", has("#lane-registered .card", "24#大堂"))
	first.until("the row at the first desk", has("#lane-registered li", number))

	second.visit("/desk/tickets")
	second.until("the list", has("main", number))
	second.run(clickText("main a.what", "24#大堂"))
	second.until("the ticket", `/\/desk\/tickets\/\d+$/.test(location.pathname)`)
	second.click("form[action$='/classify'] button")
	second.until("it is classified", `!!document.querySelector("form[action$='/handle']")`)
	second.click("form[action$='/handle'] button")
	second.until("it is in hand", `!!document.querySelector("form[action$='/resolve']")`)

	first.until("the first desk changes by itself", has("#lane-in_hand li", number))
	wall.until("the wall changes by itself", has("#lane-in_hand .card", "24#大堂"))
	if n := eval[int](wall, `document.querySelectorAll(".card").length`); n != 1 {
		t.Errorf("the wall shows %d cards of one ticket", n)
	}
}

func TestDangerSoundsUntilSomebodyTakesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wall := screen(t, h.base, wallSize, h.wall)
	wall.visit("/wall")
	kiosk := screen(t, h.base, kioskSize, h.kiosk)
	kiosk.visit("/kiosk")
	kiosk.click("[formaction='/kiosk/report']")
	kiosk.until("what kind", `!!document.querySelector("[name=kind][value=danger]")`)
	kiosk.click("[name=kind][value=danger]")
	kiosk.until("what danger", `!!document.querySelector("[name=danger]:not([type=hidden])")`)
	kiosk.run(clickLabelOf("[name=danger]"))
	kiosk.fill("[name=place]", "地下车库")
	kiosk.click("[value=next]")
	kiosk.until("help is told", `!!document.querySelector(".end.urgent")`)

	t.Run("HELP-3 life-safety help is urgency A and alarms on the wall until someone accepts", func(t *testing.T) {
		wall.until("the alarm", `!!document.querySelector("#lane-registered .card[data-alarm][data-urgency=A]")`)
		agent := desk(t, h.base, deskSize, "agent", boottest.Password)
		agent.run(clickText("#lane-registered a", "地下车库"))
		agent.until("the ticket", `!!document.querySelector("form[action$='/accept']")`)
		agent.click("form[action$='/accept'] button")
		wall.until("silence", `!document.querySelector("[data-alarm]") && !!document.querySelector("#lane-registered .card .accepted")`)
	})
}

func TestVisitorWithPhoneShowsPassAndLeaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kiosk := screen(t, h.base, kioskSize, h.kiosk)
	code := register(t, kiosk, "赵六")
	kiosk.click(".end [data-restart]")
	kiosk.until("the welcome screen", `"start" in document.getElementById("kiosk").dataset`)
	kiosk.click("[formaction='/kiosk/leave']")
	kiosk.until("the digits", `!!document.querySelector("[data-digit='1']")`)
	for _, wrong := range "000000" {
		kiosk.click("[data-digit='" + string(wrong) + "']")
	}
	kiosk.click("[value=next]")
	kiosk.until("a wrong code is said so", `!!document.querySelector("#f-code-error")`)
	kiosk.run(focusOn("#f-code"))
	kiosk.keys(code + "\r")
	kiosk.until("goodbye", `!!document.querySelector(".end") && "done" in document.getElementById("kiosk").dataset`)
}
