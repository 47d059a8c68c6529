package journeys

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// levers run before the page's scripts: a clock that the test moves on, and a network that it takes away: "down" before
// a request is sent, "lost" after it was answered.
const levers = `(() => {
	const clock = performance.now.bind(performance), send = window.fetch;
	window.skip = 0;
	performance.now = () => clock() + window.skip;
	window.network = "";
	window.fetch = async (...request) => {
		if (window.network === "down") throw new TypeError("down");
		const answer = await send(...request);
		if (window.network === "lost") throw new TypeError("lost");
		return answer;
	};
	window.print = () => { window.printed = (window.printed || 0) + 1; };
})();`

// kioskWithLevers opens the kiosk with levers in the test's hand.
func kioskWithLevers(t *testing.T, h *house) *tab {
	t.Helper()
	k := screen(t, h.base, kioskSize, h.kiosk)
	k.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: levers})
		return err
	}))
	return k
}

// secrets are what a visitor typed on the way to the last question.
var secrets = []string{"欧阳秘密", "13800138000", "24#1单元"}

// toLastQuestion types a visit up to 'is everything right?'.
func (b *tab) toLastQuestion() {
	b.Helper()
	b.visit("/kiosk")
	b.click("[formaction='/kiosk/visit']")
	b.until("whom", `!!document.querySelector("[name=place]:not([type=hidden])")`)
	b.fill("[name=place]", secrets[2])
	b.click("[value=next]")
	b.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
	b.fill("[name=name]", secrets[0])
	b.fill("[name=phone]", secrets[1])
	b.click("[value=next]")
	b.until("what for", `!!document.querySelector("[name=purpose]:not([type=hidden])")`)
	b.run(clickLabelOf("[name=purpose][value=visit]"))
	b.click("[value=next]")
	b.until("all right?", `!!document.querySelector(".check")`)
}

// forgotten fails the test where anything of the visitor is left on the page, in its storage, address or history.
func (b *tab) forgotten() {
	b.Helper()
	left := eval[string](b, `document.documentElement.outerHTML + [...document.querySelectorAll("input,textarea")].map(e => e.value).join() +
		JSON.stringify([...Object.entries(localStorage), ...Object.entries(sessionStorage)]) + location.href + document.cookie + JSON.stringify(history.state)`)
	for _, secret := range secrets {
		if strings.Contains(left, secret) {
			b.Errorf("%q is left", secret)
		}
	}
	if n := eval[int](b, `history.length`); n > 2 {
		b.Errorf("%d pages are in the history", n)
	}
}

const atWelcome = `"start" in document.getElementById("kiosk").dataset`

func TestTheKioskForgets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	t.Run("PRIVACY-6 a minute without touch, after a warning that a touch ends, leaves nothing", func(t *testing.T) {
		t.Parallel()
		k := kioskWithLevers(t, h)
		k.toLastQuestion()
		k.run(script(`skip += 46000`))
		k.until("the warning", `document.getElementById("idle").open && +document.getElementById("idle-left").textContent <= 15`)
		k.click("[data-stay]")
		k.until("it stays", `!document.getElementById("idle").open && document.querySelector("input[name=name]").value === "`+secrets[0]+`"`)
		k.run(script(`skip += 61000`))
		k.until("the welcome screen", atWelcome)
		k.forgotten()
	})
	t.Run("PRIVACY-6 the pass goes by itself, and prints for the 80 mm slip", func(t *testing.T) {
		t.Parallel()
		k := kioskWithLevers(t, h)
		k.toLastQuestion()
		k.click("[value=next]")
		k.until("the pass", `!!document.querySelector(".pass .code")`)
		code := k.text(".pass .code")
		k.click("[data-print]")
		if n := eval[int](k, `window.printed`); n != 1 {
			t.Errorf("printed %d times", n)
		}
		k.run(script(`skip += 61000`))
		k.until("the welcome screen", atWelcome)
		k.forgotten()
		if strings.Contains(eval[string](k, `document.body.innerHTML`), code) {
			t.Error("the pass code is left")
		}
	})
	t.Run("PRIVACY-6 without network it forgets all the same, and stays a kiosk", func(t *testing.T) {
		t.Parallel()
		k := kioskWithLevers(t, h)
		k.toLastQuestion()
		k.run(script(`network = "down"; skip += 61000`))
		k.until("the welcome screen", atWelcome)
		k.forgotten()
		k.run(script(`network = ""`))
		k.click("[formaction='/kiosk/leave']")
		k.until("it works on", `!!document.querySelector("[data-digit]")`)
	})
	t.Run("PRIVACY-6 a language picked and left behind goes back to the kiosk's own", func(t *testing.T) {
		t.Parallel()
		k := kioskWithLevers(t, h)
		k.visit("/kiosk")
		own := eval[string](k, `document.documentElement.lang`)
		k.click("a[hreflang=en]")
		k.until("English", has("main h1", "What can we do for you?"))
		if own == "en" || eval[string](k, `location.pathname + location.search`) != "/kiosk" {
			t.Error("the language stands in the address, or was English before")
		}
		k.run(script(`skip += 61000`))
		k.until("its own language", `document.documentElement.lang === "`+own+`"`)
	})
}

func TestTheKioskLosesNothing(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]string{
		"VISIT-1 without network nothing is lost, and trying again enters it once":            "down",
		"VISIT-1 where only the answer was lost, trying again shows the same pass, one visit": "lost",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			k := kioskWithLevers(t, h)
			k.toLastQuestion()
			k.run(script(`network = "` + failure + `"`))
			k.click("[value=next]")
			k.until("it says so", `document.getElementById("fail").open`)
			if v := eval[string](k, `document.querySelector("input[name=name]").value`); v != secrets[0] {
				t.Errorf("the name is %q now", v)
			}
			k.run(script(`network = ""`))
			k.click("[data-again]")
			k.until("the pass", `!!document.querySelector(".pass .code")`)
			var n int
			if err := h.app.DB.NewRaw(`select count(*) from visits`).Scan(t.Context(), &n); err != nil || n != 1 {
				t.Errorf("%d visits, %v", n, err)
			}
		})
	}
	t.Run("VISIT-1 a double touch enters once", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		k := kioskWithLevers(t, h)
		k.toLastQuestion()
		k.run(script(`const go = document.querySelector("[value=next]"); go.click(); go.click(); go.click()`))
		k.until("the pass", `!!document.querySelector(".pass .code")`)
		var n int
		if err := h.app.DB.NewRaw(`select count(*) from visits`).Scan(t.Context(), &n); err != nil || n != 1 {
			t.Errorf("%d visits, %v", n, err)
		}
	})
}
