package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/app/site"
	"lobby/app/ticket"
)

const (
	openWalls     = 1000
	changesPerSec = 20
	watchedFor    = 30 * time.Second
	rawFor        = 15 * time.Second // how long the yardstick runs, before and apart from the changes
	patience      = 30 * time.Second // after the last change, for stragglers
)

// walls measures from the commit of a change to its arrival at the last of 1,000 open walls, after a bare broadcast to
// as many raw sockets at the same pace; once in peace, once with the hub's listening connection killed every second.
func walls(ctx context.Context, h *house) (chapter, error) {
	calm, err := watch(ctx, h, false, time.Time{})
	if err != nil {
		return chapter{}, err
	}
	killed, err := watch(ctx, h, true, time.Time{})
	if err != nil {
		return chapter{}, err
	}
	c := chapter{
		Title: "Commit to the last of 1,000 walls",
		How: fmt.Sprintf(`%d walls are open in a process of their own, over the server's real door; another instance, which shares only the
database, makes %d changes a second for %s (tickets registered, tickets taken). Counted from the time of the event's row, just before the commit and
its flush to disk, to the last wall's last byte. Right before, for %s and at the same pace, the same process broadcasts %d bytes to as many
raw TCP sockets in one bare loop. All of it shares the machine's cores.`, openWalls, changesPerSec, watchedFor, rawFor, rawSize),
		Lines: append(calm.lines("in peace"), killed.lines("listener killed every second")...),
	}
	c.Notes = append(c.Notes, calm.note("In peace"), killed.note("With the listener killed"))
	return c, nil
}

// watched is one measurement.
type watched struct {
	changes                  int
	took, raw                []time.Duration
	at                       []time.Time // of each of took, when it was committed
	missed, double, disorder int
	snapshots, messages      int
	behind                   int // sockets that don't stand at the head in the end
	kills                    int64
	stats                    live.Stats
}

func (w watched) lines(name string) []line {
	p99, raw := percentile(w.took, 99), percentile(w.raw, 99)
	wrong := w.missed + w.double + w.disorder + w.behind
	return []line{
		{What: name + ", p50", Ours: ms(percentile(w.took, 50)), Yardstick: ms(percentile(w.raw, 50)), Ratio: ratio(percentile(w.took, 50), percentile(w.raw, 50))},
		{What: name + ", p99", Ours: ms(p99), Yardstick: ms(raw), Ratio: ratio(p99, raw), Target: "< 100 ms", Met: p99 < 100*time.Millisecond},
		{What: name + ", missed / double / out of order", Ours: fmt.Sprintf("%d / %d / %d", w.missed, w.double, w.disorder), Yardstick: "–", Ratio: "–", Target: "0 / 0 / 0", Met: wrong == 0},
	}
}

func (w watched) note(name string) string {
	text := fmt.Sprintf("%s: %d changes (%.1f a second), slowest %s (raw broadcast %s); %d frames rendered, %d messages written.", name, w.changes,
		float64(w.changes)/watchedFor.Seconds(), ms(percentile(w.took, 100)), ms(percentile(w.raw, 100)), w.stats.Frames, w.stats.Sent)
	if w.kills > 0 {
		text += fmt.Sprintf(" The listening connection was killed %d times.", w.kills)
	}
	return text
}

func ratio(a, b time.Duration) string {
	if b == 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(a)/float64(b), 'f', 2, 64)
}

// watch opens the walls, and has changes made from a moment on, or at once.
func watch(ctx context.Context, h *house, kill bool, since time.Time) (w watched, err error) {
	cookie, err := h.screen(ctx, "wall")
	if err != nil {
		return w, err
	}
	raw, err := openRaw(openWalls)
	if err != nil {
		return w, err
	}
	defer raw.close()
	from, err := live.Head(ctx, h.server.App.DB, live.Site(h.site.ID))
	if err != nil {
		return w, err
	}
	before := h.server.Hub.Stats()
	eyes, err := open(ctx, order{URL: h.server.URL(), Cookie: cookie, Raw: raw.ln.Addr().String(), Sockets: openWalls, Epoch: from.Epoch, Seq: from.Seq})
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, eyes.close()) }()
	if err := raw.accept(ctx); err != nil {
		return w, err
	}
	raw.run(ctx)
	select {
	case <-ctx.Done():
		return w, ctx.Err()
	case <-time.After(time.Until(since)):
	}
	if w.kills, err = changes(ctx, h, kill); err != nil {
		return w, err
	}
	to, err := live.Head(ctx, h.server.App.DB, live.Site(h.site.ID))
	if err != nil {
		return w, err
	}
	seen, err := eyes.report(to.Seq, openWalls, patience)
	if err != nil {
		return w, err
	}
	w.stats = minus(h.server.Hub.Stats(), before)
	if err := w.match(ctx, h, from, to, seen); err != nil {
		return w, err
	}
	w.raw = raw.times(seen.Raw)
	return w, nil
}

