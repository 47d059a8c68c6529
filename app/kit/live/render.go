package live

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
)

// renderWait is how long frames or a snapshot may take.
const renderWait = 10 * time.Second

// step does all that is to be done now: frames of new events, lanes that are due, a snapshot that is wanted. wait is
// how long there is nothing more to do by time alone.
func (v *view) step(ctx context.Context) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, renderWait)
	defer cancel()
	defer func() { v.mark(err != nil) }()
	s := v.topic.since(v.age, v.ring.end) // both are written by this goroutine alone
	if !s.open {
		return time.Hour, nil
	}
	if s.age != v.age || v.ring.end < s.floor {
		v.begin(s)
		s = v.topic.since(v.age, v.ring.end)
	}
	if len(s.events) > 0 {
		if err := v.frames(ctx, s); err != nil {
			return 0, err
		}
	}
	if err := v.figured(); err != nil {
		return 0, err
	}
	if wait, err = v.refresh(ctx); err != nil {
		return 0, err
	}
	return min(wait, v.release()), v.snapshot(ctx)
}

func (v *view) mark(failing bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.failing == failing {
		return
	}
	v.failing = failing
	if !failing {
		v.wakeAll() // the heartbeats that were held back
	}
}

// begin starts the ring anew: at the head, or, the first time, as far back as somebody who waits needs it.
func (v *view) begin(s state) {
	v.mu.Lock()
	defer v.mu.Unlock()
	seq := s.head
	if v.age == 0 {
		for _, c := range v.clients {
			if c.epoch == s.epoch && c.seq >= s.floor && c.seq < seq {
				seq = c.seq
			}
		}
	}
	v.ring.begin(seq)
	v.age, v.epoch, v.snap = s.age, s.epoch, nil
	clear(v.lanes)
	v.wakeAll()
}

// frames makes frames of the events, once for all who watch.
func (v *view) frames(ctx context.Context, s state) error {
	frames, err := v.render(ctx, s.events)
	if err != nil {
		if v.tries++; v.tries < renderTries {
			return err
		}
		v.tries = 0
		v.begin(s) // the events can't be shown one by one: what follows from them comes as a snapshot
		return err
	}
	v.tries = 0
	for _, f := range frames {
		if f.Refresh != "" {
			v.dirty(f.Refresh)
		}
	}
	var items []item
	for i, r := range runs(s.events, frames) {
		if since := v.ring.quietSince(); i == 0 && since != 0 {
			r.from = since
		}
		m, err := frameMessage(r.from, r.event, r.frame)
		if err != nil {
			return err
		}
		items = append(items, item{from: r.from, seq: r.event.Seq, silent: r.frame.silent(), msg: m})
	}
	v.push(items...)
	v.hub.stats.frames.Add(int64(len(frames)))
	return nil
}

// push puts messages into the ring. One that says nothing but how far the stream is waits for the next that does, for a
// moment: thousands of limits may pass at once, and telling a thousand walls of each hundred that there is nothing to show
// would keep them from what there is.
func (v *view) push(items ...item) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, it := range items {
		v.ring.push(it)
	}
	if len(items) != 1 || !items[0].silent {
		v.quiet = time.Time{}
		v.wakeAll()
	} else if v.quiet.IsZero() {
		v.quiet = time.Now()
	}
}

// release wakes the writers for what has waited long enough, and tells when there will be something.
func (v *view) release() (wait time.Duration) {
	if v.quiet.IsZero() {
		return time.Hour
	}
	if left := quietMost - time.Since(v.quiet); left > 0 {
		return left
	}
	v.push()
	return time.Hour
}

// render asks the screens for frames. A panic in there must not end every screen of the site.
func (v *view) render(ctx context.Context, events []Event) (frames []Frame, err error) {
	defer caught(&err)
	frames, err = v.hub.cfg.Screens.Frames(ctx, v.key, events)
	if err == nil && len(frames) != len(events) {
		err = fmt.Errorf("live: %d frames for %d events of %s", len(frames), len(events), v.key.Audience)
	}
	return frames, err
}

