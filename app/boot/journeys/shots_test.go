//go:build shots

package journeys

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lobby/app/boot/boottest"
	"lobby/app/boot/demo"
	"lobby/app/config"
	"lobby/app/site"
)

// TestShots makes the pictures of the README, of the demo site: `make shots`.
func TestShots(t *testing.T) {
	dir := os.Getenv("LOBBY_SHOTS")
	if dir == "" {
		dir = "../../../docs"
	}
	h := &house{House: boottest.New(t)}
	h.Tweak = func(cfg *config.Config) { cfg.URL = "http://lobby.example" }                      // the pass has a QR code where a phone can get
	h.Clock.Set(time.Date(2026, 11, 23, 10, 24, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))) // a Monday morning
	i := h.Start(t)
	h.app, h.base = i.App, i.URL()
	h.Demo(t, h.app)
	at, err := h.app.Sites.ByCode(t.Context(), site.DemoCode)
	if err != nil {
		t.Fatal(err)
	}
	h.at = at
	shot := func(b *tab, name string) {
		t.Helper()
		b.until("the fonts and pictures", `document.readyState === "complete" && document.fonts.status === "loaded"`)
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h.kiosk, _ = h.Device(t, h.app, at.ID, "kiosk")
	h.wall, _ = h.Device(t, h.app, at.ID, "wall")
	display, _ := h.Device(t, h.app, at.ID, "display")

	kiosk := screen(t, h.base, kioskSize, h.kiosk)
	kiosk.visit("/kiosk")
	shot(kiosk, "kiosk")
	register(t, kiosk, "李小明")
	shot(kiosk, "pass")
	wall := screen(t, h.base, wallSize, h.wall)
	wall.visit("/wall")
	wall.until("it is live", `document.querySelector("[data-stale]").hidden`)
	shot(wall, "wall")
	lobby := screen(t, h.base, wallSize, display)
	lobby.visit("/display")
	shot(lobby, "display")
	agent := desk(t, h.base, deskSize, "desk", demo.Password)
	shot(agent, "desk")
	agent.visit("/desk/tickets")
	shot(agent, "tickets")
	phone := desk(t, h.base, phoneSize, "technician", demo.Password)
	shot(phone, "phone")
}
