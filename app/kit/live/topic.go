package live

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// keep is how many messages of a view are held in its ring, and how many events of a topic are read when it is opened.
const keep = 512

// tailMost is how many events of a topic are held in memory: what may come while a view makes frames of those before.
const tailMost = 4 * keep

// topic is what this instance has read of one stream: where it stands and the last events. Only the reader writes.
type topic struct {
	name Topic

	mu      sync.Mutex
	open    bool  // read at least once
	epoch   int64 // of the database
	head    int64 // number of the last event read
	tail    []Event
	age     int           // counts the times that the stream was cut: what stood before is of no use
	changed chan struct{} // closed and replaced at each change
}

func newTopic(name Topic) *topic { return &topic{name: name, changed: make(chan struct{})} }

// state is a topic as a view sees it at one moment.
type state struct {
	open    bool
	epoch   int64
	head    int64
	floor   int64 // everything above it and up to head is in memory
	age     int
	events  []Event // those above the number asked for, where the age is still the same
	changed <-chan struct{}
}

// since gives what follows a number. The events are shared and not to be changed.
func (t *topic) since(age int, seq int64) state {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := state{open: t.open, epoch: t.epoch, head: t.head, floor: t.head - int64(len(t.tail)), age: t.age, changed: t.changed}
	if s.open && age == t.age && seq >= s.floor && seq < t.head {
		s.events = t.tail[seq-s.floor:]
	}
	return s
}

// reading is one row of read: an event, or only the state of a topic that has none to tell.
type reading struct {
	Name  string
	Epoch int64
	Head  int64
	Seq   *int64
	Kind  *string
	Ref   *int64
	Body  json.RawMessage
	At    *time.Time
}

// read asks for everything past the positions, in one statement and so of one moment. A position below 0 stands for
// 'the last ones'. The lateral join keeps to the index, whatever the planner thinks of the number of events.
func read(ctx context.Context, pool bun.IDB, names []string, positions []int64) ([]reading, error) {
	var rows []reading
	err := db.Prepared(pool, pool.NewRaw(`select w.name, coalesce(t.epoch, 1) as epoch, coalesce(t.head, 0) as head,
			e.seq, e.kind, e.ref, e.body, e.at
		from unnest(?::text[], ?::bigint[]) as w (name, pos)
		left join topics t on t.name = w.name
		left join lateral (
			select seq, kind, ref, body, at from events
			where topic = t.name and seq <= t.head and seq > case when w.pos < 0 then t.head - ? else w.pos end
			order by seq limit ?) e on true
		order by w.name, e.seq`,
		db.Values(names), db.Values(positions), keep, tailMost+1)).Scan(ctx, &rows)
	return rows, err
}

// apply takes the rows of this topic. cut tells that events were missed, so that only a snapshot helps: the stream has
// another epoch or has gone back (a database was restored), the missing ones are pruned, or they are too many.
func (t *topic) apply(rows []reading) (fresh []Event, cut bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	epoch, head := rows[0].Epoch, rows[0].Head
	events := make([]Event, 0, len(rows))
	for _, r := range rows {
		if r.Seq != nil {
			events = append(events, Event{Topic: t.name, Epoch: epoch, Seq: *r.Seq, Kind: *r.Kind, ID: *r.Ref, Body: r.Body, At: *r.At})
		}
	}
	if !t.open {
		t.open, t.epoch, t.head, t.tail, t.age = true, epoch, head, lastDense(events, head), 1
		t.announce()
		return nil, false
	}
	if epoch == t.epoch && head == t.head {
		return nil, false
	}
	whole := int64(len(events)) == head-t.head && len(lastDense(events, head)) == len(events)
	if cut = epoch != t.epoch || !whole; cut {
		t.epoch, t.head, t.tail = epoch, head, nil
		t.age++
		t.announce()
		return nil, true
	}
	t.head = head
	t.tail = append(t.tail, events...)
	if len(t.tail) > 2*tailMost { // a new array, since views may still read the old one
		t.tail = append(make([]Event, 0, 2*tailMost), t.tail[len(t.tail)-tailMost:]...)
	}
	t.announce()
	return events, false
}

func (t *topic) announce() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// lastDense is the end of events that leads to head without a gap.
func lastDense(events []Event, head int64) []Event {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Seq != head-int64(len(events)-1-i) {
			return events[i+1:]
		}
	}
	return events
}
