// Package bind joins features that don't import each other: what one asks for, the other does.
package bind

import (
	"context"

	"github.com/uptrace/bun"

	"lobby/app/ticket"
)

// Flow is what a callback does to its ticket (callback.Flow): steps of the ticket's own flow, in the callback's
// transaction.
type Flow struct{ Tickets *ticket.Service }

// CalledBack takes the step 'called back'.
func (f Flow) CalledBack(ctx context.Context, tx bun.Tx, id int64, remark string) error {
	_, err := f.Tickets.DoIn(ctx, tx, id, ticket.CallBack, ticket.Act{Remark: remark})
	return err
}

// Reopen takes the step 'opened again'.
func (f Flow) Reopen(ctx context.Context, tx bun.Tx, id int64, reason string) error {
	_, err := f.Tickets.DoIn(ctx, tx, id, ticket.Reopen, ticket.Act{Remark: reason})
	return err
}

// Close takes the step 'closed'.
func (f Flow) Close(ctx context.Context, tx bun.Tx, id int64, remark string) error {
	_, err := f.Tickets.DoIn(ctx, tx, id, ticket.Close, ticket.Act{Remark: remark})
	return err
}
