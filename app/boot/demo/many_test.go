package demo_test

import (
	"testing"
	"time"

	"lobby/app/boot/demo"
	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/ticket"
)

// Very many tickets are what the same many, entered one by one and watched all the time, would be.
func TestLoadMany(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 6, 30, 0, 0, time.UTC)
	l := loader(t, now)
	l.NoWeek = true
	place, err := l.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	got, err := l.LoadMany(t.Context(), place.Site, demo.Many{Tickets: 3000})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v in %s", got, time.Since(start).Round(time.Millisecond))
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:test", Site: place.Site.ID, All: true})
	tickets := &ticket.Service{DB: l.DB, Vault: l.Vault, Sites: l.Sites, Now: l.Now}
	t.Run("the limits are those that history gives, and the watch has nothing to do", func(t *testing.T) {
		again, err := tickets.Recompute(ctx, false)
		if err != nil || again.Tickets != 3000 || again.Late != 0 || len(again.Wrong) != 0 {
			t.Errorf("%d tickets, %d late, %d wrong: %+v, %v", again.Tickets, again.Late, len(again.Wrong), again.Wrong[:min(5, len(again.Wrong))], err)
		}
		if n, err := tickets.MarkDue(ctx); n != 0 || err != nil {
			t.Errorf("the watch noted %d things, %v", n, err)
		}
		if n, err := tickets.Expire(ctx, now); n != 0 || err != nil {
			t.Errorf("%d terms were over, %v", n, err)
		}
	})
	for what, q := range map[string]struct {
		query    string
		from, to int
	}{
		"tickets":               {"select count(*) from tickets", 3000, 3000},
		"open":                  {"select count(*) from tickets where lane is not null", 560, 700},
		"just in":               {"select count(*) from tickets where lane = 'registered'", 100, 250},
		"in hand":               {"select count(*) from tickets where lane = 'in_hand'", 100, 300},
		"waiting":               {"select count(*) from tickets where lane = 'waiting'", 80, 200},
		"done":                  {"select count(*) from tickets where lane = 'resolved'", 80, 200},
		"kinds":                 {"select count(distinct kind) from tickets", 7, 7},
		"states":                {"select count(distinct state) from tickets", 8, 10},
		"zones":                 {"select count(distinct owner_id) from tickets", 4, 8},
		"households":            {"select count(distinct household_id) from tickets", 300, 2500},
		"months":                {"select count(distinct date_trunc('month', registered_at)) from tickets", 24, 26},
		"steps of one":          {"select max(n) from (select count(*) n from ticket_steps group by ticket_id) x", 200, 220},
		"orders":                {"select count(*) from orders", 800, 2000},
		"open orders":           {"select count(*) from orders where open", 60, 400},
		"records":               {"select count(*) from work_records", 600, 2000},
		"callbacks":             {"select count(*) from callbacks", 1000, 3000},
		"not satisfied":         {"select count(*) from callbacks where not satisfied", 20, 300},
		"marks":                 {"select count(*) from ratings", 500, 2000},
		"late":                  {"select count(*) from tickets where overdue_at is not null", 60, 900},
		"told":                  {"select count(*) from notices", 30, 1500},
		"without personal data": {"select count(*) from tickets where expired_at is not null", 800, 1600},
		"with a phone":          {"select count(*) from tickets where phone is not null and expired_at is null", 1400, 2200},
		"one number each":       {"select count(distinct number) from tickets", 3000, 3000},
	} {
		if n := count(t, l, q.query); n < q.from || n > q.to {
			t.Errorf("%s: %d, want %d to %d", what, n, q.from, q.to)
		}
	}
	t.Run("a customer's tickets are found by phone, and the next number goes on", func(t *testing.T) {
		found, err := tickets.ByPhone(ctx, "13800000007")
		if err != nil || len(found) < 1 || len(found) > 20 {
			t.Errorf("%d found, %v", len(found), err)
		}
		made, err := tickets.Register(ctx, ticket.Register{EntryKey: [16]byte{1}, Kind: "repair", Place: "大堂", Matter: "灯不亮", Channel: "phone"})
		if err != nil || count(t, l, "select count(*) from tickets where number = ?", made.Number) != 1 {
			t.Errorf("%+v, %v", made, err)
		}
	})
	t.Run("the keys of the tables stand again", func(t *testing.T) {
		if _, err := tickets.Get(ctx, 1<<40); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if _, err := l.DB.ExecContext(t.Context(), "insert into ticket_steps (site_id, ticket_id, verb, to_state, at, actor_kind) values (?, ?, 'x', 'x', now(), 'job')", place.Site.ID, int64(1)<<40); err == nil {
			t.Error("a step without a ticket")
		}
	})
	if _, err := l.LoadMany(t.Context(), place.Site, demo.Many{Tickets: 10}); err == nil {
		t.Error("ten are not many")
	}
}
