package notice_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/notice"
	"lobby/views/locale"
)

type bundle struct {
	t           *testing.T
	db          *bun.DB
	svc         *notice.Service
	site, other int64
	people      []int64

	mu  sync.Mutex
	now time.Time
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	b.svc = &notice.Service{DB: b.db, Now: b.clock}
	b.site, b.other = b.id(`insert into sites (code, name) values ('one', '一号院') returning id`), b.id(`insert into sites (code, name) values ('two', '二号院') returning id`)
	for i := range 3 {
		b.people = append(b.people, b.id(`insert into staff (login, name, password_hash) values (?, ?, '') returning id`, fmt.Sprintf("p%d.x", i), fmt.Sprintf("人员%d", i)))
	}
	return b
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bundle) id(query string, args ...any) (id int64) {
	b.t.Helper()
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), &id); err != nil {
		b.t.Fatal(err)
	}
	return id
}

// as is the context of one of the people.
func (b *bundle) as(n int) context.Context {
	ctx := locale.WithZone(locale.With(b.t.Context(), "zh-CN"), time.UTC)
	return actor.With(ctx, actor.Actor{Kind: actor.Person, ID: b.people[n], Site: b.site, Name: fmt.Sprintf("人员%d", n)})
}

// tx runs what a feature does inside its transaction.
func (b *bundle) tx(do func(ctx context.Context, tx bun.Tx) error) {
	b.t.Helper()
	_, err := db.Tx(b.t.Context(), b.db, func(ctx context.Context, tx bun.Tx) (struct{}, error) { return struct{}{}, do(ctx, tx) })
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) tell(p notice.Post, all ...notice.Told) {
	b.t.Helper()
	b.tx(func(ctx context.Context, tx bun.Tx) error { return p.Tell(ctx, tx, b.site, b.clock(), all...) })
}

func (b *bundle) ask(in notice.Asked) {
	b.t.Helper()
	b.tx(func(ctx context.Context, tx bun.Tx) error { return notice.Post{}.Ask(ctx, tx, b.site, b.clock(), in) })
}

func (b *bundle) waiting(n int) notice.Waiting {
	b.t.Helper()
	w, err := b.svc.Waiting(b.as(n))
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

func about(id int64) notice.Subject { return notice.Subject{Table: "tickets", ID: id} }

func TestInbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	due := b.clock().Add(-3 * time.Hour)
	told := notice.Told{To: b.people[:2], Kind: "escalated", About: about(7), Mark: "supervisor#0", Due: due}
	t.Run("ESC-4 the same occasion reaches a person once, however often it is noticed", func(t *testing.T) {
		b.tell(notice.Post{}, told)
		b.tell(notice.Post{}, told, notice.Told{To: b.people[1:], Kind: "escalated", About: about(7), Mark: "supervisor#0", Due: due})
		for n, want := range []int{1, 1, 1} {
			if w := b.waiting(n); w.Fresh != want {
				t.Errorf("person %d has %d notices, want %d", n, w.Fresh, want)
			}
		}
		told.Mark = "manager#0"
		b.tell(notice.Post{}, told)
		if w := b.waiting(0); w.Fresh != 2 {
			t.Errorf("the next level isn't told: %d", w.Fresh)
		}
	})
	list, err := b.svc.Inbox(b.as(0))
	if err != nil || len(list) != 2 {
		t.Fatalf("%d notices, %v", len(list), err)
	}
	if !list[0].DueAt.Equal(due) || !list[0].SentAt.Equal(b.clock()) {
		t.Errorf("the notice says %v, sent %v: want the true time and that of noticing", list[0].DueAt, list[0].SentAt)
	}
	if err := b.svc.See(b.as(0), []int64{list[1].ID}); err != nil {
		t.Fatal(err)
	}
	if w, neighbour := b.waiting(0), b.waiting(1); w.Fresh != 1 || neighbour.Fresh != 2 {
		t.Errorf("after seeing the first: %d left, the neighbour %d", w.Fresh, neighbour.Fresh)
	}
	elsewhere := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: b.people[0], Site: b.other})
	for who, ctx := range map[string]context.Context{"somebody else": b.as(1), "the same person at another site": elsewhere} {
		if err := b.svc.See(ctx, []int64{list[0].ID}); err != nil {
			t.Fatal(err)
		}
		if w := b.waiting(0); w.Fresh != 1 {
			t.Errorf("%s marked a notice as seen", who)
		}
	}
	if list, err := b.svc.Inbox(elsewhere); err != nil || len(list) != 0 {
		t.Errorf("another site shows %d notices, %v", len(list), err)
	}
	if _, err := b.svc.Inbox(t.Context()); err == nil {
		t.Error("nobody has an inbox")
	}
	nowhere := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: b.people[0]})
	if _, err := b.svc.Inbox(nowhere); !fault.Is(err, fault.Forbidden) {
		t.Errorf("who has no role any more: %v", err)
	}
	if err := b.svc.See(b.as(1), []int64{b.id(`select max(id) from notices where staff_id = ?`, b.people[1])}); err != nil {
		t.Fatal(err)
	}
	if list, err := b.svc.Inbox(b.as(1)); err != nil || len(list) != 2 || !list[0].SeenAt.IsZero() || list[1].SeenAt.IsZero() {
		t.Errorf("what isn't seen yet doesn't come first: %+v, %v", list, err)
	}
}

