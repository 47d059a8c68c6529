package boot_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
)

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
