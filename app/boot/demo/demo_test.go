package demo_test

import (
	"errors"
	"testing"
	"time"

	"lobby/app/boot/demo"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/staff"
)

// count reads one number.
func count(t *testing.T, l *demo.Loader, query string, args ...any) int {
	t.Helper()
	var n int
	if err := l.DB.NewRaw(query, args...).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func loader(t *testing.T, now time.Time) *demo.Loader {
	t.Helper()
	pool := dbtest.New(t)
	return &demo.Loader{DB: pool, Vault: piitest.Vault(t), Sites: site.NewDirectory(pool), Now: func() time.Time { return now }}
}

// At every hour the house looks lived in: in the evening, and a minute past midnight (Asia/Shanghai).
func TestLoad(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]time.Time{
		"evening":        time.Date(2026, 11, 22, 13, 30, 0, 0, time.UTC),
		"after midnight": time.Date(2026, 11, 22, 16, 1, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := loader(t, now)
			start := time.Now()
			got, err := l.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d visits and %d tickets in %s", got.Visits, got.Tickets, time.Since(start).Round(time.Millisecond))
			check(t, l, now)
			again(t, l)
		})
	}
}

func check(t *testing.T, l *demo.Loader, now time.Time) {
	for what, q := range map[string]struct {
		query    string
		from, to int
	}{
		"households":                {"select count(*) from households where kind = 'household'", 2185, 2185},
		"shops":                     {"select count(*) from households where kind = 'shop'", 51, 51},
		"zones":                     {"select count(*) from zones", 5, 5},
		"declared":                  {"select sum(declared_households) from zones where code <> 'all'", 2193, 2193},
		"zones without an owner":    {"select count(*) from zones where owner_id is null", 0, 0},
		"staff":                     {"select count(*) from staff where demo", 13, 13},
		"roles":                     {"select count(distinct role) from staff_roles", len(staff.Roles), len(staff.Roles)},
		"visits":                    {"select count(*) from visits", 280, 400},
		"inside":                    {"select count(*) from visits where ended_at is null", 8, 30},
		"not signed out":            {"select count(*) from visits where ended_by = 'day_end'", 5, 60},
		"visits with a household":   {"select count(*) from visits where household_id is not null", 200, 400},
		"tickets":                   {"select count(*) from tickets", 100, 132},
		"registered":                {"select count(*) from tickets where state = 'registered'", 8, 12},
		"in hand":                   {"select count(*) from tickets where state = 'in_hand'", 20, 27},
		"resolved":                  {"select count(*) from tickets where state = 'resolved'", 6, 8},
		"closed":                    {"select count(*) from tickets where state = 'closed'", 50, 80},
		"orders at every stage":     {"select count(distinct state) from orders", 7, 8},
		"overdue and open":          {"select count(*) from tickets where state in ('registered', 'in_hand') and overdue_at is not null", 5, 9},
		"callbacks waiting":         {"select count(*) from tickets where state = 'verified'", 6, 8},
		"callbacks overdue":         {"select count(*) from tickets where state = 'verified' and callback_due < ?", 1, 3},
		"two tries":                 {"select count(*) from (select ticket_id from callbacks where not reached group by 1 having count(distinct day) = 2) x", 1, 1},
		"not satisfied":             {"select count(*) from callbacks where not satisfied", 1, 1},
		"marks by every way":        {"select count(distinct via) from ratings", 3, 3},
		"called back unasked":       {"select count(*) from tickets t where state = 'closed' and not exists (select from callbacks c where c.ticket_id = t.id) and exists (select from ticket_steps s where s.ticket_id = t.id and verb = 'call_back')", 0, 0},
		"unsolvable":                {"select count(*) from tickets where state = 'unsolvable'", 1, 1},
		"days reviewed":             {"select count(distinct day) from reviews where span = 'day'", 7, 10},
		"days not reviewed":         {"select count(distinct (t.registered_at at time zone 'Asia/Shanghai')::date) from tickets t where not exists (select from reviews r where r.span = 'day' and r.subject_id = t.id and r.section <> 'dispatch')", 1, 2},
		"weeks signed":              {"select count(distinct day) from reviews where span = 'week'", 2, 2},
		"on duty this week":         {"select count(*) from duties where kind = 'on'", 35, 63},
		"on duty today":             {"select count(*) from duties where kind = 'on' and from_at < ?::timestamptz + interval '1 day'", 5, 16},
		"away with a stand-in":      {"select count(*) from duties where kind = 'away' and stand_in_id is not null", 2, 2},
		"moments without anybody":   {"select count(*) from generate_series(?::timestamptz, ?::timestamptz + interval '14 days', interval '1 hour') m where not exists (select from duties where kind = 'list' and from_at <= m and until_at > m)", 0, 0},
		"photos of tickets":         {"select count(*) from pictures where stage = 'report'", 8, 20},
		"photos before and after":   {"select count(distinct stage) from pictures where order_id is not null", 2, 2},
		"findings":                  {"select count(*) from findings", 1, 1},
		"cases":                     {"select count(*) from knowledge_cases", 3, 3},
		"disputes that run":         {"select count(*) from disputes where ended_at is null and mediator_id is not null", 1, 1},
		"said in disputes":          {"select count(*) from dispute_talks", 2, 2},
		"urgency A and open":        {"select count(*) from tickets where state in ('registered', 'in_hand') and urgency = 'A'", 3, 3},
		"life safety":               {"select count(*) from tickets where life_safety", 1, 1},
		"visits out of the future":  {"select count(*) from visits where arrived_at > ? or ended_at > ?", 0, 0},
		"numbers out of order":      {"select count(*) from visits a join visits b on a.site_id = b.site_id and left(a.number, 7) = left(b.number, 7) and a.number < b.number and a.arrived_at > b.arrived_at", 0, 0},
		"tickets numbered backward": {"select count(*) from tickets a join tickets b on left(a.number, 7) = left(b.number, 7) and a.number < b.number and a.registered_at > b.registered_at", 0, 0},
	} {
		var args []any
		if what == "callbacks overdue" || what == "on duty today" {
			args = []any{now}
		}
		if what == "visits out of the future" || what == "moments without anybody" {
			args = []any{now, now}
		}
		if n := count(t, l, q.query, args...); n < q.from || n > q.to {
			t.Errorf("%s: %d, want %d to %d", what, n, q.from, q.to)
		}
	}
}

