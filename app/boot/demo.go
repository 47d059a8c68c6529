package boot

import (
	"context"
	"io"
)

// LoadDemo loads the reference site and tells what it did.
func (a *App) LoadDemo(ctx context.Context, out io.Writer) error { return ctx.Err() }
