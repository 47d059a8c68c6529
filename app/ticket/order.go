package ticket

import (
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// OrderState is where a service order stands in its flow (TICKET-4).
type OrderState string

// The states of an order.
const (
	OrderSent      OrderState = "sent"
	OrderAccepted  OrderState = "accepted"
	OrderRejected  OrderState = "rejected"
	OrderAtWork    OrderState = "in_progress"
	OrderWaiting   OrderState = "waiting"
	OrderDone      OrderState = "done"
	OrderFedBack   OrderState = "fed_back"
	OrderWithdrawn OrderState = "withdrawn"
)

// OrderStates lists every state in the order of the flow.
var OrderStates = []OrderState{OrderSent, OrderAccepted, OrderRejected, OrderAtWork, OrderWaiting, OrderDone, OrderFedBack, OrderWithdrawn}

// Open tells whether the desk still waits for the order: it keeps its ticket from being resolved. The column
// orders.open says the same.
func (s OrderState) Open() bool {
	return s != OrderRejected && s != OrderFedBack && s != OrderWithdrawn
}

// Running tells whether the department still has something to do, and its limit runs.
func (s OrderState) Running() bool { return s.Open() && s != OrderDone }

// ServiceOrder (服务单) is what one department is to do for a ticket, with a limit of its own.
type ServiceOrder struct {
	bun.BaseModel `bun:"table:orders,alias:o"`

	ID           int64      `bun:"id,pk,autoincrement"`
	SiteID       int64      `bun:"site_id"`
	TicketID     int64      `bun:"ticket_id"`
	EntryKey     uuid.UUID  `bun:"entry_key,type:uuid"`
	Number       string     `bun:"number"` // F261122-0001
	DepartmentID int64      `bun:"department_id"`
	AssigneeID   int64      `bun:"assignee_id,nullzero"` // who does it; 0: nobody in the department yet
	State        OrderState `bun:"state"`
	Instruction  string     `bun:"instruction"` // empty: as the ticket says
	WaitingOn    string     `bun:"waiting_on"`  // one of Waits, while it waits
	Result       string     `bun:"result"`
	ConfirmedBy  string     `bun:"confirmed_by"` // the customer on the spot (TICKET-5)
	SentAt       time.Time  `bun:"sent_at"`
	DueAt        time.Time  `bun:"due_at,nullzero"` // zero: none, or it stands still while it waits on the customer
	AcceptedAt   time.Time  `bun:"accepted_at,nullzero"`
	ArrivedAt    time.Time  `bun:"arrived_at,nullzero"` // when somebody said that they were at the spot (SLA-6)
	StartedAt    time.Time  `bun:"started_at,nullzero"`
	DoneAt       time.Time  `bun:"done_at,nullzero"`
	FedBackAt    time.Time  `bun:"fed_back_at,nullzero"`
	OverdueAt    time.Time  `bun:"overdue_at,nullzero"`
	NextAt       time.Time  `bun:"next_at,nullzero"` // when time alone changes something next
	Version      int64      `bun:"version"`

	DepartmentName string `bun:"department_name,scanonly"`
	AssigneeName   string `bun:"assignee_name,scanonly"`
}

// Counting tells whether there is time left to be shown.
func (o *ServiceOrder) Counting() bool { return o.State.Running() && !o.DueAt.IsZero() }

// Overdue tells whether the order's limit has passed without its being done, or passed before that.
func (o *ServiceOrder) Overdue(now time.Time) bool {
	switch {
	case !o.OverdueAt.IsZero():
		return true
	case o.State.Running():
		return !o.DueAt.IsZero() && !now.Before(o.DueAt)
	}
	return !o.DueAt.IsZero() && o.DoneAt.After(o.DueAt)
}

// RecordKinds are the kinds of work on the spot (TICKET-12).
var RecordKinds = []string{"repair", "replace", "inspect", "clean", "mediate", "other"}

// WorkRecord says what was done on the spot (TICKET-12).
type WorkRecord struct {
	bun.BaseModel `bun:"table:work_records,alias:w"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SiteID    int64     `bun:"site_id"`
	TicketID  int64     `bun:"ticket_id"`
	OrderID   int64     `bun:"order_id,nullzero"` // 0: the ticket's own
	Kind      string    `bun:"kind"`
	Done      string    `bun:"done"`   // what was done
	Result    string    `bun:"result"` // how it stands now
	Materials string    `bun:"materials"`
	StartedAt time.Time `bun:"started_at"`
	EndedAt   time.Time `bun:"ended_at"`
	ByID      int64     `bun:"by_id,nullzero"`
	NotedAt   time.Time `bun:"noted_at"`

	ByName string `bun:"by_name,scanonly"`
}

// Most characters of an order's texts, as the schema has it.
const (
	MaxInstruction = 500
	MaxResult      = 500
	MaxMaterials   = 200
)
