package boot

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/web"
)

// readyWait is how long the database may take to answer a readiness check.
const readyWait = 2 * time.Second

// health: /healthz tells that the process lives, /readyz that it can do its work.
func (i *Instance) health(app *fiber.App) {
	app.Get("/healthz", web.Quiet, func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/readyz", web.Quiet, func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(web.Context(c), readyWait)
		defer cancel()
		if err := i.Ready(ctx); err != nil {
			return c.Status(fiber.StatusServiceUnavailable).SendString(err.Error() + "\n")
		}
		return c.SendString("ok\n")
	})
}

// Ready tells what keeps the instance from its work: it is stopping, its live screens hear nothing yet, its database
// can't be reached or has another schema.
func (i *Instance) Ready(ctx context.Context) error {
	if i.draining.Load() {
		return errors.New("stopping")
	}
	select {
	case <-i.Hub.Ready():
	default:
		return errors.New("live screens: not listening yet")
	}
	fit, err := i.App.schema.Fit(ctx, i.App.DB)
	if err == nil {
		err = fit.Err()
	}
	if err != nil {
		i.App.Log.Warn("not ready", "error", err)
		return errors.New("database: not usable; the log says why")
	}
	return nil
}
