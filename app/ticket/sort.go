package ticket

import (
	"cmp"
	"fmt"
	"time"
)

// Order is what decides which ticket is worked on first (TICKET-3).
type Order struct {
	LifeSafety bool
	Urgency    string
	Type       string
	Due        time.Time
	ID         int64 // decides between two that are equal in everything, so that the order is the same everywhere
}

// pressing is the limit that decides in the order of work, as Card.Pressing has it: the result's, or of a request for help
// the answer's where that comes first and isn't given yet (HELP-2). The indexes tickets_work and tickets_work_list hold the same expression.
const pressing = `case when t.kind = 'help' and t.solution_at is null and t.lane in ('registered', 'in_hand', 'waiting') then least(t.due_at, t.solution_due) else t.due_at end`

// workOrder is the order of work in the database (TICKET-3).
const workOrder = `t.work_rank, ` + pressing + `, t.id`

// typeRank is the place of each type in the order of work: A1 and C2 alike, then A2, B1, B2, C1 (TICKET-3).
var typeRank = map[string]int{"A1": 0, "C2": 0, "A2": 1, "B1": 2, "B2": 3, "C1": 4}

// rank is the order of work up to the limit, as one number. The column tickets.work_rank holds the same.
func (o Order) rank() int {
	rank := typeRank[o.Type]
	switch o.Urgency {
	case "A":
	case "B":
		rank += 10
	default:
		rank += 20
	}
	if !o.LifeSafety {
		rank += 100
	}
	return rank
}

// due is when the limit passes; what has none comes after what has one, as nulls do in the database.
func (o Order) due() time.Time {
	if o.Due.IsZero() {
		return time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	return o.Due
}

// Compare is negative when a is worked on before b (TICKET-3): life-safety help, then urgency A to C, then type, then
// the nearer limit.
func Compare(a, b Order) int {
	return cmp.Or(
		cmp.Compare(a.rank(), b.rank()),
		a.due().Compare(b.due()),
		cmp.Compare(a.ID, b.ID),
	)
}

// Key is the order as text: comparing two keys as strings gives what Compare gives. Screens insert cards by it. Limits
// count to the microsecond, as the database has them.
func (o Order) Key() string {
	const bias = 1 << 63 // moves negative numbers below positive ones
	return fmt.Sprintf("%03d-%016x-%016x", o.rank(), uint64(o.due().UnixMicro())+bias, uint64(o.ID)+bias)
}

// Order of the ticket among others.
func (t *Ticket) Order() Order {
	due := t.DueAt
	if t.Kind == "help" && t.State.Running() && t.SolutionAt.IsZero() {
		due = sooner(due, t.SolutionDue)
	}
	return Order{LifeSafety: t.LifeSafety, Urgency: t.Urgency, Type: t.Type, Due: due, ID: t.ID}
}
