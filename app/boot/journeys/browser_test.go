// Package journeys walks through the program as people do: real servers, real PostgreSQL, real Chromium.
package journeys

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"lobby/app/boot/boottest"
	"lobby/app/kit/web"
)

// patience is how long a page may take to become what a person expects.
const patience = 20 * time.Second

// chromium is one browser for the package; each tab has cookies of its own.
var chromium context.Context

func TestMain(m *testing.M) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "zh-CN"))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	var closeBrowser context.CancelFunc
	chromium, closeBrowser = chromedp.NewContext(alloc)
	if err := chromedp.Do(chromium); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need Chromium (apt-get install chromium):", err)
		os.Exit(1)
	}
	code := m.Run()
	closeBrowser()
	stop()
	boottest.Cleanup()
	os.Exit(code)
}

// The screens that people have.
var (
	kioskSize = [2]int64{1080, 1920}
	wallSize  = [2]int64{1920, 1080}
	deskSize  = [2]int64{1440, 900}
	phoneSize = [2]int64{390, 844}
)

// tab is one person's browser.
type tab struct {
	*testing.T
	ctx  context.Context
	base string
}

// open opens a browser with cookies of its own, of a size.
func open(t *testing.T, base string, size [2]int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first call
		t.Fatal(err)
	}
	b := &tab{T: t, ctx: ctx, base: base}
	b.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: size[0], Height: size[1], DeviceScaleFactor: 1, Mobile: size[0] < 500,
		})
		return err
	}))
	return b
}

// screen opens the browser of a paired device.
func screen(t *testing.T, base string, size [2]int64, token string) *tab {
	t.Helper()
	b := open(t, base, size)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{
			Name: web.DeviceCookie, Value: token, Domain: u.Hostname(), Path: "/",
		})
		return err
	}))
	return b
}

// desk opens a browser and signs somebody in.
func desk(t *testing.T, base string, size [2]int64, login, password string) *tab {
	t.Helper()
	b := open(t, base, size)
	b.visit("/login")
	b.fill("[name=login]", login)
	b.fill("[name=password]", password)
	b.click("form[action='/login'] [type=submit]")
	b.until("the desk", `location.pathname === "/desk" && document.readyState === "complete"`)
	return b
}

func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("browser: %v\n%s", err, b.seen())
	}
}

// seen is what stands on the page, for the message of a test that failed.
func (b *tab) seen() string {
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return "(the page does not answer)"
	}
	return text
}

func (b *tab) visit(path string) {
	b.Helper()
	b.run(chromedp.Navigate(b.base+path), chromedp.WaitReady(chromedp.CSS("body")))
}

// click presses what a selector finds. Where the page was replaced since it was found, nothing was pressed, and it is looked
// for again.
func (b *tab) click(selector string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "Could not find node with given id") {
			b.Fatalf("browser: %v\n%s", err, b.seen())
		}
	}
}

func (b *tab) fill(selector, text string) {
	b.Helper()
	b.run(script(fmt.Sprintf(`document.querySelector(%s).value = ""`, quote(selector))), chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (b *tab) keys(text string) {
	b.Helper()
	b.run(chromedp.KeyEvent(text))
}

// eval gives what an expression is on the page.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for { // a page that is just being replaced can't answer: it is asked again
		out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
		if err == nil {
			return out
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.Fatalf("%s: %v\n%s", expression, err, b.seen())
		}
	}
}

// until waits until an expression is true on the page.
func (b *tab) until(what, expression string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for { // a page that is just being replaced answers with an error: it is asked again
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.Fatalf("%s: not seen within %s\n%s", what, patience, b.seen())
		}
	}
}

// has is an expression: the text stands where the selector points.
func has(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%s)].some(e => e.innerText.includes(%s))`, quote(selector), quote(text))
}

func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func (b *tab) text(selector string) string {
	b.Helper()
	return strings.TrimSpace(eval[string](b, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? ""`, quote(selector))))
}
