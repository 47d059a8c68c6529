package journeys

import (
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/staff"
)

// An administrator changes the accent and adds a purpose; kiosk, wall, display and desk take it up without a touch, and
// a visitor who was just typing is not disturbed.
func TestSettingsReachTheScreens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Person(t, h.app, h.at.ID, "boss", staff.Admin)
	display, _ := h.Device(t, h.app, h.at.ID, "display")
	second, _ := h.Device(t, h.app, h.at.ID, "kiosk")
	waiting, typing := screen(t, h.base, kioskSize, h.kiosk), screen(t, h.base, kioskSize, second)
	wall, lobby := screen(t, h.base, wallSize, h.wall), screen(t, h.base, wallSize, display)
	chief := desk(t, h.base, deskSize, "chief", boottest.Password)
	waiting.visit("/kiosk")
	typing.visit("/kiosk")
	typing.click("[formaction='/kiosk/visit']")
	typing.until("whom", `!!document.querySelector("[name=place]:not([type=hidden])")`)
	typing.fill("[name=place]", "18#2单元201")
	wall.visit("/wall")
	lobby.visit("/display")
	for _, b := range []*tab{wall, lobby, chief} {
		b.until("it is live", `!document.querySelector("[data-stale]:not([hidden])")`)
	}

	boss := desk(t, h.base, deskSize, "boss", boottest.Password)
	boss.visit("/settings/site")
	boss.run(script(`(() => { const f = document.querySelector("#f-accent"); f.value = "#7a3b0b"; f.dispatchEvent(new Event("input", {bubbles: true})); })()`))
	boss.until("the preview", has("#accent-preview", "#7a3b0b"))
	boss.click("form.settings [type=submit]:not([name=go])")
	boss.until("it is saved", `location.search === "?done=saved"`)
	boss.visit("/settings/kiosk")
	boss.fill("[name='purpose--zh-CN']", "接送学生")
	boss.fill("[name='purpose--zh-TW']", "接送學生")
	boss.fill("[name='purpose--en']", "School run")
	boss.click("form.settings [type=submit]:not([name=go])")
	boss.until("it is saved", `location.search === "?done=saved"`)

	accent := `getComputedStyle(document.documentElement).getPropertyValue("--accent").trim() === "#7a3b0b"`
	for name, b := range map[string]*tab{"the kiosk": waiting, "the wall": wall, "the display": lobby, "the desk": chief} {
		b.until(name+" has the new accent", accent)
	}
	if got := eval[string](typing, `document.querySelector("[name=place]").value`); got != "18#2单元201" {
		t.Errorf("the visitor who was typing has %q left", got)
	}
	typing.click("[value=next]")
	typing.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
	typing.fill("[name=name]", "李小明")
	typing.fill("[name=phone]", "13800138000")
	typing.click("[value=next]")
	typing.until("the new purpose", has(".tile", "接送学生"))
	typing.run(clickLabelOf("[name=purpose][value=own1]"))
	typing.click("[value=next]")
	typing.until("all right?", has(".check", "接送学生"))
	typing.click("[value=next]")
	typing.until("the pass", `!!document.querySelector(".pass .code")`)
	typing.click("[data-restart].button")
	typing.until("the next one finds the new accent", `"start" in document.getElementById("kiosk").dataset && `+accent)
}
