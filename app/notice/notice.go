// Package notice tells people what they have to know and asks them for what has to be done: an inbox per person, tasks
// that one person takes and answers for, and the outbox from which mail and robots will carry the same notices further.
// Which person it is, the feature decides that tells it, by the duty table (staff.Roster).
package notice

import (
	"time"

	"github.com/uptrace/bun"
)

// Subject is what a notice or a task is about: a row by its table. Texts are made where it is shown, so that nothing
// personal is kept twice.
type Subject struct {
	Table  string `bun:"subject"`
	ID     int64  `bun:"subject_id"`
	Ticket int64  `bun:"ticket_id,nullzero"` // the ticket on whose page it is; 0: none
}

// Told is something to tell people, once each.
type Told struct {
	To    []int64 // staff ids
	Kind  string  // said by "notice.kind.<kind>"
	About Subject
	Mark  string    // which occasion: the same kind, subject and mark reaches a person once; empty: always
	Loud  bool      // rings; only for urgency A outside working hours (ESC-5)
	Due   time.Time // when the occasion was, truly (SLA-4)
	Task  int64     // the task that comes with it; 0: none
}

// Asked is a task, one for each occasion.
type Asked struct {
	Kind  string // said by "notice.task.<kind>"
	About Subject
	Mark  string    // which occasion
	Due   time.Time // when the occasion was, truly (SLA-4)
	To    []int64   // who is told of it; any of them may take it
	Loud  bool
}

// Notice is one line of somebody's inbox.
type Notice struct {
	bun.BaseModel `bun:"table:notices,alias:n"`

	ID      int64     `bun:"id,pk,autoincrement"`
	SiteID  int64     `bun:"site_id"`
	StaffID int64     `bun:"staff_id"`
	Kind    string    `bun:"kind"`
	Subject           // what it is about
	TaskID  int64     `bun:"task_id,nullzero"`
	Mark    string    `bun:"mark"`
	Loud    bool      `bun:"loud"`
	DueAt   time.Time `bun:"due_at"`
	SentAt  time.Time `bun:"sent_at"`
	SeenAt  time.Time `bun:"seen_at,nullzero"`

	Number string `bun:"number,scanonly"` // of the ticket
	Place  string `bun:"place,scanonly"`

	TaskResult string    `bun:"task_result,scanonly"` // what came of the task
	TaskDoneAt time.Time `bun:"task_done_at,scanonly"`
	TaskBy     string    `bun:"task_by,scanonly"`
}

// Task is something to be done and answered for.
type Task struct {
	bun.BaseModel `bun:"table:tasks,alias:k"`

	ID     int64  `bun:"id,pk,autoincrement"`
	SiteID int64  `bun:"site_id"`
	Kind   string `bun:"kind"`
	Subject
	Mark      string    `bun:"mark"`
	DueAt     time.Time `bun:"due_at"`
	NoticedAt time.Time `bun:"noticed_at"`
	TakenBy   int64     `bun:"taken_by,nullzero"`
	TakenAt   time.Time `bun:"taken_at,nullzero"`
	DoneAt    time.Time `bun:"done_at,nullzero"`
	Result    string    `bun:"result"`
	Version   int64     `bun:"version"`

	TakerName string `bun:"taker_name,scanonly"`
	Number    string `bun:"number,scanonly"`
	Place     string `bun:"place,scanonly"`
}

// Kinds are those of notices and tasks that the pages have words for, "notice.kind.<kind>"; of another one they say only
// that something came.
var Kinds = []string{"near", "overdue", "order_overdue", "escalated", "untaken", "major", "update",
	"find_cause", "ask", "order_sent", "order_assigned", "order_rejected", "reassigned", "mediate"}

// TaskKinds are those of tasks, which say besides what is to be done, "notice.task.<kind>".
var TaskKinds = []string{"find_cause", "ask"}

// MaxResult is how many characters the outcome of a task may have.
const MaxResult = 500
