package notice

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/views/locale"
)

// inboxMost is how many lines the inbox shows.
const inboxMost = 100

// Service is the inbox and the tasks as the person sees them. Everybody has an inbox of their own; nobody reads another's.
type Service struct {
	DB  *bun.DB
	Now func() time.Time

	// Taken is told, in its transaction, that somebody took a task; boot supplies it, nil is nobody.
	Taken func(ctx context.Context, tx bun.Tx, k *Task) error
}

// countMost is as far as what waits for a person is counted, of notices and of tasks: one more than the head of a page shows
// as a number (99), and every page reads it.
const countMost = 100

// Waiting counts the person's open tasks, and what they haven't seen besides; both up to countMost.
type Waiting struct {
	Tasks  int   // to be taken, or taken and not finished
	Fresh  int   // notices not seen, without what came with one of the tasks
	Latest int64 // id of the latest loud one not seen; 0: none
}

// Total is the figure that the head of every page shows: one for each thing.
func (w Waiting) Total() int { return w.Fresh + w.Tasks }

// person gives the member of staff who asks, for a site at which they work.
func person(ctx context.Context) (actor.Actor, error) {
	a := actor.From(ctx)
	switch {
	case a.Kind != actor.Person:
		return a, fault.New(fault.SignIn, "fault.sign_in")
	case a.Site == 0: // the last role is gone
		return a, fault.New(fault.Forbidden, "fault.forbidden")
	}
	return a, nil
}

// Waiting gives the counts that the page's head shows.
func (s *Service) Waiting(ctx context.Context) (Waiting, error) {
	a, err := person(ctx)
	if err != nil {
		return Waiting{}, err
	}
	var w Waiting
	err = db.Prepared(s.DB, s.DB.NewRaw(`with mine as materialized (
			select k.id from tasks k where k.site_id = ?0 and k.done_at is null and k.taken_by = ?1
			union all select k.id from tasks k where k.site_id = ?0 and k.done_at is null and k.taken_by is null
				and k.id in (select n.task_id from notices n where n.staff_id = ?1 and n.task_id is not null)
			limit ?2),
		unseen as (select from notices n where n.site_id = ?0 and n.staff_id = ?1 and n.seen_at is null
			and (n.task_id is null or n.task_id not in (select id from mine)) limit ?2)
		select (select count(*) from mine) as tasks, (select count(*) from unseen) as fresh,
			coalesce((select n.id from notices n where n.site_id = ?0 and n.staff_id = ?1 and n.seen_at is null and n.loud
				order by n.id desc limit 1), 0) as latest`, db.Value(a.Site), db.Value(a.ID), countMost)).Scan(ctx, &w)
	return w, db.Translate(err)
}

// Inbox gives the person's latest notices: those not seen yet first, of both the newest first.
func (s *Service) Inbox(ctx context.Context) ([]Notice, error) {
	a, err := person(ctx)
	if err != nil {
		return nil, err
	}
	list := []Notice{}
	err = s.DB.NewRaw(`select x.*, t.number, t.place, k.result as task_result, k.done_at as task_done_at, p.name as task_by from (
			(select * from notices where site_id = ?0 and staff_id = ?1 and seen_at is null order by id desc limit ?2)
			union all (select * from notices where site_id = ?0 and staff_id = ?1 and seen_at is not null order by id desc limit ?2)) x
		left join tickets t on t.id = x.ticket_id left join tasks k on k.id = x.task_id left join staff p on p.id = k.taken_by
		order by (x.seen_at is not null), x.id desc limit ?2`, a.Site, a.ID, inboxMost).Scan(ctx, &list)
	return list, db.Translate(err)
}

// See marks some of the person's notices as seen: those that the page showed, and no other.
func (s *Service) See(ctx context.Context, shown []int64) error {
	a, err := person(ctx)
	if err != nil || len(shown) == 0 {
		return err
	}
	_, err = s.DB.NewRaw(`update notices set seen_at = ? where site_id = ? and staff_id = ? and id = any(?) and seen_at is null`,
		s.Now(), a.Site, a.ID, pgdialect.Array(shown)).Exec(ctx)
	return db.Translate(err)
}

