package review_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/review"
	"lobby/app/site"
	"lobby/app/staff"
)

type bundle struct {
	t           *testing.T
	db          *bun.DB
	svc         *review.Service
	site, other int64
	who         int64

	mu  sync.Mutex
	now time.Time
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// setup is a Tuesday, 24 November 2026, 10:00.
func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t), now: time.Date(2026, 11, 24, 10, 0, 0, 0, shanghai)}
	b.svc = &review.Service{DB: b.db, Sites: site.NewDirectory(b.db), Now: func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }}
	b.site, b.other = b.id(`insert into sites (code, name) values ('one', '一号院') returning id`), b.id(`insert into sites (code, name) values ('two', '二号院') returning id`)
	b.who = b.id(`insert into staff (login, name, password_hash) values ('boss', '主管', '') returning id`)
	return b
}

func (b *bundle) id(query string, args ...any) (id int64) {
	b.t.Helper()
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), &id); err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bundle) as(site int64, role staff.Role) context.Context {
	return actor.With(b.t.Context(), actor.Actor{Kind: actor.Person, ID: b.who, Site: site, Name: "主管", May: staff.May(role)})
}

func at(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, shanghai) }

func (b *bundle) ticket(kind, channel string, when time.Time) int64 {
	b.t.Helper()
	return b.id(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at, due_at)
		values (?, gen_random_uuid(), '', 'T-' || (select count(*) from tickets), ?, ?, '1#101', '电话13800138000', ?, now()) returning id`, b.site, channel, kind, when)
}

func (b *bundle) order(ticket int64, when time.Time) int64 {
	b.t.Helper()
	b.id(`insert into departments (site_id, code, name) values (?, 'works', '工程部') on conflict (site_id, code) do update set name = excluded.name returning id`, b.site)
	return b.id(`insert into orders (site_id, ticket_id, entry_key, number, department_id, sent_at, due_at)
		select ?, ?, gen_random_uuid(), 'F-' || (select count(*) from orders), id, ?, now() from departments returning id`, b.site, ticket, when)
}

func TestDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.as(b.site, staff.Supervisor)
	monday := at(23, 0)
	reception, complaint, patrol := b.ticket("repair", "phone", at(23, 0)), b.ticket("complaint", "counter", at(23, 12)), b.ticket("repair", "patrol", at(23, 23))
	next := b.ticket("repair", "phone", at(24, 0)) // the next day
	order := b.order(reception, at(23, 13))
	refs := []review.Ref{{Section: review.Reception, ID: reception}, {Section: review.Complaint, ID: complaint}, {Section: review.Patrol, ID: patrol}, {Section: review.Dispatch, ID: order}}
	t.Run("REVIEW-1 the supervisor ticks the day's reception, complaint, dispatch and patrol records", func(t *testing.T) {
		records, err := b.svc.Day(boss, monday)
		if err != nil || len(records) != 4 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		found := map[review.Ref]bool{}
		for _, r := range records {
			found[review.Ref{Section: r.Section, ID: r.ID}] = true
			if !r.ReviewedAt.IsZero() || r.Matter != "电话****" {
				t.Errorf("%+v", r)
			}
		}
		for _, r := range refs {
			if !found[r] {
				t.Errorf("%v is missing", r)
			}
		}
		if err := b.svc.Tick(boss, monday, refs[:3], "看过"); err != nil {
			t.Fatal(err)
		}
		if err := b.svc.Tick(boss, monday, refs[:3], "又看"); err != nil {
			t.Errorf("ticked again: %v", err)
		}
		records, err = b.svc.Day(boss, monday)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.ReviewedAt.IsZero() != (r.Section == review.Dispatch) || !r.ReviewedAt.IsZero() && (r.Remark != "看过" || r.ReviewedBy != "主管") {
				t.Errorf("%+v", r)
			}
		}
	})
	t.Run("REVIEW-1 what nobody has reviewed stays on the page however old it is, up to a month", func(t *testing.T) {
		b.ticket("repair", "phone", at(24, 0).AddDate(0, 0, -review.Back))
		b.ticket("repair", "phone", at(24, 0).AddDate(0, 0, -review.Back-1))
		open, err := b.svc.OpenDays(boss)
		if err != nil || len(open) != 3 || !open[0].Late || !open[0].Day.Equal(time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%v, %v", open, err)
		}
		if _, err := b.db.NewRaw(`delete from tickets where registered_at < ?`, at(20, 0)).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("REVIEW-1 what is not reviewed in time shows", func(t *testing.T) {
		open, err := b.svc.OpenDays(boss)
		if err != nil || len(open) != 2 {
			t.Fatalf("%v, %v", open, err)
		}
		if d := open[0]; d.Day.Format(time.DateOnly) != "2026-11-23" || d.Open != 1 || d.All != 4 || !d.Late {
			t.Errorf("yesterday: %+v", d)
		}
		if d := open[1]; d.Day.Format(time.DateOnly) != "2026-11-24" || d.Late {
			t.Errorf("today: %+v", d)
		}
	})
	for name, c := range map[string]struct {
		ctx  context.Context
		refs []review.Ref
		kind fault.Kind
	}{
		"a record that there isn't":   {boss, []review.Ref{{Section: review.Reception, ID: order + 1000}}, fault.NotFound},
		"a record of another day":     {boss, []review.Ref{{Section: review.Reception, ID: next}}, fault.NotFound},
		"a record in another section": {boss, []review.Ref{{Section: review.Complaint, ID: reception}}, fault.NotFound},
		"another site":                {b.as(b.other, staff.Supervisor), refs[:1], fault.NotFound},
		"nothing":                     {boss, nil, fault.Invalid},
		"an agent":                    {b.as(b.site, staff.Agent), refs[:1], fault.Forbidden},
	} {
		if err := b.svc.Tick(c.ctx, monday, c.refs, ""); !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWeek(t *testing.T) {
	t.Parallel()
	b := setup(t)
	chief := b.as(b.site, staff.Manager)
	b.ticket("repair", "phone", at(16, 0))
	b.ticket("complaint", "phone", at(22, 23))
	b.ticket("repair", "phone", at(23, 0)) // this week
	last := at(16, 0)
	t.Run("REVIEW-1 the manager reviews the past week on Monday", func(t *testing.T) {
		sections, err := b.svc.Week(chief, at(19, 0))
		if err != nil || len(sections) != 4 || sections[0].All != 1 || sections[1].All != 1 || sections[2].All != 0 {
			t.Fatalf("%+v, %v", sections, err)
		}
		open, err := b.svc.OpenWeeks(chief)
		if err != nil || len(open) != 1 || open[0].Open != 2 || !open[0].Late {
			t.Fatalf("on Tuesday the past week is late: %+v, %v", open, err)
		}
		b.mu.Lock()
		b.now = at(23, 9)
		b.mu.Unlock()
		if open, err := b.svc.OpenWeeks(chief); err != nil || len(open) != 1 || open[0].Late {
			t.Errorf("on Monday it isn't: %+v, %v", open, err)
		}
		if err := b.svc.Sign(chief, last, review.Sections, "已阅"); err != nil {
			t.Fatal(err)
		}
		if open, err := b.svc.OpenWeeks(chief); err != nil || len(open) != 0 {
			t.Errorf("after signing: %+v, %v", open, err)
		}
		if err := b.svc.Sign(chief, at(23, 0), review.Sections, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("a week that isn't over: %v", err)
		}
		if err := b.svc.Sign(b.as(b.site, staff.Supervisor), last, review.Sections, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a supervisor signs the week: %v", err)
		}
	})
}

func TestUnsolved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.as(b.site, staff.Supervisor)
	old, fresh := b.ticket("repair", "phone", at(10, 0)), b.ticket("repair", "phone", at(23, 0))
	again := b.ticket("complaint", "phone", at(20, 0))
	if _, err := b.db.NewRaw(`update tickets set reopened = 2 where id = ?`, again).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("REVIEW-2 unsolved matters are looked at together: what they share, what is to change", func(t *testing.T) {
		list, err := b.svc.Unsolved(boss)
		if err != nil || len(list) != 2 || list[0].ID != again || list[1].ID != old {
			t.Fatalf("%+v, %v; %d is fresh", list, err, fresh)
		}
		if _, err := b.svc.Find(boss, []int64{old, again}, "", " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("nothing said: %v", err)
		}
		if _, err := b.svc.Find(b.as(b.other, staff.Supervisor), []int64{old}, "一", "二"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another site's tickets: %v", err)
		}
		if _, err := b.svc.Find(boss, []int64{old, again}, "都在等配件", "常用配件备货"); err != nil {
			t.Fatal(err)
		}
		found, err := b.svc.Findings(boss)
		if err != nil || len(found) != 1 || len(found[0].Numbers) != 2 || found[0].ByName != "主管" {
			t.Errorf("%+v, %v", found, err)
		}
		if list, err := b.svc.Unsolved(boss); err != nil || list[0].Findings != 1 {
			t.Errorf("looked at: %+v, %v", list, err)
		}
	})
	t.Run("REVIEW-2 at regular times: a week after the last time, while there is something that wasn't looked at", func(t *testing.T) {
		want := func(what string, left int, due time.Time, late bool) {
			t.Helper()
			r, err := b.svc.Regularly(boss)
			if err != nil || r.Left != left || !r.Due.Equal(due) || r.Late != late {
				t.Errorf("%s: %+v, %v; want %d by %s, late %t", what, r, err, left, due, late)
			}
		}
		want("all were looked at", 0, time.Time{}, false)
		later := b.ticket("repair", "phone", at(12, 0))
		want("another one, looked at today", 1, at(24, 0).AddDate(0, 0, review.Every), false)
		b.mu.Lock()
		b.now = at(24, 10).AddDate(0, 0, review.Every)
		b.mu.Unlock()
		want("on the last day", 3-1, at(24, 0).AddDate(0, 0, review.Every), false) // by now the fresh one is unsolved too
		b.mu.Lock()
		b.now = b.now.AddDate(0, 0, 1)
		b.mu.Unlock()
		want("the day after", 2, at(24, 0).AddDate(0, 0, review.Every), true)
		if _, err := b.svc.Find(boss, []int64{later, fresh}, "都没人管", "指定负责人"); err != nil {
			t.Fatal(err)
		}
		want("looked at again", 0, time.Time{}, false)
		if r, err := b.svc.Regularly(b.as(b.other, staff.Supervisor)); err != nil || r.Left != 0 || !r.Last.IsZero() {
			t.Errorf("another site: %+v, %v", r, err)
		}
	})
}

func TestMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	chief := b.as(b.site, staff.Manager)
	t.Run("REVIEW-4 the month's report has measures, problems and plan, and nobody writes over somebody else's words", func(t *testing.T) {
		m, err := b.svc.MonthOf(chief, at(24, 0))
		if err != nil || m.Version != 0 {
			t.Fatalf("%+v, %v", m, err)
		}
		m.Measures, m.Completion, m.Analysis = "增加夜间值班", "办结九成", "噪音投诉最多"
		if _, err := b.svc.Write(chief, *m); err != nil {
			t.Fatal(err)
		}
		if _, err := b.svc.Write(chief, *m); !fault.Is(err, fault.Conflict) {
			t.Errorf("written over: %v", err)
		}
		now, err := b.svc.MonthOf(chief, at(1, 0))
		if err != nil || now.Version != 1 || now.Measures+now.Completion+now.Analysis != "增加夜间值班办结九成噪音投诉最多" || now.ByName != "主管" {
			t.Errorf("%+v, %v", now, err)
		}
		now.Plan = "下月全面检查"
		if next, err := b.svc.Write(chief, *now); err != nil || next.Version != 2 {
			t.Errorf("%+v, %v", next, err)
		}
	})
	t.Run("REVIEW-4 the cases of the month are looked at again, and no other month's", func(t *testing.T) {
		write := func(site int64, title string, when time.Time) {
			b.id(`insert into knowledge_cases (site_id, sort, kind, title, situation, handling, by_id, at) values (?, 'hard', 'repair', ?, '情况', '做法', ?, ?) returning id`, site, title, b.who, when)
		}
		write(b.site, "月初", at(1, 0))
		write(b.site, "月末", time.Date(2026, 11, 30, 23, 59, 0, 0, shanghai))
		write(b.site, "上月", at(1, 0).Add(-time.Second))
		write(b.site, "下月", time.Date(2026, 12, 1, 0, 0, 0, 0, shanghai))
		write(b.other, "别处", at(10, 0))
		list, err := b.svc.Cases(chief, at(24, 0))
		if err != nil || len(list) != 2 || list[0].Title != "月末" || list[1].Title != "月初" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
