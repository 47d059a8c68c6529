// Package tickettest brings tickets to where a test needs them, by the steps of the flow.
package tickettest

import (
	"context"
	"testing"

	"lobby/app/ticket"
)

// steps are the next step of a repair from each state towards its end.
var steps = map[ticket.State]ticket.Verb{
	ticket.Registered: ticket.Classify, ticket.Classified: ticket.Handle, ticket.InHand: ticket.Resolve, ticket.Waiting: ticket.Resume,
	ticket.Resolved: ticket.Verify, ticket.Verified: ticket.CallBack, ticket.CalledBack: ticket.Close,
}

// Bring takes the steps that lead a ticket to a state further on, for the actor of ctx, who must be allowed all of them.
func Bring(ctx context.Context, t testing.TB, s *ticket.Service, id int64, to ticket.State) *ticket.Ticket {
	t.Helper()
	now, err := s.Get(ctx, id)
	for range steps {
		if err != nil {
			t.Fatalf("ticket %d towards %s: %v", id, to, err)
		}
		if now.State == to {
			return now
		}
		now, err = s.Do(ctx, id, steps[now.State], Act(now, "已处理"))
	}
	if err != nil || now.State != to {
		t.Fatalf("ticket %d doesn't come to %s: %s, %v", id, to, now.State, err)
	}
	return now
}

// Act is enough for any of those steps.
func Act(now *ticket.Ticket, remark string) ticket.Act {
	c := now.Class
	if c.Kind == "complaint" && c.Validity == "" {
		c.Validity, c.About, c.Topic, c.Severity = "valid", "property", "attitude", "minor"
	}
	if c.Kind == "help" && c.HelpKind == "" {
		c.HelpKind = "other"
	}
	return ticket.Act{Remark: remark, Class: c, Customer: "王小明", Person: now.Worker()}
}
