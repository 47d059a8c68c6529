package live

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// write stores the collected events as the last statements of their transaction: one head bump per topic, topics
// sorted so that two transactions never wait for each other crosswise. Once they are committed the instances are woken.
func write(ctx context.Context, tx bun.Tx, drafts []draft) error {
	byTopic := map[Topic][]draft{}
	var topics []Topic
	for _, d := range drafts {
		if byTopic[d.topic] == nil {
			topics = append(topics, d.topic)
		}
		byTopic[d.topic] = append(byTopic[d.topic], d)
	}
	slices.Sort(topics)
	for _, t := range topics {
		if err := writeTopic(ctx, tx, t, byTopic[t]); err != nil {
			return err
		}
	}
	pool := tx.NewSelect().DB()
	db.After(ctx, func() { committed(pool) })
	return nil
}

func writeTopic(ctx context.Context, tx bun.Tx, topic Topic, drafts []draft) error {
	var head int64
	err := tx.NewRaw(`insert into topics (name, head) values (?, ?)
		on conflict (name) do update set head = topics.head + excluded.head returning head`,
		string(topic), len(drafts)).Scan(ctx, &head)
	if err != nil {
		return err
	}
	first := head - int64(len(drafts)) + 1
	type row struct {
		bun.BaseModel `bun:"table:events"`
		Topic         string
		Seq           int64
		Kind          string
		Ref           int64
		Body          string
	}
	rows := make([]row, len(drafts))
	for i, d := range drafts {
		rows[i] = row{Topic: string(topic), Seq: first + int64(i), Kind: d.kind, Ref: d.id, Body: string(d.body)}
	}
	_, err = tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}
