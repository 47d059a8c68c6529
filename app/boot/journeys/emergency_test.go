package journeys

import (
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/staff"
)

// Two walls hang on two instances. Help where life is at stake sounds on both; whoever of the guards sees it on a wall takes it
// on the own phone, and both are silent.
func TestEmergencyEndsOnEveryWall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	second := h.Start(t)
	h.Person(t, h.app, h.at.ID, "guard", staff.Guard)
	token, _ := h.Device(t, h.app, h.at.ID, "wall")
	walls := []*tab{screen(t, h.base, wallSize, h.wall), screen(t, second.URL(), wallSize, token)}
	for _, wall := range walls {
		wall.visit("/wall")
		wall.until("it is live", `!document.querySelector("[data-stale]:not([hidden])")`)
		wall.run(script(`globalThis.rung = 0; document.body.addEventListener("lobby:alarm", () => globalThis.rung++)`))
	}
	agent := desk(t, second.URL(), deskSize, "agent", boottest.Password)
	agent.visit("/desk/tickets/new")
	agent.fill("[name=place]", "29#电梯厅")
	agent.fill("[name=matter]", "有老人晕倒")
	agent.run(clickLabelOf("[name=kind][value=help]"))
	agent.until("the limits follow", has(".foreseen", "1分钟"))
	agent.run(script(`document.querySelector("[name=help_kind]").value = "medical"`))
	agent.run(clickLabelOf("[name=then][value=queue]"))
	agent.click("#entry .then .actions button")
	agent.until("the ticket", ticketPath)
	t.Run("HELP-3 every wall shows life-safety help with sound until someone accepts it", func(t *testing.T) {
		for _, wall := range walls {
			wall.until("the mark", `!!document.querySelector("#lane-registered .card[data-alarm][data-urgency=A] .life")`)
			wall.until("the sound", `globalThis.rung > 0 && document.documentElement.classList.contains("is-alarm")`)
		}
		guard := desk(t, h.base, phoneSize, "guard", boottest.Password)
		guard.visit("/desk/tickets")
		guard.run(clickText("main a.what", "29#电梯厅"))
		guard.until("the ticket", ticketPath)
		guard.step("accept", nil)
		for _, wall := range walls {
			wall.until("silence", `!document.querySelector("[data-alarm]") && !document.documentElement.classList.contains("is-alarm")`)
			wall.until("that somebody has it", `!!document.querySelector("#lane-registered .card .accepted")`)
			wall.visit("/wall")
			wall.until("silence after a reload too", `!!document.querySelector(".card .accepted") && !document.documentElement.classList.contains("is-alarm")`)
		}
	})
}
