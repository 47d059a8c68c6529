package rate_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lobby/app/callback"
	"lobby/app/callback/rate"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/site"
)

// Who guesses links learns nothing, and is soon too quick.
func TestGuessing(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	cfg := webtest.NewPeople().Config()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	cfg.Now = func() time.Time { return now }
	cfg.Rates = web.Rates{Address: 1, AddressBurst: 12, Write: 1, WriteBurst: 4}
	app := web.New(cfg)
	(&rate.Pages{Service: &callback.Service{DB: pool, Vault: piitest.Vault(t), Sites: site.NewDirectory(pool), Now: cfg.Now}}).Routes(app)
	guesser := webtest.New(t, app)
	t.Run("SURVEY-1 a guessed link has one answer whatever it is, and guessing is slowed down", func(t *testing.T) {
		first := guesser.Get("/r/" + strings.Repeat("A", 26)).Want(http.StatusNotFound)
		for _, token := range []string{strings.Repeat("B", 26), "x", "%27%20or%201=1", strings.Repeat("9", 200), "..%2f"} {
			if got := guesser.Get("/r/" + token); got.Status != http.StatusNotFound || got.Body != first.Body {
				t.Errorf("%s: %d, another page", token, got.Status)
			}
		}
		for n := range 5 {
			got := guesser.Post("/r/"+strings.Repeat("C", 26), url.Values{"speed": {"1"}})
			if want := []int{404, 404, 404, 404, 429}[n]; got.Status != want {
				t.Errorf("try %d: %d, want %d", n+1, got.Status, want)
			}
		}
		for range 5 {
			guesser.Get("/r/" + strings.Repeat("D", 26))
		}
		guesser.Get("/r/" + strings.Repeat("D", 26)).Want(http.StatusTooManyRequests)
	})
}
