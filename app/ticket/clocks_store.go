package ticket

import (
	"context"

	"github.com/uptrace/bun"
)

// clockColumns are what tickets hold of clocks, and what time alone can change.
var clockColumns = []string{"response_due", "response_at", "solution_due", "solution_at", "due_at",
	"callback_due", "update_due", "overdue_at", "near_at", "next_at", "escalated", "untaken_at"}

// storeOrders writes what orders hold of clocks.
func storeOrders(ctx context.Context, tx bun.IDB, list []*ServiceOrder) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.NewUpdate().With("_data", tx.NewValues(&list).Column("id", "due_at", "overdue_at", "next_at")).Model((*ServiceOrder)(nil)).
		TableExpr("_data").Set("due_at = _data.due_at").Set("overdue_at = _data.overdue_at").Set("next_at = _data.next_at").
		Where("o.id = _data.id").Exec(ctx)
	return err
}

// storeClocks writes what time alone changed of tickets.
func storeClocks(ctx context.Context, tx bun.IDB, list []*Ticket) error {
	if len(list) == 0 {
		return nil
	}
	columns := append([]string{"version", "owner_id", "handler_id", "severity", "grade"}, clockColumns...)
	q := tx.NewUpdate().With("_data", tx.NewValues(&list).Column(append([]string{"id"}, columns...)...)).Model((*Ticket)(nil)).TableExpr("_data")
	for _, c := range columns {
		q = q.Set("? = _data.?", bun.Ident(c), bun.Ident(c))
	}
	_, err := q.Where("t.id = _data.id").Exec(ctx)
	return err
}