// Tasks gives what the person may take or has taken and not finished, what was due first first.
func (s *Service) Tasks(ctx context.Context) ([]Task, error) {
	a, err := person(ctx)
	if err != nil {
		return nil, err
	}
	list := []Task{}
	err = s.DB.NewRaw(`select x.*, p.name as taker_name, t.number, t.place from tasks x
		left join staff p on p.id = x.taken_by left join tickets t on t.id = x.ticket_id
		where x.id in (select k.id from tasks k where k.site_id = ?0 and k.done_at is null and k.taken_by = ?1
			union select k.id from tasks k join notices n on n.task_id = k.id and n.staff_id = ?1 where k.site_id = ?0 and k.done_at is null)
		order by x.due_at, x.id`, a.Site, a.ID).Scan(ctx, &list)
	return list, db.Translate(err)
}

// Take makes the person the one who answers for a task. Of two who take it at once the second is told who has it.
func (s *Service) Take(ctx context.Context, id int64) error {
	return s.change(ctx, id, "task.take", func(k *Task, who int64) bool {
		if k.TakenBy == who {
			return false
		}
		k.TakenBy, k.TakenAt = who, s.Now()
		return true
	})
}

// Finish closes a task with what came of it. Who hasn't taken it takes it so; only who took it can finish it.
func (s *Service) Finish(ctx context.Context, id int64, result string) error {
	var wrong fault.Fields
	result = wrong.Text("result", result, MaxResult, true)
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.change(ctx, id, "task.finish", func(k *Task, who int64) bool {
		if k.TakenBy == 0 {
			k.TakenBy, k.TakenAt = who, s.Now()
		}
		k.DoneAt, k.Result = s.Now(), result
		return true
	})
}

// change does something with a task that nobody else has taken and that isn't done; do tells whether there was anything
// to change.
func (s *Service) change(ctx context.Context, id int64, verb string, do func(k *Task, who int64) bool) error {
	a, err := person(ctx)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		k, err := lockTask(ctx, tx, a, id)
		if err != nil {
			return struct{}{}, err
		}
		taker := k.TakenBy
		if err := k.open(ctx, a.ID); err != nil || !do(k, a.ID) {
			return struct{}{}, err
		}
		k.Version++
		if _, err := tx.NewUpdate().Model(k).Column("taken_by", "taken_at", "done_at", "result", "version").WherePK().Exec(ctx); err != nil {
			return struct{}{}, err
		}
		if s.Taken != nil && taker == 0 {
			if err := s.Taken(ctx, tx, k); err != nil {
				return struct{}{}, err
			}
		}
		live.Publish(ctx, live.Site(a.Site), "notice.sent", 0)
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "tasks", ID: id, Site: a.Site})
	})
	return err
}

// open says in words why the person can do nothing with the task.
func (k *Task) open(ctx context.Context, who int64) error {
	switch {
	case !k.DoneAt.IsZero():
		return fault.New(fault.Conflict, "notice.task_done", fault.Args{"Who": k.TakerName, "At": locale.Moment(ctx, k.DoneAt)})
	case k.TakenBy != 0 && k.TakenBy != who:
		return fault.New(fault.Conflict, "notice.task_taken", fault.Args{"Who": k.TakerName, "At": locale.Moment(ctx, k.TakenAt)})
	}
	return nil
}

// lockTask holds a task that the person was told of, or has taken; any other does not exist for them. The taker's name is
// read once the task is held: who took it while we waited is no part of what the lock's own statement had joined. Its key
// stays free: the watch, which holds the ticket, tells further people of the task meanwhile (ESC-5).
func lockTask(ctx context.Context, tx bun.Tx, a actor.Actor, id int64) (*Task, error) {
	k := new(Task)
	err := tx.NewSelect().Model(k).ColumnExpr("?TableColumns").
		Where("k.site_id = ?", a.Site).Where("k.id = ?", id).
		Where("k.taken_by = ?0 or exists (select from notices n where n.task_id = k.id and n.staff_id = ?0)", a.ID).
		For("no key update of k").Scan(ctx)
	if err != nil || k.TakenBy == 0 {
		return k, err
	}
	return k, tx.NewRaw(`select name from staff where id = ?`, k.TakenBy).Scan(ctx, &k.TakerName)
}
