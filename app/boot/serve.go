package boot

import (
	"context"
	"errors"

	"lobby/app/config"
)

// Serve opens the program and serves until ctx ends.
func Serve(ctx context.Context, cfg *config.Config, opt Options) error {
	app, err := Open(ctx, cfg, opt)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return errors.Join(app.Close())
}
