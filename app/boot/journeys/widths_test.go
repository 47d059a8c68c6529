package journeys

import (
	"testing"

	"lobby/app/boot/boottest"
)

// squeezed are the numbers on the wall of which a part is seen, when the cards are as narrow as the first of them.
const squeezed = `(() => {
	for (const card of document.querySelectorAll(".card")) card.style.width = "22rem";
	const seen = document.createRange();
	return [...document.querySelectorAll(".foot .num")].filter(n => {
		seen.selectNodeContents(n);
		const [text, box] = [seen.getBoundingClientRect(), n.getBoundingClientRect()];
		return text.top < box.bottom - 1 && text.right > box.right + 1;
	}).map(n => n.textContent);
})()`

// cut are the cells of which something stands outside.
const cut = `[...document.querySelectorAll(".paper :is(th, td)")].filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent)`

// What people read stands within its frame, on a desk's screen, on paper, on the wall and on a phone.
func TestNothingIsCutOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	toCall(t, h)
	flowPages(t, h)
	at := desk(t, h.base, deskSize, "chief", boottest.Password)
	for _, register := range []string{"reception", "matters", "callbacks"} {
		at.visit("/registers/" + register + "?lang=en")
		if by := eval[int](at, `(e => e.scrollWidth - e.clientWidth)(document.querySelector(".register"))`); by > 0 {
			t.Errorf("the register of %s is %d pixels too wide for a desk", register, by)
		}
		at.visit("/registers/" + register + "/print?lang=en")
		if wide := eval[[]string](at, cut); len(wide) > 0 {
			t.Errorf("on the form of %s stand outside of their cells: %q", register, wide)
		}
	}
	phone := desk(t, h.base, phoneSize, "chief", boottest.Password)
	phone.visit("/settings/shifts")
	if out := eval[int](phone, `[...document.querySelectorAll(".shifts input")].filter(i => i.getBoundingClientRect().right > i.closest(".shifts").getBoundingClientRect().right + 1).length`); out > 0 {
		t.Errorf("%d fields of the shifts stand outside on a phone", out)
	}
	wall := screen(t, h.base, wallSize, h.wall)
	wall.visit("/wall")
	wall.until("cards", `document.querySelectorAll(".card .num").length > 1`)
	if parts := eval[[]string](wall, squeezed); len(parts) > 0 {
		t.Errorf("of numbers on the wall a part is seen: %q", parts)
	}
}
