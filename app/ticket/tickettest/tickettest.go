// Package tickettest brings tickets to where a test needs them, by the steps of the flow.
package tickettest

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

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
		if steps[now.State] == ticket.CallBack {
			Asked(t, s.DB, id, now.Reopened)
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

// Asked puts the callbacks of a ticket's rounds up to one on record, unless they are: without them no ticket counts as
// called back.
func Asked(t testing.TB, db bun.IDB, id int64, upTo int) {
	t.Helper()
	_, err := db.NewRaw(`with caller as (insert into staff (login, name, password_hash) values ('tickettest', '回访员', '') on conflict (login) do update set name = excluded.name returning id)
		insert into callbacks (site_id, ticket_id, round, entry_key, entry_hash, by_id, at, day, reached, asked, satisfied)
		select t.site_id, t.id, n, gen_random_uuid(), '', caller.id, now(), current_date, true, '客户', true
		from tickets t, caller, generate_series(0, ?) n where t.id = ? on conflict (ticket_id, round) where reached do nothing`, upTo, id).Exec(t.Context())
	if err != nil {
		t.Fatalf("ticket %d is asked about: %v", id, err)
	}
}