// again loads once more, whole and after a load that was cut off.
func again(t *testing.T, l *demo.Loader) {
	all := "select (select count(*) from visits) + (select count(*) from tickets) + (select count(*) from ticket_steps) + (select count(*) from staff)"
	before := count(t, l, all)
	second, err := l.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after := count(t, l, all); second.Fresh || after != before {
		t.Errorf("loading again made %d rows of %d, fresh %t", after, before, second.Fresh)
	}
	// Cut off before the end: what is missing comes, what stands is not doubled.
	for _, q := range []string{
		"update sites set settings = settings - 'demo_loaded'",
		"delete from visits where id % 3 = 0",
		"delete from tickets where id % 3 = 0",
	} {
		if _, err := l.DB.NewRaw(q).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := count(t, l, all); after != before {
		t.Errorf("taken up again: %d rows, want %d", after, before)
	}
}

func TestRealSiteIsRefused(t *testing.T) {
	t.Parallel()
	l := loader(t, time.Date(2026, 11, 22, 13, 30, 0, 0, time.UTC))
	service := site.Service{DB: l.DB, Now: l.Now}
	ctx := actor.AsJob(t.Context(), "test", 0)
	if _, err := service.Add(ctx, site.Add{Code: "real", Name: "滨河花园", TimeZone: "Asia/Shanghai", Accent: "#0b6e5f"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Load(t.Context()); !errors.Is(err, demo.ErrRealSite) {
		t.Fatalf("a database with a real site: %v", err)
	}
	if n := count(t, l, "select count(*) from staff"); n != 0 {
		t.Errorf("%d demo logins in a real database", n)
	}
}
