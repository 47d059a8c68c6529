package kiosk_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
	"lobby/app/staff"
)

// look is the state of the site from which a page was made, as it says itself.
func look(p *webtest.Page) string { return webtest.Attr(p.One("meta[name=lobby-look]"), "content") }

// Whoever saves a setting sees it on every open screen of the site within a second, over all instances, and on no
// other site's; a page that is loaded then is made of the new state.
func TestAChangeReachesEveryOpenScreen(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	cookies := map[string]string{"wall": h.wall, "desk": h.signIn(t, "anna", staff.Supervisor)}
	for _, kind := range []string{"kiosk", "display"} {
		token, _ := h.house.Device(t, h.one.App, h.site, kind)
		cookies[kind] = web.DeviceCookie + "=" + token
	}
	hillside := h.house.Site(t, h.one.App, "hillside").ID
	token, _ := h.house.Device(t, h.one.App, hillside, "wall")
	theirs := socket(t, h.two.URL(), "view=wall&epoch=1&seq=0", web.DeviceCookie+"="+token)
	before := next(t, theirs, heartbeat).Look

	type screen struct {
		name string
		conn *websocket.Conn
		was  string
	}
	var screens []screen
	for view, cookie := range cookies {
		for n, i := range []*boot.Instance{h.one, h.two} {
			conn := socket(t, i.URL(), "epoch=1&seq=0&view="+view, cookie)
			screens = append(screens, screen{view + " at " + strconv.Itoa(n+1), conn, next(t, conn, heartbeat).Look})
		}
	}
	kiosk := boottest.Screen(t, h.two.URL(), cookies["kiosk"][len(web.DeviceCookie)+1:])
	first := kiosk.Get("/kiosk").Want(200)
	if look(first) != screens[0].was || screens[0].was == "" {
		t.Fatalf("the page was made of %q, the sockets say %q", look(first), screens[0].was)
	}

	days := 7
	began := time.Now()
	s, err := h.one.App.SiteService().Change(h.as(t), site.Change{Set: site.Set{Accent: pointer("#7a3b0b")}, VisitTermDays: &days})
	if err != nil {
		t.Fatal(err)
	}
	for _, screen := range screens {
		told := next(t, screen.conn, func(m heard) bool { return m.Look != "" && m.Look != screen.was })
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s was told after %s", screen.name, took)
		}
		if told.Look != strconv.FormatInt(s.Version, 10) {
			t.Errorf("%s was told %q, want version %d", screen.name, told.Look, s.Version)
		}
	}
	t.Logf("%d screens of two instances were told within %s", len(screens), time.Since(began))
	if p := kiosk.Get("/kiosk").Want(200); look(p) != strconv.FormatInt(s.Version, 10) {
		t.Error("a page of the other instance is still made of the old state")
	} else if webtest.Attr(p.One("meta[name=theme-color]"), "content") != "#7a3b0b" {
		t.Error("it has the old accent")
	}
	days = 8 // the next thing that the other site's wall hears is of its own
	if _, err := h.one.App.SiteService().Change(h.at(t, hillside), site.Change{VisitTermDays: &days}); err != nil {
		t.Fatal(err)
	}
	told := next(t, theirs, func(m heard) bool { return m.Look != before })
	if told.Topic != string(live.Site(hillside)) {
		t.Errorf("the other site was told of %s", told.Topic)
	}
}

func pointer[T any](v T) *T { return &v }
