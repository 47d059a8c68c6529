package boot

import "github.com/gofiber/fiber/v2"

// Routes are all routes that the instance serves.
func (i *Instance) Routes() []fiber.Route { return i.web.GetRoutes(true) }
