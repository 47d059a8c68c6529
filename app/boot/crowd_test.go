package boot_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
)

// arrival is what the last screen of a visitor posts.
func arrival(key uuid.UUID, name string) url.Values {
	return url.Values{"entry": {key.String()}, "lang": {"zh-CN"}, "step": {"4"}, "go": {"next"}, "place": {"18#2单元201"}, "host": {"王先生"},
		"name": {name}, "phone": {"13800138000"}, "purpose": {"visit"}, "people": {"2"}, "plate": {""}, "company": {""}}
}

// report is what the last screen of somebody with a report posts.
func report(key uuid.UUID, matter string) url.Values {
	return url.Values{"entry": {key.String()}, "lang": {"zh-CN"}, "step": {"3"}, "go": {"next"}, "kind": {"repair"}, "place": {"18#2单元201"},
		"matter": {matter}, "name": {"李小明"}, "phone": {"13800138000"}}
}

// post sends a kiosk's entry and gives status and body; status 0 where the network failed.
func post(t *testing.T, client *http.Client, address, token string, form url.Values) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: web.DeviceCookie, Value: token})
	res, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

// crowd is four kiosks that enter visitors one after the other. Whoever isn't answered sends the same entry again, to
// whichever instance answers, until it is acknowledged.
type crowd struct {
	tokens    []string
	instances []string
	stop      chan struct{}
	wg        sync.WaitGroup

	acknowledged, refused atomic.Int64
}

func enter(t *testing.T, token string, instances ...string) *crowd {
	t.Helper()
	return enterFrom(t, []string{token}, instances...)
}

// enterFrom is enter from several kiosks, each with the pace that the server allows to one.
func enterFrom(t *testing.T, tokens []string, instances ...string) *crowd {
	t.Helper()
	c := &crowd{tokens: tokens, instances: instances, stop: make(chan struct{})}
	for n := range 4 {
		c.wg.Go(func() { c.run(t, n) })
	}
	return c
}

func (c *crowd) run(t *testing.T, kiosk int) {
	client := &http.Client{Timeout: 20 * time.Second}
	for n := 0; ; n++ {
		form := arrival(uuid.Must(uuid.NewV7()), fmt.Sprintf("访客%d号%d", kiosk, n))
		token := c.tokens[kiosk%len(c.tokens)]
		for try := 0; !c.entered(t, client, c.instances[(kiosk+try)%len(c.instances)], token, form); try++ {
			if t.Failed() {
				return
			}
			<-time.After(100 * time.Millisecond) // nobody presses a button faster
		}
		select {
		case <-c.stop:
			return
		default:
		}
	}
}

// entered sends an entry and tells whether it was acknowledged; a refusal is in words.
func (c *crowd) entered(t *testing.T, client *http.Client, base, token string, form url.Values) bool {
	code, body := post(t, client, base+"/kiosk/visit", token, form)
	if code == http.StatusOK {
		c.acknowledged.Add(1)
		return true
	}
	c.refused.Add(1)
	if code != 0 && code != http.StatusServiceUnavailable && code != http.StatusInternalServerError && code != http.StatusTooManyRequests {
		t.Errorf("answered with %d", code)
	}
	if code != 0 && (strings.Contains(body, "goroutine ") || strings.Contains(body, "SQLSTATE") || strings.Contains(body, "pgdriver")) {
		t.Errorf("a stack trace or a driver's words: %s", body)
	}
	return false
}

// more waits until twenty more are acknowledged.
func (c *crowd) more(t *testing.T) {
	t.Helper()
	had := c.acknowledged.Load()
	eventually(t, "entries", func() bool { return c.acknowledged.Load() > had+20 })
}

// end stops the crowd and tells how many entries were acknowledged.
func (c *crowd) end(t *testing.T) int {
	t.Helper()
	close(c.stop)
	c.wg.Wait()
	t.Logf("%d acknowledged, %d refused or cut off meanwhile", c.acknowledged.Load(), c.refused.Load())
	return int(c.acknowledged.Load())
}

// allOnce holds the register against what was acknowledged: all of it, once, each with its event.
func allOnce(t *testing.T, app *boot.App, site int64, acknowledged int) {
	t.Helper()
	var rows, keys, told int
	err := app.DB.NewRaw(`select count(*), count(distinct entry_key),
		(select count(distinct ref) from events where topic = ? and kind = 'visit.arrived') from visits where site_id = ?`,
		string(live.Site(site)), site).Scan(t.Context(), &rows, &keys, &told)
	if err != nil || rows != acknowledged || keys != acknowledged || told != acknowledged {
		t.Errorf("%d acknowledged, %d rows, %d of them different, %d told to the walls, %v", acknowledged, rows, keys, told, err)
	}
}

// follow reads a wall's frames up to a number: each once and in order.
func follow(t *testing.T, screen *websocket.Conn, upTo int64) {
	t.Helper()
	if err := screen.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for at := int64(0); at < upTo; {
		var frame struct {
			Seq      *int64
			Snapshot bool
		}
		if err := screen.ReadJSON(&frame); err != nil {
			t.Fatalf("at %d of %d: %v", at, upTo, err)
		}
		switch {
		case frame.Seq == nil: // a heartbeat, or a list anew
		case frame.Snapshot:
			at = *frame.Seq
		case *frame.Seq != at+1:
			t.Fatalf("%d came after %d", *frame.Seq, at)
		default:
			at = *frame.Seq
		}
	}
}