// Every page counts what waits for who looks: of somebody with very much only as far as the figure says, and whatever is shown
// of the latest one that rings is right.
func TestVeryMuchWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tell := func(n int, loud bool) {
		t.Helper()
		b.tell(notice.Post{}, notice.Told{To: b.people[:1], Kind: "escalated", About: about(int64(n)), Mark: fmt.Sprint("m", n), Due: b.clock(), Loud: loud})
	}
	rings := func() int64 { return b.id(`select max(id) from notices where loud and seen_at is null`) }
	for n := 1; n <= 99; n++ {
		tell(n, n == 3)
	}
	if got, want := b.waiting(0), (notice.Waiting{Fresh: 99, Latest: rings()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for n := 100; n <= 150; n++ {
		tell(n, n == 120)
		b.ask(notice.Asked{Kind: "find_cause", About: about(int64(n)), Mark: fmt.Sprint("t", n), Due: b.clock(), To: b.people[:1]})
	}
	if got, want := b.waiting(0), (notice.Waiting{Tasks: 51, Fresh: 100, Latest: rings()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for n := 151; n <= 250; n++ {
		b.ask(notice.Asked{Kind: "find_cause", About: about(int64(n)), Mark: fmt.Sprint("t", n), Due: b.clock(), To: b.people[:1]})
	}
	if got := b.waiting(0); got.Tasks != 100 || got.Total() < 100 {
		t.Errorf("of 151 tasks: %+v", got)
	}
}

func TestTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	asked := notice.Asked{Kind: "find_cause", About: about(7), Mark: "order#0", Due: b.clock().Add(-time.Hour), To: b.people[:2]}
	b.ask(asked)
	b.ask(asked)
	tasks, err := b.svc.Tasks(b.as(0))
	if err != nil || len(tasks) != 1 {
		t.Fatalf("%d tasks, %v: the same occasion is one task", len(tasks), err)
	}
	id := tasks[0].ID
	if list, err := b.svc.Tasks(b.as(2)); err != nil || len(list) != 0 {
		t.Errorf("who wasn't asked sees %d tasks, %v", len(list), err)
	}
	waits := func(n int, want notice.Waiting) {
		t.Helper()
		if got := b.waiting(n); got != want {
			t.Errorf("person %d: %+v, want %+v", n, got, want)
		}
	}
	for n := range 2 {
		waits(n, notice.Waiting{Tasks: 1}) // one thing to do, though a notice came with it
	}
	waits(2, notice.Waiting{})
	var f *fault.Fault
	if err := b.svc.Take(b.as(2), id); !errors.As(err, &f) || f.Kind != fault.NotFound {
		t.Errorf("who wasn't asked takes it: %v", err)
	}
	if err := b.svc.Take(actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: b.people[0], Site: b.other}), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("taken from another site: %v", err)
	}
	t.Run("two take it at once: one has it, the other is told who", func(t *testing.T) {
		var told []int64
		b.svc.Taken = func(_ context.Context, _ bun.Tx, k *notice.Task) error {
			told = append(told, k.TakenBy) // the task's row is held: one at a time
			return nil
		}
		failed := make([]error, 2)
		var both sync.WaitGroup
		b.tx(func(ctx context.Context, tx bun.Tx) error { // both wait for the same row before either has it
			if _, err := tx.NewRaw(`select from tasks where id = ? for update`, id).Exec(ctx); err != nil {
				return err
			}
			for n := range failed {
				both.Go(func() { failed[n] = b.svc.Take(b.as(n), id) })
			}
			for waiting, end := int64(0), time.Now().Add(20*time.Second); waiting < 2; {
				waiting = b.id(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
				if time.Now().After(end) {
					return errors.New("they don't wait")
				}
			}
			return nil
		})
		both.Wait()
		winner := slices.Index(failed, nil)
		if winner < 0 || failed[1-winner] == nil {
			t.Fatalf("taken: %v", failed)
		}
		if !errors.As(failed[1-winner], &f) || f.Kind != fault.Conflict || f.Args["Who"] != fmt.Sprintf("人员%d", winner) {
			t.Errorf("the other is told %v %v", failed[1-winner], f.Args)
		}
		waits(winner, notice.Waiting{Tasks: 1})
		waits(1-winner, notice.Waiting{Fresh: 1}) // nothing to do any more, and still to be seen
		if err := b.svc.Take(b.as(winner), id); err != nil {
			t.Errorf("pressed twice: %v", err)
		}
		if err := b.svc.Finish(b.as(1-winner), id, "查过了"); err == nil {
			t.Error("finished by who hasn't taken it")
		}
		if err := b.svc.Finish(b.as(winner), id, " \n"); !errors.As(err, &f) || f.Kind != fault.Invalid {
			t.Errorf("finished without a result: %v", err)
		}
		if err := b.svc.Finish(b.as(winner), id, "部门漏看，已补派"); err != nil {
			t.Error(err)
		}
		if len(told) != 1 || told[0] != b.people[winner] {
			t.Errorf("that it was taken, and by whom, is told %v", told)
		}
		if w := b.waiting(winner); w.Tasks != 0 {
			t.Errorf("%d tasks left", w.Tasks)
		}
		if err := b.svc.Finish(b.as(winner), id, "改口"); !errors.As(err, &f) || f.Kind != fault.Conflict {
			t.Errorf("a finished task is finished again: %v", err)
		}
	})
	asked.To = b.people
	b.ask(asked)
	if n := b.id(`select count(*) from notices where task_id = ?`, id); n != 2 {
		t.Errorf("of what is done %d people were told, want the 2 of before", n)
	}
	if n := b.id(`select count(*) from audit_log where verb in ('task.take', 'task.finish')`); n != 2 {
		t.Errorf("%d acts are on record, want 2", n)
	}
}
