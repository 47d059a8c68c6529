package boot

import (
	"context"

	"github.com/gofiber/fiber/v2"
)

// Routes are all routes that the instance serves.
func (i *Instance) Routes() []fiber.Route { return i.web.GetRoutes(true) }

// BackUp is the job that takes the daily backup.
func (a *App) BackUp(ctx context.Context) (int, error) { return a.backUp(ctx) }
