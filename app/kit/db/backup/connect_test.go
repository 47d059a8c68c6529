package backup

import (
	"context"
	"errors"
	"testing"

	"lobby/app/kit/db/dbtest"
)

// A server that stops while it verifies a backup gives up on the way to the database, in any line of it.
func TestConnectWhileStopping(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if s, err := connect(ctx, dbtest.URL(t)); !errors.Is(err, context.Canceled) || s != nil {
		t.Errorf("%v, %v", s, err)
	}
}
