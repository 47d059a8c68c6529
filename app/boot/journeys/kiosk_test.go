package journeys

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"lobby/app/boot/boottest"
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

// fits measures the screen as it stands: no sideways scrolling, everything to touch is 48 px or more, the primary
// action is in view.
const fits = `(() => {
	const wrong = [], shown = e => e.checkVisibility() && e.getBoundingClientRect().height > 0;
	if (document.documentElement.scrollWidth > innerWidth) wrong.push("scrolls sideways");
	for (const e of document.querySelectorAll("button, a, .tile, input:not([type=hidden]):not([type=radio]), textarea")) {
		const r = e.getBoundingClientRect();
		if (shown(e) && (r.height < 48 || r.width < 48)) wrong.push("small: " + e.outerHTML.slice(0, 90));
	}
	const foot = document.querySelector(".foot").getBoundingClientRect().top;
	for (const [selector, end] of [["main .primary, main h1", foot], ["[data-ask]", innerHeight]]) {
		for (const e of document.querySelectorAll(selector)) {
			const r = e.getBoundingClientRect();
			if (shown(e) && (r.bottom > end + 1 || r.top < 0)) wrong.push("out of view: " + e.innerText);
		}
	}
	return wrong;
})()`

func (b *tab) resize(size [2]int64) {
	b.Helper()
	b.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: size[0], Height: size[1], DeviceScaleFactor: 1,
		})
		return err
	}), script(`dispatchEvent(new Event("resize"))`))
	b.until("the new size", fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, size[0], size[1]))
}

func TestTheKioskFits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, size := range [][2]int64{kioskSize, {800, 1280}, {1280, 800}, {1920, 1080}} {
		for _, lang := range []string{"zh-CN", "en"} {
			t.Run(fmt.Sprintf("VISIT-1 every screen fits %d × %d in %s, with targets for a finger", size[0], size[1], lang), func(t *testing.T) {
				t.Parallel()
				k := screen(t, h.base, size, h.kiosk)
				look := func(what string) {
					t.Helper()
					for _, wrong := range eval[[]string](k, fits) {
						t.Errorf("%s: %s", what, wrong)
					}
				}
				k.visit("/kiosk?lang=" + lang)
				look("welcome")
				k.click("[formaction='/kiosk/visit']")
				k.until("whom", `!!document.querySelector("[name=place]:not([type=hidden])")`)
				look("whom")
				k.fill("[name=place]", "18#2单元201")
				k.click("[value=next]")
				k.until("who", `!!document.querySelector("[name=phone]:not([type=hidden])")`)
				k.click("[value=next]")
				k.until("errors", `document.querySelectorAll(".error").length === 2`)
				look("who, with errors")
				k.fill("[name=name]", "李小明")
				k.fill("[name=phone]", "13800138000")
				k.click("[value=next]")
				k.until("what for", `!!document.querySelector("[name=purpose]:not([type=hidden])")`)
				look("what for")
				k.run(clickLabelOf("[name=purpose][value=visit]"))
				k.click("[value=next]")
				k.until("all right?", `!!document.querySelector(".check")`)
				look("all right?")
				k.click("[value=next]")
				k.until("the pass", `!!document.querySelector(".pass .code")`)
				look("the pass")
				for _, choice := range []string{"report", "leave"} {
					k.visit("/kiosk?lang=" + lang)
					k.click("[formaction='/kiosk/" + choice + "']")
					k.until(choice, `!(`+atWelcome+`)`)
					look(choice)
				}
			})
		}
	}
	t.Run("VISIT-1 with the on-screen keyboard up, the field and the way on stay in view", func(t *testing.T) {
		t.Parallel()
		for size, left := range map[[2]int64]int64{kioskSize: 1100, {800, 1280}: 700, {1280, 800}: 400} {
			k := screen(t, h.base, size, h.kiosk)
			k.visit("/kiosk")
			k.click("[formaction='/kiosk/visit']")
			k.until("whom", `!!document.querySelector("[name=place]:not([type=hidden])")`)
			k.run(focusOn("[name=host]:not([type=hidden])"))
			k.resize([2]int64{size[0], left})
			for _, selector := range []string{"[name=host]", "main .primary"} {
				k.until(selector+" is in view", `(() => { const r = document.querySelector("`+selector+`").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })()`)
			}
		}
	})
}

var asset = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

func TestFirstLoadOfTheKiosk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 10 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	load := func(path string) (size int, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip, br")
		r.AddCookie(&http.Cookie{Name: "lobby_device", Value: h.kiosk})
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		raw, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, answer.StatusCode, err)
		}
		return len(raw), string(raw)
	}
	total, _ := load("/kiosk")
	page := boottest.Screen(t, h.base, h.kiosk).Get("/kiosk").Want(http.StatusOK).Body
	for _, m := range asset.FindAllStringSubmatch(page, -1) {
		size, _ := load(strings.ReplaceAll(m[1], "&amp;", "&"))
		total += size
	}
	t.Logf("%d bytes", total)
	if total > 80<<10 {
		t.Errorf("%d bytes over the wire, more than 80 KiB", total)
	}
}
