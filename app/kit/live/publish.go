package live

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lobby/app/kit/db"
)

// Topic names one numbered stream of events.
type Topic string

// Control carries what every instance must apply within a second: revoked sessions and devices, changed roles,
// settings and keys.
const Control Topic = "control"

// Site is the topic of one site's screens: wall, desk, lobby display and kiosks follow the same stream, each
// rendered for its audience.
func Site(id int64) Topic { return Topic(fmt.Sprintf("site:%d", id)) }

// Event is one committed change. Body holds ids, never personal data.
type Event struct {
	Topic Topic
	Epoch int64
	Seq   int64
	Kind  string // noun.past-tense verb: "ticket.taken", "visit.left"
	ID    int64  // the row it is about; 0 where it is about none
	Body  json.RawMessage
	At    time.Time
}

type draft struct {
	topic Topic
	kind  string
	id    int64
	body  json.RawMessage
}

type collectKey struct{}

// Publish notes that something happened to row id. It only collects: db.Tx writes the events with its last statements,
// topics sorted, so that a topic's head is held for the shortest time. Publishing outside a transaction is a
// programming error and panics, since the event would be lost.
func Publish(ctx context.Context, topic Topic, kind string, id int64) {
	PublishBody(ctx, topic, kind, id, nil)
}

// PublishBody is Publish with a small body of ids.
func PublishBody(ctx context.Context, topic Topic, kind string, id int64, body any) {
	raw := json.RawMessage("{}")
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			panic("live: body of " + kind + ": " + err.Error())
		}
		raw = b
	}
	if !db.Collect(ctx, collectKey{}, draft{topic, kind, id, raw}, write) {
		panic("live: Publish outside db.Tx: " + kind)
	}
}
