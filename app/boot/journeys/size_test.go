package journeys

import (
	"testing"

	"lobby/app/boot/boottest"
)

// Photos that are too large together are refused before they are sent: what was typed stays, and goes with fewer.
func TestTooLargeKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	agent := desk(t, h.base, phoneSize, "agent", boottest.Password)
	agent.visit("/desk/tickets/new")
	agent.until("the form", loaded+`!!document.querySelector("[data-most]")`)
	agent.fill("[name=place]", "18#2单元201")
	agent.fill("[name=matter]", "厨房下水管漏水，已经拍了照片")
	choose := func(megabytes string) {
		agent.run(script(`(() => {
			const files = new DataTransfer();
			for (let n = 0; n < ` + megabytes + `; n += 9) files.items.add(new File([new Uint8Array(Math.min(9, ` + megabytes + ` - n) << 20)], "IMG_" + n + ".jpg", { type: "image/jpeg" }));
			const field = document.querySelector("[name=photos][multiple]");
			field.files = files.files;
			field.dispatchEvent(new Event("change", { bubbles: true }));
		})()`))
	}
	choose("41")
	agent.run(script(`document.querySelector("#entry").requestSubmit()`))
	agent.until("it is said at the field", `/40 MB/.test(document.querySelector("#f-photos [data-wrong]").textContent) && document.activeElement.matches("#f-photos [aria-invalid]")`)
	if at := eval[string](agent, `location.pathname + " " + document.querySelector("[name=matter]").value`); at != "/desk/tickets/new 厨房下水管漏水，已经拍了照片" {
		t.Errorf("what was typed is gone: %s", at)
	}
	agent.check("too many photos")
	choose("1")
	agent.until("nothing is wrong any more", `document.querySelector("#f-photos [data-wrong]").textContent === "" && !document.querySelector("#f-photos [aria-invalid]")`)
	agent.run(script(`document.querySelector("[name=photos][multiple]").value = ""; document.querySelector("#entry").requestSubmit()`))
	agent.until("it is registered", loaded+`/^\/desk\/tickets\/\d+/.test(location.pathname)`)
	if n := eval[int](agent, `(document.body.innerText.match(/厨房下水管漏水，已经拍了照片/g) || []).length`); n == 0 {
		t.Error("the ticket isn't what was typed")
	}
}
