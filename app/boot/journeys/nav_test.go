package journeys

import (
	"testing"

	"github.com/chromedp/chromedp"

	"lobby/app/boot/boottest"
	"lobby/app/staff"
)

// Somebody with many roles has many places to go: the head of the page stays one line at a desk, and fits a phone; all of
// it goes by keyboard, and without script.
func TestNavigationOfSomebodyWithEveryRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Person(t, h.app, h.at.ID, "all", staff.Roles...)
	at := desk(t, h.base, deskSize, "all", boottest.Password)
	if height := eval[float64](at, `document.querySelector("header.bar").getBoundingClientRect().height`); height > 64 {
		t.Errorf("the head is %v px high at a desk: more than one line", height)
	}
	if n := eval[int](at, `document.querySelectorAll("header nav li li a").length`); n < 8 {
		t.Errorf("%d entries stand in groups", n)
	}
	at.visit("/desk/tickets/new")
	at.until("the group of the page is marked", `document.querySelector("header nav summary.here")?.parentElement.querySelector("a[aria-current]")?.pathname === "/desk/tickets"`)

	const group = "header nav summary.here"
	at.run(focusOn(group), chromedp.KeyEvent("\r"))
	at.until("it is open", `document.querySelector("header nav details").parentElement && document.querySelectorAll("header nav details[open]").length === 1`)
	at.keys("\t")
	at.until("its first entry has the focus", `document.activeElement.matches("header nav details[open] li:first-child a")`)
	at.run(chromedp.KeyEvent("\u001b"))
	at.until("Escape folds it, and the focus is at its name", `!document.querySelector("header nav details[open]") && document.activeElement.matches("`+group+`")`)
	at.run(script(`document.activeElement.blur()`))
	at.keys("go")
	at.until("the keys of an entry work though its group is folded", `location.pathname === "/orders"`)

	phone := desk(t, h.base, phoneSize, "all", boottest.Password)
	for n := range eval[int](phone, `document.querySelectorAll("header nav details").length`) {
		phone.run(script(`document.querySelectorAll("header nav details")[` + string(rune('0'+n)) + `].open = true`))
		if eval[bool](phone, `document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll("header nav a, header nav summary")].some(e => e.getBoundingClientRect().right > innerWidth)`) {
			t.Errorf("group %d does not fit a phone", n)
		}
		if open := eval[int](phone, `document.querySelectorAll("header nav details[open]").length`); open != 1 {
			t.Errorf("%d groups are open at once", open)
		}
	}
}