// changes makes the changes; with kill it ends the listener's backend every second.
func changes(ctx context.Context, h *house, kill bool) (kills int64, err error) {
	pool, err := db.Open(ctx, h.address())
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:bench", Site: h.site.ID, All: true}), watchedFor)
	var killed atomic.Int64
	var side sync.WaitGroup
	if kill {
		side.Go(func() { killing(ctx, pool, &killed) })
	}
	defer func() {
		cancel()
		side.Wait()
		kills = killed.Load()
		err = errors.Join(err, pool.Close())
	}()
	other := &ticket.Service{DB: pool, Vault: h.server.App.Vault, Sites: site.NewDirectory(pool), Now: time.Now}
	tick := time.NewTicker(time.Second / changesPerSec)
	defer tick.Stop()
	var last int64
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return 0, nil
		case <-tick.C:
		}
		if last, err = change(ctx, other, n, last); err != nil && ctx.Err() == nil {
			return 0, err
		}
	}
}

// change makes one change that every wall shows: a ticket comes, or the one before is taken up.
func change(ctx context.Context, tickets *ticket.Service, n int, last int64) (int64, error) {
	ctx = context.WithoutCancel(ctx) // the last one is finished
	if last != 0 {
		_, err := tickets.Do(ctx, last, ticket.Handle, ticket.Act{})
		return 0, err
	}
	key, err := uuid.NewV7()
	if err != nil {
		return 0, err
	}
	t, err := tickets.Register(ctx, ticket.Register{
		EntryKey: key, Kind: "repair", Urgency: "B", Place: fmt.Sprintf("%d#1单元%d01", n%30+1, n%9+1), Channel: "phone", Classify: true,
		Matter: "客厅灯不亮，换过灯泡仍无效，请安排师傅上门查看。", Reporter: "王女士", Phone: "13800138000",
	})
	if err != nil {
		return 0, err
	}
	return t.ID, nil
}

// killing ends the backend that the hub listens on, every second.
func killing(ctx context.Context, pool *bun.DB, n *atomic.Int64) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var ended int64
		_ = pool.NewRaw(`select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and query ilike 'listen %' and pid <> pg_backend_pid()) gone`).Scan(ctx, &ended)
		n.Add(ended)
	}
}

// byTime are events of what time does, not people.
var byTime = []string{"ticket.near", "ticket.overdue", "ticket.due", "ticket.escalated", "notice.sent"}

// match compares what the walls saw with what stands in the event log.
func (w *watched) match(ctx context.Context, h *house, from, to live.Position, seen sight) error {
	var events []struct {
		Seq  int64
		At   time.Time
		Kind string
	}
	err := h.server.App.DB.NewRaw(`select seq, at, kind from events where topic = ? and seq > ? and seq <= ? order by seq`, string(live.Site(h.site.ID)), from.Seq, to.Seq).Scan(ctx, &events)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return errors.New("no change was made")
	}
	w.changes, w.double, w.disorder, w.snapshots, w.messages = len(events), seen.Double, seen.Disorder, seen.Snapshots, seen.Messages
	w.behind = openWalls
	for end, n := range seen.Ends {
		if end >= to.Seq {
			w.behind -= n
		}
	}
	for _, e := range events {
		got := seen.Frames[e.Seq]
		w.missed += openWalls - got.Count
		if got.Count > 0 && !slices.Contains(byTime, e.Kind) {
			w.took, w.at = append(w.took, time.Unix(0, got.Last).Sub(e.At)), append(w.at, e.At)
		}
	}
	return nil
}

// minus is what was counted meanwhile.
func minus(a, b live.Stats) live.Stats {
	a.Frames -= b.Frames
	a.Sent -= b.Sent
	return a
}

// rawSize is about what a wall's frame has.
const rawSize = 1200

// broadcast is the yardstick: raw sockets and one loop.
type broadcast struct {
	ln    net.Listener
	n     int
	conns []net.Conn
	sent  []time.Time
}

func openRaw(n int) (*broadcast, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	return &broadcast{ln: ln, n: n}, err
}

// accept takes the connections in that the other process has opened.
func (b *broadcast) accept(ctx context.Context) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(30 * time.Second)
	}
	if ln, ok := b.ln.(*net.TCPListener); ok {
		if err := ln.SetDeadline(deadline); err != nil {
			return err
		}
	}
	for len(b.conns) < b.n {
		c, err := b.ln.Accept()
		if err != nil {
			return err
		}
		b.conns = append(b.conns, c)
	}
	return nil
}

// run sends at the pace of the changes for a while.
func (b *broadcast) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, rawFor)
	defer cancel()
	tick := time.NewTicker(time.Second / changesPerSec)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.send()
		}
	}
}

func (b *broadcast) send() {
	text := slices.Repeat([]byte{' '}, rawSize)
	copy(text, strconv.Itoa(len(b.sent)))
	b.sent = append(b.sent, time.Now())
	for _, c := range b.conns {
		_, _ = c.Write(text)
	}
}

func (b *broadcast) times(arrivals map[int64]arrival) (took []time.Duration) {
	for i, at := range b.sent {
		if got := arrivals[int64(i)]; got.Count == b.n {
			took = append(took, time.Unix(0, got.Last).Sub(at))
		}
	}
	return took
}

func (b *broadcast) close() {
	for _, c := range b.conns {
		_ = c.Close()
	}
	_ = b.ln.Close()
}
