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
	"github.com/chromedp/chromedp"

	"lobby/app/boot/boottest"
)

// fits measures the screen as it stands: no sideways scrolling, everything to touch is 48 px or more, the primary
// action is in view.
const fits = `(() => {
	const wrong = [], shown = e => e.checkVisibility() && e.getBoundingClientRect().height > 0;
	if (document.documentElement.scrollWidth > innerWidth) wrong.push("scrolls sideways");
	for (const e of document.querySelectorAll("button, a, .tile, .mark, input:not([type=hidden]):not([type=radio]), textarea")) {
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
				k.visit("/kiosk?lang=" + lang)
				k.click("[formaction='/kiosk/rate']")
				k.until("which ticket", `!!document.querySelector("[name=number]:not([type=hidden])")`)
				look("which ticket to rate")
				k.fill("[name=number]", "T990101-0001")
				k.fill("[name=phone]", "13800138000")
				k.click("[value=next]")
				k.until("how it was", `!!document.querySelector("[name=speed]:not([type=hidden])")`)
				look("marks")
				if size[0] > size[1] && eval[bool](k, `document.querySelector("main").scrollHeight > document.querySelector("main").clientHeight`) {
					t.Error("the marks scroll")
				}
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
