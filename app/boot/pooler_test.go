package boot_test

import (
	"testing"

	"lobby/app/boot/boottest"
	"lobby/app/config"
)

// Where a second address leads to PostgreSQL itself, a pooler stands before the first: it hands each statement to another
// session, so nothing may be prepared in one.
func TestPooler(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]struct {
		more     string // of the first address
		prepares bool
	}{
		"one address":             {"", true},
		"two addresses":           {"&application_name=pooled", false},
		"two, the first says yes": {"&prepare=yes", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := boottest.New(t)
			h.Tweak = func(c *config.Config) {
				c.DatabaseURL, c.DirectURL = h.URL+"&pool_max=1"+try.more, h.URL+"&pool_max=1"
			}
			app := h.Open(t)
			if _, err := app.Staff.Device(t.Context(), "nobody's"); err == nil {
				t.Fatal("a device that nobody paired")
			}
			var prepared bool
			if err := app.DB.NewRaw(`select exists (select from pg_prepared_statements)`).Scan(t.Context(), &prepared); err != nil || prepared != try.prepares {
				t.Errorf("prepared: %v, %v", prepared, err)
			}
		})
	}
}