func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("live: panic in the screens: %v\n%s", r, debug.Stack())
	}
}

func (v *view) dirty(id string) {
	if v.lanes[id] == nil {
		v.lanes[id] = &lane{}
	}
	v.lanes[id].due = true
}

// refresh sends the lanes that are due, each at most once a second, and tells when the next one is.
func (v *view) refresh(ctx context.Context) (wait time.Duration, err error) {
	wait = time.Hour
	for id, l := range v.lanes {
		if !l.due || id == Figures && v.counting {
			continue
		}
		if left := laneEvery - time.Since(l.last); !l.last.IsZero() && left > 0 {
			wait = min(wait, left)
			continue
		}
		if id == Figures {
			v.count()
		} else if err := v.sendLane(ctx, id); err != nil {
			return 0, err
		}
		l.due, l.last = false, time.Now()
	}
	return wait, nil
}

// count makes the figures aside: they may take longer than anybody waits for a frame.
func (v *view) count() {
	v.counting = true
	after := v.ring.end
	v.hub.work.Go(func() {
		ctx, cancel := context.WithTimeout(v.hub.ctx, renderWait)
		defer cancel()
		f, err := v.lane(ctx, Figures)
		v.figures <- figures{after, f, err}
		v.prod()
	})
}

// figured sends the figures that are made. Where something happened meanwhile they are made once more: a frame may have
// told newer ones.
func (v *view) figured() error {
	select {
	case f := <-v.figures:
		v.counting = false
		if f.err != nil || f.after != v.ring.end {
			v.dirty(Figures)
		}
		if f.err != nil {
			return f.err
		}
		return v.pushLane(Figures, f.frame)
	default:
		return nil
	}
}

func (v *view) sendLane(ctx context.Context, id string) error {
	f, err := v.lane(ctx, id)
	if err != nil {
		return err
	}
	return v.pushLane(id, f)
}

func (v *view) lane(ctx context.Context, id string) (f Frame, err error) {
	defer caught(&err)
	lanes, ok := v.hub.cfg.Screens.(Lanes)
	if !ok {
		return Frame{}, fmt.Errorf("live: lane %q is to be refreshed, but the screens know no lanes", id)
	}
	return lanes.Lane(ctx, v.key, id)
}

func (v *view) pushLane(id string, f Frame) error {
	m, err := laneMessage(v.topic.name, v.epoch, id, f)
	if err == nil {
		v.push(item{seq: v.ring.end, lane: true, msg: m})
	}
	return err
}

// snapshot renders the whole view, once for all who wait for it.
func (v *view) snapshot(ctx context.Context) error {
	v.mu.Lock()
	wanted := v.wanted
	v.mu.Unlock()
	if !wanted {
		return nil
	}
	at, m, err := v.whole(ctx)
	if err != nil {
		return err
	}
	if at.Epoch != v.epoch || at.Seq < v.ring.floor {
		v.hub.wake() // the database is another one by now, and the reader doesn't know yet
		return fmt.Errorf("live: snapshot of epoch %d while %s is in %d", at.Epoch, v.topic.name, v.epoch)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.snap, v.wanted = &snapshot{age: v.age, seq: at.Seq, msg: m}, false
	v.hub.stats.snapshots.Add(1)
	v.wakeAll()
	return nil
}

// whole reads head and content at one moment.
func (v *view) whole(ctx context.Context) (at Position, m message, err error) {
	defer caught(&err)
	html, err := db.Read(ctx, v.hub.cfg.DB, func(ctx context.Context, tx bun.Tx) (html string, err error) {
		if at, err = Head(ctx, tx, v.topic.name); err != nil {
			return "", err
		}
		return v.hub.cfg.Screens.Snapshot(ctx, tx, v.key)
	})
	if err != nil {
		return at, m, err
	}
	m, err = snapshotMessage(v.topic.name, at, html)
	return at, m, err
}
