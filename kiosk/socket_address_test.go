package kiosk_test

import (
	"context"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/live"
)

// What a wall has nothing to show of comes as one message to a page that says that it understands that, and number by number
// to one of an older build, which counts them.
func TestASocketOfAnOlderPage(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	newer, older := socket(t, h.two.URL(), "view=wall&epoch=1&seq=0&ranges=1", h.wall), socket(t, h.two.URL(), "view=wall&epoch=1&seq=0", h.wall)
	next(t, newer, heartbeat)
	next(t, older, heartbeat)
	_, err := db.Tx(t.Context(), h.one.App.DB, func(ctx context.Context, _ bun.Tx) (int, error) {
		for range 3 {
			live.Publish(ctx, live.Site(h.site), "notice.sent", 0)
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	numbered := func(m heard) bool { return m.Seq != nil }
	if m := next(t, newer, numbered); m.From == nil || *m.From != 1 || *m.Seq != 3 {
		t.Errorf("the newer page was sent %+v", m)
	}
	for want := range int64(3) {
		if m := next(t, older, numbered); *m.Seq != want+1 {
			t.Errorf("the older page was sent %+v, want %d", m, want+1)
		}
	}
}

func TestJunkInTheAddressOfASocket(t *testing.T) {
	t.Parallel()
	h := newHotel(t)
	h.report(t)
	for _, query := range []string{"", "&epoch=&seq=", "&epoch=x&seq=y", "&epoch=1&seq=-5", "&epoch=1&seq=99999999999999999999", "&epoch=1&seq=9223372036854775807", "&epoch=9&seq=1"} {
		conn := socket(t, h.one.URL(), "view=wall"+query, h.wall)
		m := next(t, conn, func(heard) bool { return true })
		if !m.Snapshot || m.Seq == nil || *m.Seq != 1 || !strings.Contains(m.Content, "水管漏水") {
			t.Errorf("%q was answered with %+v", query, m)
		}
	}
}
