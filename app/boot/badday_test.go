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

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/db/dbtest"
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

// PostgreSQL is restarted under load, in order and by a power cut, with two instances and a wall: whoever isn't
// answered sends the same entry again. What was acknowledged is there, once; refusals are words, never a stack trace;
// both instances are ready again by themselves.
func TestDatabaseRestartedUnderLoad(t *testing.T) {
	t.Parallel()
	server := dbtest.Private(t)
	h := boottest.New(t)
	h.URL = server.URL()
	instances := []string{h.Start(t).URL(), ""}
	app := h.Open(t)
	here := h.Site(t, app, "restart")
	second := h.Start(t)
	instances[1] = second.URL()
	token, _ := h.Device(t, app, here.ID, "kiosk")
	wallToken, _ := h.Device(t, app, here.ID, "wall")

	var acknowledged, refused atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var keys []string
	for c := range 4 {
		wg.Go(func() {
			client := &http.Client{Timeout: 20 * time.Second}
			for n := 0; ; n++ {
				key := uuid.Must(uuid.NewV7())
				for try := 0; ; try++ { // the same entry, to whichever instance answers, until it is acknowledged
					code, body := post(t, client, instances[(c+try)%2]+"/kiosk/visit", token, arrival(key, fmt.Sprintf("访客%d号%d", c, n)))
					if code == http.StatusOK {
						break
					}
					refused.Add(1)
					if code != 0 && code != http.StatusServiceUnavailable && code != http.StatusInternalServerError {
						t.Errorf("answered with %d", code)
						return
					}
					if strings.Contains(body, "goroutine ") || strings.Contains(body, "SQLSTATE") || strings.Contains(body, "pgdriver") {
						t.Errorf("a stack trace or a driver's words: %s", body)
						return
					}
				}
				acknowledged.Add(1)
				mu.Lock()
				keys = append(keys, key.String())
				mu.Unlock()
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	enough := func() {
		had := acknowledged.Load()
		eventually(t, "entries", func() bool { return acknowledged.Load() > had+20 })
	}
	enough()
	server.Restart()
	enough()
	server.Kill()
	server.Start()
	enough()
	close(stop)
	wg.Wait()
	t.Logf("%d acknowledged, %d refused meanwhile", acknowledged.Load(), refused.Load())

	for _, base := range instances {
		boottest.WaitReady(t, base)
	}
	var rows, once int
	err := app.DB.NewRaw(`select count(*), count(distinct entry_key) from visits where site_id = ?`, here.ID).Scan(t.Context(), &rows, &once)
	if err != nil {
		t.Fatal(err)
	}
	if rows != len(keys) || once != len(keys) {
		t.Errorf("%d acknowledged, %d rows, %d of them different", len(keys), rows, once)
	}
	boottest.Screen(t, instances[1], wallToken).Get("/wall").Want(http.StatusOK).WantText(fmt.Sprint(rows))
}

// Ten equal requests at once over two instances: one visit or ticket, and everybody sees its number. Another content
// under the same key is refused in plain words, showing what stands recorded.
func TestEqualRequestsOverTwoInstances(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	one, two := h.Start(t), h.Start(t)
	here := h.Site(t, one.App, "equal")
	token, _ := h.Device(t, one.App, here.ID, "kiosk")
	for _, c := range []struct {
		path, count string
		form        func(key uuid.UUID, what string) url.Values
	}{
		{"/kiosk/visit", `select count(*), min(pass_code), min(number) from visits where site_id = ?`, arrival},
		{"/kiosk/report", `select count(*), min(number), min(number) from tickets where site_id = ?`, report},
	} {
		t.Run(c.path, func(t *testing.T) {
			key := uuid.Must(uuid.NewV7())
			var wg sync.WaitGroup
			var shown [10]string
			for n := range shown {
				wg.Go(func() {
					code, body := post(t, &http.Client{}, []string{one.URL(), two.URL()}[n%2]+c.path, token, c.form(key, "李小明"))
					if code != http.StatusOK {
						t.Errorf("request %d: %d", n, code)
					}
					shown[n] = body
				})
			}
			wg.Wait()
			var rows int
			var said, number string
			if err := one.App.DB.NewRaw(c.count, here.ID).Scan(t.Context(), &rows, &said, &number); err != nil || rows != 1 {
				t.Fatalf("%d rows, %v", rows, err)
			}
			for n, body := range shown {
				if !strings.Contains(body, said) {
					t.Errorf("request %d doesn't show %s", n, said)
				}
			}
			code, body := post(t, &http.Client{}, two.URL()+c.path, token, c.form(key, "赵大伟"))
			if code != http.StatusConflict || !strings.Contains(body, number) || strings.Contains(body, "goroutine ") {
				t.Errorf("other content under the same key: %d", code)
			}
			// Once more, with the clock of both set back a day: no error, no second row; and a new entry is taken.
			h.Clock.Add(-24 * time.Hour)
			defer h.Clock.Add(24 * time.Hour)
			if code, body := post(t, &http.Client{}, one.URL()+c.path, token, c.form(key, "李小明")); code != http.StatusOK || !strings.Contains(body, said) {
				t.Errorf("the same entry with the clock set back: %d", code)
			}
			if code, _ := post(t, &http.Client{}, one.URL()+c.path, token, c.form(uuid.Must(uuid.NewV7()), "李小明")); code != http.StatusOK {
				t.Errorf("a new entry with the clock set back: %d", code)
			}
		})
	}
}
