package notice

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/live"
)

// Channel is a way besides the inbox.
type Channel string

// The channels that can carry notices further.
const (
	Mail  Channel = "mail"
	Robot Channel = "robot"
)

// Post writes notices inside the transaction of what they are about. The zero Post reaches inboxes only; Channels are
// those that this installation carries besides.
type Post struct {
	Channels []Channel
}

// Tell puts something into inboxes and outbox, in the caller's transaction, and wakes the screens of the site once.
func (p Post) Tell(ctx context.Context, tx bun.IDB, site int64, now time.Time, all ...Told) error {
	var rows []Notice
	for _, t := range all {
		for _, to := range t.To {
			rows = append(rows, Notice{SiteID: site, StaffID: to, Kind: t.Kind, Subject: t.About, TaskID: t.Task, Mark: t.Mark,
				Loud: t.Loud, DueAt: t.Due, SentAt: now})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var ids []int64
	err := tx.NewInsert().Model(&rows).On("conflict (staff_id, subject, subject_id, kind, mark) where mark <> '' do nothing").
		Returning("id").Scan(ctx, &ids)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	if err := p.queue(ctx, tx, site, now, ids); err != nil {
		return err
	}
	live.Publish(ctx, live.Site(site), "notice.sent", 0)
	return nil
}

// Ask makes a task and tells those who may take it. The same occasion asked again is the task that stands; whoever is
// named now and wasn't before is told of it too, unless it is done.
func (p Post) Ask(ctx context.Context, tx bun.IDB, site int64, now time.Time, in Asked) error {
	task := Task{SiteID: site, Kind: in.Kind, Subject: in.About, Mark: in.Mark, DueAt: in.Due, NoticedAt: now, Version: 1}
	_, err := tx.NewInsert().Model(&task).On("conflict (site_id, subject, subject_id, kind, mark) do nothing").Returning("id").Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && task.ID == 0 {
		err = tx.NewRaw(`select id from tasks where site_id = ? and subject = ? and subject_id = ? and kind = ? and mark = ? and done_at is null`,
			site, in.About.Table, in.About.ID, in.Kind, in.Mark).Scan(ctx, &task.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return p.Tell(ctx, tx, site, now, Told{To: in.To, Kind: in.Kind, About: in.About, Mark: in.Mark, Loud: in.Loud, Due: in.Due, Task: task.ID})
}
