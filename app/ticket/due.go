package ticket

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/app/staff"
)

// dueBatch is how many tickets one transaction of the due scan marks: a topic's head is never held long.
const dueBatch = 200

// MarkDue notes every limit that has passed, each once, with the moment at which it passed rather than that of
// looking (SLA-4), and tells the screens. Any number of instances may run it at once. It gives how many it marked.
func (s *Service) MarkDue(ctx context.Context) (int, error) {
	if _, err := actor.Require(ctx, staff.WorkTickets); err != nil {
		return 0, err
	}
	marked := 0
	for {
		n, err := db.Tx(ctx, s.DB, s.markBatch)
		marked += n
		if err != nil || n < dueBatch {
			return marked, err
		}
	}
}

func (s *Service) markBatch(ctx context.Context, tx bun.Tx) (int, error) {
	now := s.now()
	due, err := dueRows(ctx, tx, now, dueBatch)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	a := actor.From(ctx)
	ids := make([]int64, len(due))
	noted := make([]Step, len(due))
	for i, t := range due {
		ids[i] = t.ID
		noted[i] = breach(&t, now)
		noted[i].ActorKind, noted[i].ActorName = string(a.Kind), a.Name
		live.Publish(ctx, live.Site(t.SiteID), "ticket.overdue", t.ID)
	}
	return len(due), markOverdue(ctx, tx, ids, noted)
}

// breach is the line of history of a limit that passed: at the moment it passed, and when that was noticed.
func breach(t *Ticket, now time.Time) Step {
	return Step{SiteID: t.SiteID, TicketID: t.ID, Verb: OverdueVerb, From: t.State, To: t.State, At: t.DueAt, NotedAt: now, Detail: []byte("{}"),
		Mark: fmt.Sprintf("result#%d", t.Reopened)}
}

// noteBreach notes a limit that has passed before somebody takes the next step, where no scan has seen it yet: a
// resolution, or a new clock after reopening, must not hide it.
func noteBreach(ctx context.Context, tx bun.Tx, t *Ticket, now time.Time) error {
	if !t.State.Running() || !t.OverdueAt.IsZero() || now.Before(t.DueAt) {
		return nil
	}
	t.OverdueAt = t.DueAt
	noted := breach(t, now)
	noted.ActorKind, noted.ActorName = string(actor.Job), "due"
	live.Publish(ctx, live.Site(t.SiteID), "ticket.overdue", t.ID)
	return insertStep(ctx, tx, &noted)
}
